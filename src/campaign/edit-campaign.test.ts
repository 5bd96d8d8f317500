import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { contextOf } from '../../test/support/channel-catalogue.js';
import { addMembers } from '../../test/support/push-rig.js';
import { temporaryStore, type TemporaryStore } from '../../test/support/temporary-store.js';
import { memberId, promotionId, type CampaignId } from '../core/ids.js';
import { addMs, HOUR_MS } from '../core/time.js';
import { TOPICS } from '../core/topics.js';
import { prepareAudience, type PreparedAudience } from './audience-choice.js';
import type { ChannelDraft } from './campaign-draft.js';
import { createCampaign } from './create-campaign.js';
import { dryRunCampaign } from './dry-run.js';
import { editCampaign, type CampaignEdits } from './edit-campaign.js';
import { launchCampaign } from './launch-campaign.js';

const EVERYBODY: PreparedAudience = { definition: { kind: 'everybody' }, buckets: [] };
const INBOX: ChannelDraft = { channel: 'inbox', message: { title: 'Hi', body: 'Hello' } };

describe('editing a campaign', () => {
  let temporary: TemporaryStore;
  let id: CampaignId;
  beforeEach(async () => {
    temporary = await temporaryStore();
    const command = { name: 'Autumn', channels: [INBOX], audience: EVERYBODY };
    const made = await temporary.store.transaction((tx) => createCampaign(tx, contextOf(temporary.clock), command));
    id = made.campaignId;
  });
  afterEach(() => temporary.remove());

  const edit = (version: number, changes: CampaignEdits) =>
    temporary.store.transaction((tx) =>
      editCampaign(tx, contextOf(temporary.clock), { campaignId: id, version, changes }),
    );
  const eventCount = () =>
    temporary.store.transaction(async (tx) => {
      const group = { group: `count-${temporary.store.stats().transactions}`, now: temporary.clock.now() };
      let count = 0;
      for (const topic of Object.values(TOPICS)) {
        await tx.events.ensureGroup({ topic, ...group });
        const leased = await tx.events.lease({ topic, ...group, maxMessages: 1_000, leaseMs: 1 }, group.now);
        count += leased?.length ?? 0;
      }
      return count;
    });

  it('changes a draft, counted and recorded, and gives values back with null', async () => {
    const launchAt = addMs(temporary.clock.now(), HOUR_MS);
    const message = { title: 'Hi', body: 'Hello again' };
    await edit(1, { name: ' Winter ', launchAt, policy: 'first', channels: [{ ...INBOX, message }] });
    const edited = await edit(2, { launchAt: null });
    expect(edited).toMatchObject({ name: 'Winter', policy: 'first', launchAt: null, version: 3 });
    const [found, channels, moves] = await temporary.store.read(async (tx) => [
      await tx.campaigns.find(id),
      await tx.campaigns.channels(id),
      await tx.campaigns.moves(id),
    ]);
    expect(found).toEqual(edited);
    const [version] = channels.map(({ messageVersionId }) => messageVersionId);
    expect(await temporary.store.read((tx) => tx.campaigns.messageVersion(version ?? 0))).toEqual(message);
    expect(moves.map(({ detail }) => detail)).toEqual([null, 'name, launchAt, policy, channels', 'launchAt']);
  });

  it('publishes nothing and starts nothing, however often', async () => {
    const before = await eventCount();
    for (let version = 1; version <= 50; version++) await edit(version, { name: `Autumn ${version}` });
    expect(await eventCount()).toBe(before);
    expect(await temporary.store.read((tx) => tx.campaigns.find(id))).toMatchObject({
      state: 'draft',
      launchedAt: null,
    });
  });

  it('is refused to whoever was second', async () => {
    const results = await Promise.allSettled([edit(1, { name: 'Mine' }), edit(1, { name: 'Yours' })]);
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
    expect(results[1]).toMatchObject({ reason: { code: 'VERSION_CONFLICT', isRetryable: true } });
    expect(await temporary.store.read((tx) => tx.campaigns.find(id))).toMatchObject({ name: 'Mine' });
  });

  it('checks the whole draft: a change of one part can make another wrong', async () => {
    const launchAt = addMs(temporary.clock.now(), HOUR_MS);
    await edit(1, { deliverUntil: launchAt });
    await expect(edit(2, { launchAt })).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      values: { field: 'deliverUntil' },
    });
    await expect(edit(2, { promotionId: promotionId(9) })).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(edit(2, { channels: [] })).rejects.toMatchObject({ code: 'INVALID_INPUT' });
  });

  it('replaces the audience and leaves nothing of the old one', async () => {
    await addMembers(temporary.store, temporary.clock, { count: 5 });
    const list = await prepareAudience(temporary.store, { kind: 'list', memberIds: [memberId('m3')] });
    const { audienceId: first } = await edit(1, { audience: list });
    const { audienceId: second } = await edit(2, { audience: EVERYBODY });
    const [gone, buckets, kept] = await temporary.store.read(async (tx) => [
      await tx.audiences.find(first),
      await tx.audiences.buckets(first, 0, 10),
      await tx.audiences.find(second),
    ]);
    expect([gone, buckets]).toEqual([undefined, []]);
    expect(kept).toMatchObject({ definition: { kind: 'everybody' }, frozenAt: null });
  });

  it('is over once the campaign was launched, and a dry run does not outlive it', async () => {
    const { dryRunId } = await dryRunCampaign({ ...temporary, catalogue: contextOf(temporary.clock).catalogue }, id);
    await edit(1, { name: 'Winter' });
    const launch = (basis: Parameters<typeof launchCampaign>[2]['basis']) =>
      temporary.store.transaction((tx) => launchCampaign(tx, contextOf(temporary.clock), { campaignId: id, basis }));
    await expect(launch({ kind: 'dryRun', dryRunId, confirmMembers: 0 })).rejects.toMatchObject({
      code: 'DRY_RUN_STALE',
    });
    await launch({ kind: 'unattended' });
    await expect(edit(2, { name: 'Spring' })).rejects.toMatchObject({
      code: 'CAMPAIGN_STATE',
      values: { possible: ['pause', 'changePace', 'pauseChannel', 'resumeChannel', 'cancel'] },
    });
  });
});
