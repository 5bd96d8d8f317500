/**
 * The ledger over MySQL, by many pushers at once.
 *
 * Claims skip rows that somebody else is just claiming (SKIP LOCKED), so two never get the same one and none waits.
 * Whoever is about to write a row holds its lock from `load`, `lock` or `claim` on: receipts and the holder of a lease
 * write one after the other, each over what the other left. Order of locks: rows, counts, channel or campaign.
 * Leases end by the clock of the database, read in the statement itself.
 */
import { assert } from '../../core/assert.js';
import { channelIndex } from '../../core/channels.js';
import { isDomainError } from '../../core/errors.js';
import { epochMs } from '../../core/time.js';
import { OUTCOME_CLASSES } from '../../ledger/cell-code.js';
import type {
  BucketKey,
  ClaimedBucket,
  CountDelta,
  LedgerRepository,
  LedgerWrite,
} from '../../ledger/ledger-repository.js';
import { checksum } from '../stored/cells-crc.js';
import { toFrozenBucket, toLedgerRow, type RawBucketRow, type RawLedgerRow } from '../stored/ledger-rows.js';
import { bucketIds, bucketOfId, channelOfStream, packBucket, streamId } from '../stored/packed-ids.js';
import { takeBackMarks } from '../stored/take-back-marks.js';
import { createLedgerDetails } from './ledger-details.js';
import { createLedgerForgetting } from './ledger-forgetting.js';
import * as sql from './ledger-statements.js';
import {
  selectOne,
  selectValue,
  selectValues,
  type Bound,
  type MysqlSession,
  type StatementOptions,
} from './session.js';

const IN_TEXT: StatementOptions = { isText: true };

