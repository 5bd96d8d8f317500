import type Database from 'better-sqlite3';
import { assert } from '../../core/assert.js';
import { channelIndex } from '../../core/channels.js';
import { epochMs } from '../../core/time.js';
import type {
  BucketKey,
  ClaimedBucket,
  ClassCounts,
  LedgerRepository,
  LedgerRow,
  LedgerWrite,
  Stream,
} from '../../ledger/ledger-repository.js';
import { OUTCOME_CLASSES } from '../../ledger/cell-code.js';
import { checksum } from './cells-crc.js';
import { createLedgerDetails } from './ledger-details.js';
import {
  BUCKET_COLUMNS,
  LEDGER_COLUMNS,
  toFrozenBucket,
  toLedgerRow,
  type RawBucketRow,
  type RawLedgerRow,
} from './ledger-rows.js';
import { bucketIds, channelOfStream, packBucket, streamId } from './packed-ids.js';

/** The ledger over SQLite. Hot statements read arrays, not objects, and go by the packed integer key. */
export function createLedgerRepository(database: Database.Database): LedgerRepository {
  const statements = prepareStatements(database);
  const idOf = (key: BucketKey): number => packBucket(streamId(key.campaignId, key.channel), key.bucket);
  const rowsFrom = (
    statement: Database.Statement<[number, number, number], RawLedgerRow>,
    stream: Stream,
    { firstBucket, limit }: { readonly firstBucket: number; readonly limit: number },
  ): readonly LedgerRow[] => {
    const id = streamId(stream.campaignId, stream.channel);
    return statement.all(packBucket(id, firstBucket), bucketIds(id).until, limit).map(toLedgerRow);
  };

  return {
    createRows: async (stream, audienceId, dueAt) => {
      const id = streamId(stream.campaignId, stream.channel);
      const source = bucketIds(audienceId);
      statements.createRows.run(bucketIds(id).from - source.from, id, dueAt, dueAt, source.from, source.until);
    },

    claim: async (stream, { audienceId, limit, now, owner }) => {
      const id = streamId(stream.campaignId, stream.channel);
      const rows = statements.claim.all(owner, id, now, limit).map(toLedgerRow);
      rows.sort((left, right) => left.bucket - right.bucket);
      return rows.map((row): ClaimedBucket => {
        const members = statements.bucket.get(packBucket(audienceId, row.bucket));
        assert(members !== undefined, `audience ${audienceId} has a bucket ${row.bucket}`);
        return { row, members: toFrozenBucket(members) };
      });
    },

    nextDueAt: async (stream) => {
      const dueAt = statements.nextDueAt.get(streamId(stream.campaignId, stream.channel));
      return dueAt === undefined ? null : epochMs(dueAt);
    },

    load: async (key, token) => {
      const raw = statements.load.get(idOf(key), token);
      return raw === undefined ? undefined : toLedgerRow(raw);
    },

    save: async (writes) => writes.map((write) => saveRow(statements, idOf(write.key), write)),

    find: async (key) => {
      const raw = statements.find.get(idOf(key));
      return raw === undefined ? undefined : toLedgerRow(raw);
    },

    merge: async (key, cells, counts) => {
      const id = idOf(key);
      statements.merge.run(...countColumns(counts), checksum(cells, id), cells, counts.pending, id);
    },

    unsettled: async (stream, firstBucket, limit) => rowsFrom(statements.unsettled, stream, { firstBucket, limit }),
    rows: async (stream, firstBucket, limit) => rowsFrom(statements.rows, stream, { firstBucket, limit }),
    rowsWith: async (stream, { classes, firstBucket, limit }) => {
      const id = streamId(stream.campaignId, stream.channel);
      const mask = classes.reduce((bits, outcomeClass) => bits | (1 << OUTCOME_CLASSES.indexOf(outcomeClass)), 0);
      return statements.rowsWith.all(packBucket(id, firstBucket), bucketIds(id).until, mask, limit).map(toLedgerRow);
    },

    hasLeased: async (stream) => statements.hasLeased.get(streamId(stream.campaignId, stream.channel)) !== undefined,

    endAllLeases: async (now) => statements.endAllLeases.run(now).changes,

    endStrayLeases: async ({ owner, channel, now, keep }) => {
      const kept = new Map(keep.map((key) => [idOf(key), key.token]));
      let ended = 0;
      for (const [id, stream, token] of statements.leasedBy.all(owner)) {
        if (channelOfStream(stream) !== channelIndex(channel) || kept.get(id) === token) continue;
        ended += statements.endLease.run(now, id).changes;
      }
      return ended;
    },

    addCounts: async (deltas) => {
      for (const { campaignId, channel, code, members } of deltas) {
        if (members === 0) continue;
        const stream = streamId(campaignId, channel);
        const { changes } = statements.addCount.run(members, stream, code);
        if (changes === 0) statements.insertCount.run(stream, code, members);
      }
    },

    counts: async (stream) => new Map(statements.counts.all(streamId(stream.campaignId, stream.channel))),

    choice: async (campaignId, bucket) => statements.choice.get(packBucket(campaignId, bucket)),
    saveChoice: async (campaignId, bucket, choice) => {
      statements.saveChoice.run(packBucket(campaignId, bucket), choice);
    },

    ...createLedgerDetails(database),
  };
}

