import mysql from 'mysql2/promise';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { FaultProxy } from '../../../test/support/fault-proxy.js';
import { ManualClock } from '../../../test/support/manual-clock.js';
import { OwnMariadb, whyNoOwnMariadb } from '../../../test/support/own-mariadb.js';
import { SeededRandom } from '../../core/seeded-random.js';
import { MysqlStore, type MysqlStoreEvent } from './mysql-store.js';

const DATABASE = 'shop';

let mariadb: OwnMariadb | undefined;
let proxy: FaultProxy | undefined;
let store: MysqlStore | undefined;
let root: mysql.Connection | undefined;
beforeEach(async () => {
  if (whyNoOwnMariadb !== undefined) return;
  const random = new SeededRandom(1);
  mariadb = await OwnMariadb.start();
  await mariadb.createDatabase(DATABASE);
  await mariadb.ask(`GRANT ALL ON ${DATABASE}.* TO node@'%' IDENTIFIED BY 'secret'`); // whom read_only binds
  root = await mysql.createConnection({ host: '127.0.0.1', port: mariadb.port, user: 'root', database: DATABASE });
  proxy = await FaultProxy.start(mariadb.port, () => random.next());
});
afterEach(async () => {
  await proxy?.heal({ isForgetful: true });
  await store?.close();
  await proxy?.close();
  await root?.end();
  await mariadb?.remove();
});

it.skipIf(whyNoOwnMariadb !== undefined)(
  `a replica that has not applied a commit yet is not asked whether it happened${whyNoOwnMariadb === undefined ? '' : ` (skipped: ${whyNoOwnMariadb})`}`,
  async () => {
    const asRoot = root;
    if (proxy === undefined || asRoot === undefined) throw new Error('both were begun');
    const events: MysqlStoreEvent[] = [];
    const url = `mysql://node:secret@127.0.0.1:${proxy.port}/${DATABASE}`;
    store = await MysqlStore.open({ url, clock: new ManualClock(), onEvent: (event) => void events.push(event) });
    let runs = 0;
    await proxy.set({ dropsRepliesAfter: /COMMIT/ });
    const writing = store.transaction(async (tx) => {
      runs++;
      await tx.facts.keepFirst(`job ${runs}`, Uint8Array.of(runs));
      return runs;
    });
    const marks = await vi.waitFor(async () => {
      const [rows] = await asRoot.query('SELECT * FROM store_commit');
      expect(rows).toHaveLength(1);
      return rows as { readonly writer: string; readonly place: number; readonly sequence: number }[];
    }, 20_000);
    // What the name of the server leads to from now on: it knows of no commit, and takes no writes.
    await asRoot.query('DELETE FROM store_commit');
    await asRoot.query('SET GLOBAL read_only = 1');
    const reads = await askedFor(asRoot);
    await proxy.heal({ isForgetful: true });
    await vi.waitFor(async () => expect(await askedFor(asRoot)).toBeGreaterThan(reads), 20_000);
    expect(events).toEqual([]);
    // It has caught up, and is the primary.
    for (const { writer, place, sequence } of marks) {
      await asRoot.query('INSERT INTO store_commit VALUES (?, ?, ?, 0)', [writer, place, sequence]);
    }
    await asRoot.query('SET GLOBAL read_only = 0');
    expect(await writing).toBe(1);
    expect(runs).toBe(1);
    expect(events).toContainEqual({ kind: 'store.commitUnknown', isCommitted: true });
  },
);

/** Transactions that were begun on the server: each look-up is one. */
async function askedFor(connection: mysql.Connection): Promise<number> {
  const [rows] = await connection.query("SHOW GLOBAL STATUS LIKE 'Com_begin'");
  return Number((rows as { readonly Value: string }[])[0]?.Value);
}
