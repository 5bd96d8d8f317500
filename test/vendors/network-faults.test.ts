/**
 * Ten faults of networks, one after another, on each edge: to an HTTP vendor, to a mail server, and from a client of
 * the API. The vendor's log says who got what; nobody is lost, nobody doubled beyond what the mode lists, and work goes
 * on after the end of each fault: at full size within ten seconds.
 */
import { setTimeout as after } from 'node:timers/promises';
import { expect, it, vi } from 'vitest';
import { z } from 'zod';
import { SeededRandom } from '../../src/core/seeded-random.js';
import { FaultProxy, type NetworkFault } from '../support/fault-proxy.js';
import { attemptsByMember, timesDelivered } from '../support/moody-vendor/expected-outcome.js';
import { reportFigures, size, takeSeed } from '../support/proof.js';
import { APP, httpConfig, SMS } from './http-scene.js';
import { Scene, TRIES, type SceneChannel } from './scene.js';

const MEMBERS = size(4_000, 40_000);
/** Slow enough that there is work left for the last fault. */
const MEMBERS_PER_SECOND = size(40, 400);
/** How long a fault lasts, and until every edge has met it. */
const FAULT_MS = size(500, 6_000);
const ROUNDS = size(1, 3);
const POSTS_PER_FAULT = size(4, 10);
/** At full size the promise; in the gate a deadline that fails loudly, whatever else the machine does. */
const BACK_WITHIN_MS = size(60_000, 10_000);
/** After it a client gives a request up and repeats it under its key. */
const CLIENT_PATIENCE_MS = 2_000;

/** `isForgetful`: what the fault did to a connection cannot be mended, so the connection goes with it. */
const FAULTS: readonly (readonly [string, NetworkFault, { readonly isForgetful: boolean }])[] = [
  ['latency', { delayMs: 120 }, { isForgetful: false }],
  ['jitter', { jitterMs: 200 }, { isForgetful: false }],
  ['slices of one byte', { sliceBytes: 1 }, { isForgetful: false }],
  ['reset within the request', { resetsRequestAfterBytes: 40 }, { isForgetful: false }],
  ['reset within the answer', { resetsReplyAfterBytes: 20 }, { isForgetful: false }],
  ['black hole', { blackHole: true }, { isForgetful: true }],
  ['half-closed', { halfCloses: true }, { isForgetful: false }],
  ['answers dropped', { dropsReplies: true }, { isForgetful: true }],
  ['refused', { refuses: true }, { isForgetful: false }],
  ['partition and heal', { blackHole: true, delayMs: 50 }, { isForgetful: false }],
];

const EMAIL: SceneChannel = { channel: 'email', mode: 'atMostOnce', path: 'email' };
const CHANNELS = [SMS, APP, EMAIL];

function configOf(ports: { readonly httpPort: number; readonly smtpPort: number }): object {
  const { channels } = httpConfig(ports.httpPort, { headersTimeoutMs: 800 }) as { readonly channels: object }; // what it makes
  const timeouts = { socketTimeoutMs: 800, finalAnswerTimeoutMs: 800, greetingTimeoutMs: 800 };
  const server = { kind: 'smtp', host: '127.0.0.1', port: ports.smtpPort, tls: 'none', connections: 4, ...timeouts };
  const provider = { ...server, from: { address: 'email@shop.example' } };
  const email = { provider, mode: EMAIL.mode, ...TRIES, retry: { firstDelayMs: 100, maxDelayMs: 300 } };
  return { channels: { ...channels, email } };
}

const createdSchema = z.object({ id: z.int() });
const pageSchema = z.object({ items: z.array(z.object({ name: z.string() })), nextCursor: z.string().nullable() });

