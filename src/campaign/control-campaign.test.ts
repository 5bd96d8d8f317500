import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { insertCampaign } from '../../test/support/campaign-builder.js';
import { addMembers, isCompleted, outcomes, pusherOf, runningCampaign, runUntil } from '../../test/support/push-rig.js';
import { ScriptedProvider } from '../../test/support/scripted-provider.js';
import { temporaryStore, type TemporaryStore } from '../../test/support/temporary-store.js';
import type { SqliteTx } from '../adapters/sqlite/sqlite-tx.js';
import { campaignId, type CampaignId } from '../core/ids.js';
import { freezeCampaign } from './freeze-audience.js';
import type { Campaign } from './campaign.js';
import {
  cancelCampaign,
  changePace,
  confirmAudience,
  pauseCampaign,
  pauseChannel,
  resumeCampaign,
  resumeChannel,
  type ControlContext,
} from './control-campaign.js';
import { Planner } from './planner.js';

const CAMPAIGN = campaignId(1);

describe('controlling a campaign', () => {
  let temporary: TemporaryStore;
  beforeEach(async () => {
    temporary = await temporaryStore();
  });
  afterEach(() => temporary.remove());

  const context = (reason?: string): ControlContext => ({ now: temporary.clock.now(), actor: 'bob', reason });
  const act = <Result>(
    move: (tx: SqliteTx, by: ControlContext, id: CampaignId) => Promise<Result>,
    id: CampaignId = CAMPAIGN,
    reason?: string,
  ): Promise<Result> => temporary.store.transaction((tx) => move(tx, context(reason), id));
  const insert = (campaign: Partial<Campaign>) =>
    temporary.store.transaction((tx) => insertCampaign(tx, { definition: { kind: 'everybody' }, ...campaign }));
  const find = (id: CampaignId = CAMPAIGN) => temporary.store.read((tx) => tx.campaigns.find(id));
  const moves = async (id: CampaignId = CAMPAIGN) =>
    (await temporary.store.read((tx) => tx.campaigns.moves(id))).map(({ actor, move, detail }) => ({
      actor,
      move,
      detail,
    }));

  it('pauses and resumes what was launched, recording who and why', async () => {
    await insert({ state: 'scheduled' });
    expect(await act(pauseCampaign, CAMPAIGN, 'wrong picture')).toMatchObject({ pauseReasons: ['person'] });
    await expect(act(pauseCampaign)).rejects.toMatchObject({
      code: 'CAMPAIGN_STATE',
      values: { possible: ['resume', 'changePace', 'pauseChannel', 'resumeChannel', 'cancel'] },
    });
    expect(await act(resumeCampaign)).toMatchObject({ pauseReasons: [] });
    await expect(act(resumeCampaign)).rejects.toMatchObject({ code: 'CAMPAIGN_STATE' });
    expect(await moves()).toEqual([
      { actor: 'bob', move: 'paused', detail: 'wrong picture' },
      { actor: 'bob', move: 'resumed', detail: null },
    ]);
  });

  it('lifts each reason only by its own cause', async () => {
    await addMembers(temporary.store, temporary.clock, { count: 40 });
    await insert({ expectedMembers: 10, pauseReasons: ['person'] });
    await freezeCampaign(temporary, CAMPAIGN);
    expect(await act(resumeCampaign)).toMatchObject({ pauseReasons: ['audienceDrift'] });
    const confirm = (confirmMembers: number) =>
      act((tx, by) => confirmAudience(tx, by, { campaignId: CAMPAIGN, confirmMembers }));
    await expect(confirm(10)).rejects.toMatchObject({
      code: 'CONFIRMATION_MISMATCH',
      message: expect.stringContaining('has 40 members, not 10') as string,
    });
    expect(await confirm(40)).toMatchObject({ state: 'running', pauseReasons: [] });
    await expect(confirm(40)).rejects.toMatchObject({ code: 'CAMPAIGN_STATE' });
    expect((await moves()).map(({ move }) => move)).toEqual(['frozen', 'paused', 'resumed', 'confirmed', 'resumed']);
  });

  it.each(['completed', 'cancelled'] as const)(
    'refuses to move a campaign that is %s, and says what is possible',
    async (state) => {
      await insert({ state });
      for (const move of [pauseCampaign, resumeCampaign, cancelCampaign]) {
        await expect(act<unknown>(move)).rejects.toMatchObject({
          code: 'CAMPAIGN_STATE',
          message: expect.stringContaining(`is ${state}`) as string,
          values: { possible: ['sendAgain'] },
        });
      }
      await expect(act(pauseCampaign, campaignId(9))).rejects.toMatchObject({ code: 'NOT_FOUND' });
      expect(await moves()).toEqual([]);
    },
  );

  it.each(['draft', 'scheduled', 'freezing'] as const)('cancels one that is %s at once', async (state) => {
    await insert({ state });
    expect(await act(cancelCampaign, CAMPAIGN, 'sold out')).toMatchObject({ state: 'cancelled' });
    expect(await moves()).toEqual([
      { actor: 'bob', move: 'cancelling', detail: 'sold out' },
      { actor: 'system', move: 'cancelled', detail: null },
    ]);
    expect(await freezeCampaign(temporary, CAMPAIGN)).toBe(false);
  });

  it('cancels while it is sent: what was handed over is waited for, the rest is told nothing', async () => {
    await addMembers(temporary.store, temporary.clock, { count: 3_000 });
    const provider = new ScriptedProvider({ script: () => 'hang' });
    const id = await runningCampaign(temporary.store, temporary.clock, { channels: ['sms'] });
    const pusher = pusherOf(temporary.store, temporary.clock, { channel: 'sms', provider, windowMembers: 200 });
    const planner = new Planner({ ...temporary, onEvent: () => undefined });
    pusher.start();
    planner.start();
    await runUntil(temporary.clock, () => provider.taken.length === 200);
    await act(cancelCampaign, id);
    planner.wake();
    pusher.wake();
    await temporary.clock.run(5_000);
    expect((await find(id))?.state).toBe('cancelling');
    provider.release();
    await runUntil(temporary.clock, async () => (await find(id))?.state === 'cancelled');
    expect(await outcomes(temporary.store, id, 'sms')).toEqual({ sent: 200, suppressedCancelled: 2_800 });
    expect(provider.taken).toHaveLength(200);
    await Promise.all([planner.close(), pusher.stop(0)]);
  });

  it('holds a pause while it is sent, and then tells everybody once', async () => {
    await addMembers(temporary.store, temporary.clock, { count: 2_000 });
    const provider = new ScriptedProvider();
    const id = await runningCampaign(temporary.store, temporary.clock, { channels: ['sms'] });
    const pusher = pusherOf(temporary.store, temporary.clock, {
      channel: 'sms',
      provider,
      pace: { membersPerSecond: 500 },
    });
    pusher.start();
    await runUntil(temporary.clock, () => provider.taken.length >= 300);
    await act(pauseCampaign, id);
    await temporary.clock.run(2_000);
    const whilePaused = provider.taken.length;
    expect(whilePaused).toBeLessThan(2_000);
    await temporary.clock.run(20_000);
    expect(provider.taken).toHaveLength(whilePaused);
    await act(resumeCampaign, id);
    pusher.wake();
    await runUntil(temporary.clock, () => isCompleted(temporary.store, id));
    expect([...provider.deliveries(id).values()].every((count) => count === 1)).toBe(true);
    expect(await outcomes(temporary.store, id, 'sms')).toEqual({ sent: 2_000 });
    await pusher.stop(0);
  });

  it('changes the pace, recorded, and refuses what is no pace or no channel of it', async () => {
    await insert({ state: 'running', deliverUntil: null });
    const pace = (
      change: { membersPerSecond?: number; requestsPerSecond?: number },
      channel: 'inbox' | 'sms' = 'inbox',
    ) => act((tx, by) => changePace(tx, by, { campaignId: CAMPAIGN, channel, ...change }));
    expect(await pace({ membersPerSecond: 200, requestsPerSecond: 2 })).toMatchObject({ membersPerSecond: 200 });
    expect(await pace({ requestsPerSecond: 3 })).toMatchObject({ membersPerSecond: null, requestsPerSecond: 3 });
    await expect(pace({ membersPerSecond: 0 })).rejects.toMatchObject({ code: 'INVALID_INPUT' });
    await expect(pace({ membersPerSecond: 5 }, 'sms')).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect((await moves()).map(({ detail }) => detail)).toEqual([
      'inbox: no limit to 200 members/s and 2 requests/s',
      'inbox: 200 members/s and 2 requests/s to 3 requests/s',
    ]);
  });

  it('resumes a channel that paused itself because the vendor refused the account', async () => {
    await addMembers(temporary.store, temporary.clock, { count: 250 });
    let answer: 'accountRefused' | 'accepted' = 'accountRefused';
    const provider = new ScriptedProvider({ script: () => answer });
    const id = await runningCampaign(temporary.store, temporary.clock, { channels: ['sms'] });
    const pusher = pusherOf(temporary.store, temporary.clock, { channel: 'sms', provider });
    const reasons = async () => (await temporary.store.read((tx) => tx.campaigns.findChannel(id, 'sms')))?.pauseReasons;
    const resume = () => act((tx, by) => resumeChannel(tx, by, { campaignId: id, channel: 'sms' }));
    await expect(resume()).rejects.toMatchObject({ code: 'CAMPAIGN_STATE', values: { possible: ['pause'] } });
    provider.send = async () => ({ kinds: answer });
    pusher.start();
    await runUntil(temporary.clock, async () => (await reasons())?.length === 1);
    expect(await reasons()).toEqual(['accountRefused']);
    expect(await outcomes(temporary.store, id, 'sms')).toEqual({ pending: 250 });
    answer = 'accepted';
    expect(await resume()).toMatchObject({ pauseReasons: [] });
    pusher.wake();
    await runUntil(temporary.clock, () => isCompleted(temporary.store, id));
    expect((await moves(id)).at(-2)).toEqual({ actor: 'bob', move: 'channelResumed', detail: 'sms: accountRefused' });
    await pusher.stop(0);
  });

  it('names what was asked of a channel when the campaign is not there yet', async () => {
    await insert({ state: 'draft' });
    const about = { campaignId: CAMPAIGN, channel: 'inbox' } as const;
    for (const [move, action] of [
      [pauseChannel, 'pauseChannel'],
      [resumeChannel, 'resumeChannel'],
    ] as const) {
      await expect(act((tx, by) => move(tx, by, about))).rejects.toMatchObject({
        code: 'CAMPAIGN_STATE',
        values: { state: 'draft', action },
      });
    }
  });

  it('holds back one channel while the other goes on', async () => {
    await addMembers(temporary.store, temporary.clock, { count: 20 });
    const id = await runningCampaign(temporary.store, temporary.clock, { channels: ['sms', 'inbox'] });
    const change = (move: typeof pauseChannel) => act((tx, by) => move(tx, by, { campaignId: id, channel: 'sms' }));
    expect(await change(pauseChannel)).toMatchObject({ pauseReasons: ['person'] });
    await expect(change(pauseChannel)).rejects.toMatchObject({ values: { possible: ['resume'] } });
    const pushers = [
      pusherOf(temporary.store, temporary.clock, { channel: 'inbox', provider: undefined }),
      pusherOf(temporary.store, temporary.clock, { channel: 'sms', provider: new ScriptedProvider() }),
    ];
    for (const pusher of pushers) pusher.start();
    await runUntil(temporary.clock, async () => (await outcomes(temporary.store, id, 'inbox'))['sent'] === 20);
    await temporary.clock.run(5_000);
    expect(await outcomes(temporary.store, id, 'sms')).toEqual({ pending: 20 });
    await change(resumeChannel);
    await runUntil(temporary.clock, () => isCompleted(temporary.store, id));
    await Promise.all(pushers.map((pusher) => pusher.stop(0)));
  });
});
