import { DomainError } from '../core/errors.js';
import type { MemberId, Ordinal } from '../core/ids.js';
import type { Store } from '../core/ports/store.js';
import type { Member } from './member.js';
import { toMember, type StoredMember } from './member-row.js';
import type { MembersTx } from './members-tx.js';

export type MemberKey = { readonly memberId: MemberId } | { readonly ordinal: Ordinal };

interface FindDeps {
  readonly store: Store<Pick<MembersTx, 'members'>>;
}

/** @throws DomainError `NOT_FOUND` for a member that never was, or was erased. */
export const findMember = async ({ store }: FindDeps, key: MemberKey): Promise<Member> =>
  store.read(async (tx) => toMember(await requireMember(tx, key)));

/** The row of a member, inside a transaction. @throws DomainError `NOT_FOUND` */
export async function requireMember(tx: Pick<MembersTx, 'members'>, key: MemberKey): Promise<StoredMember> {
  const [found] =
    'memberId' in key
      ? await tx.members.findByMemberIds([key.memberId])
      : await tx.members.findByOrdinals([key.ordinal]);
  if (found !== undefined) return found;
  const name = 'memberId' in key ? `member ${JSON.stringify(key.memberId)}` : `member with ordinal ${key.ordinal}`;
  throw new DomainError('NOT_FOUND', `There is no ${name}; check the id, or import the member first.`, { ...key });
}