async function namesOfCampaigns(url: string): Promise<string[]> {
  const names: string[] = [];
  for (let cursor: string | null = ''; cursor !== null;) {
    const after = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`;
    const page = pageSchema.parse(await (await fetch(`${url}/v1/campaigns?limit=200${after}`)).json());
    names.push(...page.items.map(({ name }) => name));
    cursor = page.nextCursor;
  }
  return names;
}

/** Creates a draft under a key, again and again over the bad network until it is answered. */
async function createOnce(url: string, name: string): Promise<number> {
  const body = JSON.stringify({
    name,
    audience: { kind: 'everybody' },
    channels: [{ channel: 'inbox', message: { body: 'Hello' } }],
  });
  return vi.waitFor(
    async () => {
      const response = await fetch(`${url}/v1/campaigns`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'idempotency-key': name.replaceAll(' ', '-') },
        body,
        signal: AbortSignal.timeout(CLIENT_PATIENCE_MS),
      });
      expect(response.status).toBe(201);
      return createdSchema.parse(await response.json()).id;
    },
    { timeout: FAULT_MS + BACK_WITHIN_MS * 2, interval: 100 },
  );
}

/** Waits until the vendor delivers again on every path. */
async function isBack(scene: Scene): Promise<void> {
  const mark = await scene.vendor.mark();
  await vi.waitFor(
    async () => {
      const seen = await scene.vendor.seenSince(mark);
      for (const { path } of CHANNELS) {
        const delivered = seen.filter((one) => one.path === path && one.members.some(([, , , m]) => m === 'delivered'));
        expect(delivered.length, `deliveries on ${path}`).toBeGreaterThan(0);
      }
    },
    { timeout: BACK_WITHIN_MS, interval: 50 },
  );
}

it(
  'faults of networks lose nobody and double nobody, and work goes on after each',
  async () => {
    const random = new SeededRandom(takeSeed('jitter'));
    const proxies: FaultProxy[] = [];
    const proxyTo = async (port: number): Promise<FaultProxy> => {
      const proxy = await FaultProxy.start(port, () => random.next());
      proxies.push(proxy);
      return proxy;
    };
    const scene = await Scene.open({
      members: MEMBERS,
      configOf: async ({ httpPort, smtpPort }) =>
        configOf({ httpPort: (await proxyTo(httpPort)).port, smtpPort: (await proxyTo(smtpPort)).port }),
    });
    try {
      const api = await proxyTo(Number(new URL(scene.server.url).port));
      const throughProxy = `http://127.0.0.1:${api.port}`;
      const id = await scene.launch(CHANNELS, { membersPerSecond: MEMBERS_PER_SECOND });
      await isBack(scene);
      const names: string[] = [];
      const ids: number[] = [];
      for (let round = 0; round < ROUNDS; round++) {
        for (const [what, fault, healing] of FAULTS) {
          await Promise.all(proxies.map((proxy) => proxy.set(fault)));
          const mine = Array.from({ length: POSTS_PER_FAULT }, (_, index) => `${what} ${round} ${index}`);
          names.push(...mine);
          const posts = Promise.all(mine.map((name) => createOnce(throughProxy, name)));
          await after(FAULT_MS);
          for (const proxy of proxies)
            await expect.poll(() => proxy.met, { message: `${what} is met` }).toBeGreaterThan(0);
          await Promise.all(proxies.map((proxy) => proxy.heal(healing)));
          const [answered] = await Promise.all([posts, isBack(scene)]);
          ids.push(...answered);
        }
      }
      for (const { channel } of CHANNELS) await scene.api.liftPace(id, channel);
      const state = await scene.api.completed(id, 300_000);

      // Each POST had one effect, and every repeat was answered with it.
      expect(new Set(ids).size).toBe(names.length);
      expect((await namesOfCampaigns(scene.server.url)).filter((name) => names.includes(name)).sort()).toEqual(
        names.sort(),
      );

      const seen = await scene.vendor.seenSince();
      const figures = { lost: 0, doubled: 0, listed: 0 };
      for (const { channel, mode, path } of CHANNELS) {
        expect(state.channels.find((row) => row.channel === channel)?.isBalanced).toBe(true);
        const outcomes = await scene.api.outcomes(id, channel);
        const attempts = attemptsByMember(seen, { path, campaignId: id });
        const wrong = Array.from({ length: MEMBERS }, (_, ordinal) => ordinal).filter((ordinal) => {
          const times = timesDelivered(attempts.get(ordinal) ?? []);
          const outcome = outcomes.get(ordinal);
          const isListed = outcome === 'unknown' || outcome === 'sentPossiblyDoubled';
          if (isListed) figures.listed++;
          if (mode === 'keyed') return outcome !== 'sent' || times !== 1;
          if (mode === 'atMostOnce') return outcome === 'sent' ? times !== 1 : outcome !== 'unknown' || times > 1;
          return outcome === 'sent' ? times !== 1 : !isListed || times > 2 || (times === 0 && outcome !== 'unknown');
        });
        expect(wrong.slice(0, 5).map((ordinal) => [ordinal, outcomes.get(ordinal), attempts.get(ordinal)])).toEqual([]);
        figures.lost += wrong.length;
      }
      const { p99Ms } = await scene.end();
      reportFigures('R19', {
        'faults on each of three edges': FAULTS.length * ROUNDS,
        'members lost or doubled beyond their mode': figures.lost,
        'listed as unknown or possibly doubled': figures.listed,
        'requests repeated under their key, one effect each': names.length,
        's until back, at most': BACK_WITHIN_MS / 1_000,
        'ms p99 of the API on a good line beside': p99Ms,
      });
    } finally {
      await scene.remove();
      for (const proxy of proxies) await proxy.close();
    }
  },
  ROUNDS * FAULTS.length * (FAULT_MS + BACK_WITHIN_MS * 2) + 360_000,
);
