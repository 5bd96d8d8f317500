import fc from 'fast-check';
import { memberDirectoryConformance } from '../../test/conformance/member-directory.js';
import { anyMemberFields } from '../../test/support/member-arbitrary.js';
import { remoteMemberDirectory } from '../../test/support/remote-member-directory.js';
import { temporaryStore } from '../../test/support/temporary-store.js';
import { epochMs } from '../core/time.js';
import type { Member } from './member.js';
import { toMember, toRow, type StoredMember } from './member-row.js';
import { storeMemberDirectory } from './store-member-directory.js';

const GAP = 300;
const NOW = epochMs(1_800_000_000_000);

/** Three stretches with gaps before each. */
const ROWS = fc.sample(anyMemberFields, { numRuns: 1_800, seed: 3 }).map((fields, index) => ({
  ordinal: index + GAP * (1 + Math.floor(index / 600)),
  row: toRow(`m-${index}`, fields),
}));
const MEMBERS: readonly Member[] = ROWS.map(({ ordinal, row }) => {
  const stored: StoredMember = { ...row, ordinal, contactsChangedAt: NOW };
  return toMember(stored);
});

memberDirectoryConformance('our own members', async (population) => {
  const { store, clock, remove } = temporaryStore();
  if (population === 'some') {
    await store.transaction(async (tx) => {
      for (let start = 0; start < ROWS.length; start += 600) {
        const part = ROWS.slice(start, start + 600);
        await tx.members.insert(
          part[0]?.ordinal ?? 0,
          part.map(({ row }) => row),
          NOW,
        );
      }
    });
  }
  return {
    directory: storeMemberDirectory({ store, clock }),
    members: population === 'some' ? MEMBERS : [],
    close: remove,
  };
});

memberDirectoryConformance('a member system elsewhere', async (population) => {
  const members = population === 'some' ? MEMBERS : [];
  return { directory: remoteMemberDirectory(members), members, close: async () => {} };
});
