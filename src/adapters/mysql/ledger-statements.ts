/** The ledger's statements. Hot ones answer arrays and go by the packed integer key. */
import { BUCKET_COLUMNS, LEDGER_COLUMNS } from '../stored/ledger-rows.js';
import { DATABASE_NOW } from './statement-text.js';

export const CREATE_ROWS = `
  INSERT INTO ledger_bucket (id, stream, member_count, pending_count, due_at, next_attempt_at)
  SELECT id + ?, ?, member_count, member_count, ?, ? FROM audience_bucket WHERE id >= ? AND id < ?`;

/** Index ledger_due: the due rows of a stream, oldest first; those that others are claiming are passed over. */
export const DUE = `
  SELECT ${LEDGER_COLUMNS} FROM ledger_bucket
  WHERE stream = ? AND due_at <= ? AND id NOT IN (?) ORDER BY due_at, id LIMIT ? FOR UPDATE SKIP LOCKED`;
export const TAKE_LEASES = `
  UPDATE ledger_bucket SET lease_owner = ?, leased_until = ${DATABASE_NOW} + ?, token = token + 1, due_at = NULL
  WHERE id IN (?)`;
export const BUCKETS = `SELECT ${BUCKET_COLUMNS} FROM audience_bucket WHERE id IN (?)`;
export const NEXT_DUE =
  'SELECT due_at FROM ledger_bucket WHERE stream = ? AND due_at IS NOT NULL ORDER BY due_at LIMIT 1';

export const FIND = `SELECT ${LEDGER_COLUMNS} FROM ledger_bucket WHERE id = ?`;
export const LOAD = `
  SELECT ${LEDGER_COLUMNS} FROM ledger_bucket WHERE id = ? AND token = ? AND lease_owner IS NOT NULL`;
export const TOKENS = 'SELECT id, token FROM ledger_bucket WHERE id IN (?) AND lease_owner IS NOT NULL';

/** What the last column of SAVE says: the lease is kept, or given back. */
export const HELD = 'held';
export const RELEASED = '';

const IS_HELD = 'lease_owner IS NOT NULL AND token = VALUES(token)';
const IS_RELEASED = `${IS_HELD} AND VALUES(lease_owner) = '${RELEASED}'`;
const WHEN_HELD = ['pending_count', 'sent_count', 'failed_count', 'unknown_count', 'suppressed_count', 'open_since']
  .concat('loss_count', 'crc', 'cells')
  .map((column) => `${column} = IF(${IS_HELD}, VALUES(${column}), ${column})`);
const WHEN_RELEASED = ['next_attempt_at', 'retry_at', 'due_at'].map(
  (column) => `${column} = IF(${IS_RELEASED}, VALUES(${column}), ${column})`,
);

/**
 * Assignments go from left to right, so the lease, which the others look at, comes last. A wall clock that was set back
 * does not put the last hand-over before the first.
 */
export const SAVE = `
  INSERT INTO ledger_bucket (id, stream, member_count, pending_count, sent_count, failed_count, unknown_count,
    suppressed_count, open_since, first_handover_at, last_handover_at, loss_count, crc, cells, next_attempt_at,
    retry_at, due_at, token, lease_owner)
  VALUES ?
  ON DUPLICATE KEY UPDATE ${[...WHEN_HELD, ...WHEN_RELEASED].join(', ')},
    first_handover_at = IF(${IS_HELD}, COALESCE(first_handover_at, VALUES(first_handover_at)), first_handover_at),
    last_handover_at = IF(${IS_HELD},
      NULLIF(GREATEST(COALESCE(VALUES(last_handover_at), 0), COALESCE(last_handover_at, 0)), 0), last_handover_at),
    leased_until = IF(${IS_RELEASED}, NULL, leased_until), lease_owner = IF(${IS_RELEASED}, NULL, lease_owner)`;

/** A row that has nothing pending any more is not due either. */
export const MERGE = `
  UPDATE ledger_bucket SET pending_count = ?, sent_count = ?, failed_count = ?, unknown_count = ?,
    suppressed_count = ?, crc = ?, cells = ?, due_at = IF(? = 0, NULL, due_at)
  WHERE id = ?`;

export const UNSETTLED = `
  SELECT ${LEDGER_COLUMNS} FROM ledger_bucket
  WHERE id >= ? AND id < ? AND pending_count > 0 AND lease_owner IS NULL ORDER BY id LIMIT ?`;
