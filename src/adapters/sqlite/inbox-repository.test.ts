import type Database from 'better-sqlite3';
import fc from 'fast-check';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { temporarySqliteStore } from '../../../test/support/temporary-sqlite.js';
import type { InboxRepository } from '../../campaign/inbox-repository.js';
import { campaignId } from '../../core/ids.js';
import { epochMs } from '../../core/time.js';
import { openWriter } from './connection.js';
import { BITMAP_FROM_MEMBERS } from './inbox-delivery.js';
import { createInboxRepository } from './inbox-repository.js';

/** Campaign → member → whether she has read it. */
type Model = Map<number, Map<number, boolean>>;

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
  .map(([from, length]) => Array.from({ length: Math.min(length, MAX_ORDINAL - from) }, (_, index) => from + index));
const scattered = fc
  .uniqueArray(ordinal, { minLength: 1, maxLength: 40 })
  .map((values) => values.sort((left, right) => left - right));
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant('deliver' as const), campaign, ordinals: fc.oneof(run, scattered, scattered) }),
  fc.record({ kind: fc.constant('read' as const), campaign, ordinal }),
  fc.record({ kind: fc.constant('readAll' as const), ordinal }),
);

describe('inboxes over bitmaps and rows', () => {
  const temporary = temporarySqliteStore();
  const database = openWriter(temporary.file);
  const inbox = createInboxRepository(database);

  afterAll(async () => {
    database.close();
    await temporary.remove();
  });
  beforeEach(() => {
    database.exec('BEGIN IMMEDIATE');
  });
  afterEach(() => {
    database.exec('ROLLBACK');
  });

  it('answer what a set of members and read marks would, whatever is delivered and read in which order', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 1, maxLength: 12 }),
        fc.array(ordinal, { maxLength: 6 }),
        async (steps, looks) => {
          database.exec('SAVEPOINT property');
          try {
            const model: Model = new Map(CAMPAIGNS.map((id) => [id, new Map<number, boolean>()]));
            for (const taken of steps) await takeStep(inbox, model, taken);
            for (const [id, members] of model) {
              const held = await inbox.holdersBetween(campaignId(id), { from: 0, until: Infinity });
              expect(held).toEqual([...members.keys()].sort((left, right) => left - right));
            }
            for (const look of [...looks, 0, 999, 1_000]) await compareMember(inbox, model, look);
            expectForms(database, model);
          } finally {
            database.exec('ROLLBACK TO property');
            database.exec('RELEASE property');
          }
        },
      ),
      { numRuns: 150 },
    );
  });

  it('pages newest first, over bitmaps and rows alike, without gaps or repeats', async () => {
    for (let id = 1; id <= 30; id++) {
      const length = id % 3 === 0 ? 1 : 200;
      await inbox.deliver(
        campaignId(id),
        Array.from({ length }, (_, index) => 5_000 + index),
      );
    }
    const seen: number[] = [];
    for (let before: number | undefined; ; before = seen.at(-1)) {
      const page = await inbox.page(5_000, { limit: 7, before: before === undefined ? undefined : campaignId(before) });
      seen.push(...page.map((entry) => entry.campaignId));
      if (page.length < 7) break;
    }
    expect(seen).toEqual(Array.from({ length: 30 }, (_, index) => 30 - index));
    expect(await inbox.unreadCount(5_000)).toBe(30);
    expect(await inbox.markAllRead(5_000, 12)).toBe(12);
    expect(await inbox.unreadCount(5_000)).toBe(18);
    expect(await inbox.unreadCount(5_001)).toBe(20);
  });

  it('keeps read marks when a block passes from rows to a bitmap', async () => {
    await inbox.deliver(campaignId(1), [1_003, 1_500]);
    expect(await inbox.markRead(1_003, campaignId(1))).toBe(true);
    await inbox.deliver(
      campaignId(1),
      Array.from({ length: 1_000 }, (_, index) => 1_000 + index),
    );
    expect(await inbox.page(1_003, { limit: 5 })).toEqual([{ campaignId: 1, isRead: true }]);
    expect(await inbox.page(1_500, { limit: 5 })).toEqual([{ campaignId: 1, isRead: false }]);
    expect(database.prepare('SELECT count(*) FROM inbox_row').pluck().get()).toBe(0);
  });

  it('lets old campaigns leave slice by slice and keeps the young', async () => {
    insertCampaign(database, 1, 1_000);
    insertCampaign(database, 2, 2_000);
    const everywhere = [...Array.from({ length: 20 }, (_, index) => index), 2_500, 7_700, 7_701, 1_000_500];
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
    expect(database.prepare('SELECT DISTINCT campaign_id FROM inbox_row_blocks').pluck().all()).toEqual([2]);
  });
});

async function takeStep(inbox: InboxRepository, model: Model, taken: Step): Promise<void> {
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

const membersOf = (model: Model, id: number): Map<number, boolean> => model.get(id) ?? new Map<number, boolean>();

async function compareMember(inbox: InboxRepository, model: Model, member: number): Promise<void> {
  const expected = [...model]
    .filter(([, members]) => members.has(member))
    .map(([id, members]) => ({ campaignId: id, isRead: members.get(member) }))
    .sort((left, right) => right.campaignId - left.campaignId);
  expect(await inbox.page(member, { limit: 10 })).toEqual(expected);
  expect(await inbox.page(member, { limit: 1 })).toEqual(expected.slice(0, 1));
  expect(await inbox.unreadCount(member)).toBe(expected.filter(({ isRead }) => isRead === false).length);
}

/** A block is in rows below the threshold and a bitmap from it on; the marks of row blocks say so. */
function expectForms(database: Database.Database, model: Model): void {
  const inBitmaps: [number, number][] = [];
  const inRows: [number, number][] = [];
  for (const [id, members] of model) {
    const byBlock = new Map<number, number>();
    for (const member of members.keys()) {
      byBlock.set(Math.floor(member / 1_000), (byBlock.get(Math.floor(member / 1_000)) ?? 0) + 1);
    }
    for (const [block, count] of byBlock) (count < BITMAP_FROM_MEMBERS ? inRows : inBitmaps).push([id, block]);
  }
  const sorted = (pairs: [number, number][]): string[] => pairs.map(([id, block]) => `${id}/${block}`).sort();
  const read = (sql: string): string[] => sorted(database.prepare(sql).raw().all() as [number, number][]);
  expect(read('SELECT campaign_id, block FROM inbox_block')).toEqual(sorted(inBitmaps));
  expect(read('SELECT DISTINCT campaign_id, ordinal / 1000 FROM inbox_row')).toEqual(sorted(inRows));
}

function insertCampaign(database: Database.Database, id: number, launchedAtMs: number): void {
  database
    .prepare(
      `INSERT INTO campaign (campaign_id, name, class, state, policy, audience_id, launched_at, common_fields, version,
         created_at, created_by) VALUES (?, 'x', 'bulk', 'running', 'all', 1, ?, '{}', 1, 0, 'test')`,
    )
    .run(id, launchedAtMs);
}
