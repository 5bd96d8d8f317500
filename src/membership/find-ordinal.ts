import { DomainError } from '../core/errors.js';
import type { MemberRepository } from './member-repository.js';

/** The member's ordinal. @throws DomainError `NOT_FOUND` when there is no such member (any more). */
export async function findOrdinal(members: Pick<MemberRepository, 'findOrdinals'>, memberId: string): Promise<number> {
  const [ordinal] = await members.findOrdinals([memberId]);
  if (ordinal !== undefined) return ordinal;
  throw new DomainError(
    'NOT_FOUND',
    `There is no member "${memberId}"; look at the spelling, or import members first.`,
    {
      memberId,
    },
  );
}
