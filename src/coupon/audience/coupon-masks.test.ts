import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { contextOf } from '../../../test/support/channel-catalogue.js';
import { activeCoupon } from '../../../test/support/coupon-builder.js';
import { addMembers, runningCampaign } from '../../../test/support/push-rig.js';
import { temporaryStore, type TemporaryStore } from '../../../test/support/temporary-store.js';
import { freezeCampaign } from '../../campaign/freeze-audience.js';
import { startCampaign } from '../../campaign/start-campaign.js';
import { prepareOpenAudience } from '../../campaign/audience-choice.js';
import { couponId, ordinal, type CampaignId } from '../../core/ids.js';
import { DAY_MS, epochMs, HOUR_MS } from '../../core/time.js';
import { countClasses } from '../../ledger/cell-counts.js';
import { decodeBucket } from '../../ledger/bucket-members.js';
import { OUTCOME_CODES } from '../../ledger/cell-code.js';
import { parseFilterText } from '../../membership/filter-text.js';
import { newGrant } from '../grant/grant.js';
import { changeCounts } from '../change-counts.js';
import { lockCoupon } from '../get-coupon.js';
import { fetchToMove } from '../grant/held-grants.js';
import { startIssueRun } from '../issue/issue-runs.js';
import { issueSlice } from '../issue/issue-slice.js';

const MEMBERS = 2_500; // three blocks

