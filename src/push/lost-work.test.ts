import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { addMembers, isCompleted, outcomes, pusherOf, runningCampaign, runUntil } from '../../test/support/push-rig.js';
import { ScriptedProvider } from '../../test/support/scripted-provider.js';
import { temporaryStore, type TemporaryStore } from '../../test/support/temporary-store.js';
import { MemoryPacer } from '../adapters/memory/memory-pacer.js';
import { DomainError } from '../core/errors.js';
import type { Store } from '../core/ports/store.js';
import { SeededRandom } from '../core/seeded-random.js';
import { isInFlight } from '../ledger/cell-code.js';
import { ChannelPusher } from './channel-pusher.js';
import type { PushTx } from './push-tx.js';

let temporary: TemporaryStore;
beforeEach(async () => {
  temporary = await temporaryStore();
});
afterEach(() => temporary.remove());

const hasLeases = async (id: Awaited<ReturnType<typeof runningCampaign>>): Promise<boolean> =>
  temporary.store.read((tx) => tx.ledger.hasLeased({ campaignId: id, channel: 'sms' }));

/** A pusher that ends when it is told to, whatever it holds. */
async function end(pusher: ChannelPusher): Promise<void> {
  const stopped = pusher.stop(0);
  await runUntil(temporary.clock, () => pusher.stats().openRequests === 0 && pusher.stats().heldBuckets === 0);
  await stopped;
}

describe('a pusher that stops', () => {
  it('waits for what is on its way, and records it', async () => {
    const { store, clock } = temporary;
    await addMembers(store, clock, { count: 1_000 });
    const id = await runningCampaign(store, clock, { channels: ['sms'] });
    const provider = new ScriptedProvider({ script: () => 'hang' });
    const pusher = pusherOf(store, clock, { channel: 'sms', provider, windowMembers: 300 });
    pusher.start();
    await runUntil(clock, () => provider.taken.length === 300);
    let unanswered: number | undefined;
    const stopped = pusher.stop(5_000).then((count) => (unanswered = count));
    await clock.run(100);
    provider.release();
    await runUntil(clock, () => unanswered !== undefined);
    await stopped;
    expect({ unanswered, hasLeases: await hasLeases(id), ...(await outcomes(store, id, 'sms')) }).toEqual({
      unanswered: 0,
      hasLeases: false,
      sent: 300,
      pending: 700,
    });
    expect(provider.taken).toHaveLength(300);
  });
});

describe('a bucket whose pusher died half-way', () => {
  it('is told to the rest of it only', async () => {
    const { store, clock } = temporary;
    await addMembers(store, clock, { count: 1_000 });
    const id = await runningCampaign(store, clock, { channels: ['sms'], mode: 'atMostOnce' });
    const provider = new ScriptedProvider({
      capabilities: { isKeyed: false },
      script: ({ ordinal }) => (ordinal < 400 ? 'accepted' : 'hang'),
    });
    const dying = pusherOf(store, clock, { channel: 'sms', provider, windowMembers: 200, owner: 'dying' });
    dying.start();
    await runUntil(
      clock,
      async () => provider.taken.length === 600 && (await outcomes(store, id, 'sms'))['sent'] === 400,
    );
    await store.transaction((tx) => tx.ledger.endAllLeases(clock.now()));
    provider.script = () => 'accepted';
    const heir = pusherOf(store, clock, { channel: 'sms', provider, owner: 'heir' });
    heir.start();
    await runUntil(clock, () => isCompleted(store, id), { stepMs: 500 });
    expect(await outcomes(store, id, 'sms')).toEqual({ sent: 800, unknown: 200 });
    expect(provider.taken.map(({ ordinal }) => ordinal).sort((a, b) => a - b)).toEqual(
      Array.from({ length: 1_000 }, (_, index) => index),
    );
    provider.release();
    await end(dying);
    await end(heir);
  });
});