export function createLedgerRepository(session: MysqlSession): LedgerRepository {
  const idOf = (key: BucketKey): number => packBucket(streamId(key.campaignId, key.channel), key.bucket);
  const rowsBy = async (statement: string, values: readonly Bound[], options?: StatementOptions) =>
    (await session.selectArrays<RawLedgerRow>(statement, values, options)).map(toLedgerRow);
  const rowBy = async (statement: string, values: readonly Bound[], options?: StatementOptions) =>
    (await rowsBy(statement, values, options))[0];

  return {
    createRows: async (stream, audienceId, dueAt) => {
      const id = streamId(stream.campaignId, stream.channel);
      const source = bucketIds(audienceId);
      const shift = bucketIds(id).from - source.from;
      await session.execute(sql.CREATE_ROWS, [shift, id, dueAt, dueAt, source.from, source.until]);
    },

    claim: async (stream, { audienceId, limit, now, owner, leaseMs = null, except = [], onDamage }) => {
      const id = streamId(stream.campaignId, stream.channel);
      const due = await session.selectArrays<RawLedgerRow>(
        sql.DUE,
        [id, now, [-1, ...except.map((bucket) => packBucket(id, bucket))], limit], // -1: a list is never empty
        IN_TEXT,
      );
      if (due.length === 0) return [];
      const ids = due.map(([rowId]) => rowId);
      await session.execute(sql.TAKE_LEASES, [owner, leaseMs, ids], IN_TEXT);
      const members = await frozenBuckets(session, audienceId, ids);
      const claimed: ClaimedBucket[] = [];
      for (const raw of due.map(asClaimed(owner)).sort(([left], [right]) => left - right)) {
        const bucket = members.get(bucketOfId(raw[0]));
        assert(bucket !== undefined, `audience ${audienceId} has a bucket ${bucketOfId(raw[0])}`);
        try {
          claimed.push({ row: toLedgerRow(raw), members: toFrozenBucket(bucket) });
        } catch (error) {
          if (onDamage === undefined || !isDomainError(error, 'STORE_CORRUPT')) throw error;
          await session.execute(sql.END_LEASE, [onDamage(error), raw[0]]);
        }
      }
      return claimed;
    },

    nextDueAt: async (stream) => {
      const dueAt = await selectValue<number>(session, sql.NEXT_DUE, [streamId(stream.campaignId, stream.channel)]);
      return dueAt === undefined ? null : epochMs(dueAt);
    },

    load: (key, token) => rowBy(sql.LOAD, [idOf(key), token], { lock: 'change' }),
    save: (writes) => saveRows(session, writes, idOf),
    find: (key) => rowBy(sql.FIND, [idOf(key)]),
    lock: (key) => rowBy(sql.FIND, [idOf(key)], { lock: 'change' }),

    merge: async (key, cells, counts) => {
      const id = idOf(key);
      const { pending, sent, failed, unknown, suppressed } = counts;
      const values = [pending, sent, failed, unknown, suppressed, checksum(cells, id), cells, pending, id];
      await session.execute(sql.MERGE, values);
    },

    unsettled: (stream, firstBucket, limit) => {
      const id = streamId(stream.campaignId, stream.channel);
      const statement = session.isTransaction ? sql.UNSETTLED_LOCKED : sql.UNSETTLED;
      return rowsBy(statement, [packBucket(id, firstBucket), bucketIds(id).until, limit]);
    },
    rows: (stream, firstBucket, limit) => {
      const id = streamId(stream.campaignId, stream.channel);
      return rowsBy(sql.ROWS, [packBucket(id, firstBucket), bucketIds(id).until, limit]);
    },
    rowsWith: (stream, { classes, firstBucket, limit }) => {
      const id = streamId(stream.campaignId, stream.channel);
      const mask = classes.reduce((bits, outcomeClass) => bits | (1 << OUTCOME_CLASSES.indexOf(outcomeClass)), 0);
      return rowsBy(sql.ROWS_WITH, [packBucket(id, firstBucket), bucketIds(id).until, mask, limit]);
    },

    hasLeased: async (stream) =>
      (await selectValue(session, sql.HAS_LEASED, [streamId(stream.campaignId, stream.channel)])) !== undefined,

    putOff: async (key, { token = null, dueAt }) => {
      await session.execute(sql.PUT_OFF, [dueAt, dueAt, dueAt, idOf(key), token]);
    },
    pullIn: ({ now, ifAfter }) => session.execute(sql.PULL_IN, [now, now, now, ifAfter, ifAfter]),

    renewLeases: async (owner, leases, leaseMs) => {
      if (leases.length === 0) return [];
      const wanted = leases.map((lease) => [idOf(lease), lease.token]);
      // Which hold is read first, under the lock that the renewal needs anyway.
      const held = await session.selectArrays<readonly [number]>(sql.HELD_BY, [owner, wanted], {
        isText: true,
        lock: 'change',
      });
      const ids = new Set(held.map(([id]) => id));
      if (ids.size > 0) await session.execute(sql.RENEW, [leaseMs, [...ids]], IN_TEXT);
      return leases.map((lease) => ids.has(idOf(lease)));
    },
    endExpiredLeases: async (dueAt) => {
      const ids = await selectValues<number>(session, sql.EXPIRED, []);
      return ids.length === 0 ? 0 : session.execute(sql.END_LEASES, [dueAt, ids], IN_TEXT);
    },
    endAllLeases: (now) => session.execute(sql.END_ALL_LEASES, [now]),
    endStrayLeases: async ({ owner, channel, now, keep }) => {
      const kept = new Map(keep.map((lease) => [idOf(lease), lease]));
      const leased = await session.selectArrays<readonly [id: number, stream: number, token: number]>(
        sql.LEASED_BY,
        [owner],
        { lock: 'change' },
      );
      let ended = 0;
      for (const [id, stream, token] of leased) {
        if (channelOfStream(stream) !== channelIndex(channel)) continue;
        const lease = kept.get(id);
        const isKept = lease?.token === token;
        await clearMarks(session, id, isKept ? lease.markedUntil : 0);
        if (!isKept) ended += await session.execute(sql.END_LEASE, [now, id]);
      }
      return ended;
    },

    addCounts: (deltas) => addCounts(session, deltas),
    counts: async (stream) =>
      new Map(
        await session.selectArrays<readonly [number, number]>(sql.COUNTS, [
          streamId(stream.campaignId, stream.channel),
        ]),
      ),

    choice: (campaignId, bucket) => selectValue<Buffer>(session, sql.CHOICE, [packBucket(campaignId, bucket)]),
    keepChoice: async (campaignId, bucket, choice) => {
      const id = packBucket(campaignId, bucket);
      await session.execute(sql.KEEP_CHOICE, [id, choice]);
      return (await selectValue<Buffer>(session, sql.CHOICE, [id])) ?? choice;
    },

    ...createLedgerDetails(session),
    ...createLedgerForgetting(session),
  };
}

async function frozenBuckets(
  session: MysqlSession,
  audienceId: number,
  rowIds: readonly number[],
): Promise<ReadonlyMap<number, RawBucketRow>> {
  const ids = rowIds.map((id) => packBucket(audienceId, bucketOfId(id)));
  const rows = await session.selectArrays<RawBucketRow>(sql.BUCKETS, [ids], IN_TEXT);
  return new Map(rows.map((row) => [bucketOfId(row[0]), row]));
}