describe('filters over coupons', () => {
  let temporary: TemporaryStore;
  beforeEach(async () => {
    temporary = await temporaryStore();
    await addMembers(temporary.store, temporary.clock, { count: MEMBERS, fieldsOf: (index) => ({ level: index % 3 }) });
  });
  afterEach(() => temporary.remove());

  const now = () => temporary.clock.now();
  const coupon = () =>
    activeCoupon((body) => temporary.store.transaction(body), now(), { validity: { kind: 'days', days: 7 } });
  const give = (id: number, members: readonly number[], daysAgo = 0) =>
    temporary.store.transaction(async (tx) => {
      const at = epochMs(now() - daysAgo * DAY_MS);
      await tx.grants.insert(
        members.map((each) => newGrant({ couponId: couponId(id), ordinal: ordinal(each), n: 1 }, at, undefined)),
      );
      const changes = { granted: members.length };
      await changeCounts(tx, await lockCoupon(tx, couponId(id)), { changes, now: now() });
    });
  const select = async (where: string, range = { from: 0, until: 3_000 }) => [
    ...(await temporary.store.read((tx) => tx.members.selectOrdinals({ filter: parseFilterText(where), range }))),
  ];
  const count = (where: string, range = { from: 0, until: 3_000 }) =>
    temporary.store.read((tx) => tx.members.countIn({ filter: parseFilterText(where), range }));
  /** Says of members that they were sent to. */
  const tell = (id: CampaignId, members: readonly number[], code: number = OUTCOME_CODES.sent) =>
    temporary.store.transaction(async (tx) => {
      const audienceId = (await tx.campaigns.find(id))?.audienceId;
      for (const bucket of audienceId === undefined ? [] : await tx.audiences.buckets(audienceId, 0, 100)) {
        const key = { campaignId: id, channel: 'sms', bucket: bucket.bucket } as const;
        const cells = (await tx.ledger.find(key))?.cells ?? new Uint8Array();
        decodeBucket(bucket).forEach((each, position) => {
          if (members.includes(each)) cells[position] = code;
        });
        const counts = countClasses(cells);
        if (counts !== undefined) await tx.ledger.merge(key, cells, counts);
      }
    });

  it('find who holds one in a state, as the clock has it', async () => {
    const { id } = await coupon();
    await give(id, [5, 999, 2_400]);
    await give(id, [1_000, 1_001], 8);
    expect(await select(`coupon.${id}.state = 'available'`)).toEqual([5, 999, 2_400]);
    expect(await select(`coupon.${id}.state = 'expired'`)).toEqual([1_000, 1_001]);
    expect(await select(`coupon.${id}.held`)).toEqual([5, 999, 1_000, 1_001, 2_400]);
    expect(await select(`coupon.${id}.held and level = 0`)).toEqual([999, 2_400]);
    expect(await count(`not coupon.${id}.held`)).toBe(MEMBERS - 5);
    temporary.clock.advance(7 * DAY_MS);
    expect(await select(`coupon.${id}.state = 'available'`)).toEqual([]);
    expect(await count(`coupon.${id}.state in ('expired', 'revoked')`)).toBe(5);
  });

  it('find who was given one with many others, and who has none of it', async () => {
    const { id } = await activeCoupon((body) => temporary.store.transaction(body), now(), {
      issue: 'platform',
      stock: MEMBERS - 1,
      validity: { kind: 'days', days: 7 },
    });
    await give(id, [1_003], 3);
    const command = { couponId: id, createdBy: 'alice', cause: 'person' } as const;
    const { run } = await temporary.store.transaction((tx) => startIssueRun(tx, now(), command));
    await temporary.store.transaction((tx) => issueSlice(tx, now, run.id));
    expect(await select(`not coupon.${id}.held`)).toEqual([MEMBERS - 1]);
    expect(await count(`coupon.${id}.state = 'available'`)).toBe(MEMBERS - 1);
    expect(await select(`coupon.${id}.daysLeft = 4`)).toEqual([1_003]);
    expect(await count(`coupon.${id}.daysLeft = 7`, { from: 900, until: 1_100 })).toBe(199);
    const taken = { couponId: id, ordinal: ordinal(7), n: 1 };
    await temporary.store.transaction((tx) => fetchToMove(tx, id, [taken]));
    expect(await count(`coupon.${id}.held`)).toBe(MEMBERS - 1);
  });

  it('find whose grant ends within so many days, a day that has begun counted whole', async () => {
    const { id } = await coupon();
    await give(id, [1], 0); // 7 days left
    await give(id, [2], 4); // 3
    await give(id, [3], 6); // 1
    await give(id, [4], 7); // over at this instant
    expect(await select(`coupon.${id}.daysLeft <= 3`)).toEqual([2, 3]);
    expect(await select(`coupon.${id}.daysLeft = 7`)).toEqual([1]);
    temporary.clock.advance(HOUR_MS);
    expect(await select(`coupon.${id}.daysLeft between 1 and 3`)).toEqual([2, 3]);
    expect(await select(`coupon.${id}.daysLeft > 3`)).toEqual([1]);
  });

  it('find who was told of one and has not claimed it, over the campaigns that tell of it', async () => {
    const { id } = await coupon();
    const { id: other } = await coupon();
    const running = (of: number) =>
      runningCampaign(temporary.store, temporary.clock, { channels: ['sms'], couponId: couponId(of) });
    const [first, second, ofOther] = [await running(id), await running(id), await running(other)];
    await tell(first, [3, 4, 1_500]);
    await tell(second, [4, 2_001], OUTCOME_CODES.delivered);
    await tell(second, [9], OUTCOME_CODES.failedAddress);
    await tell(ofOther, [7]);
    await give(id, [4, 8]);
    expect(await select(`coupon.${id}.told`)).toEqual([3, 4, 1_500, 2_001]);
    expect(await select(`coupon.${id}.told and not coupon.${id}.held`)).toEqual([3, 1_500, 2_001]);
    expect(await select(`coupon.${id}.told`, { from: 4, until: 1_501 })).toEqual([4, 1_500]);
    expect(await count(`coupon.${other}.told or coupon.${id}.held`)).toBe(3);
  });

  it('say the same as a look at every grant, whatever the slices', async () => {
    const { id } = await coupon();
    const members = fc.uniqueArray(fc.nat(MEMBERS - 1), { maxLength: 60 });
    const given = new Set<number>();
    await fc.assert(
      fc.asyncProperty(members, fc.nat(2_600), fc.integer({ min: 1, max: 1_200 }), async (more, from, length) => {
        await give(
          id,
          more.filter((each) => !given.has(each)),
        );
        for (const each of more) given.add(each);
        const range = { from, until: from + length };
        const expected = [...given].filter((each) => each >= from && each < range.until).sort((a, b) => a - b);
        expect(await select(`coupon.${id}.held`, range)).toEqual(expected);
      }),
      { numRuns: 25 },
    );
  });

  it('freeze an audience, and are refused for a coupon that does not exist', async () => {
    const { id } = await coupon();
    await give(id, [1, 2, 2_000]);
    const start = (where: string) =>
      temporary.store.transaction((tx) =>
        startCampaign(tx, contextOf(temporary.clock), {
          name: 'Use it',
          channels: [{ channel: 'sms', message: { body: 'Ends soon' } }],
          audience: prepareOpenAudience({ kind: 'filter', filter: parseFilterText(where) }),
        }),
      );
    const { campaignId: started, audienceId } = await start(`coupon.${id}.daysLeft <= 7 and not level = 1`);
    await freezeCampaign(temporary, started);
    const [bucket] = await temporary.store.read((tx) => tx.audiences.buckets(audienceId, 0, 10));
    expect(bucket === undefined ? [] : [...decodeBucket(bucket)]).toEqual([2, 2_000]);
    const unknown = { code: 'INVALID_FILTER', values: { reason: 'unknownCoupon', couponId: 99 } };
    await expect(start('level = 1 or coupon.99.told')).rejects.toMatchObject(unknown);
    await expect(count('coupon.99.held')).rejects.toMatchObject(unknown);
  });
});
