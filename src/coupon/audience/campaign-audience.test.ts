import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { contextOf } from '../../../test/support/channel-catalogue.js';
import { couponCommand } from '../../../test/support/coupon-builder.js';
import { issueWorld, type IssueWorld } from '../../../test/support/issue-world.js';
import { prepareAudience, type PreparedAudience } from '../../campaign/audience-choice.js';
import { cancelCampaign, confirmAudience } from '../../campaign/control-campaign.js';
import { createCampaign } from '../../campaign/create-campaign.js';
import { editCampaign } from '../../campaign/edit-campaign.js';
import { freezeCampaign } from '../../campaign/freeze-audience.js';
import { launchCampaign } from '../../campaign/launch-campaign.js';
import { memberId, ordinal, type CampaignId, type CouponId } from '../../core/ids.js';
import { addMs, HOUR_MS } from '../../core/time.js';
import { createAnnouncedCoupon } from './announce-coupon.js';
import { claimCoupons } from '../claim/claim-coupons.js';

const CHANNELS = [{ channel: 'inbox' as const, message: { title: 'x', body: 'y' } }];
const EVERYBODY = { kind: 'everybody' as const };

describe('a coupon for the audience of a campaign', () => {
  let world: IssueWorld;
  beforeEach(async () => {
    world = await issueWorld();
    await world.join(1, 2, 3);
  });
  afterEach(() => world.remove());

  const context = () => contextOf(world.clock);
  const draft = (audience: PreparedAudience) =>
    world.store.transaction((tx) => createCampaign(tx, context(), { name: 'Tell', channels: CHANNELS, audience }));
  const list = (...members: readonly number[]) =>
    prepareAudience(world.store, { kind: 'list', memberIds: members.map((each) => memberId(`m-${each}`)) });
  const launch = (id: CampaignId, options: { readonly maxMembers?: number; readonly inHours?: number } = {}) =>
    world.store.transaction((tx) =>
      launchCampaign(tx, context(), {
        campaignId: id,
        basis: { kind: 'unattended', maxMembers: options.maxMembers },
        launchAt: options.inHours === undefined ? undefined : addMs(world.now(), options.inHours * HOUR_MS),
      }),
    );
  const freeze = (id: CampaignId) => freezeCampaign(world, id);
  const cancel = (id: CampaignId) =>
    world.store.transaction((tx) => cancelCampaign(tx, { now: world.now(), actor: 'ann' }, id));
  const confirm = (id: CampaignId, confirmMembers: number) =>
    world.store.transaction((tx) =>
      confirmAudience(tx, { now: world.now(), actor: 'ann' }, { campaignId: id, confirmMembers }),
    );
  const couponFor = (id: CampaignId) =>
    world.active({ issue: 'selfClaim', audience: { kind: 'campaign', campaignId: id } });
  const claim = async (id: CouponId, member: number) => {
    const claims = [{ couponId: id, ordinal: ordinal(member), request: undefined }];
    return (await world.store.transaction((tx) => claimCoupons(tx, world.now, claims)))[0]?.outcome;
  };
  const issued = (id: CampaignId) => world.active({ audience: { kind: 'campaign', campaignId: id } });

  it('is early while that is a draft or scheduled, also where it is a list that was chosen already', async () => {
    const { campaignId: id } = await draft(await list(1, 2));
    const [claimed, given] = [await couponFor(id), await issued(id)];
    expect(await claim(claimed.id, 1)).toBe('tooEarly');
    await expect(world.start(given.id)).rejects.toMatchObject({ code: 'ISSUE_RUN_STATE' });
    const audience = await list(3);
    await world.store.transaction((tx) =>
      editCampaign(tx, context(), { campaignId: id, version: 1, changes: { audience } }),
    );
    await launch(id);
    expect(await claim(claimed.id, 3)).toBe('tooEarly');
    await freeze(id);
    expect([await claim(claimed.id, 1), await claim(claimed.id, 3)]).toEqual(['notEligible', 'granted']);
    await world.start(given.id);
    const other = await list(2);
    const edit = world.store.transaction((tx) =>
      editCampaign(tx, context(), { campaignId: id, version: 2, changes: { audience: other } }),
    );
    await expect(edit).rejects.toMatchObject({ code: 'CAMPAIGN_STATE' }); // nobody changes it under the run
  });

  it('waits until a person has confirmed an audience that came out larger than expected', async () => {
    const { campaignId: id } = await draft({ definition: EVERYBODY, buckets: [] });
    const [claimed, given] = [await couponFor(id), await issued(id)];
    await launch(id, { maxMembers: 2 });
    await freeze(id);
    await world.login(1);
    expect([await claim(claimed.id, 1), await world.holders(given.id, [1])]).toEqual(['tooEarly', []]);
    await expect(world.start(given.id)).rejects.toMatchObject({ code: 'ISSUE_RUN_STATE' });
    await confirm(id, 3);
    await world.login(1);
    expect([await claim(claimed.id, 1), await world.holders(given.id, [1])]).toEqual(['granted', [1]]);
  });

  it('is for nobody when its announcement is cancelled in doubt', async () => {
    const made = await world.store.transaction((tx) =>
      createAnnouncedCoupon(tx, context(), {
        ...couponCommand(world.now()),
        announce: { audience: EVERYBODY, channels: CHANNELS, maxMembers: 2 },
        isForThemOnly: true,
      }),
    );
    if (made.audience.kind !== 'campaign') throw new Error('it is for those who are told');
    await freeze(made.audience.campaignId);
    await cancel(made.audience.campaignId);
    expect(await claim(made.id, 1)).toBe('notEligible');
  });

  it('is for nobody when that was cancelled before it began, and for its audience when it was cancelled later', async () => {
    const [all, listed, late] = [
      await draft({ definition: EVERYBODY, buckets: [] }),
      await draft(await list(1)),
      await draft(await list(1)),
    ].map(({ campaignId }) => campaignId);
    if (all === undefined || listed === undefined || late === undefined) throw new Error('three were made');
    const coupons = [await couponFor(all), await couponFor(listed), await couponFor(late)];
    await launch(all, { inHours: 1 });
    await launch(listed, { inHours: 1 });
    await launch(late);
    await freeze(late);
    for (const id of [all, listed, late]) await cancel(id);
    const answers: unknown[] = [];
    for (const { id } of coupons) answers.push(await claim(id, 1));
    expect(answers).toEqual(['notEligible', 'notEligible', 'granted']);
    const dead = await issued(all);
    await expect(world.start(dead.id)).rejects.toThrow(/ended before/);
  });

  it('leaves books to a run whose audience is there no more', async () => {
    const { campaignId: id, audienceId } = await world.frozen([1, 2]);
    const { id: coupon } = await issued(id);
    const run = await world.start(coupon);
    await world.store.transaction((tx) => tx.audiences.remove(audienceId));
    expect(await world.books(run)).toMatchObject({ targeted: 0, remaining: 0 });
    expect(await world.move(run, 'cancel')).toMatchObject({ state: 'cancelled', leftOver: 0 });
  });
});
