import { memberId } from '../core/ids.js';
import { invalidField } from './invalid-field.js';
import { requireMember } from './find-member.js';
import type { Member } from './member.js';
import { toMember } from './member-row.js';
import type { MembershipDeps } from './members-tx.js';
import type { MemberStatement } from './statement.js';
import { writeStatements, type WriteOutcome } from './write-statements.js';

/**
 * Merges a statement into a member that exists and answers the member after it. Safe to repeat.
 * @throws DomainError `NOT_FOUND`; `INVALID_INPUT` when the member's attributes grow too large.
 */
export const changeMember = (deps: MembershipDeps, statement: MemberStatement): Promise<Member> =>
  write(deps, statement, { mayCreate: false }).then(({ member }) => member);

/** The same for a member that may not exist yet; says whether it was created. */
export const putMember = (
  deps: MembershipDeps,
  statement: MemberStatement,
): Promise<{ readonly member: Member; readonly outcome: WriteOutcome['kind'] }> =>
  write(deps, statement, { mayCreate: true });

function write(
  { store, clock, hashSubject }: MembershipDeps,
  statement: MemberStatement,
  { mayCreate }: { readonly mayCreate: boolean },
): Promise<{ readonly member: Member; readonly outcome: WriteOutcome['kind'] }> {
  const receivedAt = clock.now();
  const key = { memberId: memberId(statement.row.memberId) };
  return store.transaction(async (tx) => {
    if (!mayCreate) await requireMember(tx, key);
    const [outcome] = await writeStatements(tx, [statement], { receivedAt, hashSubject });
    if (outcome?.kind === 'rejected') throw invalidField(outcome.field, outcome.reason);
    return { member: toMember(await requireMember(tx, key)), outcome: outcome?.kind ?? 'unchanged' };
  });
}
