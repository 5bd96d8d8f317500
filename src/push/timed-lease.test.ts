/**
 * Pushers that share a store and know nothing of each other, with leases that end by the store's clock: one stands
 * still for longer than its lease, another takes over, the first one wakes.
 */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { auditOf } from '../../test/support/audit-books.js';
import { ScriptedProvider } from '../../test/support/scripted-provider.js';
import { addMembers, isCompleted, outcomes, runningCampaign, runUntil } from '../../test/support/push-rig.js';
import { temporarySqliteStore } from '../../test/support/temporary-sqlite.js';
import { MemoryPacer } from '../adapters/memory/memory-pacer.js';
import type { Chunk } from '../core/ports/provider.js';
import type { Store } from '../core/ports/store.js';
import { SeededRandom } from '../core/seeded-random.js';
import { reportAudit } from '../ledger/audit.js';
import { DELIVERY_MODES, type DeliveryMode } from '../ledger/cell-moves.js';
import { ChannelPusher } from './channel-pusher.js';
import { SHARED_STORE_LEASES } from './lease-policy.js';
import { LeaseWatch } from './lease-watch.js';
import type { PushTx } from './push-tx.js';

const MEMBERS = 120;
const WINDOW = 40;

/** A store whose caller can be made to stand still: nothing it asks for is done or answered until it goes on. */
class Stoppable implements Store<PushTx> {
  private gate: Promise<void> = Promise.resolve();
  private open: () => void = () => undefined;

  constructor(private readonly store: Store<PushTx>) {}

  stop(): void {
    this.gate = new Promise((resolve) => (this.open = resolve));
  }

  goOn(): void {
    this.open();
  }

  async transaction<Result>(body: (tx: PushTx) => Promise<Result>): Promise<Result> {
    await this.gate;
    const result = await this.store.transaction(body);
    await this.gate;
    return result;
  }

  async read<Result>(body: (tx: PushTx) => Promise<Result>): Promise<Result> {
    await this.gate;
    return this.store.read(body);
  }
}

interface Node {
  readonly pusher: ChannelPusher;
  readonly watch: LeaseWatch;
  readonly store: Stoppable;
  readonly provider: ScriptedProvider;
  readonly chunks: Chunk[];
  isHanging: boolean;
  /** Only members below hang then. */
  hangsBelow: number;
  freed: number;
}

