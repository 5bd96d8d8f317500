import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { addMembers, isCompleted, outcomes, pusherOf, runningCampaign, runUntil } from '../../test/support/push-rig.js';
import { ScriptedProvider } from '../../test/support/scripted-provider.js';
import { temporaryStore, type TemporaryStore } from '../../test/support/temporary-store.js';
import type { Store } from '../core/ports/store.js';
import type { PushTx } from './push-tx.js';

const MEMBERS = 300;

/** A turn decides, and then its commit takes longer than a cancel answered by another node may go unheard. */
describe('a turn whose commit is late', () => {
  let temporary: TemporaryStore;
  beforeEach(async () => {
    temporary = await temporaryStore();
    await addMembers(temporary.store, temporary.clock, { count: MEMBERS });
  });
  afterEach(() => temporary.remove());

  /** Each commit of bulk work takes so long. */
  const slowStore = (commitMs: () => number): Store<PushTx> => ({
    read: (body) => temporary.store.read(body),
    transaction: async (body, options) => {
      const result = await temporary.store.transaction(body, options);
      if (options?.isBulk === true) await temporary.clock.sleep(commitMs());
      return result;
    },
  });

  it('sends nothing of what it decided, and tries again in smaller turns until they come in time', async () => {
    const { store, clock } = temporary;
    const id = await runningCampaign(store, clock, { channels: ['sms'] });
    const provider = new ScriptedProvider();
    let commitMs = 950;
    let turns = 0;
    const slow = slowStore(() => {
      turns++;
      return commitMs;
    });
    const pusher = pusherOf(slow, clock, { channel: 'sms', provider });
    pusher.start();
    await runUntil(clock, () => turns > 6);
    expect(provider.taken).toEqual([]);
    expect(pusher.stats().lateMembers, 'or nobody sees why nothing is sent').toBeGreaterThan(0);
    commitMs = 400;
    await runUntil(clock, () => isCompleted(store, id));
    expect(await outcomes(store, id, 'sms')).toEqual({ sent: MEMBERS });
    expect(provider.taken).toHaveLength(MEMBERS);
    const [first] = provider.requests;
    expect(first?.length).toBeLessThan(100);
    const stopped = pusher.stop(0);
    await runUntil(clock, () => pusher.stats().heldBuckets === 0);
    await stopped;
  });
});
