/** A database behind a network that is parted: nothing is answered and nothing refused, not even the end of a connection. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { SeededRandom } from '../../src/core/seeded-random.js';
import { FaultProxy } from '../support/fault-proxy.js';
import { ServerProcess } from '../support/server-process.js';
import { describeMysql, temporaryDatabase } from '../support/temporary-mysql.js';

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
});
