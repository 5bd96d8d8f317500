/**
 * Pressure: a vendor that is dead in the middle of a large run, clients that ask for much and read nothing. Whatever is
 * full slows down who fills it; memory and handles of the server stay as they are, and everybody else is answered.
 */
import { readdirSync } from 'node:fs';
import net, { type Socket } from 'node:net';
import { setTimeout as after } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { rssBytes } from '../support/api-poller.js';
import { reportFigures, size } from '../support/proof.js';
import { httpConfig, SMS } from './http-scene.js';
import { Scene } from './scene.js';

const MEMBERS = size(30_000, 2_000_000);
/** Slow enough that the vendor dies in the middle of the run; lifted when it is back. */
const MEMBERS_PER_SECOND = size(1_000, 50_000);
/** How long it stays dead. */
const DEAD_MS = size(3_000, 600_000);
const EXPORTS = 6;
const STREAMS = 30;
/** A server that kept what its clients do not read would need several times as much. */
const MAX_GROWTH_BYTES = size(160, 300) * 1_048_576;
/** Connections of the vendor's pool, sockets of the poller, files that a checkpoint opens. */
const MAX_MORE_HANDLES = 40;

const handlesOf = (pid: number): number => readdirSync(`/proc/${pid}/fd`).length;

/** Asks for something and does not read what comes. */
function askAndIgnore(url: URL, path: string): Socket {
  const socket = net.connect({ port: Number(url.port), host: url.hostname });
  socket.on('error', () => undefined); // the server may have had enough of it
  socket.pause();
  socket.write(`GET ${path} HTTP/1.1\r\nhost: ${url.host}\r\naccept: */*\r\n\r\n`);
  return socket;
}

it(
  'a dead vendor and clients that do not read cost neither memory nor handles, and nobody else an answer',
  async () => {
    const scene = await Scene.open({
      members: MEMBERS,
      configOf: ({ httpPort }) => httpConfig(httpPort, { batchMembers: 500, connections: 16 }),
    });
    const url = new URL(scene.server.url);
    const { pid } = scene.server;
    const idle: Socket[] = [];
    try {
      // A settled campaign to export, and a running one to watch.
      const first = await scene.launch([SMS]);
      await scene.api.completed(first, size(180_000, 300_000));
      const before = { rss: rssBytes(pid), handles: handlesOf(pid) };

      const id = await scene.launch([SMS], { membersPerSecond: MEMBERS_PER_SECOND });
      await expect.poll(async () => (await scene.api.campaign(id)).channels[0]?.books['sent']).toBeGreaterThan(0);
      await scene.vendor.command({ kind: 'down' });
      await scene.api.liftPace(id, 'sms'); // all that are left press against it
      for (let index = 0; index < EXPORTS; index++)
        idle.push(askAndIgnore(url, `/v1/campaigns/${first}/channels/sms/members.csv`));
      for (let index = 0; index < STREAMS; index++) idle.push(askAndIgnore(url, `/v1/campaigns/${id}/progress`));

      const during = { rss: 0, handles: 0 };
      const untilMs = performance.now() + DEAD_MS;
      while (performance.now() < untilMs) {
        during.rss = Math.max(during.rss, rssBytes(pid));
        during.handles = Math.max(during.handles, handlesOf(pid));
        await after(50);
      }
      const { pending, failed } = (await scene.api.campaign(id)).channels[0]?.books ?? {};
      expect(pending, 'the run waits').toBeGreaterThan(0);
      expect(failed).toBe(0);
      expect(during.rss - before.rss).toBeLessThan(MAX_GROWTH_BYTES);
      expect(during.handles - before.handles).toBeLessThan(MAX_MORE_HANDLES + idle.length);

      for (const socket of idle) socket.destroy();
      await scene.vendor.command({ kind: 'up' });
      const state = await scene.api.completed(id, size(180_000, 600_000));
      expect(state.channels[0]?.books).toMatchObject({ sent: MEMBERS, failed: 0, unknown: 0 });
      const told = (await scene.vendor.seenSince())
        .flatMap(({ members }) => members)
        .flatMap(([campaign, ordinal, , mark]) => (campaign === id && mark === 'delivered' ? [ordinal] : []));
      expect(told).toHaveLength(MEMBERS);
      expect(new Set(told).size).toBe(MEMBERS);
      await expect.poll(() => handlesOf(pid) - before.handles, { timeout: 60_000 }).toBeLessThan(MAX_MORE_HANDLES);
      const moreHandles = handlesOf(pid) - before.handles;
      const { p99Ms, answered } = await scene.end();
      reportFigures('R25', {
        's with a dead vendor in mid-run': DEAD_MS / 1_000,
        'clients that read nothing': EXPORTS + STREAMS,
        'MiB more memory at most': Math.round((during.rss - before.rss) / 1_048_576),
        'handles more in the end': moreHandles,
        'ms p99 of the API then': p99Ms,
        'API calls answered then': answered,
      });
    } finally {
      for (const socket of idle) socket.destroy();
      await scene.remove();
    }
  },
  size(600_000, 2_400_000),
);
