import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CATALOGUE, contextOf } from '../../test/support/channel-catalogue.js';
import { MemoryMembers, withMembers } from '../../test/support/memory-members.js';
import { temporaryStore, type TemporaryStore } from '../../test/support/temporary-store.js';
import { campaignId, memberId, type CampaignId } from '../core/ids.js';
import { addMs, HOUR_MS, MINUTE_MS } from '../core/time.js';
import { createPromotion } from '../promotion/create-promotion.js';
import type { Promotion } from '../promotion/promotion.js';
import { prepareAudience, type PreparedAudience } from './audience-choice.js';
import type { ChannelDraft } from './campaign-draft.js';
import { createCampaign, type CreateCampaign } from './create-campaign.js';
import { launchCampaign, type LaunchBasis } from './launch-campaign.js';
import { announcePromotion, type Announcement } from './start-campaign.js';

const EVERYBODY: PreparedAudience = { definition: { kind: 'everybody' }, buckets: [] };
const INBOX: ChannelDraft = { channel: 'inbox', message: { title: 'Hi', body: 'Hello {{member.name|you}}' } };
const SMS: ChannelDraft = { channel: 'sms', message: { body: 'Hello {{member.name|you}}' } };
const UNATTENDED: LaunchBasis = { kind: 'unattended' };

