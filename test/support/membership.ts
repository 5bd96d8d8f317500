import { memberId, type MemberId } from '../../src/core/ids.js';
import { auditMembers } from '../../src/membership/audit-members.js';
import { putMember } from '../../src/membership/change-member.js';
import type { EraseDeps } from '../../src/membership/erase-member.js';
import type { Member } from '../../src/membership/member.js';
import { readStatement } from '../../src/membership/read-statement.js';
import { subjectHasher } from '../../src/membership/suppression.js';
import type { ManualClock } from './manual-clock.js';
import { temporaryStore } from './temporary-store.js';

/** Membership over a store; `remove` is the store's own. */
export function membershipOver({ store, clock, emptyLog, remove }: MembershipParts) {
  const deps: EraseDeps = {
    store,
    clock,
    hashSubject: subjectHasher(new Uint8Array(32).fill(7)),
    emptyLog,
  };
  const options = () => ({ receivedAt: clock.now(), defaultRegion: undefined });
  return {
    ...deps,
    deps,
    clock,
    remove,
    /** Creates or changes a member by what a JSON object says. */
    put: async (id: string, input: Record<string, unknown> = {}): Promise<Member> =>
      (await putMember(deps, readStatement(memberId(id), input, options()))).member,
    statement: (id: string, input: Record<string, unknown>) => readStatement(memberId(id), input, options()),
    id: (text: string): MemberId => memberId(text),
    /** Every difference that the audit names. */
    differences: async (): Promise<string[]> => {
      const found: string[] = [];
      for await (const { block, what } of auditMembers(deps)) found.push(`${block}: ${what}`);
      return found;
    },
  };
}
export type Membership = ReturnType<typeof membershipOver>;

interface MembershipParts extends Pick<EraseDeps, 'store' | 'emptyLog'> {
  readonly clock: ManualClock;
  readonly remove: () => Promise<void>;
}

/** Membership over a real store, see `temporaryStore`. */
export async function temporaryMembership() {
  const temporary = await temporaryStore();
  const { store, clock, remove } = temporary;
  return { ...temporary, ...membershipOver({ store, clock, emptyLog: () => store.truncate(), remove }), store };
}
export type TemporaryMembership = Awaited<ReturnType<typeof temporaryMembership>>;
