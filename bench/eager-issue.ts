/**
 * A coupon of the platform given to everybody at once, by an issue run as the engine makes it: slices of 500 blocks, each
 * with its bitmaps, journal, counts, books of the run and event, full sync. On SQLite and on MySQL, the engine in this
 * process, members' blocks as imports leave them. Beside it, over the same store in the same run, a row for each grant:
 * the same books with a row, a journal entry and an event each, 1,000 members a transaction, for fewer members, because
 * more of them only make its tables slower. Then what both take on disk. Aims: ten million in 1 s on SQLite and 3 s on
 * MySQL; 0.5 bytes a grant until it moves, its journal included; on SQLite 40 bytes for a row without its journal.
 *
 * What it does not show: logins at the same time, members who hold it already, stock that ends in mid-run, and blocks with
 * gaps, whose bitmaps take 125 bytes each, and as much in the journal, where full blocks take none.
 */
import { join } from 'node:path';
import Database from 'better-sqlite3';
import type { EngineNode } from '../src/compose/engine.js';
import { ordinal, type CouponId } from '../src/core/ids.js';
import { BLOCK_SIZE } from '../src/core/ranges.js';
import { TOPICS } from '../src/core/topics.js';
import { giveGrants } from '../src/coupon/grant/give-grants.js';
import { newGrant } from '../src/coupon/grant/grant.js';
import { lockCoupon } from '../src/coupon/get-coupon.js';
import { getIssueRun, startIssueRun } from '../src/coupon/issue/issue-runs.js';
import { figureOf, type Bench, type BenchOptions, type Figure } from './figure.js';
import type { CleanUp } from './support/clean-up.js';
import { openEngine } from './support/cluster-node.js';
import { lacksServers, openDatabase } from './support/cluster-servers.js';
import { makeCoupon } from './support/coupons.js';
import { writePopulation, writePopulationTo } from './support/packed-population.js';
import { inRounds } from './support/rounds.js';
import { tableBytes } from './support/table-bytes.js';

export const eagerIssue: Bench = {
  name: 'eager-issue',
  about: 'a coupon given to everybody at once, on SQLite and MySQL, beside a row for each grant',
  run,
};

const STORES = [
  { name: 'SQLite', aimMs: 1_000 },
  { name: 'MySQL', aimMs: 3_000 },
] as const;
type IssueStore = (typeof STORES)[number];
/** Members that the aims are for. */
const AIM_MEMBERS = 10_000_000;
const MAX_ROWS = 100_000;
const ROWS_PER_TRANSACTION = 1_000;
const POLL_MS = 2;
const BYTES_AIM = 0.5;
const ROW_BYTES_AIM = 40;
const BITS_TABLES = ['coupon_bits', 'coupon_bits_journal'];
const ROW_TABLES = ['coupon_grant'];

interface StoreRound {
  readonly issueMs: number;
  readonly rowsMs: number;
  readonly bitsBytes: number;
  readonly rowBytes: number;
}
type Round = ReadonlyMap<IssueStore, StoreRound>;

interface OpenStore {
  readonly engine: EngineNode;
  readonly fill: (members: number) => Promise<void>;
  readonly bytesOf: (tables: readonly string[]) => Promise<number>;
}

async function run(options: BenchOptions): Promise<readonly Figure[]> {
  const { say } = options;
  const members = Math.ceil(options.numberOf('members', AIM_MEMBERS) / BLOCK_SIZE) * BLOCK_SIZE;
  const rows = Math.min(members, MAX_ROWS);
  const hasMysql = !(await lacksServers(['mysql'], say));
  const stores = STORES.filter(({ name }) => name === 'SQLite' || hasMysql);
  const { of } = await inRounds<Round>(options, {
    otherwise: 3,
    measure: async (cleanUp) => {
      const round = new Map<IssueStore, StoreRound>();
      for (const store of stores) {
        const open = store.name === 'SQLite' ? openSqlite : openMysql;
        round.set(store, await measureStore(await open(cleanUp), { members, rows }));
      }
      return round;
    },
  });
  return stores.flatMap((store) => {
    const each = (read: (round: StoreRound) => number): number[] =>
      of((round) => {
        const measured = round.get(store);
        return measured === undefined ? Number.NaN : read(measured);
      });
    const { name, aimMs } = store;
    const aim = (value: number): number[] => of(() => value);
    return [
      figureOf(
        `${name}: to everybody, against the aim`,
        'ms',
        each(({ issueMs }) => issueMs),
        aim((aimMs * members) / AIM_MEMBERS),
      ),
      figureOf(
        `${name}: against a row for each`,
        'grants/s',
        each(({ issueMs }) => (members * 1_000) / issueMs),
        each(({ rowsMs }) => (rows * 1_000) / rowsMs),
      ),
      figureOf(
        `${name}: a grant that has not moved, with its journal`,
        'bytes/grant',
        each(({ bitsBytes }) => bitsBytes / members),
        aim(BYTES_AIM),
      ),
      figureOf(
        `${name}: a grant that is a row, without its journal`,
        'bytes/grant',
        each(({ rowBytes }) => rowBytes / rows),
        name === 'SQLite' ? aim(ROW_BYTES_AIM) : null,
      ),
    ];
  });
}

