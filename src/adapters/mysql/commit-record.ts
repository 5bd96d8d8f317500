/** How a transaction begins and ends on the wire, and the row of each place that says how many of its transactions were committed. */
import type { PoolConnection, RowDataPacket } from 'mysql2/promise';
import { DAY_MS, type EpochMs } from '../../core/time.js';
import { inTime, kill, SHORT_MS, type ConnectionPool } from './connection-pool.js';
import { isConnectionLost } from './mysql-errors.js';

/** Places of stores that ended this long ago are forgotten. */
const KEEP_PLACES_MS = 7 * DAY_MS;

const MARK_COMMIT = `
  INSERT INTO store_commit (writer, place, sequence, committed_at) VALUES (?, ?, ?, ?)
  ON DUPLICATE KEY UPDATE sequence = VALUES(sequence), committed_at = VALUES(committed_at)`;
/** Under a lock for a change, which a replica refuses: one that has not applied the commit yet must not say no. */
const LAST_COMMIT = 'SELECT sequence FROM store_commit WHERE writer = ? AND place = ? FOR UPDATE';
const FORGET_PLACES = 'DELETE FROM store_commit WHERE committed_at < ?';

/** The store that writes, and the number of its place. */
export type Place = readonly [writer: string, place: number];

const BEGIN = ['START TRANSACTION'];
/** Of this one transaction; those of the session are READ COMMITTED, where each statement has a moment of its own. */
const BEGIN_SNAPSHOT = [
  'SET TRANSACTION ISOLATION LEVEL REPEATABLE READ',
  'START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY',
];

export async function begin(connection: PoolConnection, isSnapshot: boolean): Promise<void> {
  await inTime(connection, SHORT_MS, async () => {
    for (const sql of isSnapshot ? BEGIN_SNAPSHOT : BEGIN) await connection.query(sql);
  });
}

export async function markCommit(connection: PoolConnection, place: Place, sequence: number, now: EpochMs) {
  await inTime(connection, SHORT_MS, () => connection.execute(MARK_COMMIT, [...place, sequence, now]));
}

/** Under a lock: while the server still works on the commit, or has not seen that its client is gone, this waits. */
export async function lastCommitOf(pool: ConnectionPool, place: Place, limitMs: number): Promise<number> {
  const connection = await pool.take(limitMs);
  try {
    return await inTime(connection, limitMs, async () => {
      await connection.query('START TRANSACTION');
      const [rows] = await connection.query<RowDataPacket[]>(LAST_COMMIT, [...place]);
      await connection.query('ROLLBACK');
      connection.release();
      return Number(rows[0]?.['sequence'] ?? 0);
    });
  } catch (error) {
    kill(connection);
    throw error;
  }
}

export async function forgetPlaces(pool: ConnectionPool, now: EpochMs): Promise<void> {
  await pool.ask(FORGET_PLACES, [now - KEEP_PLACES_MS]);
}

/** Gives the connection back as it was, or not at all. */
export async function rollBack(connection: PoolConnection, cause: unknown): Promise<void> {
  if (isConnectionLost(cause)) {
    kill(connection);
    return;
  }
  try {
    await inTime(connection, SHORT_MS, () => connection.query('ROLLBACK'));
    connection.release();
  } catch {
    kill(connection); // the server undoes what a lost connection left open
  }
}