describe('campaigns before they are sent', () => {
  let temporary: TemporaryStore;
  beforeEach(async () => {
    temporary = await temporaryStore();
  });
  afterEach(() => temporary.remove());

  const context = () => contextOf(temporary.clock);
  const create = (command: Partial<CreateCampaign> = {}) =>
    temporary.store.transaction((tx) =>
      createCampaign(tx, context(), { name: 'Autumn', channels: [INBOX], audience: EVERYBODY, ...command }),
    );
  const launch = (id: CampaignId, basis: LaunchBasis = UNATTENDED) =>
    temporary.store.transaction((tx) => launchCampaign(tx, context(), { campaignId: id, basis }));
  const find = (id: CampaignId) => temporary.store.read((tx) => tx.campaigns.find(id));
  const eventsOf = async (topic: string): Promise<Record<string, unknown>[]> => {
    await temporary.store.transaction((tx) =>
      tx.events.ensureGroup({ topic, group: 'test', now: temporary.clock.now() }),
    );
    const leased = await temporary.store.transaction((tx) =>
      tx.events.lease({ topic, group: 'test', maxMessages: 100, leaseMs: 1_000 }, temporary.clock.now()),
    );
    return (leased ?? []).map(({ body }) => JSON.parse(body) as Record<string, unknown>);
  };
  const makePromotion = (announce?: Announcement) =>
    temporary.store.transaction((tx) =>
      createPromotion(
        tx,
        { now: temporary.clock.now(), startCampaign: announcePromotion(context()) },
        {
          name: 'Singles Day',
          description: undefined,
          rule: {
            kind: 'fullReduction',
            tiers: [{ thresholdMinor: 30_000n, reductionMinor: 5_050n }],
            isRepeating: false,
          },
          currency: 'CNY',
          scope: { kind: 'wholeShop' },
          startsAt: temporary.clock.now(),
          endsAt: addMs(temporary.clock.now(), 48 * HOUR_MS),
          createdBy: 'ann',
          announce,
        },
      ),
    );
  const makeDryRun = async (id: CampaignId, { members = 100, expiring = 0, version = 1 } = {}): Promise<number> =>
    temporary.store.transaction(async (tx) => {
      const dryRunId = await tx.ids.take('dryRun', 1);
      await tx.campaigns.insertDryRun({
        dryRunId,
        campaignId: id,
        campaignVersion: version,
        launchAt: null,
        memberCount: members,
        expiringCount: expiring,
        resultJson: '{}',
        madeAt: temporary.clock.now(),
      });
      return dryRunId;
    });

  it('are drafts that keep their messages, and start nothing', async () => {
    const made = await create({ channels: [SMS, { ...INBOX, membersPerSecond: 200 }], policy: 'first' });
    const [found, channels, moves] = await temporary.store.read(async (tx) => [
      await tx.campaigns.find(made.campaignId),
      await tx.campaigns.channels(made.campaignId),
      await tx.campaigns.moves(made.campaignId),
    ]);
    expect(found).toEqual(made);
    expect(made).toMatchObject({ state: 'draft', policy: 'first', launchedAt: null, createdBy: 'ann' });
    expect(
      channels.map(({ channel, mode, membersPerSecond, price }) => ({ channel, mode, membersPerSecond, price })),
    ).toEqual([
      { channel: 'sms', mode: 'keyed', membersPerSecond: null, price: null },
      { channel: 'inbox', mode: 'keyed', membersPerSecond: 200, price: null },
    ]);
    const [sms] = channels;
    expect(await temporary.store.read((tx) => tx.campaigns.messageVersion(sms?.messageVersionId ?? 0))).toEqual(
      SMS.message,
    );
    expect(moves).toMatchObject([{ move: 'created', actor: 'ann' }]);
    expect(await eventsOf('campaign.launched')).toEqual([]);
  });

  it.each<{ what: string; command: Partial<CreateCampaign>; code: string; says: string }>([
    { what: 'no channel', command: { channels: [] }, code: 'INVALID_INPUT', says: 'at least one channel' },
    { what: 'a channel twice', command: { channels: [INBOX, INBOX] }, code: 'INVALID_INPUT', says: 'stands twice' },
    { what: 'an empty name', command: { name: '  ' }, code: 'INVALID_INPUT', says: '1 to 120 characters' },
    {
      what: 'an unknown field',
      command: { channels: [{ ...SMS, message: { body: 'Hi {{member.nmae}}' } }] },
      code: 'INVALID_TEMPLATE',
      says: 'member.name',
    },
    {
      what: 'a field of a promotion it has not',
      command: { channels: [{ ...SMS, message: { body: '{{promotion.name}}' } }] },
      code: 'INVALID_TEMPLATE',
      says: 'promotion.name',
    },
    {
      what: 'a channel without a provider',
      command: { channels: [{ channel: 'app', message: { title: 'Hi', body: 'x' } }] },
      code: 'CHANNEL_NOT_READY',
      says: 'ready are inbox, sms, email',
    },
    {
      what: 'keyed delivery where the vendor knows no keys',
      command: { channels: [{ channel: 'email', message: { subject: 'Hi', body: 'x' }, mode: 'keyed' }] },
      code: 'DELIVERY_MODE_REFUSED',
      says: 'does not recognise a repeated message',
    },
    {
      what: 'another mode for the inbox',
      command: { channels: [{ ...INBOX, mode: 'atMostOnce' }] },
      code: 'DELIVERY_MODE_REFUSED',
      says: 'always keyed',
    },
    {
      what: 'a pace of nothing',
      command: { channels: [{ ...SMS, membersPerSecond: 0 }] },
      code: 'INVALID_INPUT',
      says: '0.1',
    },
  ])('are refused with $what', async ({ command, code, says }) => {
    await expect(create(command)).rejects.toMatchObject({ code, message: expect.stringContaining(says) as string });
    expect(await temporary.store.read((tx) => tx.campaigns.page({ limit: 10 }))).toEqual([]);
  });

  it('take a list of members, each once, frozen when it is made', async () => {
    const members = new MemoryMembers().putRange(0, 3_000);
    const store = withMembers(temporary.store, members);
    const ids = [5, 2_999, 5, 17].map((ordinal) => memberId(`m${ordinal}`));
    const audience = await prepareAudience(store, { kind: 'list', memberIds: ids });
    const { audienceId } = await create({ audience });
    expect(await store.read((tx) => tx.audiences.find(audienceId))).toMatchObject({
      memberCount: 3,
      bucketCount: 1,
      frozenAt: temporary.clock.now(),
    });
    const unknown = ['m1', 'nobody', 'm3000'].map((id) => memberId(id));
    await expect(prepareAudience(store, { kind: 'list', memberIds: unknown })).rejects.toThrow(
      '2 unknown members: nobody, m3000',
    );
    await expect(prepareAudience(store, { kind: 'list', memberIds: [] })).rejects.toMatchObject({
      code: 'INVALID_INPUT',
    });
  });

  it('launch once, with everything fixed and one event, however many try at once', async () => {
    const { campaignId: id } = await create({ channels: [SMS, INBOX] });
    const results = await Promise.allSettled([launch(id), launch(id), launch(id)]);
    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected', 'rejected']);
    expect(results.find(({ status }) => status === 'rejected')).toMatchObject({
      reason: {
        code: 'CAMPAIGN_STATE',
        values: { state: 'freezing', possible: ['pause', 'changePace', 'pauseChannel', 'resumeChannel', 'cancel'] },
      },
    });
    expect(await find(id)).toMatchObject({
      state: 'freezing',
      launchedAt: temporary.clock.now(),
      deliverUntil: addMs(temporary.clock.now(), 72 * HOUR_MS),
      commonFields: { 'campaign.name': 'Autumn' },
    });
    const channels = await temporary.store.read((tx) => tx.campaigns.channels(id));
    expect(channels.map(({ price }) => price)).toEqual([{ perMemberMinor: 4.5, currency: 'CNY' }, null]);
    expect(await eventsOf('campaign.launched')).toMatchObject([{ campaignId: id }]);
  });

  it('wait for their time when they have one', async () => {
    const launchAt = addMs(temporary.clock.now(), HOUR_MS);
    const { campaignId: id } = await create({ launchAt });
    await launch(id);
    expect(await find(id)).toMatchObject({ state: 'scheduled', launchAt, deliverUntil: addMs(launchAt, 72 * HOUR_MS) });
  });

  it('launched by a person rest on a dry run whose numbers were confirmed', async () => {
    const { campaignId: id } = await create();
    const dryRunId = await makeDryRun(id, { members: 100, expiring: 7 });
    await expect(launch(id, { kind: 'dryRun', dryRunId, confirmMembers: 99 })).rejects.toMatchObject({
      code: 'CONFIRMATION_MISMATCH',
      message: expect.stringContaining('counted 100 members, not 99') as string,
    });
    await expect(launch(id, { kind: 'dryRun', dryRunId, confirmMembers: 100 })).rejects.toThrow('7 expiring members');
    await expect(launch(id, { kind: 'dryRun', dryRunId: 99, confirmMembers: 100 })).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
    await launch(id, { kind: 'dryRun', dryRunId, confirmMembers: 100, confirmExpiring: 7 });
    expect(await find(id)).toMatchObject({ state: 'freezing', expectedMembers: 100, maxMembers: null });
  });

  it('refuse a dry run that is 15 minutes old, of another version or of another campaign', async () => {
    const { campaignId: id } = await create();
    const other = await create();
    const edited = await makeDryRun(id, { version: 2 });
    await expect(launch(id, { kind: 'dryRun', dryRunId: edited, confirmMembers: 100 })).rejects.toThrow(
      'changed since',
    );
    const foreign = await makeDryRun(other.campaignId);
    await expect(launch(id, { kind: 'dryRun', dryRunId: foreign, confirmMembers: 100 })).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
    const dryRunId = await makeDryRun(id);
    temporary.clock.advance(15 * MINUTE_MS + 1);
    await expect(launch(id, { kind: 'dryRun', dryRunId, confirmMembers: 100 })).rejects.toMatchObject({
      code: 'DRY_RUN_STALE',
    });
    expect((await find(id))?.state).toBe('draft');
  });

  it('are refused at launch when a channel has gone or cannot keep its mode any more', async () => {
    const { campaignId: id } = await create({ channels: [SMS] });
    const without = new Map([...CATALOGUE].filter(([channel]) => channel !== 'sms'));
    const email = CATALOGUE.get('email');
    const unkeyed = email === undefined ? CATALOGUE : new Map(CATALOGUE).set('sms', { ...email, channel: 'sms' });
    const launchOver = (catalogue: typeof CATALOGUE) =>
      temporary.store.transaction((tx) =>
        launchCampaign(tx, contextOf(temporary.clock, catalogue), { campaignId: id, basis: UNATTENDED }),
      );
    await expect(launchOver(without)).rejects.toMatchObject({ code: 'CHANNEL_NOT_READY' });
    await expect(launchOver(unkeyed)).rejects.toMatchObject({ code: 'DELIVERY_MODE_REFUSED' });
    expect((await find(id))?.state).toBe('draft');
    expect(await eventsOf('campaign.launched')).toEqual([]);
  });

  it('of a promotion know its fields, and deliver until its end', async () => {
    const { promotion } = await makePromotion();
    const body = '{{promotion.name}}: {{promotion.offer}} until {{promotion.endsAt}}';
    const { campaignId: id } = await create({
      promotionId: promotion.id,
      channels: [{ channel: 'sms', message: { body } }],
    });
    await launch(id);
    expect(await find(id)).toMatchObject({
      deliverUntil: promotion.endsAt,
      commonFields: {
        'promotion.name': 'Singles Day',
        'promotion.offer': '¥50.50 off ¥300',
        'promotion.startsAt': 'Jan 1, 2027, 12:00 AM',
        'promotion.endsAt': 'Jan 3, 2027, 12:00 AM',
      },
    });
    const { campaignId: late } = await create({ promotionId: promotion.id });
    temporary.clock.advance(49 * HOUR_MS);
    await expect(launch(late)).rejects.toMatchObject({ code: 'PROMOTION_ENDED' });
  });

  it('started with a promotion exist exactly when it does', async () => {
    const announce: Announcement = { channels: [INBOX], audience: { kind: 'everybody' }, maxMembers: 5_000 };
    const submits = await Promise.all([makePromotion(announce), makePromotion(announce)]);
    expect(submits.map(({ isDuplicate }) => isDuplicate)).toEqual([false, true]);
    const ids = submits.map(({ promotion }): Promotion['campaignId'] => promotion.campaignId);
    expect(ids).toEqual([campaignId(1), campaignId(1)]);
    expect(await find(campaignId(1))).toMatchObject({ name: 'Singles Day', state: 'freezing', maxMembers: 5_000 });
    expect(await eventsOf('campaign.launched')).toHaveLength(1);

    temporary.clock.advance(HOUR_MS);
    const broken: Announcement = { ...announce, channels: [{ ...INBOX, message: { body: '{{nothing}}' } }] };
    await expect(makePromotion(broken)).rejects.toMatchObject({ code: 'INVALID_TEMPLATE' });
    expect(await temporary.store.read((tx) => tx.campaigns.page({ limit: 10 }))).toHaveLength(1);
    expect(await eventsOf('promotion.created')).toHaveLength(1);
  });
});
