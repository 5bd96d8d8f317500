import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { activeCoupon } from '../../../test/support/coupon-builder.js';
import { addMembers, isCompleted, pusherOf, runningCampaign, runUntil } from '../../../test/support/push-rig.js';
import { ScriptedProvider } from '../../../test/support/scripted-provider.js';
import { temporaryStore, type TemporaryStore } from '../../../test/support/temporary-store.js';
import { orderId, ordinal, type CampaignId, type CouponId } from '../../core/ids.js';
import { addMs, MINUTE_MS } from '../../core/time.js';
import { campaignFunnel } from './campaign-funnel.js';
import { newGrant, type Grant } from '../grant/grant.js';

const MEMBERS = 1_200;

describe('the funnel of a campaign', () => {
  let temporary: TemporaryStore;
  beforeEach(async () => {
    temporary = await temporaryStore();
    await addMembers(temporary.store, temporary.clock, { count: MEMBERS });
  });
  afterEach(() => temporary.remove());

  const now = () => temporary.clock.now();
  const coupon = () =>
    activeCoupon((body) => temporary.store.transaction(body), now(), {
      limitPerMember: 3,
      closesAt: addMs(now(), 10 * MINUTE_MS),
    });
  const grant = (couponId: CouponId, member: number, changes: Partial<Grant> = {}): Grant => ({
    ...newGrant({ couponId, ordinal: ordinal(member), n: 1 }, now(), undefined),
    ...changes,
  });
  const use = (amountMinor: bigint, lockEndsAt?: Grant['grantedAt']) => ({
    orderId: orderId('A'),
    amountMinor,
    lockEndsAt,
  });
  /** A campaign that was sent to everybody but members whose ordinals end in 9. */
  const sent = async (couponId: CouponId): Promise<CampaignId> => {
    const { store, clock } = temporary;
    const id = await runningCampaign(store, clock, { channels: ['sms', 'inbox'], couponId });
    const script = (member: { readonly ordinal: number }) =>
      member.ordinal % 10 === 9 ? 'addressRefused' : 'accepted';
    const pushers = [
      pusherOf(store, clock, { channel: 'sms', provider: new ScriptedProvider({ script }) }),
      pusherOf(store, clock, { channel: 'inbox', provider: undefined }),
    ];
    await temporary.query('UPDATE campaign_channel SET pause_reasons = \'["person"]\' WHERE channel = 0');
    for (const pusher of pushers) pusher.start();
    await runUntil(clock, async () => {
      const counts = await store.read((tx) => tx.ledger.counts({ campaignId: id, channel: 'sms' }));
      return (counts.get(0) ?? 0) === 0;
    });
    for (const pusher of pushers) await pusher.stop(0);
    return id;
  };
  const give = (grants: readonly Grant[]) =>
    temporary.store.transaction(async (tx) => {
      await tx.grants.insert(grants.map((each) => newGrant(each, each.grantedAt, undefined)));
      await tx.grants.update(grants);
    });
  const funnel = (id: CampaignId) => campaignFunnel(temporary, id);

  it('counts each member once and as far as she got, among those who were told', async () => {
    const { id } = await coupon();
    const told = await sent(id);
    const lockEndsAt = addMs(now(), MINUTE_MS);
    await give([
      grant(id, 1),
      grant(id, 2, { state: 'locked', use: use(300n, lockEndsAt) }),
      grant(id, 3, { state: 'redeemed', use: use(500n) }),
      grant(id, 3, { n: 2, state: 'redeemed', use: use(250n) }),
      grant(id, 3, { n: 3 }),
      grant(id, 9, { state: 'redeemed', use: use(999n) }), // was not told
      grant(id, 1_100, { state: 'redeemed', use: use(1n) }),
      grant(id, 1_101, { state: 'revoked' }),
    ]);
    expect(await funnel(told)).toMatchObject({
      told: (MEMBERS * 9) / 10,
      claimed: 5,
      locked: 3,
      redeemed: 2,
      discountMinor: 751n,
    });
    temporary.clock.advance(MINUTE_MS); // the lock is void from here on, whoever has noticed
    expect(await funnel(told)).toMatchObject({ claimed: 5, locked: 2, redeemed: 2 });
    expect(await isCompleted(temporary.store, told)).toBe(false);
  });

  it('is empty before anybody was told, and there is none without a coupon', async () => {
    const { id } = await coupon();
    const fresh = await runningCampaign(temporary.store, temporary.clock, { channels: ['sms'], couponId: id });
    const zero = { told: 0, claimed: 0, locked: 0, redeemed: 0, discountMinor: 0n };
    expect(await funnel(fresh)).toMatchObject(zero);
    const plain = await runningCampaign(temporary.store, temporary.clock, { channels: ['sms'] });
    await expect(funnel(plain)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(funnel(99 as CampaignId)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await temporary.store.transaction((tx) => tx.campaigns.update(fresh, { cellsForgottenAt: now() }));
    await expect(funnel(fresh)).rejects.toMatchObject({ code: 'CELLS_FORGOTTEN' });
  });
});
