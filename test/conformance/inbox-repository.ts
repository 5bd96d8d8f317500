/**
 * Inboxes of any store answer what a set of members and read marks would, whatever is delivered and read in which
 * order; how they are packed is the store's.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CampaignRepository } from '../../src/campaign/campaign-repository.js';
import type { InboxRepository } from '../../src/campaign/inbox-repository.js';
import { campaignId } from '../../src/core/ids.js';
import { epochMs } from '../../src/core/time.js';
import { aCampaign } from '../support/campaign-builder.js';

export interface InboxTx {
  readonly inbox: InboxRepository;
  readonly campaigns: Pick<CampaignRepository, 'insert'>;
}

/** Runs a body in a transaction of which nothing stays. */
export type Undone = (body: (tx: InboxTx) => Promise<void>) => Promise<void>;

/** Campaign → member → whether she has read it. */
export type InboxModel = ReadonlyMap<number, Map<number, boolean>>;

type Step =
  | { readonly kind: 'deliver'; readonly campaign: number; readonly ordinals: readonly number[] }
  | { readonly kind: 'read'; readonly campaign: number; readonly ordinal: number }
  | { readonly kind: 'readAll'; readonly ordinal: number };

const CAMPAIGNS = [3, 4, 900];
const MAX_ORDINAL = 3_100;

const campaign = fc.constantFrom(...CAMPAIGNS);
const ordinal = fc.oneof(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 0, max: MAX_ORDINAL - 1 }));
const run = fc
  .tuple(ordinal, fc.integer({ min: 1, max: 2_100 }))
  .map(([from, length]) => upFrom(from, Math.min(length, MAX_ORDINAL - from)));
const scattered = fc
  .uniqueArray(ordinal, { minLength: 1, maxLength: 40 })
  .map((values) => values.sort((left, right) => left - right));
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant('deliver' as const), campaign, ordinals: fc.oneof(run, scattered, scattered) }),
  fc.record({ kind: fc.constant('read' as const), campaign, ordinal }),
  fc.record({ kind: fc.constant('readAll' as const), ordinal }),
);

interface InboxConformance {
  readonly numRuns: number;
  readonly undone: () => Undone;
  /** What an adapter promises of its own packing, after each course of steps. */
  readonly checkPacking?: (model: InboxModel) => void;
}

