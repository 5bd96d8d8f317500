import { DomainError } from '../core/errors.js';
import type { MemberLookup } from '../core/ports/member-lookup.js';

/** The member's ordinal. @throws DomainError `NOT_FOUND` when there is no such member (any more). */
export async function findOrdinal(members: Pick<MemberLookup, 'ordinalsOf'>, memberId: string): Promise<number> {
  const [ordinal = -1] = await members.ordinalsOf([memberId]);
  if (ordinal >= 0) return ordinal;
  throw new DomainError(
    'NOT_FOUND',
    `There is no member "${memberId}"; look at the spelling, or import members first.`,
    {
      memberId,
    },
  );
}
