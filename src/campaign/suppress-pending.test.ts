import { expect, it } from 'vitest';
import { addMembers, isCompleted, runningCampaign } from '../../test/support/push-rig.js';
import { temporaryStore } from '../../test/support/temporary-store.js';
import type { Store } from '../core/ports/store.js';
import { addMs, HOUR_MS } from '../core/time.js';
import type { SettleTx } from './settle.js';
import { suppressPending } from './suppress-pending.js';

it('ends a campaign in the commit that settles its last member, whatever dies after it', async () => {
  const { store, clock, remove } = await temporaryStore();
  await addMembers(store, clock, { count: 30 });
  const deliverUntil = addMs(clock.now(), HOUR_MS);
  const id = await runningCampaign(store, clock, { channels: ['sms'], deliverUntil });
  clock.advance(2 * HOUR_MS);
  let commitsLeft = 1;
  const dying: Store<SettleTx> = {
    read: (body) => store.read(body),
    transaction: (body, options) =>
      commitsLeft-- > 0 ? store.transaction(body, options) : Promise.reject(new Error('killed')),
  };
  expect(await suppressPending({ store: dying, clock }, id)).toBe(true);
  expect(await isCompleted(store, id)).toBe(true);
  await remove();
});
