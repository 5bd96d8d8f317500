import type Database from 'better-sqlite3';
import { BUCKET_COLUMNS, LEDGER_COLUMNS, type RawBucketRow, type RawLedgerRow } from '../stored/ledger-rows.js';

export type LedgerStatements = ReturnType<typeof prepareLedgerStatements>;

/** The ledger's statements, prepared once. Hot ones answer arrays and go by the packed integer key. */
export function prepareLedgerStatements(database: Database.Database) {
  const setCounts = 'pending_count = ?, sent_count = ?, failed_count = ?, unknown_count = ?, suppressed_count = ?';
  // A wall clock that was set back does not put the last hand-over before the first.
  const setHandover = `open_since = ?, first_handover_at = coalesce(first_handover_at, ?),
    last_handover_at = nullif(max(coalesce(?, 0), coalesce(last_handover_at, 0)), 0), loss_count = ?,
    crc = ?, cells = ?`;
  // Column lists and SET clauses are constants of this file; every value is bound.
  return {
    createRows: database.prepare<[number, number, number, number, number, number]>(
      `INSERT INTO ledger_bucket (id, stream, member_count, pending_count, due_at, next_attempt_at)
       SELECT id + ?, ?, member_count, member_count, ?, ? FROM audience_bucket WHERE id >= ? AND id < ?`,
    ),
    // Index ledger_due: the due rows of a stream, oldest first.
    claim: database
      .prepare<[string, number | null, number, number, number], RawLedgerRow>(
        `UPDATE ledger_bucket SET lease_owner = ?, leased_until = ?, token = token + 1, due_at = NULL
         WHERE id IN (SELECT id FROM ledger_bucket WHERE stream = ? AND due_at <= ? ORDER BY due_at, id LIMIT ?)
         RETURNING ${LEDGER_COLUMNS}`,
      )
      .raw(),
    claimExcept: database
      .prepare<[string, number | null, number, number, string, number], RawLedgerRow>(
        `UPDATE ledger_bucket SET lease_owner = ?, leased_until = ?, token = token + 1, due_at = NULL
         WHERE id IN (SELECT id FROM ledger_bucket WHERE stream = ? AND due_at <= ?
           AND id NOT IN (SELECT value FROM json_each(?)) ORDER BY due_at, id LIMIT ?)
         RETURNING ${LEDGER_COLUMNS}`,
      )
      .raw(),
    bucket: database
      .prepare<[number], RawBucketRow>(`SELECT ${BUCKET_COLUMNS} FROM audience_bucket WHERE id = ?`)
      .raw(),
    nextDueAt: database
      .prepare<[number], number>(
        'SELECT due_at FROM ledger_bucket WHERE stream = ? AND due_at IS NOT NULL ORDER BY due_at LIMIT 1',
      )
      .pluck(),
    load: database
      .prepare<[number, number], RawLedgerRow>(
        `SELECT ${LEDGER_COLUMNS} FROM ledger_bucket WHERE id = ? AND token = ? AND lease_owner IS NOT NULL`,
      )
      .raw(),
    find: database.prepare<[number], RawLedgerRow>(`SELECT ${LEDGER_COLUMNS} FROM ledger_bucket WHERE id = ?`).raw(),
    save: database.prepare(
      `UPDATE ledger_bucket SET ${setCounts}, ${setHandover} WHERE id = ? AND token = ? AND lease_owner IS NOT NULL`,
    ),
    saveAndRelease: database.prepare(
      `UPDATE ledger_bucket SET ${setCounts}, ${setHandover}, next_attempt_at = ?, retry_at = ?, due_at = ?,
         lease_owner = NULL
       WHERE id = ? AND token = ? AND lease_owner IS NOT NULL`,
    ),
    // A row that has nothing pending any more is not due either.
    merge: database.prepare(
      `UPDATE ledger_bucket SET ${setCounts}, crc = ?, cells = ?, due_at = CASE WHEN ? = 0 THEN NULL ELSE due_at END
       WHERE id = ?`,
    ),
    unsettled: database
      .prepare<[number, number, number], RawLedgerRow>(
        `SELECT ${LEDGER_COLUMNS} FROM ledger_bucket
         WHERE id >= ? AND id < ? AND pending_count > 0 AND lease_owner IS NULL ORDER BY id LIMIT ?`,
      )
      .raw(),
    rows: database
      .prepare<[number, number, number], RawLedgerRow>(
        `SELECT ${LEDGER_COLUMNS} FROM ledger_bucket WHERE id >= ? AND id < ? ORDER BY id LIMIT ?`,
      )
      .raw(),
    // Counts stand before the cells, so rows that are skipped cost no read of theirs. Bits in the order of OUTCOME_CLASSES.
    rowsWith: database
      .prepare<[number, number, number, number], RawLedgerRow>(
        `SELECT ${LEDGER_COLUMNS} FROM ledger_bucket
         WHERE id >= ? AND id < ? AND ((pending_count > 0) + (sent_count > 0) * 2 + (failed_count > 0) * 4
           + (unknown_count > 0) * 8 + (suppressed_count > 0) * 16) & ? ORDER BY id LIMIT ?`,
      )
      .raw(),
    hasLeased: database.prepare<[number], unknown>(
      'SELECT 1 FROM ledger_bucket WHERE stream = ? AND lease_owner IS NOT NULL LIMIT 1',
    ),
    // Index ledger_leased, here and in the next: the few rows that are leased at any moment.
    renewLeases: database
      .prepare<[number, string, string], number>(
        `UPDATE ledger_bucket SET leased_until = ?
         WHERE lease_owner IS NOT NULL AND lease_owner = ?
           AND (id, token) IN (SELECT value ->> 0, value ->> 1 FROM json_each(?)) RETURNING id`,
      )
      .pluck(),
    endExpiredLeases: database.prepare<[number, number]>(
      `UPDATE ledger_bucket SET lease_owner = NULL, token = token + 1,
         due_at = CASE WHEN pending_count > 0 THEN ? END
       WHERE lease_owner IS NOT NULL AND leased_until <= ?`,
    ),
    endAllLeases: database.prepare<[number]>(
      `UPDATE ledger_bucket SET lease_owner = NULL, token = token + 1,
         due_at = CASE WHEN pending_count > 0 THEN ? END
       WHERE lease_owner IS NOT NULL`,
    ),
    // Index ledger_leased: the few rows that are leased at any moment.
    leasedBy: database
      .prepare<[string], [id: number, stream: number, token: number]>(
        'SELECT id, stream, token FROM ledger_bucket WHERE lease_owner IS NOT NULL AND lease_owner = ?',
      )
      .raw(),
    cells: database
      .prepare<[number], [crc: number, cells: Uint8Array]>(
        'SELECT crc, cells FROM ledger_bucket WHERE id = ? AND open_since IS NOT NULL AND cells IS NOT NULL',
      )
      .raw(),
    takeBack: database.prepare<[number, number, Uint8Array, number]>(
      'UPDATE ledger_bucket SET open_since = CASE WHEN ? THEN open_since END, crc = ?, cells = ? WHERE id = ?',
    ),
    endLease: database.prepare<[number, number]>(
      `UPDATE ledger_bucket SET lease_owner = NULL, token = token + 1, due_at = CASE WHEN pending_count > 0 THEN ? END
       WHERE id = ?`,
    ),
    putOff: database.prepare<{ readonly id: number; readonly token: number | null; readonly dueAt: number }>(
      `UPDATE ledger_bucket SET lease_owner = NULL, token = token + 1, loss_count = loss_count + 1, due_at = $dueAt,
         next_attempt_at = CASE WHEN next_attempt_at IS NOT NULL THEN max(next_attempt_at, $dueAt) END,
         retry_at = CASE WHEN retry_at IS NOT NULL THEN max(retry_at, $dueAt) END
       WHERE id = $id AND pending_count > 0 AND (lease_owner IS NULL OR token = $token)`,
    ),
    // Index ledger_due holds the rows that wait; they are looked at one by one.
    pullIn: database.prepare<{ readonly now: number; readonly ifAfter: number }>(
      `UPDATE ledger_bucket SET due_at = $now, next_attempt_at = min(next_attempt_at, $now), retry_at = min(retry_at, $now)
       WHERE due_at IS NOT NULL AND (next_attempt_at > $ifAfter OR retry_at > $ifAfter)`,
    ),
    // No upsert: its INSERT half would meet the CHECK with a negative difference.
    addCount: database.prepare<[number, number, number]>(
      'UPDATE ledger_count SET members = members + ? WHERE stream = ? AND code = ?',
    ),
    insertCount: database.prepare<[number, number, number]>(
      'INSERT INTO ledger_count (stream, code, members) VALUES (?, ?, ?)',
    ),
    counts: database
      .prepare<[number], [number, number]>('SELECT code, members FROM ledger_count WHERE stream = ? AND members > 0')
      .raw(),
    choice: database.prepare<[number], Uint8Array>('SELECT choice FROM campaign_choice WHERE id = ?').pluck(),
    keepChoice: database.prepare<[number, Uint8Array]>(
      'INSERT INTO campaign_choice (id, choice) VALUES (?, ?) ON CONFLICT DO NOTHING',
    ),
  };
}