describe('a turn that does not commit', () => {
  it('has sent nothing', async () => {
    const { store, clock } = temporary;
    await addMembers(store, clock, { count: 200 });
    const id = await runningCampaign(store, clock, { channels: ['sms'], mode: 'atMostOnce' });
    const provider = new ScriptedProvider({ capabilities: { isKeyed: false } });
    let failures = 3;
    const failing: Store<PushTx> = {
      read: (body) => store.read(body),
      transaction: (body, options) =>
        store.transaction(async (tx) => {
          const result = await body(tx);
          if (options?.isBulk === true && failures-- > 0) throw new Error('the disk is full');
          return result;
        }, options),
    };
    const errors: unknown[] = [];
    const pusher = new ChannelPusher({
      settings: {
        channel: 'sms',
        provider,
        windowMembers: 1_000,
        pace: {},
        maxDefiniteTries: 3,
        maxAmbiguousTries: 1,
        retry: { firstDelayMs: 1_000, maxDelayMs: 60_000 },
      },
      store: failing,
      pacer: new MemoryPacer(clock),
      clock,
      random: new SeededRandom(1),
      owner: 'test',
      onEvent: (event) => errors.push(event.kind),
    });
    pusher.start();
    await runUntil(clock, () => isCompleted(store, id), { stepMs: 500 });
    await end(pusher);
    expect(errors).toEqual(new Array(3).fill('push.storeError'));
    expect(provider.taken).toHaveLength(200);
    expect(await outcomes(store, id, 'sms')).toEqual({ sent: 200 });
  });

  it('or did, and nobody knew: whom it marked nobody was sent, and no loss is counted', async () => {
    const { store, clock } = temporary;
    await addMembers(store, clock, { count: 1_200 });
    const id = await runningCampaign(store, clock, { channels: ['sms'], mode: 'atMostOnce' });
    let failures = 3;
    const unsure: Store<PushTx> = {
      read: (body) => store.read(body),
      transaction: async (body, options) => {
        const result = await store.transaction(body, options);
        if (options?.isBulk === true && failures-- > 0) throw new DomainError('STORE_UNAVAILABLE', 'who knows');
        return result;
      },
    };
    const provider = new ScriptedProvider({ capabilities: { isKeyed: false } });
    const pusher = pusherOf(unsure, clock, { channel: 'sms', provider, onTrouble: () => undefined });
    pusher.start();
    await runUntil(clock, () => provider.taken.length > 0);
    const rows = await store.read((tx) => tx.ledger.rows({ campaignId: id, channel: 'sms' }, 0, 10));
    expect(rows.map(({ lossCount }) => lossCount)).toEqual([0, 0]);
    await runUntil(clock, () => isCompleted(store, id), { stepMs: 500 });
    await end(pusher);
    expect(provider.taken).toHaveLength(1_200);
    expect(await outcomes(store, id, 'sms')).toEqual({ sent: 1_200 });
  });

  it('or did, beside members of the same bucket at the vendor: only these stay in flight', async () => {
    const { store, clock } = temporary;
    await addMembers(store, clock, { count: 1_000 });
    const id = await runningCampaign(store, clock, { channels: ['sms'], mode: 'atMostOnce' });
    let turns = 0;
    const unsure: Store<PushTx> = {
      read: (body) => store.read(body),
      transaction: async (body, options) => {
        if (options?.isBulk !== true) return store.transaction(body, options);
        turns++;
        if (turns > 2) throw new DomainError('STORE_UNAVAILABLE', 'no turn works');
        const result = await store.transaction(body, options);
        if (turns === 2) throw new DomainError('STORE_UNAVAILABLE', 'who knows');
        return result;
      },
    };
    const provider = new ScriptedProvider({
      capabilities: { isKeyed: false },
      script: ({ ordinal }) => (ordinal < 100 ? 'hang' : 'accepted'),
    });
    const pusher = pusherOf(unsure, clock, {
      channel: 'sms',
      provider,
      windowMembers: 200,
      onTrouble: () => undefined,
    });
    pusher.start();
    await runUntil(clock, () => turns > 2);
    expect(provider.taken).toHaveLength(200);
    const [row] = await store.read((tx) => tx.ledger.rows({ campaignId: id, channel: 'sms' }, 0, 1));
    expect([...(row?.cells ?? [])].flatMap((code, position) => (isInFlight(code) ? [position] : []))).toEqual(
      Array.from({ length: 100 }, (_, position) => position),
    );
    turns = -Infinity;
    provider.script = () => 'accepted';
    provider.release();
    await runUntil(clock, () => isCompleted(store, id), { stepMs: 500 });
    await end(pusher);
    expect(provider.taken).toHaveLength(1_000);
    expect(await outcomes(store, id, 'sms')).toEqual({ sent: 1_000 });
  });

  it('or did, while marks cannot be taken back: nobody else is marked before they are', async () => {
    const { store, clock } = temporary;
    await addMembers(store, clock, { count: 1_000 });
    const id = await runningCampaign(store, clock, { channels: ['sms'], mode: 'atMostOnce' });
    let refusals = 3;
    let turnsWhileUnsure = 0;
    let isSure = true;
    const unsure: Store<PushTx> = {
      read: (body) => store.read(body),
      transaction: async (body, options) => {
        if (options?.isBulk === true) {
          if (!isSure) turnsWhileUnsure++;
          const result = await store.transaction(body, options);
          if (refusals < 3) return result;
          isSure = false;
          refusals--;
          throw new DomainError('STORE_UNAVAILABLE', 'who knows');
        }
        if (!isSure && refusals-- > 0) throw new DomainError('STORE_UNAVAILABLE', 'still away');
        isSure = true;
        return store.transaction(body, options);
      },
    };
    const provider = new ScriptedProvider({ capabilities: { isKeyed: false } });
    const pusher = pusherOf(unsure, clock, {
      channel: 'sms',
      provider,
      windowMembers: 200,
      onTrouble: () => undefined,
    });
    pusher.start();
    await runUntil(clock, () => isCompleted(store, id), { stepMs: 500 });
    await end(pusher);
    expect([turnsWhileUnsure, refusals]).toEqual([0, -1]);
    expect(provider.taken).toHaveLength(1_000);
  });
});
