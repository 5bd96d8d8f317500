import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { temporaryStore, type TemporaryStore } from '../../test/support/temporary-store.js';
import type { SqliteTx } from '../adapters/sqlite/sqlite-tx.js';
import { campaignId, type PromotionId } from '../core/ids.js';
import { DAY_MS, HOUR_MS, MINUTE_MS, addMs } from '../core/time.js';
import { createPromotion, purgeSubmits, type CreatePromotion, type StartCampaign } from './create-promotion.js';
import { editPromotion, type EditPromotion } from './edit-promotion.js';
import { endPromotion } from './end-promotion.js';
import { getPromotion } from './get-promotion.js';
import { promotionState } from './promotion.js';

interface Announcement {
  readonly channels: readonly string[];
}

describe('promotions', () => {
  let opened: TemporaryStore;
  let started: PromotionId[];
  beforeEach(async () => {
    opened = await temporaryStore();
    started = [];
  });
  afterEach(() => opened.remove());

  const startCampaign: StartCampaign<SqliteTx, Announcement> = async (tx, { promotion, announcement }) => {
    if (announcement.channels.length === 0) throw new Error('no channel');
    started.push(promotion.id);
    return campaignId(await tx.ids.take('campaign', 1));
  };
  const command = (changes: Partial<CreatePromotion<Announcement>> = {}): CreatePromotion<Announcement> => ({
    name: '双11',
    description: undefined,
    createdBy: 'alice',
    rule: { kind: 'fullReduction', tiers: [{ thresholdMinor: 30_000n, reductionMinor: 5_000n }], isRepeating: false },
    currency: 'CNY',
    scope: { kind: 'wholeShop' },
    startsAt: addMs(opened.clock.now(), HOUR_MS),
    endsAt: addMs(opened.clock.now(), DAY_MS),
    announce: undefined,
    ...changes,
  });
  const create = (given = command()) =>
    opened.store.transaction((tx) => createPromotion(tx, { now: opened.clock.now(), startCampaign }, given));
  const edit = (given: EditPromotion) => opened.store.transaction((tx) => editPromotion(tx, opened.clock.now(), given));
  const end = (id: PromotionId) => opened.store.transaction((tx) => endPromotion(tx, opened.clock.now(), id));
  const get = (id: PromotionId) => opened.store.read((tx) => getPromotion(tx, id));
  const eventCounts = async () => {
    const topics = ['promotion.created', 'promotion.edited', 'promotion.ended'];
    const now = opened.clock.now();
    for (const topic of topics) {
      await opened.store.transaction((tx) => tx.events.ensureGroup({ topic, group: 'test', now }));
    }
    return (await opened.store.read((tx) => tx.events.groups())).map(({ backlog }) => backlog);
  };

  it('comes back as it was given, and goes from scheduled over running to ended', async () => {
    const { promotion } = await create();
    const stored = await get(promotion.id);
    expect(stored).toEqual(promotion);
    expect(stored.rule).toEqual(command().rule);
    expect(promotionState(stored, opened.clock.now())).toBe('scheduled');
    expect(promotionState(stored, stored.startsAt)).toBe('running');
    expect(promotionState(stored, stored.endsAt)).toBe('ended');
  });

  it.each([
    { kind: 'directCut', cutMinor: 9_007_199_254_740_993n / 100n },
    { kind: 'gift', thresholdMinor: 0n, gifts: [{ productId: 'mug', quantity: 2 }] },
    { kind: 'discount', discountBps: 1_250, maxReductionMinor: undefined },
    { kind: 'discount', discountBps: 1_250, maxReductionMinor: 20_000n },
  ] as const)('keeps the rule of kind $kind exactly', async (rule) => {
    const { promotion } = await create(command({ rule, scope: { kind: 'seller', shopNumber: '1810714735922956666' } }));
    expect((await get(promotion.id)).rule).toEqual(rule);
  });

  it('is created once by twenty equal submits at once, with one event and one campaign', async () => {
    const given = command({ announce: { channels: ['inbox'] } });
    const answers = await Promise.all(Array.from({ length: 20 }, () => create(given)));
    expect(new Set(answers.map(({ promotion }) => promotion.id)).size).toBe(1);
    expect(answers.filter(({ isDuplicate }) => !isDuplicate)).toHaveLength(1);
    expect(new Set(answers.map(({ promotion }) => promotion.campaignId))).toEqual(new Set([1]));
    expect(started).toHaveLength(1);
    expect(await eventCounts()).toEqual([1, 0, 0]);
  });

  it('takes the same name for the same one however it is composed or spaced', async () => {
    const { promotion } = await create(command({ name: 'Été  d’or' }));
    expect(await create(command({ name: ' E\u0301te\u0301 d’or ' }))).toEqual({ promotion, isDuplicate: true });
  });

  it.each([
    ['another creator', { createdBy: 'bob' }],
    ['another end', { endsAt: addMs(new Date('2027-01-03').getTime() as never, 0) }],
    ['parts that only read the same when joined', { name: '双1', createdBy: '1alice' }],
  ])('is another promotion with %s', async (_, changes) => {
    const first = await create();
    const second = await create(command(changes));
    expect(second.isDuplicate).toBe(false);
    expect(second.promotion.id).not.toBe(first.promotion.id);
  });

  it('refuses the same key with another rule, and names the first', async () => {
    const { promotion } = await create();
    await expect(create(command({ rule: { kind: 'directCut', cutMinor: 1n } }))).rejects.toMatchObject({
      code: 'PROMOTION_CONFLICT',
      values: { promotionId: promotion.id },
    });
    await expect(create(command({ announce: { channels: ['sms'] } }))).rejects.toMatchObject({
      code: 'PROMOTION_CONFLICT',
    });
    expect(started).toEqual([]);
  });

  it('is a duplicate for 30 minutes and not longer', async () => {
    const given = command();
    await create(given);
    opened.clock.advance(30 * MINUTE_MS - 1);
    expect((await create(given)).isDuplicate).toBe(true);
    opened.clock.advance(1);
    expect((await create(given)).isDuplicate).toBe(false);
    expect((await create(given)).isDuplicate).toBe(true);
  });

  it('does not block a new one once it has ended', async () => {
    const { promotion } = await create();
    await end(promotion.id);
    const again = await create(command({ rule: { kind: 'directCut', cutMinor: 1n } }));
    expect(again.isDuplicate).toBe(false);
    expect(again.promotion.id).not.toBe(promotion.id);
  });

  it('leaves nothing behind when its campaign cannot be started', async () => {
    await expect(create(command({ announce: { channels: [] } }))).rejects.toThrow('no channel');
    expect(await eventCounts()).toEqual([0, 0, 0]);
    expect((await create()).isDuplicate).toBe(false);
  });

  it('can be edited by one of two editors; the other is told', async () => {
    const { promotion } = await create();
    const edits = await Promise.allSettled(
      ['A', 'B'].map((name) => edit({ id: promotion.id, version: 1, changes: { name } })),
    );
    expect(edits.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(edits.find(({ status }) => status === 'rejected')).toMatchObject({ reason: { code: 'VERSION_CONFLICT' } });
    expect(await get(promotion.id)).toMatchObject({ version: 2, editedAt: opened.clock.now() });
  });

  it('announces nothing by an edit', async () => {
    const { promotion } = await create();
    for (let version = 1; version <= 5; version++) {
      await edit({ id: promotion.id, version, changes: { description: `v${version}` } });
    }
    expect(started).toEqual([]);
    expect(await eventCounts()).toEqual([1, 5, 0]);
  });

  it('refuses an edit that contradicts itself, is too late, or moves the start of a running one', async () => {
    const { promotion } = await create();
    const change = (changes: EditPromotion['changes']) => edit({ id: promotion.id, version: 1, changes });
    await expect(change({ endsAt: promotion.startsAt })).rejects.toMatchObject({ code: 'INVALID_INPUT' });
    opened.clock.advance(2 * HOUR_MS);
    await expect(change({ startsAt: addMs(promotion.startsAt, 1) })).rejects.toMatchObject({ code: 'INVALID_INPUT' });
    await expect(change({ endsAt: addMs(promotion.startsAt, 1) })).rejects.toMatchObject({ code: 'INVALID_INPUT' });
    opened.clock.advance(DAY_MS);
    await expect(change({ name: 'late' })).rejects.toMatchObject({ code: 'PROMOTION_ENDED' });
  });

  it('ends once, however often it is asked to', async () => {
    const { promotion } = await create();
    const [first, second] = await Promise.all([end(promotion.id), end(promotion.id)]);
    expect(second).toEqual(first);
    expect(await eventCounts()).toEqual([1, 0, 1]);
    await expect(end(99 as PromotionId)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('forgets submits that are no longer duplicates, in slices', async () => {
    for (const name of ['a', 'b', 'c']) await create(command({ name }));
    const purge = () => opened.store.transaction((tx) => purgeSubmits(tx, opened.clock.now(), 2));
    expect(await purge()).toBe(0);
    opened.clock.advance(31 * MINUTE_MS);
    expect([await purge(), await purge(), await purge()]).toEqual([2, 1, 0]);
  });

  it('is listed newest first, by state and kind, page by page', async () => {
    for (const name of ['a', 'b', 'c']) await create(command({ name }));
    const cut = await create(command({ name: 'd', rule: { kind: 'directCut', cutMinor: 1n } }));
    await end(cut.promotion.id);
    const page = (query: {
      state?: 'scheduled' | 'ended';
      kind?: 'directCut';
      beforeId?: PromotionId;
      limit?: number;
    }) =>
      opened.store.read(async (tx) =>
        (
          await tx.promotions.page({
            state: query.state,
            kind: query.kind,
            beforeId: query.beforeId,
            now: opened.clock.now(),
            limit: query.limit ?? 10,
          })
        ).map(({ name }) => name),
      );
    expect(await page({})).toEqual(['d', 'c', 'b', 'a']);
    expect(await page({ limit: 2 })).toEqual(['d', 'c']);
    expect(await page({ beforeId: 3 as PromotionId })).toEqual(['b', 'a']);
    expect(await page({ state: 'ended' })).toEqual(['d']);
    expect(await page({ state: 'scheduled', kind: 'directCut' })).toEqual([]);
  });
});