describe('pushers with leases that end', () => {
  let temporary: ReturnType<typeof temporarySqliteStore>;
  let nodes: Node[];
  beforeEach(async () => {
    temporary = temporarySqliteStore();
    nodes = [];
    await addMembers(temporary.store, temporary.clock, { count: MEMBERS });
  });
  afterEach(async () => {
    for (const { pusher, watch, provider, store } of nodes) {
      store.goOn();
      provider.release();
      const ending = Promise.all([pusher.stop(60_000), watch.close()]);
      await runUntil(temporary.clock, () => pusher.stats().heldBuckets === 0);
      await ending;
    }
    await temporary.remove();
  });

  function startNode(owner: string, mode: DeliveryMode): Node {
    const { clock } = temporary;
    const store = new Stoppable(temporary.store);
    const provider = new ScriptedProvider({
      script: ({ ordinal }) => (node.isHanging && ordinal < node.hangsBelow ? 'hang' : 'accepted'),
      capabilities: { isKeyed: mode === 'keyed', maxChunkMembers: 10, maxRequestMembers: 10 },
    });
    const chunks: Chunk[] = [];
    const send = provider.send.bind(provider);
    provider.send = (chunk, options) => {
      chunks.push(chunk);
      return send(chunk, options);
    };
    const pusher = new ChannelPusher({
      settings: {
        channel: 'sms',
        provider,
        windowMembers: WINDOW,
        pace: {},
        maxDefiniteTries: 3,
        maxAmbiguousTries: 3,
        retry: { firstDelayMs: 100, maxDelayMs: 1_000 },
      },
      store,
      pacer: new MemoryPacer(clock),
      clock,
      random: new SeededRandom(owner),
      owner,
      lease: SHARED_STORE_LEASES,
      onEvent: (event) => {
        if (event.kind === 'push.storeError') throw event.error;
      },
    });
    const watch = new LeaseWatch({
      store,
      clock,
      onEvent: (event) => {
        if (event.kind === 'push.leasesEnded') node.freed += event.buckets;
      },
      onFreed: () => {
        pusher.wake();
      },
    });
    const node: Node = { pusher, watch, store, provider, chunks, isHanging: false, hangsBelow: Infinity, freed: 0 };
    nodes.push(node);
    pusher.start();
    watch.start();
    return node;
  }

  const told = (): number[] => nodes.flatMap(({ provider }) => provider.taken.map(({ ordinal }) => ordinal));

  it.each(DELIVERY_MODES)(
    'lose nobody when one stands still past its lease, and refuse what it says late: %s',
    async (mode) => {
      const { store, clock } = temporary;
      const id = await runningCampaign(store, clock, { channels: ['sms'], mode });
      const stopped = startNode('stopped', mode);
      stopped.isHanging = true;
      await runUntil(clock, () => stopped.pusher.stats().openMembers === WINDOW);
      const heir = startNode('heir', mode);
      await clock.run(60_000);
      expect(heir.provider.requests, 'while its holder lives, a bucket is its own').toEqual([]);
      stopped.store.stop();
      const stoppedAtMs = clock.monotonicMs();
      await runUntil(clock, () => heir.provider.requests.length > 0 || heir.freed > 0);
      const takenAfterMs = clock.monotonicMs() - stoppedAtMs;
      expect(takenAfterMs).toBeGreaterThanOrEqual(5_900);
      expect(takenAfterMs).toBeLessThanOrEqual(9_100);
      await runUntil(clock, () => isCompleted(store, id), { stepMs: 200 });
      const books = await outcomes(store, id, 'sms');

      const askedBefore = stopped.provider.taken.length;
      stopped.isHanging = false;
      stopped.provider.release();
      stopped.store.goOn();
      await clock.run(10_000);
      expect(stopped.provider.taken.length, 'nothing more is sent').toBe(askedBefore);
      expect(stopped.pusher.stats()).toMatchObject({ heldBuckets: 0, openMembers: 0 });
      expect(await outcomes(store, id, 'sms'), 'the late outcomes changed nothing').toEqual(books);
      const again = told().length - new Set(told()).size;
      expect(new Set(told()).size).toBe(MEMBERS);
      expect({ books, again }).toEqual(
        {
          keyed: { books: { sent: MEMBERS }, again: WINDOW },
          atLeastOnce: { books: { sent: MEMBERS - WINDOW, sentPossiblyDoubled: WINDOW }, again: WINDOW },
          atMostOnce: { books: { sent: MEMBERS - WINDOW, unknown: WINDOW }, again: 0 },
        }[mode],
      );
      expect((await reportAudit(auditOf(temporary))).differences).toEqual([]);
    },
  );

  it('go on with what a lost one had begun before what nobody has begun', async () => {
    const { store, clock } = temporary;
    await addMembers(store, clock, { count: 1_000 }); // a second bucket
    await runningCampaign(store, clock, { channels: ['sms'] });
    const lost = startNode('lost', 'keyed');
    lost.isHanging = true;
    await runUntil(clock, () => lost.pusher.stats().openMembers === WINDOW);
    const begun = lost.chunks[0]?.ordinals[0];
    lost.store.stop();
    let freed = 0;
    const watch = new LeaseWatch({
      store,
      clock,
      onEvent: (event) => {
        if (event.kind === 'push.leasesEnded') freed += event.buckets;
      },
      onFreed: () => undefined,
    });
    watch.start();
    await runUntil(clock, () => freed > 0);
    await watch.close();
    const heir = startNode('heir', 'keyed');
    await runUntil(clock, () => heir.provider.taken.length > 0);
    expect(heir.provider.taken[0]?.ordinal).toBe(begun);
  });

  it('send nothing that was marked when the commit came back too late', async () => {
    const { store, clock } = temporary;
    const id = await runningCampaign(store, clock, { channels: ['sms'] });
    const late = startNode('late', 'keyed');
    // The turn has committed its marks; its caller learns of it after 75 % of the lease, and nobody took over.
    let turns = 0;
    const transaction = late.store.transaction.bind(late.store);
    late.store.transaction = async (body) => {
      const result = await transaction(body);
      if (turns++ === 0) await clock.sleep(6_001);
      return result;
    };
    await runUntil(clock, () => isCompleted(store, id), { stepMs: 100 });
    expect(late.chunks.every(({ sendWithinMs }) => sendWithinMs > 0 && sendWithinMs <= 6_000)).toBe(true);
    expect(told().length, 'everybody once').toBe(MEMBERS);
    expect(await outcomes(store, id, 'sms')).toEqual({ sent: MEMBERS });
  });

  it('give what is handed over no more time than the lease surely has', async () => {
    const { store, clock } = temporary;
    const id = await runningCampaign(store, clock, { channels: ['sms'] });
    const node = startNode('slow', 'keyed');
    node.isHanging = true;
    await runUntil(clock, () => node.pusher.stats().openMembers === WINDOW);
    await clock.run(1_500); // before the first renewal: 4.5 s of sending are left
    node.isHanging = false;
    const before = node.chunks.length;
    node.provider.release();
    await runUntil(clock, () => node.chunks.length > before, { stepMs: 1 });
    const left = node.chunks[before]?.sendWithinMs ?? 0;
    expect(left).toBeGreaterThan(4_000);
    expect(left).toBeLessThanOrEqual(4_500);
    await runUntil(clock, () => isCompleted(store, id));
  });

  it('never claim anew what is still at the vendor under a lease that was lost', async () => {
    const { store, clock } = temporary;
    const id = await runningCampaign(store, clock, { channels: ['sms'] });
    const node = startNode('lone', 'keyed');
    node.isHanging = true;
    node.hangsBelow = 20;
    await runUntil(clock, () => node.provider.taken.length === MEMBERS);
    await store.transaction((tx) => tx.ledger.endAllLeases(clock.now()));
    await runUntil(clock, () => node.pusher.stats().heldBuckets === 0);
    node.pusher.wake();
    await clock.run(20_000);
    expect(node.provider.taken.length).toBe(MEMBERS);
    expect(node.pusher.stats().heldBuckets).toBe(0);
    node.isHanging = false;
    node.provider.release();
    await runUntil(clock, () => isCompleted(store, id));
    expect(await outcomes(store, id, 'sms')).toEqual({ sent: MEMBERS });
  });
});
