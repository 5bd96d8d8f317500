import { expect, it } from 'vitest';
import { temporaryStore } from '../../../test/support/temporary-store.js';
import { insertCampaign } from '../../../test/support/campaign-builder.js';
import { ordinal, type AudienceId } from '../../core/ids.js';
import { encodeBucket } from '../../ledger/bucket-members.js';
import { eligibilityOf } from './eligibility.js';

const BUCKETS = 50;
const MEMBERS_OF_BUCKET = [3, 5, 999];

it('asks the frozen audience once for all members of a batch, wherever they are', async () => {
  const { store, clock, remove } = await temporaryStore();
  const buckets = Array.from({ length: BUCKETS }, (_, bucket) =>
    encodeBucket(MEMBERS_OF_BUCKET.map((each) => bucket * 1_000 + each)),
  );
  const { campaignId } = await store.transaction(async (tx) => {
    const campaign = await insertCampaign(tx, { definition: { kind: 'everybody' }, state: 'running' });
    await tx.audiences.append(campaign.audienceId, { firstBucket: 0, buckets, cursor: BUCKETS * 1_000 });
    await tx.audiences.markFrozen(campaign.audienceId, clock.now());
    return campaign;
  });
  const asked: number[] = [];
  const members = Array.from({ length: BUCKETS }, (_, bucket) => [3, 4, 999, 0].map((each) => bucket * 1_000 + each))
    .flat()
    .reverse()
    .map(ordinal);
  const isEligible = await store.transaction((tx) => {
    const audiences = {
      ...tx.audiences,
      bucketsOf: (id: AudienceId, ordinals: readonly number[]) => {
        asked.push(ordinals.length);
        return tx.audiences.bucketsOf(id, ordinals);
      },
    };
    return eligibilityOf({ ...tx, audiences }, { audience: { kind: 'campaign', campaignId } }, members);
  });
  expect(asked).toEqual([members.length]);
  expect(members.filter((each) => isEligible(each) === true)).toEqual(
    members.filter((each) => MEMBERS_OF_BUCKET.includes(each % 1_000)),
  );
  await remove();
});