function saveRow(statements: Statements, id: number, write: LedgerWrite): boolean {
  const { cells, counts, release, handedOverAt, openSince, token } = write;
  const crc = checksum(cells, id);
  if (release === undefined) {
    return (
      statements.save.run(...countColumns(counts), openSince, handedOverAt, handedOverAt, crc, cells, id, token)
        .changes === 1
    );
  }
  const { nextAttemptAt, retryAt } = release;
  const dueAt = earliest(nextAttemptAt, retryAt);
  assert((dueAt === null) === (counts.pending === 0), 'a released row is due exactly while cells are pending');
  return (
    statements.saveAndRelease.run(
      ...countColumns(counts),
      openSince,
      handedOverAt,
      handedOverAt,
      crc,
      cells,
      nextAttemptAt,
      retryAt,
      dueAt,
      id,
      token,
    ).changes === 1
  );
}

const countColumns = (counts: ClassCounts): [number, number, number, number, number] => [
  counts.pending,
  counts.sent,
  counts.failed,
  counts.unknown,
  counts.suppressed,
];

function earliest(left: number | null, right: number | null): number | null {
  if (left === null) return right;
  return right === null ? left : Math.min(left, right);
}

type Statements = ReturnType<typeof prepareStatements>;

function prepareStatements(database: Database.Database) {
  const setCounts = 'pending_count = ?, sent_count = ?, failed_count = ?, unknown_count = ?, suppressed_count = ?';
  const setHandover = `open_since = ?, first_handover_at = coalesce(first_handover_at, ?),
    last_handover_at = coalesce(?, last_handover_at), crc = ?, cells = ?`;
  // Column lists and SET clauses are constants of this file; every value is bound.
  return {
    createRows: database.prepare<[number, number, number, number, number, number]>(
      `INSERT INTO ledger_bucket (id, stream, member_count, pending_count, due_at, next_attempt_at)
       SELECT id + ?, ?, member_count, member_count, ?, ? FROM audience_bucket WHERE id >= ? AND id < ?`,
    ),
    // Index ledger_due: the due rows of a stream, oldest first.
    claim: database
      .prepare<[string, number, number, number], RawLedgerRow>(
        `UPDATE ledger_bucket SET lease_owner = ?, token = token + 1, due_at = NULL
         WHERE id IN (SELECT id FROM ledger_bucket WHERE stream = ? AND due_at <= ? ORDER BY due_at, id LIMIT ?)
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
         lease_owner = NULL, loss_count = 0
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
    endAllLeases: database.prepare<[number]>(
      `UPDATE ledger_bucket SET lease_owner = NULL, token = token + 1,
         loss_count = loss_count + (open_since IS NOT NULL), due_at = CASE WHEN pending_count > 0 THEN ? END
       WHERE lease_owner IS NOT NULL`,
    ),
    // Index ledger_leased: the few rows that are leased at any moment.
    leasedBy: database
      .prepare<[string], [id: number, stream: number, token: number]>(
        'SELECT id, stream, token FROM ledger_bucket WHERE lease_owner IS NOT NULL AND lease_owner = ?',
      )
      .raw(),
    endLease: database.prepare<[number, number]>(
      `UPDATE ledger_bucket SET lease_owner = NULL, token = token + 1, due_at = CASE WHEN pending_count > 0 THEN ? END
       WHERE id = ?`,
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
    saveChoice: database.prepare<[number, Uint8Array]>(
      'INSERT INTO campaign_choice (id, choice) VALUES (?, ?) ON CONFLICT DO UPDATE SET choice = excluded.choice',
    ),
  };
}
