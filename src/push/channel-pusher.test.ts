import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  addMembers,
  isCompleted,
  outcomes,
  pusherOf,
  REACHABLE,
  runningCampaign,
  runUntil,
} from '../../test/support/push-rig.js';
import { auditOf } from '../../test/support/audit-books.js';
import { ScriptedProvider } from '../../test/support/scripted-provider.js';
import { temporaryStore, type TemporaryStore } from '../../test/support/temporary-store.js';
import type { CampaignId } from '../core/ids.js';
import { reportAudit } from '../ledger/audit.js';
import type { ChannelPusher } from './channel-pusher.js';

describe('pushing a channel', () => {
  let temporary: TemporaryStore;
  const pushers: ChannelPusher[] = [];
  beforeEach(async () => {
    temporary = await temporaryStore();
  });
  afterEach(async () => {
    for (const pusher of pushers.splice(0)) {
      const stopped = pusher.stop(0);
      await runUntil(temporary.clock, () => pusher.stats().openRequests === 0 && pusher.stats().heldBuckets === 0);
      await stopped;
    }
    const { differences } = await reportAudit(auditOf(temporary));
    await temporary.remove();
    expect(differences).toEqual([]);
  });

  const start = (options: Parameters<typeof pusherOf>[2]): ChannelPusher => {
    const pusher = pusherOf(temporary.store, temporary.clock, options);
    pushers.push(pusher);
    pusher.start();
    return pusher;
  };
  const untilCompleted = (id: CampaignId) =>
    runUntil(temporary.clock, () => isCompleted(temporary.store, id), { stepMs: 500 });
  const counts = (id: CampaignId) => outcomes(temporary.store, id, 'sms');

  it('tells every member exactly once, and completes', async () => {
    const { store, clock } = temporary;
    await addMembers(store, clock, { count: 2_345 });
    const id = await runningCampaign(store, clock, { channels: ['sms'] });
    const provider = new ScriptedProvider();
    start({ channel: 'sms', provider });
    await untilCompleted(id);
    expect(await counts(id)).toEqual({ sent: 2_345 });
    expect(provider.taken.map(({ ordinal }) => ordinal).sort((a, b) => a - b)).toEqual(
      Array.from({ length: 2_345 }, (_, index) => index),
    );
  });

  it('sends to nobody without consent or contact point, and says why', async () => {
    const { store, clock } = temporary;
    await addMembers(store, clock, {
      count: 300,
      fieldsOf: (index) => (index % 3 === 0 ? { phone: null } : index % 3 === 1 ? { consent: {} } : {}),
    });
    const id = await runningCampaign(store, clock, { channels: ['sms'] });
    const provider = new ScriptedProvider();
    start({ channel: 'sms', provider });
    await untilCompleted(id);
    expect(await counts(id)).toEqual({ sent: 100, suppressedNoContactPoint: 100, suppressedNoConsent: 100 });
    expect(provider.taken.every(({ ordinal }) => ordinal % 3 === 2)).toBe(true);
  });

  it('repeats a definite failure under a new reference, and gives up after the set number of tries', async () => {
    const { store, clock } = temporary;
    await addMembers(store, clock, { count: 50 });
    const id = await runningCampaign(store, clock, { channels: ['sms'] });
    const provider = new ScriptedProvider({
      script: ({ ordinal, attempt }) => (ordinal < 10 || (ordinal < 20 && attempt === 0) ? 'transient' : 'accepted'),
    });
    start({ channel: 'sms', provider, maxDefiniteTries: 3 });
    await untilCompleted(id);
    expect(await counts(id)).toEqual({ sent: 40, failedExhausted: 10 });
    expect(provider.taken.filter(({ ordinal }) => ordinal === 3).map(({ round }) => round)).toEqual([0, 1, 2]);
    expect(provider.taken.filter(({ ordinal }) => ordinal === 15).map(({ round }) => round)).toEqual([0, 1]);
  });

  it('repeats an ambiguous answer under the same reference where the vendor knows keys', async () => {
    const { store, clock } = temporary;
    await addMembers(store, clock, { count: 50 });
    const id = await runningCampaign(store, clock, { channels: ['sms'] });
    const provider = new ScriptedProvider({ script: ({ attempt }) => (attempt < 2 ? 'ambiguous' : 'accepted') });
    start({ channel: 'sms', provider });
    await untilCompleted(id);
    expect(await counts(id)).toEqual({ sent: 50 });
    expect(provider.taken.every(({ round }) => round === 0)).toBe(true);
    expect([...provider.deliveries(id).values()].every((times) => times === 1)).toBe(true);
  });

  it('tells nobody twice when a lost answer is followed by a failure that never reached the vendor', async () => {
    const { store, clock } = temporary;
    await addMembers(store, clock, { count: 50 });
    const id = await runningCampaign(store, clock, { channels: ['sms'] });
    const provider = new ScriptedProvider({
      script: ({ attempt }) => (attempt === 0 ? 'ambiguous' : attempt < 4 ? 'transient' : 'accepted'),
    });
    start({ channel: 'sms', provider, maxDefiniteTries: 2 });
    await untilCompleted(id);
    expect(await counts(id)).toEqual({ sent: 50 });
    expect([...provider.deliveries(id).values()].every((times) => times === 1)).toBe(true);
  });

  it('lists who may have been told twice, in the mode at least once', async () => {
    const { store, clock } = temporary;
    await addMembers(store, clock, { count: 50 });
    const id = await runningCampaign(store, clock, { channels: ['sms'], mode: 'atLeastOnce' });
    const provider = new ScriptedProvider({
      capabilities: { isKeyed: false },
      script: ({ ordinal, attempt }) => (ordinal < 5 || (ordinal < 10 && attempt === 0) ? 'ambiguous' : 'accepted'),
    });
    start({ channel: 'sms', provider, maxAmbiguousTries: 1 });
    await untilCompleted(id);
    expect(await counts(id)).toEqual({ sent: 40, sentPossiblyDoubled: 5, unknown: 5 });
  });

  it('never repeats what may have arrived, in the mode at most once', async () => {
    const { store, clock } = temporary;
    await addMembers(store, clock, { count: 50 });
    const id = await runningCampaign(store, clock, { channels: ['sms'], mode: 'atMostOnce' });
    const provider = new ScriptedProvider({
      capabilities: { isKeyed: false },
      script: ({ ordinal }) => (ordinal < 5 ? 'ambiguous' : 'accepted'),
    });
    start({ channel: 'sms', provider });
    await untilCompleted(id);
    expect(await counts(id)).toEqual({ sent: 45, unknown: 5 });
    expect(provider.taken).toHaveLength(50);
    const details = await store.read((tx) => tx.ledger.details({ campaignId: id, channel: 'sms' }, 2));
    expect(details).toHaveLength(1);
  });

  it('drops an address that the vendor calls dead, and keeps one that was only refused a message', async () => {
    const { store, clock } = temporary;
    await addMembers(store, clock, { count: 10 });
    const id = await runningCampaign(store, clock, { channels: ['sms'] });
    const provider = new ScriptedProvider({
      script: ({ ordinal }) => (ordinal === 1 ? 'addressRefused' : ordinal === 2 ? 'messageRefused' : 'accepted'),
    });
    start({ channel: 'sms', provider });
    await untilCompleted(id);
    expect(await counts(id)).toEqual({ sent: 8, failedAddress: 1, failedMessage: 1 });
    const [dead, refused] = await store.read((tx) => tx.members.findByOrdinals([1, 2]));
    expect([dead?.phone, refused?.phone]).toEqual([null, REACHABLE.phone]);
  });

  it('fails nobody when the account is refused, but pauses the channel until a person resumes it', async () => {
    const { store, clock } = temporary;
    await addMembers(store, clock, { count: 500 });
    const id = await runningCampaign(store, clock, { channels: ['sms'] });
    const provider = new ScriptedProvider();
    const original = provider.send.bind(provider);
    let isRefusing = true;
    provider.send = async (chunk, options) =>
      isRefusing ? { kinds: 'accountRefused', detail: { code: '401', text: 'bad key' } } : original(chunk, options);
    const pusher = start({ channel: 'sms', provider });
    const reasons = async () => (await store.read((tx) => tx.campaigns.findChannel(id, 'sms')))?.pauseReasons;
    await runUntil(clock, async () => (await reasons())?.includes('accountRefused') === true);
    await runUntil(clock, () => pusher.stats().heldBuckets === 0);
    expect(await counts(id)).toEqual({ pending: 500 });

    isRefusing = false;
    await store.transaction((tx) => tx.campaigns.updateChannel(id, 'sms', { pauseReasons: [] }));
    pusher.wake();
    await untilCompleted(id);
    expect(await counts(id)).toEqual({ sent: 500 });
    expect(provider.taken).toHaveLength(500);
  });

  it('waits for a vendor that is away, and goes on by itself when it is back', async () => {
    const { store, clock } = temporary;
    await addMembers(store, clock, { count: 500 });
    const id = await runningCampaign(store, clock, { channels: ['sms'] });
    const provider = new ScriptedProvider();
    const original = provider.send.bind(provider);
    let refused = 0;
    provider.send = async (chunk, options) => {
      if (refused >= 20) return original(chunk, options);
      refused++;
      const details = new Map([[0, { code: 'ECONNREFUSED' }]]); // per member, as providers collect their answers
      return { kinds: 'accountRefused', details };
    };
    start({ channel: 'sms', provider });
    await untilCompleted(id);
    expect(await counts(id)).toEqual({ sent: 500 });
    expect((await store.read((tx) => tx.campaigns.findChannel(id, 'sms')))?.pauseReasons).toEqual([]);
  });

  it('pauses when only part of a chunk met the refusal of the account', async () => {
    const { store, clock } = temporary;
    await addMembers(store, clock, { count: 500 });
    const id = await runningCampaign(store, clock, { channels: ['sms'] });
    const provider = new ScriptedProvider({
      script: ({ ordinal }) => (ordinal % 2 === 0 ? 'accepted' : 'accountRefused'),
    });
    start({ channel: 'sms', provider });
    const reasons = async () => (await store.read((tx) => tx.campaigns.findChannel(id, 'sms')))?.pauseReasons;
    await runUntil(clock, async () => (await reasons())?.includes('accountRefused') === true);
    expect((await counts(id))['failed']).toBeUndefined();
  });

  it('starts nothing after a pause, and goes on where it was', async () => {
    const { store, clock } = temporary;
    await addMembers(store, clock, { count: 1_500 });
    const id = await runningCampaign(store, clock, { channels: ['sms'] });
    const provider = new ScriptedProvider({ script: () => 'hang' });
    const pusher = start({ channel: 'sms', provider, windowMembers: 300 });
    await runUntil(clock, () => provider.taken.length === 300);
    await store.transaction((tx) => tx.campaigns.update(id, { pauseReasons: ['person'] }));
    provider.script = () => 'accepted';
    provider.release();
    await runUntil(clock, () => pusher.stats().heldBuckets === 0);
    expect(provider.taken).toHaveLength(300);
    expect(await counts(id)).toEqual({ sent: 300, pending: 1_200 });

    await store.transaction((tx) => tx.campaigns.update(id, { pauseReasons: [] }));
    pusher.wake();
    await untilCompleted(id);
    expect(await counts(id)).toEqual({ sent: 1_500 });
    expect(provider.taken).toHaveLength(1_500);
  });

  it('keeps its books when the clock is set back within a bucket', async () => {
    const { store, clock } = temporary;
    await addMembers(store, clock, { count: 20 });
    const id = await runningCampaign(store, clock, { channels: ['sms'] });
    const provider = new ScriptedProvider({
      script: () => {
        if (provider.requests.length === 1) clock.stepWall(-1_000);
        return 'accepted';
      },
    });
    start({ channel: 'sms', provider, windowMembers: 10 });
    await untilCompleted(id);
    expect(await counts(id)).toEqual({ sent: 20 }); // the auditor looks at the times
  });

  it.each<[string, (id: CampaignId) => Promise<void>]>([
    [
      'its channel was paused',
      async (id) => {
        await temporary.store.transaction((tx) => tx.campaigns.updateChannel(id, 'sms', { pauseReasons: ['person'] }));
      },
    ],
    [
      'the time to deliver is over',
      async (id) => {
        const deliverUntil = temporary.clock.now();
        await temporary.store.transaction((tx) => tx.campaigns.update(id, { deliverUntil }));
        temporary.clock.advance(1);
      },
    ],
  ])('starts nothing once %s', async (_, end) => {
    const { store, clock } = temporary;
    await addMembers(store, clock, { count: 1_500 });
    const id = await runningCampaign(store, clock, { channels: ['sms'] });
    const provider = new ScriptedProvider({ script: () => 'hang' });
    const pusher = start({ channel: 'sms', provider, windowMembers: 300 });
    await runUntil(clock, () => provider.taken.length === 300);
    await end(id);
    provider.script = () => 'accepted';
    provider.release();
    await runUntil(clock, () => pusher.stats().heldBuckets === 0);
    await clock.run(5_000);
    expect(provider.taken).toHaveLength(300);
    expect(await counts(id)).toEqual({ sent: 300, pending: 1_200 });
  });

  it('never has more members on their way than the window', async () => {
    const { store, clock } = temporary;
    await addMembers(store, clock, { count: 2_000 });
    const id = await runningCampaign(store, clock, { channels: ['sms'] });
    let widest = 0;
    const provider = new ScriptedProvider({
      script: () => {
        widest = Math.max(widest, pusher.stats().openMembers);
        return 'accepted';
      },
    });
    const pusher = start({ channel: 'sms', provider, windowMembers: 150 });
    await runUntil(clock, () => isCompleted(store, id));
    expect(widest).toBeGreaterThan(0);
    expect(widest).toBeLessThanOrEqual(150);
  });

  it('counts a request per member where the vendor is asked about one at a time', async () => {
    const { store, clock } = temporary;
    await addMembers(store, clock, { count: 1_000 });
    const id = await runningCampaign(store, clock, { channels: ['sms'] });
    const capabilities = { maxChunkMembers: 50, maxRequestMembers: 1, maxConcurrentRequests: 60 };
    const provider = new ScriptedProvider({ capabilities, script: () => 'hang' });
    const pusher = start({ channel: 'sms', provider });
    await runUntil(clock, () => pusher.stats().openRequests >= 60);
    await clock.run(5_000);
    // 60 under way and at most a chunk waiting behind them, counted when the last chunk is begun.
    expect(provider.taken.length).toBe(pusher.stats().openRequests);
    expect(provider.taken.length).toBeLessThanOrEqual(60 + 2 * 49);
    provider.script = () => 'accepted';
    provider.release();
    await untilCompleted(id);
    expect(await counts(id)).toEqual({ sent: 1_000 });
  });

  it('keeps a pace in requests where each member is one', async () => {
    const { store, clock } = temporary;
    await addMembers(store, clock, { count: 1_000 });
    const id = await runningCampaign(store, clock, { channels: ['sms'] });
    const provider = new ScriptedProvider({ capabilities: { maxRequestMembers: 1 } });
    start({ channel: 'sms', provider, pace: { requestsPerSecond: 200 } });
    const startedMs = clock.monotonicMs();
    await runUntil(clock, () => isCompleted(store, id));
    expect(clock.monotonicMs() - startedMs).toBeGreaterThanOrEqual(4_900);
    for (const request of provider.requests) expect(request.length).toBeLessThanOrEqual(4);
  });

  it('keeps the pace of the channel, within 2 % and one chunk of any second', async () => {
    const { store, clock } = temporary;
    await addMembers(store, clock, { count: 2_000 });
    const id = await runningCampaign(store, clock, { channels: ['sms'] });
    const provider = new ScriptedProvider();
    const times: number[] = [];
    const original = provider.send.bind(provider);
    provider.send = (chunk, options) => {
      chunk.ordinals.forEach(() => times.push(clock.monotonicMs()));
      return original(chunk, options);
    };
    start({ channel: 'sms', provider, pace: { membersPerSecond: 500 } });
    await runUntil(clock, () => isCompleted(store, id), { stepMs: 5 });
    const chunk = 10;
    const windows = times.map((from) => times.filter((at) => at >= from && at < from + 1_000).length);
    expect(Math.max(...windows)).toBeLessThanOrEqual(500 * 1.02 + chunk);
    expect(times).toHaveLength(2_000);
    const spanMs = (times.at(-1) ?? 0) - (times[0] ?? 0);
    expect(spanMs).toBeLessThanOrEqual((2_000 / 500 / 0.95) * 1_000);
  });

  it('does not let ten thousand hold up twenty reminders', async () => {
    const { store, clock } = temporary;
    await addMembers(store, clock, { count: 10_000 });
    const bulk = await runningCampaign(store, clock, { channels: ['sms'] });
    const provider = new ScriptedProvider();
    start({ channel: 'sms', provider, pace: { membersPerSecond: 500 } });
    await runUntil(clock, () => provider.taken.length > 100, { stepMs: 5 });
    const few = await runningCampaign(store, clock, {
      channels: ['sms'],
      campaignClass: 'reminder',
      audience: {
        definition: { kind: 'list', memberCount: 20 },
        buckets: [{ from: 5_000, until: 5_020, memberCount: 20, form: 'range', members: null }],
      },
    });
    pushers[0]?.wake();
    await runUntil(clock, () => isCompleted(store, few), { stepMs: 5 });
    expect((await counts(bulk))['pending']).toBeGreaterThan(9_000);
  });

  it('chooses one channel per member where only the first that can reach is to tell', async () => {
    const { store, clock } = temporary;
    await addMembers(store, clock, {
      count: 300,
      fieldsOf: (index) => (index % 3 === 0 ? { email: null } : index % 3 === 1 ? { phone: null } : {}),
    });
    const id = await runningCampaign(store, clock, { channels: ['email', 'sms'], policy: 'first' });
    const email = new ScriptedProvider({ channel: 'email' });
    const sms = new ScriptedProvider();
    start({ channel: 'email', provider: email });
    start({ channel: 'sms', provider: sms });
    await untilCompleted(id);
    expect(await outcomes(store, id, 'email')).toEqual({ sent: 200, suppressedCovered: 100 });
    expect(await counts(id)).toEqual({ sent: 100, suppressedCovered: 200 });
    const told = [...email.taken, ...sms.taken].map(({ ordinal }) => ordinal);
    expect(new Set(told).size).toBe(300);
    expect(told).toHaveLength(300);
  });

  it('puts a campaign into inboxes in the transaction of its books', async () => {
    const { store, clock } = temporary;
    await addMembers(store, clock, {
      count: 1_700,
      fieldsOf: (index) => (index === 7 ? { consent: { inbox: { state: 'denied', at: null, source: 'test' } } } : {}),
    });
    const id = await runningCampaign(store, clock, { channels: ['inbox'] });
    start({ channel: 'inbox', provider: undefined });
    await untilCompleted(id);
    expect(await outcomes(store, id, 'inbox')).toEqual({ sent: 1_699, suppressedNoConsent: 1 });
    expect(await store.read((tx) => tx.inbox.unreadCount(1_650))).toBe(1);
    expect(await store.read((tx) => tx.inbox.unreadCount(7))).toBe(0);
  });

  it.each([
    ['keyed', { missed: 0, doubled: 0 }, 'sent'],
    ['atLeastOnce', { missed: 0, doubled: 200 }, 'sentPossiblyDoubled'],
    ['atMostOnce', { missed: 0, doubled: 0 }, 'unknown'],
  ] as const)('keeps its promise when a pusher dies with members in flight: %s', async (mode, promise, outcome) => {
    const { store, clock } = temporary;
    await addMembers(store, clock, { count: 1_000 });
    const id = await runningCampaign(store, clock, { channels: ['sms'], mode });
    const provider = new ScriptedProvider({ capabilities: { isKeyed: mode === 'keyed' }, script: () => 'hang' });
    const dying = pusherOf(store, clock, { channel: 'sms', provider, windowMembers: 200, owner: 'dying' });
    dying.start();
    await runUntil(clock, () => provider.taken.length === 200);
    // The process is gone: its answers never come, and the folder's lock shows that it died.
    await store.transaction((tx) => tx.ledger.endAllLeases(clock.now()));
    provider.script = () => 'accepted';
    start({ channel: 'sms', provider, owner: 'heir' });
    await untilCompleted(id);
    const deliveries = provider.deliveries(id);
    expect({
      missed: 1_000 - deliveries.size,
      doubled: [...deliveries.values()].filter((times) => times > 1).length,
    }).toEqual(promise);
    const books = await counts(id);
    expect(books[outcome]).toBe(mode === 'keyed' ? 1_000 : 200);
    expect(Object.values(books).reduce((sum, members) => sum + members, 0)).toBe(1_000);

    // Its late answers change nothing: it lost the lease.
    provider.release();
    await dying.stop(0);
    expect(await counts(id)).toEqual(books);
  });
});