/** A row as it is once its lease was taken. */
const asClaimed =
  (owner: string) =>
  ([id, members, pending, token, , ...rest]: RawLedgerRow): RawLedgerRow => [
    id,
    members,
    pending,
    token + 1,
    owner,
    ...rest,
  ];

/** Rows of one statement: what a turn holds; a row is 1 KB, twice that as text. */
const ROWS_PER_SAVE = 64;

/**
 * Two statements for up to 64 rows: which of them their tokens hold, under the lock, and one upsert of those, which
 * names the token again: a row that is not held stays as it is.
 */
async function saveRows(
  session: MysqlSession,
  writes: readonly LedgerWrite[],
  idOf: (key: BucketKey) => number,
): Promise<readonly boolean[]> {
  const held: boolean[] = [];
  for (let first = 0; first < writes.length; first += ROWS_PER_SAVE) {
    const part = writes.slice(first, first + ROWS_PER_SAVE);
    const tokens = new Map(
      await session.selectArrays<readonly [id: number, token: number]>(sql.TOKENS, [part.map(({ key }) => idOf(key))], {
        isText: true,
        lock: 'change',
      }),
    );
    const isHeld = ({ key, token }: LedgerWrite): boolean => tokens.get(idOf(key)) === token;
    const rows = part.filter(isHeld).map((write) => rowOf(write, idOf(write.key)));
    if (rows.length > 0) await session.execute(sql.SAVE, [rows], IN_TEXT);
    held.push(...part.map(isHeld));
  }
  return held;
}

/** Values in the order of the columns of SAVE. */
function rowOf({ key, token, cells, counts, ...write }: LedgerWrite, id: number): readonly Bound[] {
  const { release, handedOverAt, openSince, lossCount } = write;
  const { pending, sent, failed, unknown, suppressed } = counts;
  const dueAt = release === undefined ? null : earliest(release.nextAttemptAt, release.retryAt);
  if (release !== undefined) {
    assert((dueAt === null) === (pending === 0), 'a released row is due exactly while cells are pending');
  }
  return [
    ...[id, streamId(key.campaignId, key.channel), cells.length],
    ...[pending, sent, failed, unknown, suppressed],
    ...[openSince, handedOverAt, handedOverAt, lossCount, checksum(cells, id), cells],
    ...[release?.nextAttemptAt ?? null, release?.retryAt ?? null, dueAt],
    ...[token, release === undefined ? sql.HELD : sql.RELEASED],
  ];
}

function earliest(left: number | null, right: number | null): number | null {
  if (left === null) return right;
  return right === null ? left : Math.min(left, right);
}

/** Nobody handed over what is marked from this position on. A damaged row stays as it is: whoever claims it next names it. */
async function clearMarks(session: MysqlSession, id: number, from: number): Promise<void> {
  const row = await selectOne<{ readonly crc: number; readonly cells: Buffer }>(session, sql.MARKED_CELLS, [id]);
  if (row === undefined || checksum(row.cells, id) !== row.crc) return;
  const back = takeBackMarks(row.cells, from);
  if (back === undefined) return;
  await session.execute(sql.TAKE_BACK, [back.isOpen ? 1 : 0, checksum(back.unmarked, id), back.unmarked, id]);
}

/**
 * What goes up in one upsert, what goes down by updates: the insert half of an upsert would meet the CHECK with a
 * negative number. Rows in one order for all, so that two who count wait for each other and go on.
 */
async function addCounts(session: MysqlSession, deltas: readonly CountDelta[]): Promise<void> {
  const sums = new Map<string, { readonly stream: number; readonly code: number; members: number }>();
  for (const { campaignId, channel, code, members } of deltas) {
    const stream = streamId(campaignId, channel);
    const sum = sums.get(`${stream}/${code}`) ?? { stream, code, members: 0 };
    sum.members += members;
    sums.set(`${stream}/${code}`, sum);
  }
  const changes = [...sums.values()].sort((left, right) => left.stream - right.stream || left.code - right.code);
  for (const { stream, code, members } of changes) {
    if (members >= 0) continue;
    const found = await session.execute(sql.TAKE_FROM_COUNT, [-members, stream, code]);
    assert(found === 1, `stream ${stream} counts members under code ${code} before they leave it`);
  }
  const rising = changes.filter(({ members }) => members > 0);
  if (rising.length === 0) return;
  const rows = rising.map(({ stream, code, members }) => [stream, code, members]);
  await session.execute(sql.ADD_TO_COUNTS, [rows], IN_TEXT);
}
