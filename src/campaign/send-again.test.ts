import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CATALOGUE, contextOf } from '../../test/support/channel-catalogue.js';
import { activeCoupon } from '../../test/support/coupon-builder.js';
import { addMembers, isCompleted, outcomes, pusherOf, runningCampaign, runUntil } from '../../test/support/push-rig.js';
import { ScriptedProvider } from '../../test/support/scripted-provider.js';
import { temporaryStore, type TemporaryStore } from '../../test/support/temporary-store.js';
import type { CampaignId } from '../core/ids.js';
import { addMs, DAY_MS, HOUR_MS } from '../core/time.js';
import { editCoupon } from '../coupon/edit-coupon.js';
import { getCoupon } from '../coupon/get-coupon.js';
import { OUTCOME_CODES } from '../ledger/cell-code.js';
import { countClasses, countDeltas } from '../ledger/cell-counts.js';
import type { DeliveryMode } from '../ledger/cell-moves.js';
import { dryRunCampaign } from './dry-run.js';
import { editCampaign } from './edit-campaign.js';
import { freezeCampaign } from './freeze-audience.js';
import { launchCampaign } from './launch-campaign.js';
import { sendAgain, type SendAgain } from './send-again.js';

describe('sending again', () => {
  let temporary: TemporaryStore;
  beforeEach(async () => {
    temporary = await temporaryStore();
  });
  afterEach(() => temporary.remove());

  const push = async (id: CampaignId, provider: ScriptedProvider): Promise<void> => {
    const pusher = pusherOf(temporary.store, temporary.clock, { channel: 'sms', provider });
    pusher.start();
    await runUntil(temporary.clock, () => isCompleted(temporary.store, id), { stepMs: 500 });
    const stopped = pusher.stop(1_000);
    await temporary.clock.run(2_000);
    await stopped;
  };
  /** A finished campaign to 30 members, of whom some were told and others not. */
  const parent = async (script: ScriptedProvider['script'], mode: DeliveryMode = 'keyed'): Promise<CampaignId> => {
    await addMembers(temporary.store, temporary.clock, { count: 30 });
    const id = await runningCampaign(temporary.store, temporary.clock, { channels: ['sms'], mode });
    await push(id, new ScriptedProvider({ script }));
    return id;
  };
  const child = (command: Omit<SendAgain, 'channel'> & Partial<SendAgain>) =>
    temporary.store.transaction((tx) => sendAgain(tx, contextOf(temporary.clock), { channel: 'sms', ...command }));
  const launch = async (id: CampaignId): Promise<void> => {
    const { dryRunId, memberCount } = await dryRunCampaign({ ...temporary, catalogue: CATALOGUE }, id);
    await temporary.store.transaction((tx) =>
      launchCampaign(tx, contextOf(temporary.clock), {
        campaignId: id,
        basis: { kind: 'dryRun', dryRunId, confirmMembers: memberCount },
      }),
    );
    await freezeCampaign(temporary, id);
  };
  /** What a receipt, or an answer nobody understood, made of some members. */
  const rewrite = (id: CampaignId, ordinals: readonly number[], code: number) =>
    temporary.store.transaction(async (tx) => {
      const key = { campaignId: id, channel: 'sms' as const, bucket: 0 };
      const row = await tx.ledger.find(key);
      const cells = Uint8Array.from(row?.cells ?? []);
      for (const ordinal of ordinals) cells[ordinal] = code;
      const counts = countClasses(cells);
      if (row === undefined || counts === undefined) throw new Error('the parent has one bucket');
      await tx.ledger.merge(key, cells, counts);
      await tx.ledger.addCounts(countDeltas(key, row.cells, cells));
    });

  it('tells those who failed, under references of its own', async () => {
    const id = await parent(({ ordinal }) => (ordinal % 3 === 0 ? 'transient' : 'accepted'));
    expect(await outcomes(temporary.store, id, 'sms')).toEqual({ sent: 20, failedExhausted: 10 });
    const again = await child({ campaignId: id, outcomes: ['failedExhausted', 'failedPoison'] });
    expect(again).toMatchObject({ state: 'draft', parentCampaignId: id, sharesReferences: false });
    await launch(again.campaignId);
    const provider = new ScriptedProvider();
    await push(again.campaignId, provider);
    expect(provider.taken.map(({ campaignId, ordinal, round }) => [campaignId, ordinal, round])).toEqual(
      Array.from({ length: 10 }, (_, index) => [again.campaignId, index * 3, 0]),
    );
    expect(await outcomes(temporary.store, again.campaignId, 'sms')).toEqual({ sent: 10 });
    const moves = await temporary.store.read((tx) => tx.campaigns.moves(again.campaignId));
    expect(moves[0]?.detail).toBe(`sends campaign ${id} again: failedExhausted, failedPoison by sms`);
  });

  it('leaves out who was told meanwhile', async () => {
    const id = await parent(({ ordinal }) => (ordinal < 4 ? 'ambiguous' : 'accepted'), 'atMostOnce');
    const again = await child({ campaignId: id, outcomes: ['unknown'], confirmTwice: 4 });
    await launch(again.campaignId);
    await rewrite(id, [1, 2], OUTCOME_CODES.delivered);
    await push(again.campaignId, new ScriptedProvider());
    expect(await outcomes(temporary.store, again.campaignId, 'sms')).toEqual({ sent: 2, suppressedCovered: 2 });
  });

  it('tells those nobody knows of under the keys that the vendor still knows, round and all', async () => {
    const id = await parent(() => 'accepted');
    await rewrite(id, [5], OUTCOME_CODES.unknown);
    await rewrite(id, [8], OUTCOME_CODES.unknown + 2);
    const again = await child({ campaignId: id, outcomes: ['unknown'] });
    expect(again.sharesReferences).toBe(true);
    const edit = (changes: { deliverUntil: null }) =>
      temporary.store.transaction((tx) =>
        editCampaign(tx, contextOf(temporary.clock), { campaignId: again.campaignId, version: 1, changes }),
      );
    await expect(edit({ deliverUntil: null })).rejects.toMatchObject({ code: 'INVALID_INPUT' });
    await launch(again.campaignId);
    const provider = new ScriptedProvider();
    await push(again.campaignId, provider);
    expect(provider.taken.map(({ campaignId, ordinal, round }) => [campaignId, ordinal, round])).toEqual([
      [id, 5, 0],
      [id, 8, 2],
    ]);
  });

  it('needs a person who accepts that some may get it twice, once the keys are old', async () => {
    const id = await parent(() => 'accepted');
    await rewrite(id, [5, 8], OUTCOME_CODES.unknown);
    const within = await child({ campaignId: id, outcomes: ['unknown'] });
    temporary.clock.advance(0.9 * DAY_MS);
    await expect(launch(within.campaignId)).rejects.toThrow('delivery ends');
    await expect(child({ campaignId: id, outcomes: ['unknown'] })).rejects.toMatchObject({
      code: 'CONFIRMATION_MISMATCH',
      message: expect.stringContaining('Up to 2 members may get it twice') as string,
    });
    const late = await child({ campaignId: id, outcomes: ['unknown'], confirmTwice: 2 });
    expect(late).toMatchObject({ sharesReferences: false, deliverUntil: null });
    temporary.clock.advance(HOUR_MS);
    await launch(late.campaignId);
    const provider = new ScriptedProvider();
    await push(late.campaignId, provider);
    expect(provider.taken.map(({ campaignId }) => campaignId)).toEqual([late.campaignId, late.campaignId]);
  });

  it('refuses what makes no sense, and says why', async () => {
    const id = await parent(({ ordinal }) => (ordinal === 0 ? 'messageRefused' : 'accepted'));
    const refused = (command: Partial<SendAgain>) => child({ campaignId: id, outcomes: ['failedMessage'], ...command });
    await expect(refused({ channel: 'inbox' })).rejects.toThrow('never fails');
    await expect(refused({ channel: 'email' })).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(refused({ outcomes: ['failedMessage', 'unknown'] })).rejects.toThrow('unknown alone');
    await expect(refused({ outcomes: ['sent'] })).rejects.toMatchObject({ code: 'INVALID_INPUT' });
    await expect(refused({ outcomes: ['unknown'] })).rejects.toThrow('nothing to send again');
    await expect(refused({ message: { body: '{{nobody}}' } })).rejects.toMatchObject({ code: 'INVALID_TEMPLATE' });
    const draft = await refused({ message: { body: 'Sorry, once more' } });
    await expect(child({ campaignId: draft.campaignId, outcomes: ['unknown'] })).rejects.toMatchObject({
      code: 'CAMPAIGN_STATE',
    });
  });

  it('ends under the references of its parent with the coupon, where that closes before the keys are forgotten', async () => {
    await addMembers(temporary.store, temporary.clock, { count: 30 });
    const { clock, store } = temporary;
    const closesAt = addMs(clock.now(), 2 * HOUR_MS);
    const { id: couponId } = await activeCoupon((body) => store.transaction(body), clock.now(), { closesAt });
    const id = await runningCampaign(store, clock, { channels: ['sms'], mode: 'keyed', couponId });
    await push(id, new ScriptedProvider());
    await rewrite(id, [3, 4], OUTCOME_CODES.unknown);
    const again = await child({ campaignId: id, outcomes: ['unknown'] });
    expect(again.sharesReferences).toBe(true);
    await launch(again.campaignId);
    const end = async () => (await store.read((tx) => tx.campaigns.find(again.campaignId)))?.deliverUntil;
    expect(await end()).toBe(closesAt);
    const { version } = await store.read((tx) => getCoupon(tx, couponId));
    const changes = { closesAt: addMs(closesAt, 9 * DAY_MS) };
    await store.transaction((tx) => editCoupon(tx, clock.now(), { id: couponId, version, changes }));
    expect(await end()).toBe(again.deliverUntil); // the vendor knows the keys no longer
  });
});
