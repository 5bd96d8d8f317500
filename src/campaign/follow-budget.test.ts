import { expect, it } from 'vitest';
import { LOCK_MS, lockRig } from '../../test/support/lock-rig.js';
import { addMembers, runningCampaign } from '../../test/support/push-rig.js';

it('is held back by the order that locks the last of the budget, and goes on with one that gives some back', async () => {
  const rig = await lockRig();
  const { store, clock } = rig;
  await addMembers(store, clock, { count: 5 });
  const { id, names } = await rig.coupon([11, 12, 13], { budgetMinor: 1_000n }); // 500 each
  const [first = '', second = '', third = ''] = names;
  const told = await runningCampaign(store, clock, { channels: ['sms'], couponId: id });
  const reasons = async () => (await store.read((tx) => tx.campaigns.find(told)))?.pauseReasons;

  await rig.lock('A', first);
  expect(await reasons()).toEqual([]);
  await rig.lock('B', second);
  expect(await reasons()).toEqual(['soldOut']);
  await rig.tell('A', 'cancelled', 1);
  expect(await reasons()).toEqual([]);
  await rig.lock('C', third);
  expect(await reasons()).toEqual(['soldOut']);
  await rig.tell('C', 'paid', 1);
  clock.advance(LOCK_MS); // that of B runs out
  await rig.expire();
  expect(await reasons()).toEqual([]);
  await rig.checkBooks();
  await rig.remove();
});

it('is held back as soon as the budget has no room for one more discount', async () => {
  const rig = await lockRig();
  const { store, clock } = rig;
  await addMembers(store, clock, { count: 5 });
  const { id, names } = await rig.coupon([11, 12], { budgetMinor: 800n }); // 500 each
  const [first = ''] = names;
  const told = await runningCampaign(store, clock, { channels: ['sms'], couponId: id });
  const reasons = async () => (await store.read((tx) => tx.campaigns.find(told)))?.pauseReasons;
  await rig.lock('A', first);
  expect(await reasons()).toEqual(['soldOut']);
  await rig.tell('A', 'cancelled', 1);
  expect(await reasons()).toEqual([]);
  await rig.remove();
});
