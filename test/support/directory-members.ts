import fc from 'fast-check';
import type { Store } from '../../src/core/ports/store.js';
import { epochMs } from '../../src/core/time.js';
import type { Member } from '../../src/membership/member.js';
import { toMember, toRow, type StoredMember } from '../../src/membership/member-row.js';
import type { MembersTx } from '../../src/membership/members-tx.js';
import { anyMemberFields } from './member-arbitrary.js';

const GAP = 300;
const STRETCH = 600;
const NOW = epochMs(1_800_000_000_000);

/** Three stretches with gaps before each. */
const ROWS = fc.sample(anyMemberFields, { numRuns: 3 * STRETCH, seed: 3 }).map((fields, index) => ({
  ordinal: index + GAP * (1 + Math.floor(index / STRETCH)),
  row: toRow(`m-${index}`, fields),
}));

/** Members that a directory is filled with. */
export const DIRECTORY_MEMBERS: readonly Member[] = ROWS.map(({ ordinal, row }) => {
  const stored: StoredMember = { ...row, ordinal, contactsChangedAt: NOW };
  return toMember(stored);
});

/** Puts them into a store of ours. */
export async function insertDirectoryMembers(store: Store<Pick<MembersTx, 'members'>>): Promise<void> {
  await store.transaction(async (tx) => {
    for (let start = 0; start < ROWS.length; start += STRETCH) {
      const part = ROWS.slice(start, start + STRETCH);
      await tx.members.insert(
        part[0]?.ordinal ?? 0,
        part.map(({ row }) => row),
        NOW,
      );
    }
  });
}
