import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { auditOf } from '../../test/support/audit-books.js';
import { addMembers, isCompleted, outcomes, pusherOf, runningCampaign, runUntil } from '../../test/support/push-rig.js';
import { ScriptedProvider } from '../../test/support/scripted-provider.js';
import { temporaryStore, type TemporaryStore } from '../../test/support/temporary-store.js';
import type { CampaignId } from '../core/ids.js';
import type { DeliveryMode } from '../ledger/cell-moves.js';
import type { ChunkAnswer } from '../core/ports/provider.js';
import { reportAudit } from '../ledger/audit.js';
import type { ChannelPusher } from './channel-pusher.js';

const DAY_MS = 86_400_000;
type Answer = (provider: TimedProvider, answer: Promise<ChunkAnswer>) => ChunkAnswer | Promise<ChunkAnswer>;

describe("a vendor's answers", () => {
  let temporary: TemporaryStore;
  let pusher: ChannelPusher | undefined;
  beforeEach(async () => {
    temporary = await temporaryStore();
  });
  afterEach(async () => {
    const stopped = pusher?.stop(0);
    await runUntil(temporary.clock, () => pusher?.stats().heldBuckets === 0);
    await stopped;
    const { differences } = await reportAudit(auditOf(temporary));
    await temporary.remove();
    expect(differences).toEqual([]);
  });

  const counts = (id: CampaignId) => outcomes(temporary.store, id, 'sms');

  async function push(answer: Answer, mode: DeliveryMode = 'keyed') {
    const { store, clock } = temporary;
    await addMembers(store, clock, { count: 100 });
    const id = await runningCampaign(store, clock, { channels: ['sms'], mode });
    const provider = new TimedProvider(clock, answer);
    pusher = pusherOf(store, clock, { channel: 'sms', provider, maxDefiniteTries: 1 });
    pusher.start();
    return { id, provider };
  }
  const completed = (id: CampaignId, stepMs = 50) =>
    runUntil(temporary.clock, () => isCompleted(temporary.store, id), { stepMs });

  it('of what was not sent let it wait, longer or shorter by chance, and are no try', async () => {
    const { id, provider } = await push(({ times }, answer) => (times.length <= 4 ? { kinds: 'notSent' } : answer));
    await completed(id);
    expect(await counts(id)).toEqual({ sent: 100 });
    const gaps = provider.gapsMs();
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(500);
    expect(Math.max(...gaps)).toBeLessThanOrEqual(1_100);
    expect(new Set(gaps).size).toBeGreaterThan(1);
    expect(provider.taken.every(({ round }) => round === 0)).toBe(true);
  });

  it.each([
    ['too few', 99],
    ['too many', 101],
    ['none', 0],
  ])('that are %s leave it open for everybody who got which', async (_, count) => {
    const { id } = await push(
      () => ({ kinds: Array.from({ length: count }, () => 'accepted' as const) }),
      'atMostOnce',
    );
    await completed(id);
    expect(await counts(id)).toEqual({ unknown: 100 });
  });

  it('that are no answers are ambiguous for those members alone', async () => {
    const kinds = Array.from({ length: 100 }, (_, index) => (index === 3 ? 'thanks' : 'accepted'));
    const { id } = await push(() => ({ kinds }) as unknown as ChunkAnswer, 'atMostOnce');
    await completed(id);
    expect(await counts(id)).toEqual({ sent: 99, unknown: 1 });
  });

  it.each([
    ['in the past', -5_000],
    ['now', 0],
    ['no number', Number.NaN],
  ])('with a Retry-After that is %s wait as after any failure', async (_, retryAfterMs) => {
    const { id, provider } = await push(({ times }, answer) =>
      times.length <= 3 ? { kinds: 'throttled', retryAfterMs, isAccountThrottle: true } : answer,
    );
    await completed(id);
    expect(await counts(id)).toEqual({ sent: 100 });
    expect(Math.min(...provider.gapsMs())).toBeGreaterThanOrEqual(500);
    expect(Math.max(...provider.gapsMs())).toBeLessThanOrEqual(1_100);
  });

  it('with a Retry-After are never asked for before it', async () => {
    const { id, provider } = await push(({ times }, answer) =>
      times.length <= 2 ? { kinds: 'throttled', retryAfterMs: 90_000, isAccountThrottle: true } : answer,
    );
    await completed(id, 1_000);
    expect(provider.gapsMs().every((gapMs) => gapMs >= 90_000 && gapMs < 95_000)).toBe(true);
  });

  it.each([
    ['for the account hold back everybody', true],
    ['for some members hold back only these', false],
  ])('with a Retry-After %s', async (_, isAccountThrottle) => {
    const { store, clock } = temporary;
    await addMembers(store, clock, { count: 300 });
    await runningCampaign(store, clock, { channels: ['sms'] });
    const provider = new TimedProvider(clock, ({ times }, answer) =>
      times.length === 1 ? { kinds: 'throttled', retryAfterMs: 60_000, isAccountThrottle } : answer,
    );
    pusher = pusherOf(store, clock, { channel: 'sms', provider, windowMembers: 50 });
    pusher.start();
    await runUntil(clock, () => provider.times.length >= 2, { stepMs: 100 });
    expect((provider.gapsMs()[0] ?? 0) >= 60_000).toBe(isAccountThrottle);

    const throttled = new Set(provider.requests[0]?.map(({ ordinal }) => ordinal));
    const again = (): number =>
      provider.requests.findIndex((members, at) => at > 0 && members.some(({ ordinal }) => throttled.has(ordinal)));
    await runUntil(clock, () => again() > 0, { stepMs: 1_000 });
    expect((provider.times[again()] ?? 0) - (provider.times[0] ?? 0)).toBeGreaterThanOrEqual(60_000);
  });

  it('that mostly refuse pause the channel, which says why', async () => {
    const { store, clock } = temporary;
    await addMembers(store, clock, { count: 5_000 });
    const id = await runningCampaign(store, clock, { channels: ['sms'] });
    const provider = new ScriptedProvider({
      script: ({ ordinal }) => (ordinal % 3 === 0 ? 'accepted' : 'messageRefused'),
    });
    pusher = pusherOf(store, clock, { channel: 'sms', provider, windowMembers: 200 });
    pusher.start();
    const reasons = async () => (await store.read((tx) => tx.campaigns.findChannel(id, 'sms')))?.pauseReasons;
    await runUntil(clock, async () => (await reasons())?.length === 1);
    expect(await reasons()).toEqual(['refusals']);
    await runUntil(clock, () => pusher?.stats().heldBuckets === 0);
    expect(provider.taken.length).toBeLessThanOrEqual(1_500);
  });

  it('that fail make the next asking a probe of ten', async () => {
    const { store, clock } = temporary;
    await addMembers(store, clock, { count: 2_000 });
    const id = await runningCampaign(store, clock, { channels: ['sms'] });
    const provider = new ScriptedProvider({ script: () => 'transient' });
    pusher = pusherOf(store, clock, { channel: 'sms', provider, maxDefiniteTries: 9 });
    pusher.start();
    await runUntil(clock, () => pusher?.stats().circuit === 'open');
    await runUntil(clock, () => pusher?.stats().openRequests === 0);
    const before = provider.requests.length;
    provider.script = () => 'accepted';
    await runUntil(clock, () => provider.requests.length > before);
    expect(provider.requests[before]).toHaveLength(10);
    await completed(id);
    expect(await counts(id)).toEqual({ sent: 2_000 });
  });

  it("that are lost for longer than the vendor's keys live leave members unknown", async () => {
    const { store, clock } = temporary;
    await addMembers(store, clock, { count: 100 });
    const id = await runningCampaign(store, clock, { channels: ['sms'] });
    const provider = new ScriptedProvider({ capabilities: { keyLifeMs: 600_000 }, script: () => 'ambiguous' });
    const startedMs = clock.monotonicMs();
    pusher = pusherOf(store, clock, { channel: 'sms', provider });
    pusher.start();
    await completed(id, 5_000);
    expect(await counts(id)).toEqual({ unknown: 100 });
    const spanMs = clock.monotonicMs() - startedMs;
    expect([spanMs > 540_000, spanMs < 700_000]).toEqual([true, true]);
    expect(provider.taken.every(({ round }) => round === 0)).toBe(true);
  });

  it('with a Retry-After of years are asked for again after a day', async () => {
    const { id, provider } = await push(({ times }, answer) =>
      times.length === 1 ? { kinds: 'throttled', retryAfterMs: 1e15, isAccountThrottle: true } : answer,
    );
    await completed(id, 60_000);
    const [gapMs = 0] = provider.gapsMs();
    expect([gapMs >= DAY_MS, gapMs < DAY_MS + 120_000]).toEqual([true, true]);
  });
});

/** A vendor that notes when it was asked, and whose answers a test may replace. */
class TimedProvider extends ScriptedProvider {
  readonly times: number[] = [];

  constructor(
    private readonly clock: { monotonicMs(): number },
    private readonly answer: Answer,
  ) {
    super();
  }

  override async send(...[chunk, options]: Parameters<ScriptedProvider['send']>): Promise<ChunkAnswer> {
    this.times.push(this.clock.monotonicMs());
    return this.answer(this, super.send(chunk, options));
  }

  /** Between one asking and the next. */
  gapsMs(): number[] {
    return this.times.slice(1).map((at, index) => at - (this.times[index] ?? 0));
  }
}