export function inboxConformance(name: string, { numRuns, undone, checkPacking }: InboxConformance): void {
  describe(`inbox conformance: ${name}`, () => {
    it('answers what a set of members and read marks would, in any order of steps', async () => {
      const steps = fc.array(step, { minLength: 1, maxLength: 12 });
      await fc.assert(
        fc.asyncProperty(steps, fc.array(ordinal, { maxLength: 6 }), async (taken, looks) => {
          await undone()(async ({ inbox }) => {
            const model: InboxModel = new Map(CAMPAIGNS.map((id) => [id, new Map<number, boolean>()]));
            for (const each of taken) await takeStep(inbox, model, each);
            for (const [id, members] of model) {
              const held = await inbox.holdersBetween(campaignId(id), { from: 0, until: Infinity });
              expect(held).toEqual([...members.keys()].sort((left, right) => left - right));
            }
            for (const look of [...looks, 0, 999, 1_000]) await compareMember(inbox, model, look);
            checkPacking?.(model);
          });
        }),
        { numRuns },
      );
    });

    it('pages newest first, without gaps or repeats', async () => {
      await undone()(async ({ inbox }) => {
        for (let id = 1; id <= 30; id++) await inbox.deliver(campaignId(id), upFrom(5_000, id % 3 === 0 ? 1 : 200));
        const seen: number[] = [];
        for (let before: number | undefined; ; before = seen.at(-1)) {
          const page = await inbox.page(5_000, {
            limit: 7,
            ...(before !== undefined && { before: campaignId(before) }),
          });
          seen.push(...page.map((entry) => entry.campaignId));
          if (page.length < 7) break;
        }
        expect(seen).toEqual(upFrom(1, 30).reverse());
        expect(await inbox.unreadCount(5_000)).toBe(30);
        expect(await inbox.markAllRead(5_000, 12)).toBe(12);
        expect(await inbox.unreadCount(5_000)).toBe(18);
        expect(await inbox.unreadCount(5_001)).toBe(20);
      });
    });

    it('keeps read marks when the rest of a block comes later', async () => {
      await undone()(async ({ inbox }) => {
        await inbox.deliver(campaignId(1), [1_003, 1_500]);
        expect(await inbox.markRead(1_003, campaignId(1))).toBe(true);
        await inbox.deliver(campaignId(1), upFrom(1_000, 1_000));
        expect(await inbox.page(1_003, { limit: 5 })).toEqual([{ campaignId: 1, isRead: true }]);
        expect(await inbox.page(1_500, { limit: 5 })).toEqual([{ campaignId: 1, isRead: false }]);
      });
    });

    it('lets old campaigns leave slice by slice, over empty blocks, and keeps the young', async () => {
      await undone()(async ({ inbox, campaigns }) => {
        await campaigns.insert(aCampaign({ campaignId: campaignId(1), launchedAt: epochMs(1_000) }), []);
        await campaigns.insert(aCampaign({ campaignId: campaignId(2), launchedAt: epochMs(2_000) }), []);
        const everywhere = [...upFrom(0, 20), 2_500, 7_700, 7_701, 1_000_500];
        await inbox.deliver(campaignId(1), everywhere);
        await inbox.deliver(campaignId(2), everywhere);
        const slices: number[] = [];
        let fromBlock: number | null = 0;
        while (fromBlock !== null) {
          slices.push(fromBlock);
          fromBlock = (await inbox.purge({ launchedBefore: epochMs(2_000), fromBlock, blockCount: 2 })).nextBlock;
        }
        expect(slices).toEqual([0, 2, 7, 1_000]);
        expect(await inbox.holdersBetween(campaignId(1), { from: 0, until: Infinity })).toEqual([]);
        expect(await inbox.holdersBetween(campaignId(2), { from: 0, until: Infinity })).toEqual(everywhere);
      });
    });
  });
}

const upFrom = (first: number, count: number): number[] => Array.from({ length: count }, (_, index) => first + index);

async function takeStep(inbox: InboxRepository, model: InboxModel, taken: Step): Promise<void> {
  if (taken.kind === 'deliver') {
    await inbox.deliver(campaignId(taken.campaign), taken.ordinals);
    const members = membersOf(model, taken.campaign);
    for (const member of taken.ordinals) members.set(member, members.get(member) ?? false);
  } else if (taken.kind === 'read') {
    const members = membersOf(model, taken.campaign);
    const has = members.has(taken.ordinal);
    expect(await inbox.markRead(taken.ordinal, campaignId(taken.campaign))).toBe(has);
    if (has) members.set(taken.ordinal, true);
  } else {
    const unread = [...model.values()].filter((members) => members.get(taken.ordinal) === false);
    expect(await inbox.markAllRead(taken.ordinal, 100)).toBe(unread.length);
    for (const members of unread) members.set(taken.ordinal, true);
  }
}

const membersOf = (model: InboxModel, id: number): Map<number, boolean> => model.get(id) ?? new Map<number, boolean>();

async function compareMember(inbox: InboxRepository, model: InboxModel, member: number): Promise<void> {
  const expected = [...model]
    .filter(([, members]) => members.has(member))
    .map(([id, members]) => ({ campaignId: id, isRead: members.get(member) }))
    .sort((left, right) => right.campaignId - left.campaignId);
  expect(await inbox.page(member, { limit: 10 })).toEqual(expected);
  expect(await inbox.page(member, { limit: 1 })).toEqual(expected.slice(0, 1));
  expect(await inbox.unreadCount(member)).toBe(expected.filter(({ isRead }) => isRead === false).length);
}
