import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { insertCampaign } from '../../test/support/campaign-builder.js';
import { addMembers, removeMembers } from '../../test/support/members.js';
import { temporaryStore } from '../../test/support/temporary-store.js';
import { audienceId, campaignId } from '../core/ids.js';
import { decodeBucket } from '../ledger/bucket-members.js';
import type { AudienceDefinition } from './audience.js';
import { freezeCampaign } from './freeze-audience.js';

/** Runs of members of one level with gaps between, some of them erased again. */
const populations = fc.record({
  runs: fc.array(
    fc.record({ gap: fc.oneof(fc.nat(3), fc.nat(60_000)), length: fc.integer({ min: 1, max: 400 }), level: fc.nat(3) }),
    { maxLength: 5 },
  ),
  erasedEvery: fc.integer({ min: 2, max: 50 }),
});

const DEFINITIONS: readonly AudienceDefinition[] = [
  { kind: 'everybody' },
  { kind: 'filter', filter: { field: 'level', in: [1, 2] } },
];

describe('freezing a real membership', () => {
  it('puts each chosen member into exactly one bucket, in the same bytes each time', async () => {
    await fc.assert(
      fc.asyncProperty(populations, fc.constantFrom(...DEFINITIONS), async ({ runs, erasedEvery }, definition) => {
        const temporary = await temporaryStore();
        try {
          let next = 0;
          const members = runs.flatMap(({ gap, length, level }) => {
            const from = next + gap;
            next = from + length;
            return Array.from({ length }, (_, index) => ({
              ordinal: from + index,
              memberId: `m${from + index}`,
              level,
            }));
          });
          await addMembers(temporary.store, members);
          const erased = members.filter((_, index) => index % erasedEvery === 0).map(({ ordinal }) => ordinal);
          await removeMembers(temporary.store, erased);
          for (const id of [1, 2]) {
            await temporary.store.transaction((tx) =>
              insertCampaign(tx, { definition, campaignId: campaignId(id), audienceId: audienceId(id) }),
            );
            await freezeCampaign(temporary, campaignId(id));
          }
          const [first, second] = await temporary.store.read(async (tx) => [
            await tx.audiences.buckets(audienceId(1), 0, 1_000),
            await tx.audiences.buckets(audienceId(2), 0, 1_000),
          ]);
          const isChosen = (level: number): boolean => definition.kind === 'everybody' || level === 1 || level === 2;
          const expected = members.filter(({ ordinal, level }) => isChosen(level) && !erased.includes(ordinal));
          expect(first.flatMap((bucket) => [...decodeBucket(bucket)])).toEqual(expected.map(({ ordinal }) => ordinal));
          expect(second).toEqual(first);
        } finally {
          await temporary.remove();
        }
      }),
      { numRuns: 20 },
    );
  });
});
