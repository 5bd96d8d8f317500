/** A database behind a network that is parted: nothing is answered and nothing refused, not even the end of a connection. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { SeededRandom } from '../../src/core/seeded-random.js';
import { FaultProxy } from '../support/fault-proxy.js';
import { ClusterScene } from '../support/cluster/cluster-scene.js';
import { ServerProcess } from '../support/server-process.js';
import { describeMysql, temporaryDatabase } from '../support/temporary-mysql.js';
import { HTTP_CHANNELS } from '../vendors/http-scene.js';

/**
 * Both ends are of one machine at one moment. A silent database is given 8 seconds from SIGTERM on, and the other node
 * ends after 2 at the earliest, which requests of people have: 6 apart, and 4 for a busy machine. A node that waits for
 * its statements' time-outs ends 12 later.
 */
const SILENT_COSTS_MS = 10_000;

describeMysql('a node whose database is silent', () => {
  it('says that it is not ready, and ends when it is asked to', async () => {
    const random = new SeededRandom(1);
    const database = await temporaryDatabase();
    const proxy = await FaultProxy.start(database.port, () => random.next());
    const folder = mkdtempSync(join(tmpdir(), 'fanfare-silent-'));
    const url = `mysql://root@127.0.0.1:${proxy.port}/${database.name}`;
    const node = await ServerProcess.start(folder, { environment: { FANFARE_MYSQL_URL: url } });
    try {
      const readiness = async () => (await fetch(`${node.url}/readyz`)).status;
      await expect.poll(readiness).toBe(200);
      await proxy.set({ blackHole: true });
      await expect.poll(readiness).toBe(503);
      expect(await node.stop()).toBe(0); // null: it had to be killed after two minutes
    } finally {
      await node.kill();
      await proxy.close();
      await database.drop();
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it('ends hardly later than one whose database answers, with work in its hands of which no vendor says anything', async () => {
    const random = new SeededRandom(1);
    const database = await temporaryDatabase();
    const proxy = await FaultProxy.start(database.port, () => random.next());
    const scene = await ClusterScene.open({ members: 3_000, databaseUrl: database.url });
    try {
      const silent = await scene.startNode({
        mysql: { url: `mysql://root@127.0.0.1:${proxy.port}/${database.name}` },
      });
      const heard = await scene.startNode({ mysql: { url: database.url } });
      for (const { path } of HTTP_CHANNELS) await scene.vendor.script(path, { kind: 'hang', delivers: false });
      await scene.launch(silent);
      const openMembers = async ({ url }: ServerProcess): Promise<number> => {
        const metrics = await (await fetch(`${url}/metrics`)).text();
        const lines = metrics.split('\n').filter((line) => line.startsWith('fanfare_push_open_members{'));
        return lines.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
      };
      for (const node of [silent, heard]) await expect.poll(() => openMembers(node)).toBeGreaterThan(0);
      await proxy.set({ blackHole: true });
      const askedAtMs = performance.now();
      const endOf = async (node: ServerProcess) => [await node.stop(), performance.now()] as const;
      const [[silentCode, silentAtMs], [heardCode, heardAtMs]] = await Promise.all([endOf(silent), endOf(heard)]);
      expect([silentCode, heardCode]).toEqual([0, 0]);
      console.log(
        `ended after ${[silentAtMs, heardAtMs].map((atMs) => Math.round(atMs - askedAtMs)).join(' and ')} ms`,
      );
      expect(silentAtMs - heardAtMs).toBeLessThanOrEqual(SILENT_COSTS_MS);
    } finally {
      await scene.remove();
      await proxy.close();
      await database.drop();
    }
  });
});
