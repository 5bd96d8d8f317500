/**
 * People against chunks that are on their way. A slow vendor keeps requests waiting for a connection while members opt
 * out, are suppressed or erased, while others join, and while somebody pauses and cancels. Whatever was answered holds
 * for everything that starts more than a second later, by the vendor's own log.
 */
import { setTimeout as after } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { SeededRandom } from '../../src/core/seeded-random.js';
import { attemptsByMember, timesDelivered } from '../support/moody-vendor/expected-outcome.js';
import { machineMs } from '../support/moody-vendor/vendor-log.js';
import { minutes, reportFigures, size, takeSeed } from '../support/proof.js';
import { APP, httpConfig, SMS, type HttpSceneOptions } from './http-scene.js';
import { Scene, type SceneChannel } from './scene.js';

const MEMBERS = size(4_000, 200_000);
const OPT_OUTS = size(300, 100_000);
const AT_ONCE = size(4, 16);
const JOINING = size(40, 600);
/** What is begun within a second needs a moment to arrive; on a machine with other work a long one. Without the limit it is 6 s. */
const WITHIN_MS = 1_000 + size(2_000, 500);
/** How long a pause, or a slow pace, is watched beyond that. */
const WATCHED_MS = 1_000;
const SLOW_PER_SECOND = 5;
/** 4 connections of 100 ms each: 40 requests a second, hundreds of members ahead of them in the window. */
const SLOW: HttpSceneOptions = { connections: 4, headersTimeoutMs: 20_000, extra: { windowMembers: 1_000 } };
const LATENCY_MS = 100;
const CHANNELS: readonly SceneChannel[] = [SMS, APP];

async function ask(url: string, method: string, body?: object): Promise<number> {
  const response = await fetch(url, {
    method,
    ...(body !== undefined && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${url} was answered ${response.status}: ${text}`);
  return machineMs();
}

/** Three ways to be left alone; each answers when it was acknowledged. */
const WAYS: readonly ((url: string, memberId: string) => Promise<number>)[] = [
  (url, memberId) =>
    ask(`${url}/v1/members/${memberId}`, 'PATCH', { consent: { sms: { state: 'denied' }, app: { state: 'denied' } } }),
  (url, memberId) => ask(`${url}/v1/members/${memberId}/suppression`, 'POST', { reason: 'by phone' }),
  (url, memberId) => ask(`${url}/v1/members/${memberId}`, 'DELETE'),
];
const REASONS = ['suppressedNoConsent', 'suppressedByList', 'suppressedErased', 'suppressedNoContactPoint'];

it(
  'who opts out, pauses or cancels is obeyed within a second, and the audience stays the one that was frozen',
  async () => {
    const random = new SeededRandom(takeSeed('members and moments'));
    const scene = await Scene.open({ members: MEMBERS, configOf: ({ httpPort }) => httpConfig(httpPort, SLOW) });
    const { url } = scene.server;
    try {
      for (const { path } of CHANNELS)
        await scene.vendor.script(path, { kind: 'accept' }, { requests: null, latencyMs: LATENCY_MS });
      const id = await scene.launch(CHANNELS, { membersPerSecond: size(400, 3_000) });

      const order = Array.from({ length: MEMBERS }, (_, index) => ({ index, key: random.next() }))
        .sort((a, b) => a.key - b.key)
        .map(({ index }) => index)
        .filter((index) => index !== 0); // the one whom the poller reads
      const ackedAt = new Map<number, number>();
      const optOut = async (): Promise<void> => {
        for (let index = order.pop(); index !== undefined && ackedAt.size < OPT_OUTS; index = order.pop()) {
          const way = WAYS[Math.floor(random.next() ** 2 * WAYS.length)]; // erasing is the last, and takes longest
          if (way !== undefined) ackedAt.set(index, await way(url, `m${index}`));
        }
      };
      const join = async (): Promise<void> => {
        for (let index = 0; index < JOINING; index++)
          await ask(`${url}/v1/members/late-${index}`, 'PUT', { phone: `+86139${String(index).padStart(8, '0')}` });
      };
      await Promise.all([join(), ...Array.from({ length: AT_ONCE }, optOut)]);

      // Nothing starts after a pause, and all that was left goes on after it.
      await scene.api.move(id, 'pause');
      const pausedMs = machineMs();
      await after(WITHIN_MS + WATCHED_MS);
      const resumedMs = machineMs();
      await scene.api.move(id, 'resume');
      const startsSince = async (fromMs: number) =>
        (await scene.vendor.seenSince()).filter(({ atMs }) => atMs >= fromMs);
      await expect.poll(() => startsSince(resumedMs), { message: 'after it was resumed' }).not.toEqual([]);
      // Far below the pace: what starts from then on is at most that, and a chunk.
      await scene.api.setPace(id, 'app', SLOW_PER_SECOND);
      const slowedMs = machineMs();
      await after(WITHIN_MS + WATCHED_MS);
      const cancelledAskedMs = machineMs();
      await scene.api.move(id, 'cancel');
      const cancelledMs = machineMs();
      await expect.poll(async () => (await scene.api.campaign(id)).state, { timeout: 60_000 }).toBe('cancelled');

      const seen = await scene.vendor.seenSince();
      const starts = (fromMs: number, untilMs: number, path?: string) =>
        seen.filter((one) => one.atMs >= fromMs && one.atMs < untilMs && (path === undefined || one.path === path));
      expect(starts(pausedMs + WITHIN_MS, resumedMs), 'after a pause').toEqual([]);
      const slow = starts(slowedMs + WITHIN_MS, cancelledAskedMs, APP.path);
      const slowSeconds = (cancelledAskedMs - slowedMs - WITHIN_MS) / 1_000;
      expect(slow.length, 'at the new pace').toBeLessThanOrEqual(SLOW_PER_SECOND * 1.02 * (slowSeconds + 0.5) + 2);
      expect(starts(cancelledMs + WITHIN_MS, Infinity), 'after a cancel').toEqual([]);

      let late = 0;
      let spared = 0;
      const state = await scene.api.campaign(id);
      for (const { channel, path } of CHANNELS) {
        const attempts = attemptsByMember(seen, { path, campaignId: id });
        const outcomes = await scene.api.outcomes(id, channel);
        for (const [index, atMs] of ackedAt) {
          const tried = attempts.get(index) ?? [];
          if (tried.some((attempt) => attempt.atMs > atMs + WITHIN_MS)) late++;
          if (tried.length === 0) {
            spared++;
            expect([...REASONS, 'suppressedCancelled']).toContain(outcomes.get(index));
          }
        }
        // The frozen audience is what the books are about: who joined is not in it, who left is.
        const books = state.channels.find((row) => row.channel === channel);
        expect(books?.isBalanced).toBe(true);
        expect(Object.values(books?.books ?? {}).reduce((sum, members) => sum + members, 0)).toBe(MEMBERS);
        expect(books?.books['pending']).toBe(0);
        expect(Math.max(...[...attempts.keys()])).toBeLessThan(MEMBERS);
        expect([...attempts.values()].filter((tried) => timesDelivered(tried) > 1)).toEqual([]);
      }
      expect(late, 'sends that started more than a second after the answer').toBe(0);
      expect(spared).toBeGreaterThan(OPT_OUTS / 2);
      await scene.end();
      reportFigures('R22', {
        'opt-outs, suppressions and erasures during a run': ackedAt.size,
        'sends begun more than a second after one': late,
      });
      reportFigures('R2', {
        'joined or left during a run': JOINING + ackedAt.size,
        'members off the frozen audience': 0,
      });
    } finally {
      await scene.remove();
    }
  },
  minutes(10, 39),
);
