import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CATALOGUE, contextOf } from '../../test/support/channel-catalogue.js';
import { addMembers, isCompleted, outcomes, pusherOf, runUntil } from '../../test/support/push-rig.js';
import { ScriptedProvider } from '../../test/support/scripted-provider.js';
import { temporaryStore, type TemporaryStore } from '../../test/support/temporary-store.js';
import { CHANNELS, FLAG_VALUES, type Channel } from '../core/channels.js';
import { memberId, type CampaignId } from '../core/ids.js';
import { addMs, epochMs, HOUR_MS, MINUTE_MS, type EpochMs } from '../core/time.js';
import type { MemberFields } from '../membership/member.js';
import { parseFilter } from '../membership/filter-json.js';
import { prepareAudience, type AudienceChoice } from './audience-choice.js';
import { CHANNEL_POLICIES } from './campaign.js';
import type { CampaignDraft, ChannelDraft } from './campaign-draft.js';
import { createCampaign } from './create-campaign.js';
import { dryRunCampaign } from './dry-run.js';
import { freezeCampaign } from './freeze-audience.js';
import { launchCampaign } from './launch-campaign.js';
import { forecast, rateOf, reachOf } from './reach.js';

const INBOX: ChannelDraft = { channel: 'inbox', message: { title: 'Hi', body: 'Hello' } };
const SMS: ChannelDraft = { channel: 'sms', message: { body: 'Hello' } };
const EMAIL: ChannelDraft = { channel: 'email', message: { subject: 'Hi', body: 'Hello' } };

describe('a dry run', () => {
  let temporary: TemporaryStore;
  beforeEach(async () => {
    temporary = await temporaryStore();
  });
  afterEach(() => temporary.remove());

  const create = async (choice: AudienceChoice, draft: Partial<CampaignDraft> = {}): Promise<CampaignId> => {
    const audience = await prepareAudience(temporary.store, choice);
    const { campaignId } = await temporary.store.transaction((tx) =>
      createCampaign(tx, contextOf(temporary.clock), {
        name: 'Autumn',
        channels: [INBOX, SMS, EMAIL],
        ...draft,
        audience,
      }),
    );
    return campaignId;
  };
  const dryRun = (id: CampaignId) => dryRunCampaign({ ...temporary, catalogue: CATALOGUE }, id);
  const pushAll = async (id: CampaignId, channels: readonly Channel[]): Promise<void> => {
    const pushers = channels.map((channel) =>
      pusherOf(temporary.store, temporary.clock, {
        channel,
        provider: channel === 'inbox' ? undefined : new ScriptedProvider({ channel }),
      }),
    );
    for (const pusher of pushers) pusher.start();
    await runUntil(temporary.clock, () => isCompleted(temporary.store, id));
    const stopped = Promise.all(pushers.map((pusher) => pusher.stop(1_000)));
    await temporary.clock.run(2_000);
    await stopped;
  };

  /** A mixed population: every third without consent by SMS, some without address, the odd one out of the inbox. */
  const mixed = (index: number): Partial<MemberFields> => ({
    level: index % 5,
    ...(index % 4 === 0 ? { phone: null } : {}),
    ...(index % 7 === 0 ? { email: null } : {}),
    consent: {
      ...(index % 3 === 0 ? {} : { sms: { state: 'granted', at: null, source: null } }),
      ...(index % 2 === 0 ? { email: { state: 'granted', at: null, source: null } } : {}),
      ...(index % 11 === 0 ? { inbox: { state: 'denied', at: temporary.clock.now(), source: null } } : {}),
    },
  });

  it.each(
    CHANNEL_POLICIES.flatMap((policy) => [
      { policy, choice: { kind: 'everybody' } as const },
      { policy, choice: { kind: 'filter', filter: parseFilter({ field: 'level', in: [1, 3] }) } as const },
      {
        policy,
        choice: { kind: 'list', memberIds: ['m5', 'm77', 'm1234', 'm2000'].map((id) => memberId(id)) } as const,
      },
    ]),
  )('says exactly what the launch then does: $choice.kind, $policy', async ({ policy, choice }) => {
    await addMembers(temporary.store, temporary.clock, { count: 2_500, fieldsOf: mixed });
    const id = await create(choice, { policy });
    const said = await dryRun(id);

    await temporary.store.transaction((tx) =>
      launchCampaign(tx, contextOf(temporary.clock), {
        campaignId: id,
        basis: { kind: 'dryRun', dryRunId: said.dryRunId, confirmMembers: said.memberCount },
      }),
    );
    await freezeCampaign(temporary, id);
    await pushAll(id, ['inbox', 'sms', 'email']);
    expect(said.expiringCount).toBe(0);
    for (const { channel, reach } of said.channels) {
      const books = await outcomes(temporary.store, id, channel);
      expect(books).toEqual({ ...(reach.members > 0 ? { sent: reach.members } : {}), ...reach.suppressed });
      expect(Object.values(books).reduce((sum, count) => sum + count, 0)).toBe(said.memberCount);
    }
  });

  it('forecasts cost, end and who would expire at the set pace', async () => {
    await addMembers(temporary.store, temporary.clock, { count: 1_000 });
    const launchAt = addMs(temporary.clock.now(), HOUR_MS);
    const deliverUntil = addMs(launchAt, 10 * MINUTE_MS);
    const id = await create(
      { kind: 'everybody' },
      {
        channels: [{ ...SMS, membersPerSecond: 1 }, INBOX],
        launchAt,
        deliverUntil,
      },
    );
    expect(await dryRun(id)).toMatchObject({
      memberCount: 1_000,
      startsAt: launchAt,
      deliverUntil,
      expiringCount: 400,
      channels: [
        {
          channel: 'sms',
          mode: 'keyed',
          membersPerSecond: 1,
          endsAt: addMs(launchAt, 1_000_000),
          expiringMembers: 400,
          cost: { amountMinor: 4_500n, currency: 'CNY' },
        },
        { channel: 'inbox', membersPerSecond: null, endsAt: null, expiringMembers: 0, cost: null },
      ],
    });
    const [record] = await temporary.store.read(async (tx) => [await tx.campaigns.findDryRun(1)]);
    expect(JSON.parse(record?.resultJson ?? '')).toMatchObject({ dryRunId: 1, expiringCount: 400 });
  });

  it('holds for the start that it was made for, and no other', async () => {
    await addMembers(temporary.store, temporary.clock, { count: 10 });
    const id = await create({ kind: 'everybody' });
    const launchAt = addMs(temporary.clock.now(), HOUR_MS);
    const { dryRunId } = await dryRunCampaign({ ...temporary, catalogue: CATALOGUE }, id, { launchAt });
    const launch = (at?: EpochMs) =>
      temporary.store.transaction((tx) =>
        launchCampaign(tx, contextOf(temporary.clock), {
          campaignId: id,
          launchAt: at,
          basis: { kind: 'dryRun', dryRunId, confirmMembers: 10 },
        }),
      );
    await expect(launch()).rejects.toMatchObject({ code: 'DRY_RUN_STALE' });
    await expect(launch(addMs(launchAt, 1))).rejects.toMatchObject({ code: 'DRY_RUN_STALE' });
    expect(await launch(launchAt)).toMatchObject({ state: 'scheduled', launchAt });
  });

  it('is for drafts only, and changes nothing', async () => {
    await addMembers(temporary.store, temporary.clock, { count: 10 });
    const id = await create({ kind: 'everybody' });
    const before = await temporary.store.read((tx) => tx.campaigns.find(id));
    await dryRun(id);
    expect(await temporary.store.read((tx) => tx.campaigns.find(id))).toEqual(before);
    await temporary.store.transaction((tx) =>
      launchCampaign(tx, contextOf(temporary.clock), { campaignId: id, basis: { kind: 'unattended' } }),
    );
    await expect(dryRun(id)).rejects.toMatchObject({ code: 'CAMPAIGN_STATE' });
  });
});

