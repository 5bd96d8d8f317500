import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { addMembers, outcomes, pusherOf, runningCampaign, runUntil } from '../../test/support/push-rig.js';
import { ScriptedProvider } from '../../test/support/scripted-provider.js';
import { temporaryStore, type TemporaryStore } from '../../test/support/temporary-store.js';
import { DomainError } from '../core/errors.js';
import type { CampaignId } from '../core/ids.js';
import type { ChunkAnswer } from '../core/ports/provider.js';
import type { Store } from '../core/ports/store.js';
import { RECORD_WITHIN_MS, type ChannelPusher } from './channel-pusher.js';
import type { PushTx } from './push-tx.js';

const DRAIN_MS = 6_000;
const MEMBERS = 500;

describe('stopping a pusher', () => {
  let temporary: TemporaryStore;
  beforeEach(async () => {
    temporary = await temporaryStore();
  });
  afterEach(() => temporary.remove());

  const counts = (id: CampaignId) => outcomes(temporary.store, id, 'sms');

  /** A pusher whose vendor holds 200 members and says nothing. */
  async function waiting(store: Store<PushTx>, provider = new ScriptedProvider({ script: () => 'hang' })) {
    const { clock } = temporary;
    await addMembers(temporary.store, clock, { count: MEMBERS });
    const id = await runningCampaign(temporary.store, clock, { channels: ['sms'] });
    const pusher = pusherOf(store, clock, { channel: 'sms', provider, windowMembers: 200, onTrouble: () => undefined });
    pusher.start();
    await runUntil(clock, () => provider.taken.length === 200);
    return { id, pusher, provider };
  }

  /** Stops it, moving the clock; answers what it said and how long that took. */
  async function stop(pusher: ChannelPusher): Promise<{ readonly unanswered: number; readonly spanMs: number }> {
    const { clock } = temporary;
    const startedMs = clock.monotonicMs();
    let unanswered: number | undefined;
    void pusher.stop(DRAIN_MS).then((members) => (unanswered = members));
    await runUntil(clock, () => unanswered !== undefined, { stepMs: 50 });
    return { unanswered: unanswered ?? -1, spanMs: clock.monotonicMs() - startedMs };
  }

  it('waits for answers that come, and gives everything back', async () => {
    const { store } = temporary;
    const { id, pusher, provider } = await waiting(store);
    const stopped = pusher.stop(DRAIN_MS);
    provider.release();
    expect(await stopped).toBe(0);
    expect(await counts(id)).toEqual({ sent: 200, pending: 300 });
    expect(pusher.stats()).toMatchObject({ openMembers: 0, heldBuckets: 0 });
    expect(await store.read((tx) => tx.ledger.hasLeased({ campaignId: id, channel: 'sms' }))).toBe(false);
  });

  it('tells how many had no answer in time, and records that it does not know', async () => {
    const { id, pusher } = await waiting(temporary.store);
    const { unanswered, spanMs } = await stop(pusher);
    expect(unanswered).toBe(200);
    expect(spanMs).toBeLessThan(DRAIN_MS + RECORD_WITHIN_MS);
    const rows = await temporary.store.read((tx) => tx.ledger.rows({ campaignId: id, channel: 'sms' }, 0, 10));
    expect(rows.flatMap(({ cells }) => [...cells]).filter((code) => code === 16)).toHaveLength(200); // pending (0, 1)
  });

  it('ends in time although the store is away, and counts what could not be recorded', async () => {
    const store = failingStore(temporary.store);
    const { id, pusher, provider } = await waiting(store);
    store.fail();
    provider.release();
    await runUntil(temporary.clock, () => pusher.stats().openMembers === 0);
    const { unanswered, spanMs } = await stop(pusher);
    expect(unanswered).toBe(200);
    expect(spanMs).toBeLessThanOrEqual(DRAIN_MS + RECORD_WITHIN_MS + 200);
    expect(await counts(id)).toEqual({ pending: MEMBERS });
  });

  it('ends in time although a vendor ignores that it was told to stop; its late answer changes nothing', async () => {
    const deaf = new DeafProvider();
    const { id, pusher } = await waiting(temporary.store, deaf);
    const { unanswered, spanMs } = await stop(pusher);
    expect(unanswered).toBe(200);
    expect(spanMs).toBeLessThanOrEqual(DRAIN_MS + RECORD_WITHIN_MS + 200);
    const books = await counts(id);
    deaf.release();
    await temporary.clock.run(5_000);
    expect(await counts(id)).toEqual(books);
  });

  it('hands nothing over that was marked when time had run out', async () => {
    const { clock } = temporary;
    await addMembers(temporary.store, clock, { count: MEMBERS });
    await runningCampaign(temporary.store, clock, { channels: ['sms'] });
    const store = slowStore(temporary.store);
    const provider = new ScriptedProvider();
    const pusher = pusherOf(store, clock, { channel: 'sms', provider });
    pusher.start();
    await runUntil(clock, () => store.waiting() > 0);
    await stop(pusher);
    store.goOn();
    await clock.run(5_000);
    expect(provider.taken).toEqual([]);
  });

  it('may be asked twice', async () => {
    const { pusher, provider } = await waiting(temporary.store);
    const stops = [pusher.stop(DRAIN_MS), pusher.stop(DRAIN_MS)];
    provider.release();
    expect(await Promise.all(stops)).toEqual([0, 0]);
  });
});

/** A store that refuses every transaction from some moment on. */
function failingStore(store: Store<PushTx>): Store<PushTx> & { readonly fail: () => void } {
  let isAway = false;
  return {
    transaction: (body, options) =>
      isAway ? Promise.reject(new DomainError('STORE_UNAVAILABLE', 'away')) : store.transaction(body, options),
    read: (body) => store.read(body),
    fail: () => {
      isAway = true;
    },
  };
}

/** A store whose transactions are done at once, and answered late. */
function slowStore(store: Store<PushTx>) {
  const waiting: (() => void)[] = [];
  const slow: Store<PushTx> = {
    transaction: async (body, options) => {
      const result = await store.transaction(body, options);
      await new Promise<void>((resolve) => waiting.push(resolve));
      return result;
    },
    read: (body) => store.read(body),
  };
  return {
    ...slow,
    waiting: () => waiting.length,
    goOn: () => {
      for (const resolve of waiting.splice(0)) resolve();
    },
  };
}

class DeafProvider extends ScriptedProvider {
  constructor() {
    super({ script: () => 'hang' });
  }

  override send(...[chunk]: Parameters<ScriptedProvider['send']>): Promise<ChunkAnswer> {
    return super.send(chunk, { signal: new AbortController().signal });
  }
}
