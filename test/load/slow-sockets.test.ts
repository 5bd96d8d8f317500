/** Five hundred clients that are slow on purpose: each is cut off in its time, and everybody else is answered meanwhile. */
import { existsSync, readFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { setImmediate } from 'node:timers/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { Pool } from 'undici';
import { expect, it, vi } from 'vitest';
import { CampaignApi } from '../support/campaign-api.js';
import { httpFixture } from '../support/http-fixture.js';
import { IS_FULL, minutes, reportFigures } from '../support/proof.js';
import { ServerProcess } from '../support/server-process.js';
import { SILENT, SLOW_BODY, SLOW_HEADERS, SlowSockets, slowReader, type SlowKind } from '../support/slow-sockets.js';

const PER_KIND = 100;
/** How much longer others may wait, 99 of 100 of them: for a slice of an export or two, not for a slice of each. */
const MOST_SLOWER = 5;
/** The floods are never over; a reader that takes nothing of them must not cost more than its place. */
const PIECE = 'x'.repeat(60_000);

it(
  'cuts off slow headers, slow bodies, silence and readers that read nothing, while others are answered',
  async () => {
    const fixture = await httpFixture({
      settings: { headersTimeoutMs: 1_000, bodyTimeoutMs: 1_000, idleTimeoutMs: 3_000, heartbeatMs: 1_000 },
      extraRoutes: (app, streams) => {
        app.get('/v1/flood.csv', { config: { scope: 'read' } }, (_, reply) =>
          reply.type('text/csv').send(Readable.from(pieces())),
        );
        app.get('/v1/flood', { config: { scope: 'read' } }, (request, reply) =>
          streams.send(request, reply, async function* (signal) {
            for await (const data of pieces()) {
              if (signal.aborted) return;
              yield { event: 'piece', data };
            }
          }),
        );
      },
    });
    const { port, url } = await fixture.server.listen({ host: '127.0.0.1', port: 0 });
    const slow = new SlowSockets(port);
    const others = new Others(url);
    const kinds = [
      SILENT,
      SLOW_HEADERS,
      SLOW_BODY,
      slowReader('slow export', '/v1/flood.csv'),
      slowReader('slow events', '/v1/flood'),
    ];
    for (const kind of kinds) await slow.open(kind, PER_KIND);
    expect(await others.ask(300)).toHaveLength(300);

    const openConnections = (): Promise<number> =>
      new Promise((resolve) => {
        fixture.app.server.getConnections((_, count) => {
          resolve(count);
        });
      });
    await others.close();
    await vi.waitFor(async () => expect(await openConnections()).toBe(0), { timeout: 240_000, interval: 200 });
    expect(await slow.allEnded()).toEqual(
      new Map([
        ['silent', new Set(['408'])],
        ['slow headers', new Set(['408'])],
        ['slow body', new Set(['408'])],
        ['slow export', new Set(['cut'])],
        ['slow events', new Set(['cut'])],
      ]),
    );
    slow.close();
    await fixture.remove();
  },
  minutes(10, 10),
);

it(
  'does so with the limits that a server has, and says what others felt of it',
  async (context) => {
    if (!IS_FULL) context.skip('takes the real time-outs of up to two minutes: npm run prove -- --only slow-sockets');
    if (!existsSync('/proc/net/tcp')) context.skip('counts connections in /proc/net/tcp, which this machine lacks');
    const folder = mkdtempSync(join(tmpdir(), 'fanfare-slow-'));
    const server = await ServerProcess.start(join(folder, 'data'));
    const others = new Others(server.url);
    const path = await longExport(server.url);
    await others.ask(500); // what is cold is not counted
    const alone = percentile(await others.ask(2_000), 0.99);

    const { port } = new URL(server.url);
    const slow = new SlowSockets(Number(port));
    const kinds: readonly [SlowKind, number][] = [
      [SILENT, 125],
      [SLOW_HEADERS, 125],
      [SLOW_BODY, 125],
      [slowReader('slow export', path), 125],
    ];
    for (const [kind, count] of kinds) await slow.open(kind, count);
    const besides = await others.ask(2_000);
    const beside = percentile(besides, 0.99);
    await others.close();
    // A reader's socket starts its span again while the kernel still takes bytes of what waits for it, some MB each.
    await vi.waitFor(() => expect(establishedAt(Number(port))).toBe(0), { timeout: minutes(1, 8), interval: 1_000 });
    const ended = await slow.allEnded();
    expect(ended.get('slow headers')).toEqual(new Set(['408']));
    expect(ended.get('slow body')).toEqual(new Set(['408']));
    expect(ended.get('slow export')).toEqual(new Set(['cut']));
    reportFigures('S29', {
      'slow sockets': 500,
      'cut off': 500,
      'requests of others answered': besides.length,
      'ms p99 of others, alone': alone,
      'ms p99 of others, beside slow sockets': beside,
      'times alone': Math.round((beside / alone) * 10) / 10,
    });
    expect(beside / alone).toBeLessThanOrEqual(MOST_SLOWER);
    slow.close();
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  },
  minutes(1, 15),
);

async function* pieces(): AsyncGenerator<string> {
  for (;;) {
    yield PIECE;
    await setImmediate();
  }
}

/** Ordinary clients, four at a time on kept connections. */
class Others {
  private readonly pool: Pool;

  constructor(url: string) {
    this.pool = new Pool(url, { connections: 4 });
  }

  /** Answers how long each request took, in milliseconds; all must succeed. */
  async ask(count: number): Promise<number[]> {
    const spansMs: number[] = [];
    const askOne = async (): Promise<void> => {
      const startedMs = performance.now();
      const { statusCode, body } = await this.pool.request({ method: 'GET', path: '/v1/promotions?limit=5' });
      await body.text();
      expect(statusCode).toBe(200);
      spansMs.push(performance.now() - startedMs);
    };
    const askInTurn = async (): Promise<void> => {
      while (asked++ < count) await askOne();
    };
    let asked = 0;
    await Promise.all(Array.from({ length: 4 }, askInTurn));
    return spansMs;
  }

  close(): Promise<void> {
    return this.pool.close();
  }
}

/** A campaign to so many members that its export does not fit into the buffers of a connection; answers its path. */
async function longExport(url: string): Promise<string> {
  const post = await fetch(`${url}/v1/members/generate`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ count: 300_000, seed: 1 }),
  });
  expect(post.status).toBe(202);
  await vi.waitFor(
    async () => {
      const { items } = (await (await fetch(`${url}/v1/members/imports`)).json()) as { items: { state: string }[] };
      expect(items[0]?.state).toBe('done');
    },
    { timeout: minutes(2, 5), interval: 500 },
  );
  const api = new CampaignApi(url);
  const message = { title: 'x', body: 'x' };
  const { id } = await api.launch({
    name: 'long',
    audience: { kind: 'everybody' },
    channels: [{ channel: 'inbox', message }],
  });
  await api.completed(id, minutes(1, 3));
  return `/v1/campaigns/${id}/channels/inbox/members.csv`;
}

/** Connections of a local port that both sides still hold. */
function establishedAt(port: number): number {
  const local = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const lines = readFileSync('/proc/net/tcp', 'utf8').split('\n').slice(1);
  return lines.filter((line) => {
    const [, address = '', , state] = line.trim().split(/\s+/);
    return address.endsWith(local) && state === '01';
  }).length;
}

function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((left, right) => left - right);
  return Math.round((sorted[Math.floor(sorted.length * share)] ?? 0) * 10) / 10;
}
