/** What is put into any store comes back as it was: texts of every plane, amounts of every size, bytes; and in order. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { EngineStore } from '../../src/compose.js';
import { campaignId, couponId, promotionId } from '../../src/core/ids.js';
import { addMs, epochMs } from '../../src/core/time.js';
import type { Promotion } from '../../src/promotion/promotion.js';
import { aCampaign, aChannel } from '../support/campaign-builder.js';

/** Four bytes a character, a family joined of three, a right-to-left word, a mark on its own, what SQL and JSON quote. */
const TEXT = '双十一 🎉👨‍👩‍👧 שלום e\u0301 \'; -- "\\" %_';
const NOW = epochMs(1_800_000_000_123);

const PROMOTION: Promotion = {
  id: promotionId(1),
  version: 1,
  name: TEXT,
  description: TEXT.repeat(40),
  rule: {
    kind: 'fullReduction',
    tiers: [{ thresholdMinor: 9_007_199_254_740_993n, reductionMinor: 2n ** 62n + 1n }],
    isRepeating: false,
  },
  currency: 'CNY',
  scope: { kind: 'products', productIds: ['A', 'a', TEXT] },
  startsAt: NOW,
  endsAt: addMs(NOW, 1),
  createdBy: TEXT,
  createdAt: NOW,
  editedAt: undefined,
  endedAt: undefined,
  campaignId: undefined,
};

interface StoreUnderTest {
  readonly store: EngineStore;
  remove(): Promise<void>;
}