async function measureStore(
  { engine, fill, bytesOf }: OpenStore,
  { members, rows }: { readonly members: number; readonly rows: number },
): Promise<StoreRound> {
  await fill(members);
  const issueMs = await issueToAll(engine, members);
  const rowsMs = await giveRows(engine, rows);
  return { issueMs, rowsMs, bitsBytes: await bytesOf(BITS_TABLES), rowBytes: await bytesOf(ROW_TABLES) };
}

/** From the request to the commit of the last slice, as its books say. */
async function issueToAll({ store, clock, coupons, issuing }: EngineNode, members: number): Promise<number> {
  const couponId = await makeCoupon({ store, clock, coupons }, { issue: 'platform' });
  const startedMs = performance.now();
  const { run: started } = await store.transaction((tx) =>
    startIssueRun(tx, clock.now(), { couponId, createdBy: 'bench', cause: 'person' }),
  );
  issuing.wake();
  for (;;) {
    const found = await store.read((tx) => getIssueRun(tx, { couponId, id: started.id }));
    if (found.state === 'completed') {
      const tookMs = performance.now() - startedMs;
      if (found.granted !== members) throw new Error(`${found.granted} of ${members} members were given it.`);
      return tookMs;
    }
    await clock.sleep(POLL_MS);
  }
}

async function giveRows({ store, clock, coupons }: EngineNode, rows: number): Promise<number> {
  const id = await makeCoupon({ store, clock, coupons }, { issue: 'platform' });
  const startedMs = performance.now();
  for (let first = 0; first < rows; first += ROWS_PER_TRANSACTION) {
    await store.transaction(
      async (tx) => {
        const now = clock.now();
        const coupon = await lockCoupon(tx, id);
        const grants = Array.from({ length: Math.min(ROWS_PER_TRANSACTION, rows - first) }, (_, index) =>
          newGrant({ couponId: id, ordinal: ordinal(first + index), n: 1 }, now, undefined),
        );
        await giveGrants(tx, coupon, { grants, giver: { actor: 'bench', topic: TOPICS.couponGranted }, now });
      },
      { isBulk: true },
    );
  }
  const tookMs = performance.now() - startedMs;
  await expectGiven(store, id, rows);
  return tookMs;
}

async function expectGiven(store: EngineNode['store'], id: CouponId, rows: number): Promise<void> {
  const granted = (await store.read((tx) => tx.coupons.find(id)))?.counts.granted;
  if (granted !== rows) throw new Error(`${String(granted)} of ${rows} rows were given.`);
}

async function openSqlite(cleanUp: CleanUp): Promise<OpenStore> {
  const { engine, dataFolder } = await openEngine({ channels: {} }, cleanUp);
  const file = join(dataFolder, 'fanfare.db');
  return {
    engine,
    fill: (members) => {
      writePopulation(file, members);
      return Promise.resolve();
    },
    bytesOf: async (tables) => {
      await engine.store.truncate(); // what is in the log is in the file then
      const database = new Database(file, { readonly: true });
      const size = database
        .prepare<[string], number | null>('SELECT sum(pgsize) FROM dbstat WHERE name = ? AND aggregate = TRUE')
        .pluck();
      const bytes = tables.reduce((sum, table) => sum + (size.get(table) ?? 0), 0);
      database.close();
      return bytes;
    },
  };
}

async function openMysql(cleanUp: CleanUp): Promise<OpenStore> {
  const url = await openDatabase(cleanUp);
  const { engine } = await openEngine({ channels: {}, cluster: { mysql: { url } } }, cleanUp);
  return { engine, fill: (members) => writePopulationTo(url, members), bytesOf: (tables) => tableBytes(url, tables) };
}
