import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { insertCampaign } from '../../test/support/campaign-builder.js';
import { MemoryMembers, withMembers } from '../../test/support/memory-members.js';
import { temporaryStore, type TemporaryStore } from '../../test/support/temporary-store.js';
import type { EngineStore } from '../compose.js';
import { audienceId, campaignId } from '../core/ids.js';
import { decodeBucket, encodeBucket } from '../ledger/bucket-members.js';
import { OUTCOME_CODES } from '../ledger/cell-code.js';
import type { Campaign } from './campaign.js';
import type { AudienceDefinition } from './audience.js';
import { freezeCampaign } from './freeze-audience.js';

const TOP_LEVELS: AudienceDefinition = { kind: 'filter', filter: { field: 'level', in: [3, 4] } };
const CAMPAIGN = campaignId(1);
const AUDIENCE = audienceId(1);

describe('freezing an audience', () => {
  let temporary: TemporaryStore;
  let members: MemoryMembers;

  beforeEach(async () => {
    temporary = await temporaryStore();
    members = new MemoryMembers();
  });
  afterEach(() => temporary.remove());

  const deps = (store: EngineStore = temporary.store) => ({
    store: withMembers(store, members),
    clock: temporary.clock,
  });
  const insert = (
    campaign: Partial<Campaign> & { definition: AudienceDefinition; channels?: readonly ('inbox' | 'sms')[] },
  ) => temporary.store.transaction((tx) => insertCampaign(tx, campaign));
  const campaign = (store: EngineStore = temporary.store) => store.read((tx) => tx.campaigns.find(CAMPAIGN));
  const frozen = async (audience = AUDIENCE, store: EngineStore = temporary.store) => {
    const buckets = await store.read((tx) => tx.audiences.buckets(audience, 0, 100_000));
    return buckets.flatMap((bucket) => [...decodeBucket(bucket)]);
  };

  it('starts everybody, with a pending cell per member and channel', async () => {
    members.putRange(0, 2_500).putRange(7_000, 7_003).remove(1_234);
    await insert({ definition: { kind: 'everybody' }, channels: ['inbox', 'sms'] });
    expect(await freezeCampaign(deps(), CAMPAIGN)).toBe(true);

    expect(await frozen()).toEqual(members.ordinals);
    expect(await campaign()).toMatchObject({ state: 'running', pauseReasons: [] });
    for (const channel of ['inbox', 'sms'] as const) {
      const rows = await temporary.store.read((tx) => tx.ledger.rows({ campaignId: CAMPAIGN, channel }, 0, 100));
      expect(rows.map(({ memberCount, pendingCount }) => [memberCount, pendingCount])).toEqual([
        [1_000, 1_000],
        [999, 999],
        [503, 503],
      ]);
      const counts = await temporary.store.read((tx) => tx.ledger.counts({ campaignId: CAMPAIGN, channel }));
      expect([...counts]).toEqual([[0, 2_502]]);
    }
  });

  it('takes those who pass a filter, in full buckets, whatever the gaps', async () => {
    members.putRange(0, 180_000, { level: 1 }).putRange(900_000, 901_500, { level: 4 });
    for (let ordinal = 0; ordinal < 180_000; ordinal += 61) members.put(ordinal, { level: 3 });
    await insert({ definition: TOP_LEVELS });
    await freezeCampaign(deps(), CAMPAIGN);
    const buckets = await temporary.store.read((tx) => tx.audiences.buckets(AUDIENCE, 0, 100));
    expect(buckets.map(({ memberCount }) => memberCount)).toEqual([1_000, 1_000, 1_000, 1_000, 451]);
    expect(await frozen()).toEqual(members.ordinals.filter((ordinal) => ordinal >= 900_000 || ordinal % 61 === 0));
  });

  it('completes a campaign to nobody at once', async () => {
    members.putRange(0, 100);
    await insert({ definition: TOP_LEVELS });
    await freezeCampaign(deps(), CAMPAIGN);
    expect(await campaign()).toMatchObject({ state: 'completed', endedAt: temporary.clock.now() });
    const moves = await temporary.store.read((tx) => tx.campaigns.moves(CAMPAIGN));
    expect(moves.map(({ move }) => move)).toEqual(['frozen', 'completed']);
  });

  it('goes on after a stop in the middle, over a reopened store, with the buckets of one go', async () => {
    members.putRange(0, 300_000, { level: 1 });
    for (let ordinal = 0; ordinal < 300_000; ordinal += 7) members.put(ordinal, { level: 4 });
    await insert({ definition: TOP_LEVELS });
    await insert({ definition: TOP_LEVELS, campaignId: campaignId(2), audienceId: audienceId(2) });
    await freezeCampaign(deps(), campaignId(2));

    let store = temporary.store;
    const stopAfter = (slices: number): AbortSignal => {
      const controller = new AbortController();
      const select = members.selectOrdinals.bind(members);
      let left = slices;
      members.selectOrdinals = (options) => {
        if (left-- === 0) controller.abort();
        return select(options);
      };
      return controller.signal;
    };
    for (let round = 0; round < 3; round++) {
      expect(await freezeCampaign(deps(store), CAMPAIGN, { signal: stopAfter(0) })).toBe(false);
      expect((await campaign(store))?.state).toBe('freezing');
      await store.close();
      store = await temporary.openAgain();
    }
    expect(await freezeCampaign(deps(store), CAMPAIGN)).toBe(true);
    const [killed, whole] = await store.read(async (tx) => [
      await tx.audiences.buckets(AUDIENCE, 0, 1_000),
      await tx.audiences.buckets(audienceId(2), 0, 1_000),
    ]);
    expect(killed).toEqual(whole);
    expect(killed).toHaveLength(43);
  });

  it('makes the buckets of one go when it is begun again after an error at any slice', async () => {
    members.putRange(0, 300_000, { level: 1 });
    for (let ordinal = 0; ordinal < 300_000; ordinal += 7) members.put(ordinal, { level: 4 });
    await insert({ definition: TOP_LEVELS });
    await insert({ definition: TOP_LEVELS, campaignId: campaignId(2), audienceId: audienceId(2) });
    await freezeCampaign(deps(), campaignId(2));

    const select = members.selectOrdinals.bind(members);
    for (const failAt of [0, 1, 2, 1, 2, 1]) {
      let left = failAt;
      members.selectOrdinals = (options) => {
        if (left-- === 0) throw new Error('the disk is away');
        temporary.clock.advance(150); // every second slice is due
        return select(options);
      };
      await expect(freezeCampaign(deps(), CAMPAIGN)).rejects.toThrow('the disk is away');
    }
    members.selectOrdinals = select;
    expect(await freezeCampaign(deps(), CAMPAIGN)).toBe(true);
    const [broken, whole] = await temporary.store.read(async (tx) => [
      await tx.audiences.buckets(AUDIENCE, 0, 1_000),
      await tx.audiences.buckets(audienceId(2), 0, 1_000),
    ]);
    expect(broken).toEqual(whole);
    expect(broken).toHaveLength(43);
  });

  it('keeps the slices of a persona together: a commit for many', async () => {
    members.putRange(0, 500_000, { level: 1 });
    for (let ordinal = 0; ordinal < 500_000; ordinal += 40) members.put(ordinal, { level: 4 });
    await insert({ definition: TOP_LEVELS });
    const before = temporary.store.stats().commits;
    await freezeCampaign(deps(), CAMPAIGN);
    expect(await frozen()).toHaveLength(12_500); // of 10 slices, a bucket or two each
    expect(temporary.store.stats().commits - before).toBe(2); // all buckets, and the start
  });

  it('freezes everybody before anything can be sent, and nobody who joins later', async () => {
    members.putRange(0, 1_500);
    await insert({ definition: { kind: 'everybody' } });
    await freezeCampaign(deps(), CAMPAIGN);
    members.putRange(1_500, 4_000);
    expect(await freezeCampaign(deps(), CAMPAIGN)).toBe(false);
    expect(await frozen()).toHaveLength(1_500);
  });

  it('freezes once, whoever else freezes the same campaign at that moment', async () => {
    members.putRange(0, 120_000, { level: 1 });
    for (let ordinal = 0; ordinal < 120_000; ordinal += 50) members.put(ordinal, { level: 3 });
    await insert({ definition: TOP_LEVELS });
    const answers = await Promise.all([freezeCampaign(deps(), CAMPAIGN), freezeCampaign(deps(), CAMPAIGN)]);
    expect(answers).toContain(true);
    expect(await frozen()).toEqual(Array.from({ length: 2_400 }, (_, index) => index * 50));
  });

  it('leaves out nobody because others go while it freezes', async () => {
    members.putRange(0, 120_000, { level: 1 });
    for (let ordinal = 0; ordinal < 120_000; ordinal += 50) members.put(ordinal, { level: 3 });
    await insert({ definition: TOP_LEVELS });
    const select = members.selectOrdinals.bind(members);
    members.selectOrdinals = async (options) => {
      const ordinals = await select(options);
      for (let ordinal = 0; ordinal < 2_000; ordinal++) members.remove(ordinal);
      return ordinals;
    };
    await freezeCampaign(deps(), CAMPAIGN);
    expect(await frozen()).toEqual(Array.from({ length: 2_400 }, (_, index) => index * 50));
  });

  it('leaves a campaign alone that was cancelled while it froze', async () => {
    members.putRange(0, 120_000, { level: 3 });
    await insert({ definition: TOP_LEVELS });
    const select = members.selectOrdinals.bind(members);
    members.selectOrdinals = async (options) => {
      const ordinals = await select(options);
      if (options.range.from > 0) {
        await temporary.store.transaction((tx) => tx.campaigns.update(CAMPAIGN, { state: 'cancelling' }));
      }
      return ordinals;
    };
    expect(await freezeCampaign(deps(), CAMPAIGN)).toBe(false);
    expect(await campaign()).toMatchObject({ state: 'cancelling' });
    const rows = await temporary.store.read((tx) => tx.ledger.rows({ campaignId: CAMPAIGN, channel: 'inbox' }, 0, 10));
    expect(rows).toEqual([]);
  });

  it.each([
    { frozen: 1_010, expectedMembers: 1_000, isHeld: false },
    { frozen: 1_011, expectedMembers: 1_000, isHeld: true },
    { frozen: 989, expectedMembers: 1_000, isHeld: true },
    { frozen: 5_050, expectedMembers: 5_000, isHeld: false },
    { frozen: 5_051, expectedMembers: 5_000, isHeld: true },
    { frozen: 0, expectedMembers: 11, isHeld: true },
  ])('holds back $frozen members where $expectedMembers were confirmed: $isHeld', async (testCase) => {
    members.putRange(0, testCase.frozen);
    await insert({ definition: { kind: 'everybody' }, expectedMembers: testCase.expectedMembers });
    await freezeCampaign(deps(), CAMPAIGN);
    expect(await campaign()).toMatchObject({
      state: 'running',
      pauseReasons: testCase.isHeld ? ['audienceDrift'] : [],
    });
    const moves = await temporary.store.read((tx) => tx.campaigns.moves(CAMPAIGN));
    expect(moves.map(({ move }) => move)).toEqual(testCase.isHeld ? ['frozen', 'paused'] : ['frozen']);
  });

  it('holds back an audience above its limit, and keeps the pause of a person', async () => {
    members.putRange(0, 51);
    await insert({ definition: { kind: 'everybody' }, maxMembers: 50, pauseReasons: ['person'] });
    await freezeCampaign(deps(), CAMPAIGN);
    expect(await campaign()).toMatchObject({ state: 'running', pauseReasons: ['person', 'audienceMax'] });
  });

  it('takes the chosen cells of a parent, over its buckets', async () => {
    members.putRange(0, 2_400);
    await insert({ definition: { kind: 'everybody' }, channels: ['sms'] });
    await freezeCampaign(deps(), CAMPAIGN);
    await temporary.store.transaction(async (tx) => {
      for (const row of await tx.ledger.rows({ campaignId: CAMPAIGN, channel: 'sms' }, 0, 10)) {
        const cells = row.cells.map((_, index) =>
          index % 2 === 0 ? OUTCOME_CODES.sent : OUTCOME_CODES.failedExhausted,
        );
        cells[0] = OUTCOME_CODES.unknown + 3;
        const counts = {
          pending: 0,
          sent: row.memberCount / 2 - 1,
          failed: row.memberCount / 2,
          unknown: 1,
          suppressed: 0,
        };
        await tx.ledger.merge({ campaignId: CAMPAIGN, channel: 'sms', bucket: row.bucket }, cells, counts);
      }
    });
    await insert({
      campaignId: campaignId(2),
      audienceId: audienceId(2),
      parentCampaignId: CAMPAIGN,
      definition: { kind: 'cells', campaignId: CAMPAIGN, channel: 'sms', outcomes: ['failedExhausted', 'unknown'] },
    });
    await freezeCampaign(deps(), campaignId(2));
    expect(await frozen(audienceId(2))).toEqual(
      members.ordinals.filter((ordinal) => ordinal % 2 === 1 || ordinal % 1_000 === 0),
    );
  });

  it('uses a list that was frozen when the campaign was made', async () => {
    await insert({ definition: { kind: 'list', memberCount: 3 } });
    await temporary.store.transaction(async (tx) => {
      await tx.audiences.append(AUDIENCE, { firstBucket: 0, buckets: [encodeBucket([4, 5, 900])], cursor: 901 });
      await tx.audiences.markFrozen(AUDIENCE, temporary.clock.now());
    });
    await freezeCampaign(deps(), CAMPAIGN);
    expect(await frozen()).toEqual([4, 5, 900]);
    expect(await campaign()).toMatchObject({ state: 'running' });
  });
});
