/**
 * Brings the schema of a database to this program's: one statement of DDL a step, each noted once it is done.
 *
 * Any number of nodes may begin at once: one of them holds the row `schema_lock`, by a lease that the database's clock
 * ends and that is renewed while it works; the others wait. A node that dies in mid-step leaves a step done and not
 * noted, which the next one meets as its own effect. No named lock is taken: those do not exist everywhere.
 */
import type { ResultSetHeader, RowDataPacket } from 'mysql2/promise';
import { DomainError } from '../../core/errors.js';
import type { Clock } from '../../core/ports/clock.js';
import type { Random } from '../../core/ports/random.js';
import { DAY_MS } from '../../core/time.js';
import { systemClock } from '../system/system-clock.js';
import type { ConnectionPool } from './connection-pool.js';
import { MIGRATIONS } from './migrations/index.js';
import type { Migration } from './migrations/migration.js';

const LEASE_MS = 30_000;
const RENEW_EVERY_MS = 5_000;
const ASK_EVERY_MS = 100;
/** A step over large tables takes its time, and whoever waits must outwait it. */
const MAX_WAIT_MS = 600_000;
/** No step of ours takes a day; a server that is gone is noticed by its socket in minutes. */
const DDL_MS = DAY_MS;

const PREPARE = [
  `CREATE TABLE IF NOT EXISTS schema_migration (
     number       INT NOT NULL PRIMARY KEY,
     name         VARCHAR(100) NOT NULL,
     level        INT NOT NULL,
     oldest_level INT NOT NULL,
     applied_at   TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3)
   ) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin`,
  `CREATE TABLE IF NOT EXISTS schema_lock (
     id          INT NOT NULL PRIMARY KEY,
     owner       VARCHAR(32) NOT NULL,
     lease_until DATETIME(3) NOT NULL
   ) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin`,
  "INSERT INTO schema_lock (id, owner, lease_until) VALUES (1, '', '2000-01-01') ON DUPLICATE KEY UPDATE id = id",
];
const TAKE_LOCK = `
  UPDATE schema_lock SET owner = ?, lease_until = UTC_TIMESTAMP(3) + INTERVAL ${LEASE_MS * 1_000} MICROSECOND
  WHERE id = 1 AND (owner = ? OR lease_until < UTC_TIMESTAMP(3))`;
const END_LOCK = "UPDATE schema_lock SET owner = '', lease_until = '2000-01-01' WHERE id = 1 AND owner = ?";
const HAS_NOTES = `
  SELECT 1 FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name = 'schema_migration'`;
const NOTED = 'SELECT number, level, oldest_level FROM schema_migration ORDER BY number';
const NOTE = `
  INSERT INTO schema_migration (number, name, level, oldest_level) VALUES (?, ?, ?, ?)
  ON DUPLICATE KEY UPDATE number = number`;

interface NotedStep {
  readonly number: number;
  readonly level: number;
  readonly oldest_level: number;
}

interface MigrateOptions {
  readonly random: Random;
  readonly migrations?: readonly Migration[];
  readonly clock?: Clock;
}

/**
 * Answers the steps that were done here. Safe to call at any time, also while older programs work on the database.
 * @throws DomainError `STORE_TOO_NEW` when a newer program has changed the schema so that this one cannot use it;
 *   `STORE_UNAVAILABLE` when another node has been at it for ten minutes.
 */
export async function migrate(pool: ConnectionPool, options: MigrateOptions): Promise<readonly Migration[]> {
  const { migrations = MIGRATIONS, clock = systemClock } = options;
  if ((await pendingSteps(pool, migrations)).length === 0) return [];
  for (const sql of PREPARE) await pool.ask(sql, [], DDL_MS);
  const owner = Buffer.from(options.random.bytes(16)).toString('hex');
  await takeLock(pool, owner, clock);
  const working = new AbortController();
  const renewing = renewLock(pool, { owner, clock, signal: working.signal });
  try {
    const steps = await pendingSteps(pool, migrations);
    for (const step of steps) await takeStep(pool, step);
    return steps;
  } finally {
    working.abort();
    await renewing;
    await pool.ask(END_LOCK, [owner]);
  }
}

/**
 * The steps that the database has not seen, in their order.
 * @throws DomainError `STORE_TOO_NEW` as above.
 */
export async function pendingSteps(
  pool: ConnectionPool,
  migrations: readonly Migration[] = MIGRATIONS,
): Promise<readonly Migration[]> {
  const hasNotes = await pool.ask<RowDataPacket[]>(HAS_NOTES);
  if (hasNotes.length === 0) return migrations;
  const rows = await pool.ask<RowDataPacket[]>(NOTED);
  const noted = new Map((rows as NotedStep[]).map((row) => [row.number, row])); // the columns of NOTED
  const level = Math.max(0, ...migrations.map((step) => step.level));
  const known = new Set(migrations.map(({ number }) => number));
  for (const row of noted.values()) {
    if (!known.has(row.number) && row.oldest_level > level) {
      throw new DomainError(
        'STORE_TOO_NEW',
        `The database has a schema of level ${row.level}, which needs a program of level ${row.oldest_level}; this one has level ${level}. Start the newer program.`,
        { schema: row.level, known: level },
      );
    }
  }
  return migrations.filter(({ number }) => !noted.has(number));
}

async function takeStep(
  pool: ConnectionPool,
  { number, name, sql, isThere, level, oldestLevel }: Migration,
): Promise<void> {
  const found = isThere === undefined ? [] : await pool.ask<RowDataPacket[]>(isThere);
  if (found.length === 0) await pool.ask(sql, [], DDL_MS);
  await pool.ask(NOTE, [number, name, level, oldestLevel ?? level - 1]);
}

async function takeLock(pool: ConnectionPool, owner: string, clock: Clock): Promise<void> {
  const untilMs = clock.monotonicMs() + MAX_WAIT_MS;
  while (!(await holdLock(pool, owner))) {
    if (clock.monotonicMs() > untilMs) {
      throw new DomainError(
        'STORE_UNAVAILABLE',
        'Another node has been changing the schema for ten minutes; wait for it, or look at what the server is doing.',
      );
    }
    await clock.sleep(ASK_EVERY_MS);
  }
}

async function holdLock(pool: ConnectionPool, owner: string): Promise<boolean> {
  const { affectedRows } = await pool.ask<ResultSetHeader>(TAKE_LOCK, [owner, owner]);
  return affectedRows === 1;
}

async function renewLock(
  pool: ConnectionPool,
  { owner, clock, signal }: { readonly owner: string; readonly clock: Clock; readonly signal: AbortSignal },
): Promise<void> {
  for (;;) {
    await clock.sleep(RENEW_EVERY_MS, signal);
    if (signal.aborted) return;
    // A renewal that fails is tried again: a step in work goes on, and doing one twice does no harm.
    await holdLock(pool, owner).catch(() => false);
  }
}
