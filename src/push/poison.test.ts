import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { auditOf } from '../../test/support/audit-books.js';
import {
  addMembers,
  isCompleted,
  mortalStore,
  outcomes,
  pusherOf,
  runningCampaign,
  runUntil,
} from '../../test/support/push-rig.js';
import { ScriptedProvider } from '../../test/support/scripted-provider.js';
import { temporaryStore, type TemporaryStore } from '../../test/support/temporary-store.js';
import type { CampaignId } from '../core/ids.js';
import type { ChunkAnswer } from '../core/ports/provider.js';
import type { Store } from '../core/ports/store.js';
import { reportAudit } from '../ledger/audit.js';
import type { ChannelPusher, PushEvent } from './channel-pusher.js';
import type { PushTx } from './push-tx.js';

const MEMBERS = 3_000;
/** One in 1,000. */
const isPoison = (ordinal: number): boolean => ordinal % 1_000 === 457;

describe('poison hurts only itself', () => {
  let temporary: TemporaryStore;
  let pusher: ChannelPusher | undefined;
  beforeEach(async () => {
    temporary = await temporaryStore();
  });
  afterEach(async () => {
    if (pusher !== undefined) {
      const stopped = pusher.stop(0);
      await runUntil(temporary.clock, () => pusher?.stats().heldBuckets === 0 && pusher.stats().openRequests === 0);
      await stopped;
    }
    pusher = undefined;
    const { differences } = await reportAudit(auditOf(temporary));
    await temporary.remove();
    expect(differences).toEqual([]);
  });

  const counts = (id: CampaignId) => outcomes(temporary.store, id, 'sms');

  it.each([
    ['keyed', ['sent']],
    ['atLeastOnce', ['sent', 'sentPossiblyDoubled']],
  ] as const)('when sending to a member ends the process each time: %s', async (mode, told) => {
    const { store, clock } = temporary;
    await addMembers(store, clock, { count: MEMBERS });
    const id = await runningCampaign(store, clock, { channels: ['sms'], mode });
    let die = (): void => undefined;
    let lives = 0;
    let isDead = true;
    const provider = new ScriptedProvider({
      capabilities: { isKeyed: mode === 'keyed', maxChunkMembers: 1_000, maxRequestMembers: 1_000 },
      script: ({ ordinal }) => {
        if (!isPoison(ordinal)) return 'accepted';
        isDead = true;
        die();
        return 'hang';
      },
    });
    while (!(await isCompleted(store, id))) {
      expect(++lives).toBeLessThan(60);
      isDead = false;
      const mortal = mortalStore(store);
      die = mortal.die;
      await store.transaction((tx) => tx.ledger.endAllLeases(clock.now())); // as whoever opens the folder does
      pusher = pusherOf(mortal.store, clock, { channel: 'sms', provider, windowMembers: 3_000 });
      pusher.start();
      await runUntil(clock, async () => isDead || isCompleted(store, id), { stepMs: 500 });
    }
    const books = await counts(id);
    expect(books['unknown']).toBe(3);
    expect(told.reduce((sum, outcome) => sum + (books[outcome] ?? 0), 0)).toBe(MEMBERS - 3);
    const deliveries = provider.deliveries(id);
    expect(deliveries.size).toBe(MEMBERS);
    if (mode === 'keyed') expect([...deliveries.values()].every((times) => times === 1)).toBe(true);
    const details = await store.read((tx) => tx.ledger.details({ campaignId: id, channel: 'sms' }, 457));
    expect(details.map(({ vendorCode }) => vendorCode)).toEqual(['poison']);
  });

  it('when a member cannot even be read: it is failed, as nobody sent it anything', async () => {
    const { store, clock } = temporary;
    await addMembers(store, clock, { count: MEMBERS });
    const id = await runningCampaign(store, clock, { channels: ['sms'] });
    const provider = new ScriptedProvider({
      capabilities: { recipientColumns: ['phone'], maxChunkMembers: 1_000, maxRequestMembers: 1_000 },
    });
    const trouble: PushEvent[] = [];
    pusher = pusherOf(unreadable(store), clock, {
      channel: 'sms',
      provider,
      onTrouble: (event) => trouble.push(event),
    });
    pusher.start();
    await runUntil(clock, () => isCompleted(store, id), { stepMs: 500 });
    expect(await counts(id)).toEqual({ sent: MEMBERS - 3, failedPoison: 3 });
    expect(provider.taken.some(({ ordinal }) => isPoison(ordinal))).toBe(false);
    expect(provider.deliveries(id).size).toBe(MEMBERS - 3);
    expect(new Set(trouble.map(({ kind }) => kind))).toEqual(new Set(['push.failed']));
    const details = await store.read((tx) => tx.ledger.details({ campaignId: id, channel: 'sms' }, 1_457));
    expect(details.map(({ vendorCode }) => vendorCode)).toEqual(['poison']);
  });

  it('and other buckets are told before the one that cannot be read is through', async () => {
    const { store, clock } = temporary;
    await addMembers(store, clock, { count: 20_000 });
    const id = await runningCampaign(store, clock, { channels: ['sms'] });
    const provider = new ScriptedProvider({ capabilities: { recipientColumns: ['phone'] } });
    const startedMs = clock.monotonicMs();
    pusher = pusherOf(
      unreadable(store, (ordinal) => ordinal === 3),
      clock,
      {
        channel: 'sms',
        provider,
        onTrouble: () => undefined,
      },
    );
    pusher.start();
    await runUntil(clock, () => provider.taken.length >= 19_000, { stepMs: 20 });
    expect(clock.monotonicMs() - startedMs).toBeLessThan(30_000);
    expect((await counts(id))['failedPoison']).toBeUndefined();
    await runUntil(clock, () => isCompleted(store, id), { stepMs: 500 });
    expect(await counts(id)).toEqual({ sent: 19_999, failedPoison: 1 });
  });

  it('when the provider throws at it: unknown, as nobody can tell how far it got', async () => {
    const { store, clock } = temporary;
    await addMembers(store, clock, { count: MEMBERS });
    const id = await runningCampaign(store, clock, { channels: ['sms'] });
    const provider = new ThrowingProvider();
    const trouble: PushEvent[] = [];
    const onTrouble = (event: PushEvent): void => void trouble.push(event);
    pusher = pusherOf(store, clock, { channel: 'sms', provider, windowMembers: 3_000, onTrouble });
    pusher.start();
    await runUntil(clock, () => isCompleted(store, id), { stepMs: 500 });
    expect(await counts(id)).toEqual({ sent: MEMBERS - 3, unknown: 3 });
    const told = trouble.map(
      (event) => event.kind === 'push.failed' && `${String(event.campaignId)}: ${String(event.error)}`,
    );
    expect(new Set(told)).toEqual(new Set([`${id}: Error: cannot render`]));
  });

  it('and is forgotten where a later pass loses nothing', async () => {
    const { store, clock } = temporary;
    await addMembers(store, clock, { count: 100 });
    const id = await runningCampaign(store, clock, { channels: ['sms'] });
    const row = async () => (await store.read((tx) => tx.ledger.rows({ campaignId: id, channel: 'sms' }, 0, 1)))[0];
    for (let life = 0; life < 3; life++) {
      const mortal = mortalStore(store);
      const stuck = new ScriptedProvider({ script: () => 'hang' });
      await store.transaction((tx) => tx.ledger.endAllLeases(clock.now()));
      pusherOf(mortal.store, clock, { channel: 'sms', provider: stuck }).start();
      await runUntil(clock, () => stuck.taken.length > 0);
      mortal.die();
    }
    expect((await row())?.lossCount).toBe(2); // and the marks of the last one
    await store.transaction((tx) => tx.ledger.endAllLeases(clock.now()));
    const provider = new ScriptedProvider({ script: ({ ordinal }) => (ordinal === 7 ? 'transient' : 'accepted') });
    pusher = pusherOf(store, clock, { channel: 'sms', provider, retry: { firstDelayMs: 60_000, maxDelayMs: 60_000 } });
    pusher.start();
    await runUntil(clock, async () => (await row())?.pendingCount === 1 && (await row())?.isLeased === false);
    expect((await row())?.lossCount).toBe(0);
  });

  it('and a damaged row holds up no other; it waits until it is mended', async () => {
    const { store, clock, query } = temporary;
    await addMembers(store, clock, { count: MEMBERS });
    const id = await runningCampaign(store, clock, { channels: ['sms'] });
    const write = 'UPDATE ledger_bucket SET cells = ?, crc = ? WHERE id % 2097152 = 1';
    await query(write, [Buffer.alloc(1_000), 1]);
    const trouble: PushEvent[] = [];
    const provider = new ScriptedProvider();
    pusher = pusherOf(store, clock, { channel: 'sms', provider, onTrouble: (event) => trouble.push(event) });
    pusher.start();
    await runUntil(clock, async () => (await counts(id))['sent'] === 2_000, { stepMs: 500 });
    expect(trouble.map((event) => event.kind === 'push.failed' && String(event.error))).toEqual([
      expect.stringContaining('bucket 1 was damaged'),
    ]);
    await query(write, [null, null]);
    await runUntil(clock, () => isCompleted(store, id), { stepMs: 500 });
    expect(await counts(id)).toEqual({ sent: MEMBERS });
  });

  it.each(['keyed', 'atLeastOnce', 'atMostOnce'] as const)(
    "when it ends the vendor's thread each time, with all that is in it: %s",
    async (mode) => {
      const { store, clock } = temporary;
      await addMembers(store, clock, { count: MEMBERS });
      const id = await runningCampaign(store, clock, { channels: ['sms'], mode });
      const provider = new DyingThread({ capabilities: { isKeyed: mode === 'keyed' } });
      pusher = pusherOf(store, clock, { channel: 'sms', provider, windowMembers: 3_000 });
      pusher.start();
      await runUntil(clock, () => isCompleted(store, id), { stepMs: 500 });
      const { unknown = 0, sent = 0, sentPossiblyDoubled = 0, ...others } = await counts(id);
      expect(others).toEqual({});
      if (mode === 'atMostOnce') {
        expect(unknown).toBeLessThanOrEqual(3 * 800); // what was in the thread when it died
      } else {
        expect([unknown, sent + sentPossiblyDoubled]).toEqual([3, MEMBERS - 3]);
      }
      if (mode !== 'atLeastOnce') {
        expect([...provider.deliveries(id).values()].every((times) => times === 1)).toBe(true);
      }
    },
  );
});