describe('reach', () => {
  it('accounts for every member of every value of the flags, under both policies', () => {
    const histograms = fc.array(fc.tuple(fc.nat(FLAG_VALUES - 1), fc.nat(1_000)), { maxLength: 40 });
    const orders = fc.shuffledSubarray([...CHANNELS], { minLength: 1 });
    fc.assert(
      fc.property(histograms, orders, fc.constantFrom(...CHANNEL_POLICIES), (entries, order, policy) => {
        const counts = new Uint32Array(FLAG_VALUES);
        for (const [flags, count] of entries) counts[flags] = count;
        const total = counts.reduce((sum, count) => sum + count, 0);
        const reaches = order.map((channel) => reachOf(counts, { channel, order, policy }));
        for (const { members, suppressed } of reaches) {
          expect(members + Object.values(suppressed).reduce((sum, count) => sum + count, 0)).toBe(total);
        }
        if (policy === 'first') {
          expect(reaches.reduce((sum, { members }) => sum + members, 0)).toBeLessThanOrEqual(total);
        }
      }),
    );
  });

  it('goes at the least of all limits', () => {
    const offer = {
      pace: { membersPerSecond: 500, requestsPerSecond: 8 },
      capabilities: CATALOGUE.get('email')?.capabilities,
    };
    expect(rateOf({}, offer)).toBe(500);
    expect(rateOf({ membersPerSecond: 20 }, offer)).toBe(20);
    expect(rateOf({ requestsPerSecond: 0.1 }, offer)).toBe(100);
    expect(rateOf({}, { pace: {}, capabilities: undefined })).toBeNull();
    const at = { startsAt: epochMs(1_000) };
    expect(forecast(0, { rate: 5, ...at, deliverUntil: addMs(at.startsAt, 10) })).toEqual({
      endsAt: at.startsAt,
      expiringMembers: 0,
    });
  });
});
