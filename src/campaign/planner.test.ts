import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { insertCampaign } from '../../test/support/campaign-builder.js';
import { MemoryMembers, withMembers } from '../../test/support/memory-members.js';
import { temporaryStore, type TemporaryStore } from '../../test/support/temporary-store.js';
import { audienceId, campaignId, type CampaignId } from '../core/ids.js';
import { addMs, epochMs, HOUR_MS } from '../core/time.js';
import { OUTCOME_CODES, pendingCode, toInFlight } from '../ledger/cell-code.js';
import type { BucketKey } from '../ledger/ledger-repository.js';
import type { AudienceDefinition } from './audience.js';
import type { Campaign, CampaignState } from './campaign.js';
import { Planner, type PlannerEvent } from './planner.js';

const CAMPAIGN = campaignId(1);
const EVERYBODY: AudienceDefinition = { kind: 'everybody' };
const LEVEL_9: AudienceDefinition = { kind: 'filter', filter: { field: 'level', equals: 9 } };

describe('the planner', () => {
  let temporary: TemporaryStore;
  let members: MemoryMembers;
  let events: PlannerEvent[];
  let planner: Planner<Parameters<Parameters<ReturnType<typeof store>['transaction']>[0]>[0]>;

  const store = () => withMembers(temporary.store, members);
  const newPlanner = () =>
    new Planner({ store: store(), clock: temporary.clock, onEvent: (event) => void events.push(event) });

  beforeEach(async () => {
    temporary = await temporaryStore();
    members = new MemoryMembers();
    events = [];
    planner = newPlanner();
  });
  afterEach(async () => {
    await planner.close();
    await temporary.remove();
  });

  const insert = (campaign: Partial<Campaign> & { definition: AudienceDefinition }) =>
    temporary.store.transaction((tx) => insertCampaign(tx, { channels: ['sms'], ...campaign }));
  const stateOf = async (id: CampaignId): Promise<CampaignState | undefined> =>
    (await temporary.store.read((tx) => tx.campaigns.find(id)))?.state;
  const reaches = (id: CampaignId, state: CampaignState) => expect.poll(() => stateOf(id), { interval: 5 }).toBe(state);
  const key = (bucket: number): BucketKey => ({ campaignId: CAMPAIGN, channel: 'sms', bucket });
  const counts = async () =>
    Object.fromEntries(await temporary.store.read((tx) => tx.ledger.counts({ campaignId: CAMPAIGN, channel: 'sms' })));
  /** Puts codes into the first cells of a bucket, as an earlier pusher would have left them. */
  const leave = (bucket: number, codes: readonly number[]) =>
    temporary.store.transaction(async (tx) => {
      const row = await tx.ledger.find(key(bucket));
      const cells = row?.cells ?? new Uint8Array();
      cells.set(codes);
      const counted = { pending: cells.length, sent: 0, failed: 0, unknown: 0, suppressed: 0 };
      await tx.ledger.merge(key(bucket), cells, counted);
    });

  it('starts a campaign at its time and not before', async () => {
    members.putRange(0, 50);
    const launchAt = addMs(temporary.clock.now(), HOUR_MS);
    await insert({ definition: EVERYBODY, state: 'scheduled', launchAt });
    planner.start();
    await temporary.clock.run(HOUR_MS - 1);
    expect(await stateOf(CAMPAIGN)).toBe('scheduled');
    await temporary.clock.run(1);
    await reaches(CAMPAIGN, 'running');
    const moves = await temporary.store.read((tx) => tx.campaigns.moves(CAMPAIGN));
    expect(moves.map(({ move, at }) => [move, at])).toEqual([
      ['due', launchAt],
      ['frozen', launchAt],
    ]);
    expect(events).toMatchObject([{ kind: 'campaign.running', campaignId: CAMPAIGN }]);
  });

  it('starts at once what was launched, when it is told', async () => {
    planner.start();
    await temporary.clock.run(0);
    members.putRange(0, 50);
    await insert({ definition: EVERYBODY });
    planner.wake();
    await reaches(CAMPAIGN, 'running');
  });

  it('lets what is pending expire when delivery ends, and leaves what a pusher holds until it comes back', async () => {
    members.putRange(0, 3_000);
    await insert({ definition: EVERYBODY, deliverUntil: addMs(temporary.clock.now(), HOUR_MS) });
    planner.start();
    await reaches(CAMPAIGN, 'running');
    await leave(1, [pendingCode({ definite: 2, ambiguous: 0 }), pendingCode({ definite: 1, ambiguous: 1 })]);
    const now = temporary.clock.now();
    const stream = { campaignId: CAMPAIGN, channel: 'sms' } as const;
    const [claimed] = await temporary.store.transaction((tx) =>
      tx.ledger.claim(stream, { audienceId: audienceId(1), limit: 1, now, owner: 'p' }),
    );

    await temporary.clock.run(HOUR_MS);
    await expect.poll(counts, { interval: 5 }).toEqual({
      0: 1_000,
      [OUTCOME_CODES.suppressedExpired]: 1_999,
      [OUTCOME_CODES.unknown + 1]: 1,
    });
    await temporary.clock.run(1_000);
    expect(await stateOf(CAMPAIGN)).toBe('running');
    await temporary.store.transaction((tx) => tx.ledger.endAllLeases(temporary.clock.now()));
    expect(claimed?.row.bucket).toBe(0);
    await temporary.clock.run(1_000);
    await reaches(CAMPAIGN, 'completed');
    expect(await counts()).toMatchObject({ [OUTCOME_CODES.suppressedExpired]: 2_999 });
  });

  it('ends a cancelled campaign: pending is suppressed, what a dead pusher had in flight unknown', async () => {
    members.putRange(0, 1_500);
    await insert({ definition: EVERYBODY });
    planner.start();
    await reaches(CAMPAIGN, 'running');
    await leave(0, [toInFlight(0), toInFlight(pendingCode({ definite: 3, ambiguous: 0 }))]);
    await temporary.store.transaction((tx) => tx.campaigns.update(CAMPAIGN, { state: 'cancelling' }));
    planner.wake();
    await reaches(CAMPAIGN, 'cancelled');
    expect(await counts()).toEqual({
      [OUTCOME_CODES.suppressedCancelled]: 1_498,
      [OUTCOME_CODES.unknown]: 1,
      [OUTCOME_CODES.unknown + 3]: 1,
    });
    const [row] = await temporary.store.read((tx) => tx.ledger.rows({ campaignId: CAMPAIGN, channel: 'sms' }, 0, 1));
    expect(row).toMatchObject({ pendingCount: 0, isLeased: false });
    expect(events.map(({ kind }) => kind)).toEqual(['campaign.running', 'campaign.ended']);
  });

  it('completes a campaign whose last outcome was recorded while nobody looked', async () => {
    members.putRange(0, 3);
    await insert({ definition: EVERYBODY });
    planner.start();
    await reaches(CAMPAIGN, 'running');
    await temporary.store.transaction(async (tx) => {
      const cells = new Uint8Array(3).fill(OUTCOME_CODES.sent);
      await tx.ledger.merge(key(0), cells, { pending: 0, sent: 3, failed: 0, unknown: 0, suppressed: 0 });
      await tx.ledger.addCounts([
        { campaignId: CAMPAIGN, channel: 'sms', code: 0, members: -3 },
        { campaignId: CAMPAIGN, channel: 'sms', code: OUTCOME_CODES.sent, members: 3 },
      ]);
    });
    await temporary.clock.run(2_000);
    await reaches(CAMPAIGN, 'completed');
  });

  it('holds no campaign up when another fails, and tries that one again', async () => {
    members.putRange(0, 50);
    const select = members.selectOrdinals.bind(members);
    let failures = 2;
    members.selectOrdinals = async (options) => {
      if (failures-- > 0) throw new Error('a filter that cannot be read');
      return select(options);
    };
    await insert({ definition: LEVEL_9 });
    await insert({ definition: EVERYBODY, campaignId: campaignId(2), audienceId: audienceId(2) });
    planner.start();
    await reaches(campaignId(2), 'running');
    expect(await stateOf(CAMPAIGN)).toBe('freezing');
    await temporary.clock.run(3_000);
    await reaches(CAMPAIGN, 'completed');
    const failed = events.filter(({ kind }) => kind === 'planner.failed');
    expect(failed).toMatchObject([
      { campaignId: CAMPAIGN, retryInMs: 1_000 },
      { campaignId: CAMPAIGN, retryInMs: 2_000 },
    ]);
  });

  it('keeps an audience that drifted for its person, until delivery ends', async () => {
    await insert({ definition: EVERYBODY, expectedMembers: 500, deliverUntil: addMs(temporary.clock.now(), HOUR_MS) });
    planner.start();
    await reaches(CAMPAIGN, 'running');
    await temporary.clock.run(10_000);
    expect(await stateOf(CAMPAIGN)).toBe('running');
    await temporary.clock.run(HOUR_MS);
    await reaches(CAMPAIGN, 'completed');
  });

  it('can be closed in the middle of a freeze, and the next one goes on', async () => {
    members.putRange(0, 120_000, { level: 9 });
    await insert({ definition: LEVEL_9 });
    const select = members.selectOrdinals.bind(members);
    let closing: Promise<void> | undefined;
    members.selectOrdinals = async (options) => {
      closing ??= planner.close();
      return select(options);
    };
    planner.start();
    await expect.poll(() => closing !== undefined, { interval: 5 }).toBe(true);
    await closing;
    expect(await stateOf(CAMPAIGN)).toBe('freezing');
    expect(temporary.clock.sleeperCount).toBe(0);
    planner = newPlanner();
    planner.start();
    await reaches(CAMPAIGN, 'running');
    const audience = await temporary.store.read((tx) => tx.audiences.find(audienceId(1)));
    expect(audience).toMatchObject({ memberCount: 120_000, bucketCount: 120 });
  });

  it('sleeps between its looks: nothing to do costs two reads in two seconds, and no write', async () => {
    members.putRange(0, 10);
    await insert({ definition: EVERYBODY, deliverUntil: epochMs(9e12) });
    planner.start();
    await reaches(CAMPAIGN, 'running');
    const before = temporary.store.stats().transactions;
    const reads = vi.spyOn(temporary.store, 'read');
    await temporary.clock.run(60_000);
    expect(reads).toHaveBeenCalledTimes((2 * 60_000) / 2_000);
    expect(temporary.store.stats().transactions).toBe(before);
  });
});