export const UNSETTLED_LOCKED = `${UNSETTLED} FOR UPDATE SKIP LOCKED`;
export const ROWS = `SELECT ${LEDGER_COLUMNS} FROM ledger_bucket WHERE id >= ? AND id < ? ORDER BY id LIMIT ?`;
/** Bits in the order of OUTCOME_CLASSES. */
export const ROWS_WITH = `
  SELECT ${LEDGER_COLUMNS} FROM ledger_bucket
  WHERE id >= ? AND id < ? AND ((pending_count > 0) + (sent_count > 0) * 2 + (failed_count > 0) * 4
    + (unknown_count > 0) * 8 + (suppressed_count > 0) * 16) & ? ORDER BY id LIMIT ?`;

export const HAS_LEASED = 'SELECT 1 FROM ledger_bucket WHERE stream = ? AND lease_owner IS NOT NULL LIMIT 1';
/** Index ledger_leased, here and in the next: the few rows that are leased at any moment. */
export const LEASED_BY = 'SELECT id, stream, token FROM ledger_bucket WHERE lease_owner = ?';
export const HELD_BY = 'SELECT id FROM ledger_bucket WHERE lease_owner = ? AND (id, token) IN (?)';
export const RENEW = `UPDATE ledger_bucket SET leased_until = ${DATABASE_NOW} + ? WHERE id IN (?)`;
export const END_LEASE = `
  UPDATE ledger_bucket SET lease_owner = NULL, leased_until = NULL, token = token + 1, due_at = IF(pending_count > 0, ?, NULL) WHERE id = ?`;
/** Index ledger_leased_until. A row that a transaction still holds is left to the next look: one that hangs would hold up all. */
export const EXPIRED = `
  SELECT id FROM ledger_bucket WHERE leased_until <= ${DATABASE_NOW} AND lease_owner IS NOT NULL FOR UPDATE SKIP LOCKED`;
export const END_LEASES = `
  UPDATE ledger_bucket SET lease_owner = NULL, leased_until = NULL, token = token + 1,
    due_at = IF(pending_count > 0, ?, NULL)
  WHERE id IN (?)`;
export const END_ALL_LEASES = `
  UPDATE ledger_bucket SET lease_owner = NULL, leased_until = NULL, token = token + 1, due_at = IF(pending_count > 0, ?, NULL)
  WHERE lease_owner IS NOT NULL`;

export const MARKED_CELLS = `
  SELECT crc, cells FROM ledger_bucket WHERE id = ? AND open_since IS NOT NULL AND cells IS NOT NULL`;
export const TAKE_BACK =
  'UPDATE ledger_bucket SET open_since = IF(?, open_since, NULL), crc = ?, cells = ? WHERE id = ?';

export const PUT_OFF = `
  UPDATE ledger_bucket SET lease_owner = NULL, leased_until = NULL, token = token + 1, loss_count = loss_count + 1, due_at = ?,
    next_attempt_at = IF(next_attempt_at IS NULL, NULL, GREATEST(next_attempt_at, ?)),
    retry_at = IF(retry_at IS NULL, NULL, GREATEST(retry_at, ?))
  WHERE id = ? AND pending_count > 0 AND (lease_owner IS NULL OR token = ?)`;
/** Rare: after a clock was set. It looks at every row that waits. */
export const PULL_IN = `
  UPDATE ledger_bucket SET due_at = ?, next_attempt_at = LEAST(next_attempt_at, ?), retry_at = LEAST(retry_at, ?)
  WHERE due_at IS NOT NULL AND (next_attempt_at > ? OR retry_at > ?)`;

export const TAKE_FROM_COUNT = 'UPDATE ledger_count SET members = members - ? WHERE stream = ? AND code = ?';
export const ADD_TO_COUNTS = `
  INSERT INTO ledger_count (stream, code, members) VALUES ? ON DUPLICATE KEY UPDATE members = members + VALUES(members)`;
export const COUNTS = 'SELECT code, members FROM ledger_count WHERE stream = ? AND members > 0';

export const CHOICE = 'SELECT choice FROM campaign_choice WHERE id = ?';
/** Whoever comes second waits for the first and then leaves its choice alone. */
export const KEEP_CHOICE = 'INSERT INTO campaign_choice (id, choice) VALUES (?, ?) ON DUPLICATE KEY UPDATE id = id';