/** A store in which some members' columns cannot be read: the statement fails, whoever asks for them. */
function unreadable(store: Store<PushTx>, isBroken = isPoison): Store<PushTx> {
  const broken = (tx: PushTx): PushTx => ({
    ...tx,
    members: {
      ...tx.members,
      recipients: async (ordinals, columns) => {
        if (ordinals.some(isBroken)) throw new Error('malformed JSON');
        return tx.members.recipients(ordinals, columns);
      },
    },
  });
  return {
    transaction: (body, options) => store.transaction((tx) => body(broken(tx)), options),
    read: (body) => store.read((tx) => body(broken(tx))),
  };
}

/** A provider that breaks its promise: it throws at poison. */
class ThrowingProvider extends ScriptedProvider {
  override async send(...[chunk, options]: Parameters<ScriptedProvider['send']>): Promise<ChunkAnswer> {
    if (chunk.ordinals.some(isPoison)) throw new Error('cannot render');
    return super.send(chunk, options);
  }
}

/** A vendor whose thread dies when it comes upon poison: nobody in it is answered for. */
class DyingThread extends ScriptedProvider {
  private readonly inThread = new Set<() => void>();

  override async send(...[chunk, options]: Parameters<ScriptedProvider['send']>): Promise<ChunkAnswer> {
    const death = new Promise<ChunkAnswer>((resolve) => {
      this.inThread.add(() => {
        resolve({ kinds: 'ambiguous', detail: { code: 'senderThreadDied' }, isSenderLost: true });
      });
    });
    const answer = super.send(chunk, options);
    if (chunk.ordinals.some(isPoison)) {
      for (const die of this.inThread) die();
      this.inThread.clear();
    }
    return Promise.race([death, answer]);
  }
}