export function roundTripConformance(name: string, open: () => Promise<StoreUnderTest>): void {
  describe(`round trips: ${name}`, () => {
    let opened: StoreUnderTest;
    let store: EngineStore;
    beforeEach(async () => {
      opened = await open();
      store = opened.store;
    });
    afterEach(() => opened.remove());

    it('of promotions, with amounts beyond what a number holds, written at their version only', async () => {
      const edited = { ...PROMOTION, version: 2, description: undefined, editedAt: addMs(NOW, 5) };
      await store.transaction(async (tx) => {
        await tx.promotions.insert(PROMOTION);
        expect(await tx.promotions.lock(PROMOTION.id)).toEqual(PROMOTION);
        expect(await tx.promotions.update(edited, 2)).toBe(false);
        expect(await tx.promotions.find(PROMOTION.id)).toEqual(PROMOTION);
        expect(await tx.promotions.update(edited, 1)).toBe(true);
      });
      expect(await store.read((tx) => tx.promotions.findAll([PROMOTION.id, promotionId(9)]))).toEqual([edited]);
    });

    it('of campaigns, their channels, moves, messages and dry runs', async () => {
      const campaign = aCampaign({
        couponId: couponId(5),
        name: TEXT,
        commonFields: { 'promotion.name': TEXT, empty: '' },
        createdBy: TEXT,
      });
      const channels = [
        aChannel({ channel: 'sms', price: { perMemberMinor: 4.125, currency: 'CNY' }, membersPerSecond: 50_000 }),
        aChannel({ channel: 'email', position: 1, pauseReasons: ['person', 'refusals'], firstHandoverAt: NOW }),
      ];
      const moves = ['paused', 'resumed'].map((move, index) => ({
        ...{ campaignId: campaign.campaignId, at: addMs(NOW, index), actor: TEXT, move },
        detail: index === 0 ? TEXT.repeat(40) : null,
      }));
      const message = { subject: TEXT, body: TEXT.repeat(500), html: `<p>${TEXT}</p>` };
      const dryRun = {
        ...{ dryRunId: 4, campaignId: campaign.campaignId, campaignVersion: 1, memberCount: 10_000_000 },
        ...{ launchAt: null, expiringCount: 7, resultJson: JSON.stringify({ [TEXT]: [1e21, null] }), madeAt: NOW },
      };
      await store.transaction(async (tx) => {
        await tx.campaigns.insert(campaign, channels);
        for (const move of moves) await tx.campaigns.addMove(move);
        await tx.campaigns.insertMessageVersion(3, message, NOW);
        await tx.campaigns.insertDryRun(dryRun);
      });
      const found = await store.read(async ({ campaigns }) => [
        await campaigns.find(campaign.campaignId),
        await campaigns.channels(campaign.campaignId),
        await campaigns.moves(campaign.campaignId),
        await campaigns.messageVersion(3),
        await campaigns.findDryRun(4),
      ]);
      expect(found).toEqual([campaign, channels, moves, message, dryRun]);
    });

    it('of campaigns in pages: the newest first, the states asked for oldest first', async () => {
      await store.transaction(async ({ campaigns }) => {
        for (let id = 1; id <= 12; id++)
          await campaigns.insert(
            aCampaign({ campaignId: campaignId(id), state: id % 3 === 0 ? 'draft' : 'running' }),
            [],
          );
      });
      await store.transaction(async ({ campaigns }) => {
        for (const [id, coupon] of [
          [14, 5],
          [13, 5],
          [15, 6],
        ] as const)
          await campaigns.insert(aCampaign({ campaignId: campaignId(id), couponId: couponId(coupon) }), []);
      });
      await store.read(async ({ campaigns }) => {
        expect((await campaigns.ofCoupon(couponId(5))).map((one) => Number(one.campaignId))).toEqual([13, 14]);
        const first = await campaigns.page({ limit: 5, state: 'running' });
        const next = await campaigns.page({ limit: 5, state: 'running', before: campaignId(5) });
        expect([first, next].map((page) => page.map((one) => Number(one.campaignId)))).toEqual([
          [11, 10, 8, 7, 5],
          [4, 2, 1],
        ]);
        const drafts = await campaigns.inStates(['draft', 'cancelled']);
        expect(drafts.map((one) => Number(one.campaignId))).toEqual([3, 6, 9, 12]);
      });
    });

    it('of kept answers, by keys that differ in a capital only, forgotten oldest first', async () => {
      const refused = { kind: 'refused', code: 'NOT_FOUND', message: TEXT, values: { name: TEXT, count: 3 } } as const;
      const done = { kind: 'done', status: 201, reference: 'promotion/1' } as const;
      const requestHash = Uint8Array.from({ length: 32 }, (_, index) => 255 - index);
      await store.transaction(async ({ idempotency }) => {
        const put = (key: string, answer: typeof refused | typeof done, keptAt: number) =>
          idempotency.put({ scope: 'key/1', key, requestHash, answer, keptAt: epochMs(keptAt) }, epochMs(0));
        expect([await put('k', refused, 30), await put('K', done, 20), await put('k', done, 40)]).toEqual([
          ...[true, true, false],
        ]);
        for (const key of ['a', 'b', 'c']) await put(key, done, 10);
      });
      const found = await store.read(({ idempotency }) => idempotency.find('key/1', 'k'));
      expect(found).toMatchObject({ key: 'k', answer: refused, keptAt: 30 });
      expect(Buffer.from(found?.requestHash ?? []).equals(requestHash)).toBe(true);
      await store.transaction(async ({ idempotency }) => {
        expect(await idempotency.purge(epochMs(20), 3)).toBe(3);
        expect(await idempotency.find('key/1', 'K')).toBeDefined();
        expect(await idempotency.purge(epochMs(20), 3)).toBe(1);
        expect(await idempotency.find('key/1', 'k')).toBeDefined();
      });
    });

    it('of events; a group that joins from now on reads what comes, and stays where it is when it joins again', async () => {
      const topic = 'promotion.created';
      const group = { topic, group: 'relay', now: NOW };
      const append = (key: string) =>
        store.transaction(({ events }) => events.append([{ topic, key, body: '{}' }], NOW));
      const lease = async () => {
        const options = { ...group, maxMessages: 5, leaseMs: 1_000 };
        return (await store.transaction(({ events }) => events.lease(options, NOW)))?.map(({ key }) => key);
      };
      await append('before');
      await store.transaction(({ events }) => events.joinFromNow(group));
      expect(await lease()).toEqual([]);
      await append('after');
      await store.transaction(({ events }) => events.joinFromNow(group));
      expect(await lease()).toEqual(['after']);
    });

    it('of events; what groups still have before them, and their dead letters page by page', async () => {
      const topic = 'promotion.created';
      const body = JSON.stringify({ text: TEXT.repeat(1_000) });
      const now = NOW;
      await store.transaction(async ({ events }) => {
        await events.ensureGroup({ topic, group: 'late', now });
        await events.ensureGroup({ topic, group: 'mailer', now });
        await events.append(
          Array.from({ length: 7 }, (_, index) => ({ topic, key: `${TEXT}${index}`, body })),
          now,
        );
      });
      await store.transaction(async ({ events }) => {
        const leased = (await events.lease({ topic, group: 'mailer', maxMessages: 5, leaseMs: 1_000 }, now)) ?? [];
        expect(leased.map(({ key }) => key)).toEqual([0, 1, 2, 3, 4].map((index) => `${TEXT}${index}`));
        expect(leased.every((message) => message.body === body)).toBe(true);
        for (const message of leased.slice(0, 4)) {
          const burial = { dueAt: now, maxAttempts: 1, reason: TEXT, now };
          expect(await events.retryLater('mailer', message, burial)).toBe('deadLetter');
        }
      });
      const status = { topic, oldestBacklogAt: now };
      expect(await store.read(({ events }) => events.groups())).toEqual([
        { ...status, group: 'late', backlog: 7, outstanding: 0, deadLetters: 0 },
        { ...status, group: 'mailer', backlog: 2, outstanding: 1, deadLetters: 4 },
      ]);
      const letters = (limit: number, afterPosition: number) =>
        store.read(({ events }) => events.deadLetters('mailer', { limit, afterPosition }));
      const first = await letters(3, 0);
      const rest = await letters(3, Number(first.at(-1)?.messageId));
      expect([first.length, rest.length]).toEqual([3, 1]);
      expect([...first, ...rest].map(({ key }) => key)).toEqual([0, 1, 2, 3].map((index) => `${TEXT}${index}`));
      expect(rest[0]).toMatchObject({ topic, body, reason: TEXT, attempts: 1 });
    });
  });
}
