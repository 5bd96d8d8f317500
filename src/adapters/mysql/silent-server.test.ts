import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { FaultProxy } from '../../../test/support/fault-proxy.js';
import { ManualClock } from '../../../test/support/manual-clock.js';
import { describeMysql, temporaryDatabase, type TemporaryDatabase } from '../../../test/support/temporary-mysql.js';
import { SeededRandom } from '../../core/seeded-random.js';
import { systemClock } from '../system/system-clock.js';
import { ReadSession } from './connection.js';
import { ConnectionPool } from './connection-pool.js';
import { MysqlStore } from './mysql-store.js';

/** What MariaDB and MySQL say of a statement that they gave up. */
const TOO_SLOW = [1969, 3024];
const NOTE = Uint8Array.of(1);

describeMysql('a MySQL store whose server says nothing any more', () => {
  let database: TemporaryDatabase;
  let proxy: FaultProxy;
  let url: string;
  let store: MysqlStore;
  beforeEach(async () => {
    const random = new SeededRandom(1);
    database = await temporaryDatabase();
    proxy = await FaultProxy.start(database.port, () => random.next());
    url = `mysql://root@127.0.0.1:${proxy.port}/${database.name}`;
    store = await MysqlStore.open({ url, clock: new ManualClock(), statementMs: 2_000 });
  });
  afterEach(async () => {
    await proxy.heal({ isForgetful: true });
    await store.close();
    await proxy.close();
    await database.drop();
  });

  it('gives up a transaction that is never begun, and says that the store is away', async () => {
    await store.transaction((tx) => tx.facts.keepFirst('warm', NOTE));
    await proxy.set({ blackHole: true });
    const begun = vi.fn();
    const silent = store.transaction(() => Promise.resolve(begun()));
    await expect(silent).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    expect(begun).not.toHaveBeenCalled();
    await vi.waitFor(() => expect(store.isAvailable).toBe(false), 30_000);
  });

  it('gives up a statement whose first use on a connection is never answered', async () => {
    const silent = store.transaction(async (tx) => {
      await proxy.set({ blackHole: true });
      await tx.facts.keepFirst('job', NOTE); // PREPARE comes before it
    });
    await expect(silent).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
  });

  it('gives up ids that are never given', async () => {
    await store.transaction((tx) => tx.ids.take('promotion', 1));
    await expect(
      store.transaction(async (tx) => {
        await proxy.set({ blackHole: true });
        await tx.ids.take('promotion', 1);
      }),
    ).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
  });

  it('closes within its grace whatever still waits for an answer', async () => {
    await store.transaction((tx) => tx.facts.keepFirst('warm', NOTE));
    let tellSilent = (): void => undefined;
    const isSilent = new Promise<void>((resolve) => (tellSilent = resolve));
    const silent = store.transaction(async (tx) => {
      await proxy.set({ blackHole: true });
      tellSilent();
      await tx.facts.read('warm');
    });
    const refused = expect(silent).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    await isSilent;
    await store.close();
    await refused;
  });

  it('asks once for a read that no answer came to in time', async () => {
    const pool = new ConnectionPool({ url, maxConnections: 2 });
    const session = new ReadSession(pool, { clock: systemClock, statementMs: 500, onStatement: undefined });
    await session.selectRows('SELECT 1');
    const take = vi.spyOn(pool, 'take');
    await proxy.set({ dropsReplies: true });
    await expect(session.selectRows('SELECT 2')).rejects.toMatchObject({ code: 'PROTOCOL_SEQUENCE_TIMEOUT' });
    expect(take).toHaveBeenCalledTimes(1);
    await pool.end();
  });

  it('has the server give a statement up before nobody waits for it any more', async () => {
    const pool = new ConnectionPool({ url, maxConnections: 1, statementMs: 2_000 });
    const session = new ReadSession(pool, { clock: systemClock, statementMs: 20_000, onStatement: undefined });
    const slow = session.selectRows('SELECT COUNT(*) FROM seq_1_to_100000 a, seq_1_to_100000 b');
    const error: unknown = await slow.catch((failure: unknown) => failure);
    expect(TOO_SLOW).toContain((error as { readonly errno?: number }).errno);
    await pool.end();
  });
});
