import { afterEach, beforeEach, expect, it } from 'vitest';
import { FaultProxy } from '../../../test/support/fault-proxy.js';
import { ManualClock } from '../../../test/support/manual-clock.js';
import { describeMysql, temporaryDatabase, type TemporaryDatabase } from '../../../test/support/temporary-mysql.js';
import { SeededRandom } from '../../core/seeded-random.js';
import { MysqlStore, type MysqlStoreEvent } from './mysql-store.js';

describeMysql('a MySQL store whose connections break', () => {
  let database: TemporaryDatabase;
  let proxy: FaultProxy;
  let store: MysqlStore;
  let events: MysqlStoreEvent[];
  beforeEach(async () => {
    const random = new SeededRandom(1);
    database = await temporaryDatabase();
    proxy = await FaultProxy.start(database.port, () => random.next());
    events = [];
    const url = `mysql://root@127.0.0.1:${proxy.port}/${database.name}`;
    store = await MysqlStore.open({ url, clock: new ManualClock(), onEvent: (event) => void events.push(event) });
  });
  afterEach(async () => {
    await proxy.heal({ isForgetful: true });
    await store.close();
    await proxy.close();
    await database.drop();
  });

  const jobs = () => database.query("SELECT name FROM setting WHERE name LIKE 'job%'");
  const until = async (isSo: () => boolean): Promise<void> => {
    for (const endsAt = Date.now() + 20_000; !isSo();) {
      if (Date.now() > endsAt) throw new Error('it did not come to it in 20 s');
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  };

  it('asks whether it committed when the reply was lost, and does it once', async () => {
    let runs = 0;
    await proxy.set({ dropsRepliesAfter: /COMMIT/ });
    const writing = store.transaction(async (tx) => {
      runs++;
      await tx.facts.keepFirst(`job ${runs}`, Uint8Array.of(runs));
      return runs;
    });
    await until(() => proxy.met > 0 && runs === 1);
    for (let rows = await jobs(); rows.length === 0; rows = await jobs()) await until(() => true);
    await proxy.heal({ isForgetful: true });
    expect(await writing).toBe(1);
    expect([runs, await jobs()]).toEqual([1, [{ name: 'job 1' }]]);
    expect(store.stats().unknownCommits).toBe(1);
    expect(events).toContainEqual({ kind: 'store.commitUnknown', isCommitted: true });
  });

  it('asks whether it committed when the server was never told to, and does it again', async () => {
    let runs = 0;
    await proxy.set({ losesRequestsFrom: /COMMIT/ });
    const writing = store.transaction(async (tx) => {
      runs++;
      await tx.facts.keepFirst(`job ${runs}`, Uint8Array.of(runs));
      return runs;
    });
    await until(() => proxy.lost > 0);
    await proxy.heal({ isForgetful: true });
    expect(await writing).toBe(2);
    expect([runs, await jobs()]).toEqual([2, [{ name: 'job 2' }]]);
    expect(store.stats().unknownCommits).toBe(1);
    expect(events).toContainEqual({ kind: 'store.commitUnknown', isCommitted: false });
  });

  it('runs a body again whose connection was killed in its midst, and keeps only the last run', async () => {
    let runs = 0;
    const answer = await store.transaction(async (tx) => {
      runs++;
      await tx.facts.keepFirst(`job ${runs}`, Uint8Array.of(runs));
      if (runs === 1) await killWriters(database);
      await tx.facts.read('job');
      return runs;
    });
    expect([answer, await jobs()]).toEqual([2, [{ name: 'job 2' }]]);
    expect(store.stats().reconnects).toBe(1);
  });

  it('says that the store is unavailable while nobody answers, and goes on by itself', async () => {
    await proxy.set({ refuses: true });
    const refused = store.transaction((tx) => tx.facts.keepFirst('job', Uint8Array.of(1)));
    await expect(refused).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    expect(store.isAvailable).toBe(false);
    await proxy.set({});
    await until(() => store.isAvailable);
    expect(events.map(({ kind }) => kind)).toEqual(['store.away', 'store.back']);
    await store.transaction((tx) => tx.facts.keepFirst('job', Uint8Array.of(1)));
    expect(await jobs()).toHaveLength(1);
  });
});

/** What the server does to the connections of this database, all but the one that asks. */
async function killWriters(database: TemporaryDatabase): Promise<void> {
  const others = await database.query(
    'SELECT id FROM information_schema.processlist WHERE db = DATABASE() AND id <> CONNECTION_ID()',
  );
  for (const { id } of others) await database.query('KILL ?', [id]);
}
