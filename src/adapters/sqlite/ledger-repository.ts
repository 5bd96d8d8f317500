import type Database from 'better-sqlite3';
import { assert } from '../../core/assert.js';
import { channelIndex } from '../../core/channels.js';
import { isDomainError } from '../../core/errors.js';
import type { Clock } from '../../core/ports/clock.js';
import { addMs, epochMs } from '../../core/time.js';
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
import { checksum } from '../stored/cells-crc.js';
import { createLedgerDetails } from './ledger-details.js';
import { createLedgerForgetting } from './ledger-forgetting.js';
import { toFrozenBucket, toLedgerRow, type RawLedgerRow } from '../stored/ledger-rows.js';
import { prepareLedgerStatements, type LedgerStatements } from './ledger-statements.js';
import { bucketIds, bucketOfId, channelOfStream, packBucket, streamId } from '../stored/packed-ids.js';
import { takeBackMarks } from '../stored/take-back-marks.js';

/** The ledger over SQLite. Hot statements read arrays, not objects, and go by the packed integer key. */
export function createLedgerRepository(database: Database.Database, clock: Clock): LedgerRepository {
  const statements = prepareLedgerStatements(database);
  const idOf = (key: BucketKey): number => packBucket(streamId(key.campaignId, key.channel), key.bucket);
  const rowsFrom = (
    statement: Database.Statement<[number, number, number], RawLedgerRow>,
    stream: Stream,
    { firstBucket, limit }: { readonly firstBucket: number; readonly limit: number },
  ): readonly LedgerRow[] => {
    const id = streamId(stream.campaignId, stream.channel);
    return statement.all(packBucket(id, firstBucket), bucketIds(id).until, limit).map(toLedgerRow);
  };

  const find: LedgerRepository['find'] = async (key) => {
    const raw = statements.find.get(idOf(key));
    return raw === undefined ? undefined : toLedgerRow(raw);
  };

  return {
    createRows: async (stream, audienceId, dueAt) => {
      const id = streamId(stream.campaignId, stream.channel);
      const source = bucketIds(audienceId);
      statements.createRows.run(bucketIds(id).from - source.from, id, dueAt, dueAt, source.from, source.until);
    },

    claim: async (stream, { audienceId, limit, now, owner, leaseMs, except = [], onDamage }) => {
      const id = streamId(stream.campaignId, stream.channel);
      const leasedUntil = leaseMs === undefined ? null : addMs(clock.now(), leaseMs);
      const rows =
        except.length === 0
          ? statements.claim.all(owner, leasedUntil, id, now, limit)
          : statements.claimExcept.all(
              owner,
              leasedUntil,
              id,
              now,
              JSON.stringify(except.map((bucket) => packBucket(id, bucket))),
              limit,
            );
      rows.sort(([left], [right]) => left - right);
      return rows.flatMap((raw): ClaimedBucket[] => {
        const [id] = raw;
        const members = statements.bucket.get(packBucket(audienceId, bucketOfId(id)));
        assert(members !== undefined, `audience ${audienceId} has a bucket ${bucketOfId(id)}`);
        try {
          return [{ row: toLedgerRow(raw), members: toFrozenBucket(members) }];
        } catch (error) {
          if (onDamage === undefined || !isDomainError(error) || error.code !== 'STORE_CORRUPT') throw error;
          statements.endLease.run(onDamage(error), id);
          return [];
        }
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

    find,
    lock: find, // the one writer is the lock

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

    putOff: async (key, { token = null, dueAt }) => {
      statements.putOff.run({ id: idOf(key), token, dueAt });
    },

    pullIn: async ({ now, ifAfter }) => statements.pullIn.run({ now, ifAfter }).changes,

    renewLeases: async (owner, leases, leaseMs) => {
      const asked = leases.map((lease) => [idOf(lease), lease.token] as const);
      const renewed = statements.renewLeases.all(addMs(clock.now(), leaseMs), owner, JSON.stringify(asked));
      const held = new Set(renewed);
      return asked.map(([id]) => held.has(id));
    },

    endExpiredLeases: async (dueAt) => statements.endExpiredLeases.run(dueAt, clock.now()).changes,

    endAllLeases: async (now) => statements.endAllLeases.run(now).changes,

    endStrayLeases: async ({ owner, channel, now, keep }) => {
      const kept = new Map(keep.map((lease) => [idOf(lease), lease]));
      let ended = 0;
      for (const [id, stream, token] of statements.leasedBy.all(owner)) {
        if (channelOfStream(stream) !== channelIndex(channel)) continue;
        const lease = kept.get(id);
        const isKept = lease?.token === token;
        clearMarks(statements, id, isKept ? lease.markedUntil : 0);
        if (!isKept) ended += statements.endLease.run(now, id).changes;
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
    keepChoice: async (campaignId, bucket, choice) => {
      statements.keepChoice.run(packBucket(campaignId, bucket), choice);
      return statements.choice.get(packBucket(campaignId, bucket)) ?? choice;
    },

    ...createLedgerDetails(database),
    ...createLedgerForgetting(database),
  };
}

function saveRow(statements: LedgerStatements, id: number, write: LedgerWrite): boolean {
  const { cells, counts, release, handedOverAt, openSince, token, lossCount } = write;
  const crc = checksum(cells, id);
  if (release === undefined) {
    return (
      statements.save.run(
        ...countColumns(counts),
        openSince,
        handedOverAt,
        handedOverAt,
        lossCount,
        crc,
        cells,
        id,
        token,
      ).changes === 1
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
      lossCount,
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

/** Nobody handed over what is marked from this position on. A damaged row stays as it is: whoever claims it next names it. */
function clearMarks(statements: LedgerStatements, id: number, from: number): void {
  const [crc, cells] = statements.cells.get(id) ?? [null, null];
  if (cells === null || checksum(cells, id) !== crc) return;
  const back = takeBackMarks(cells, from);
  if (back !== undefined) statements.takeBack.run(back.isOpen ? 1 : 0, checksum(back.unmarked, id), back.unmarked, id);
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
