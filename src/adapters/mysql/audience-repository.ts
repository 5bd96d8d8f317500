import { assert } from '../../core/assert.js';
import type { AudienceRepository } from '../../campaign/audience-repository.js';
import { MEMBER_FORMS } from '../../ledger/bucket-members.js';
import { toAudience, type AudienceRow } from '../stored/audience-rows.js';
import { checksum } from '../stored/cells-crc.js';
import { BUCKET_COLUMNS, bucketBytes, toFrozenBucket, type RawBucketRow } from '../stored/ledger-rows.js';
import { bucketIds, packBucket } from '../stored/packed-ids.js';
import { selectIn } from './bounded-lists.js';
import { selectOne, type Bound, type MysqlSession } from './session.js';

const INSERT = 'INSERT INTO audience (audience_id, definition) VALUES (?, ?)';
const FIND = 'SELECT * FROM audience WHERE audience_id = ?';
const REMOVE = 'DELETE FROM audience WHERE audience_id = ?';
const REMOVE_BUCKETS = 'DELETE FROM audience_bucket WHERE id >= ? AND id < ?';
const MARK_FROZEN = 'UPDATE audience SET frozen_at = ? WHERE audience_id = ? AND frozen_at IS NULL';

/** Refuses a step that was taken before: the count of buckets names the state it goes on from. */
const MOVE_CURSOR = `
  UPDATE audience SET freeze_cursor = ?, member_count = member_count + ?, bucket_count = bucket_count + ?
  WHERE audience_id = ? AND bucket_count = ? AND frozen_at IS NULL`;

const INSERT_BUCKETS = `
  INSERT INTO audience_bucket (id, audience_id, first_ordinal, until_ordinal, member_count, form, members, crc)
  VALUES ?`;
/** Rows of one statement: 1 KB each at most, twice that as text. */
const ROWS_PER_INSERT = 500;

const BUCKETS_FROM = `SELECT ${BUCKET_COLUMNS} FROM audience_bucket WHERE id >= ? AND id < ? ORDER BY id LIMIT ?`;
/** By index audience_bucket_by_ordinal; ranges of one audience never overlap, so the last that starts before is it. */
const BUCKET_OF = `
  SELECT ${BUCKET_COLUMNS} FROM audience_bucket
  WHERE audience_id = ? AND first_ordinal <= ? ORDER BY first_ordinal DESC LIMIT 1`;
/** The bucket that starts at or before `from`, and all that start after it, before `until`. */
const TOUCHING = `
  SELECT ${BUCKET_COLUMNS} FROM audience_bucket
  WHERE audience_id = ? AND first_ordinal < ? AND first_ordinal >= COALESCE(
    (SELECT first_ordinal FROM audience_bucket WHERE audience_id = ? AND first_ordinal <= ?
     ORDER BY first_ordinal DESC LIMIT 1), 0)
  ORDER BY first_ordinal`;

/** Where the buckets between two ordinals begin: 16 bytes each out of the index, 10,000 of them for ten million members. */
const STARTS = `
  SELECT id, first_ordinal FROM audience_bucket
  WHERE audience_id = ? AND first_ordinal <= ? AND first_ordinal >= COALESCE(
    (SELECT MAX(first_ordinal) FROM audience_bucket WHERE audience_id = ? AND first_ordinal <= ?), 0)
  ORDER BY first_ordinal`;
const BUCKETS_IN = `SELECT ${BUCKET_COLUMNS} FROM audience_bucket WHERE id IN (?)`;

/** Audiences over MySQL. Every bucket read is checked against its check sum. */
export function createAudienceRepository(session: MysqlSession): AudienceRepository {
  const bucketsBy = async (sql: string, values: readonly Bound[]) =>
    (await session.selectArrays<RawBucketRow>(sql, values)).map(toFrozenBucket);
  return {
    insert: async (audienceId, definition) => {
      await session.execute(INSERT, [audienceId, JSON.stringify(definition)]);
    },
    find: async (audienceId) => {
      const row = await selectOne<AudienceRow>(session, FIND, [audienceId]);
      return row === undefined ? undefined : toAudience(row);
    },
    append: async (audienceId, { firstBucket, buckets, cursor }) => {
      // First the cursor: it is the lock of the audience, and refuses before anything is written.
      const memberCount = buckets.reduce((sum, members) => sum + members.memberCount, 0);
      const moved = await session.execute(MOVE_CURSOR, [cursor, memberCount, buckets.length, audienceId, firstBucket]);
      assert(moved === 1, `audience ${audienceId} is being frozen and has ${firstBucket} buckets`);
      const rows = buckets.map((members, index) => {
        const id = packBucket(audienceId, firstBucket + index);
        const { from, until, form } = members;
        const crc = checksum(bucketBytes(members), id);
        return [id, audienceId, from, until, members.memberCount, MEMBER_FORMS.indexOf(form), members.members, crc];
      });
      for (let first = 0; first < rows.length; first += ROWS_PER_INSERT) {
        await session.execute(INSERT_BUCKETS, [rows.slice(first, first + ROWS_PER_INSERT)], { isText: true });
      }
    },
    markFrozen: async (audienceId, frozenAt) => {
      const marked = await session.execute(MARK_FROZEN, [frozenAt, audienceId]);
      assert(marked === 1, `audience ${audienceId} is frozen once`);
    },
    remove: async (audienceId) => {
      const { from, until } = bucketIds(audienceId);
      await session.execute(REMOVE_BUCKETS, [from, until]);
      await session.execute(REMOVE, [audienceId]);
    },
    buckets: (audienceId, firstBucket, limit) =>
      bucketsBy(BUCKETS_FROM, [packBucket(audienceId, firstBucket), bucketIds(audienceId).until, limit]),
    bucketOf: async (audienceId, ordinal) => {
      const [bucket] = await bucketsBy(BUCKET_OF, [audienceId, ordinal]);
      return bucket !== undefined && ordinal < bucket.until ? bucket : undefined;
    },
    bucketsOf: async (audienceId, ordinals) => {
      const asked = [...ordinals].sort((left, right) => left - right);
      const [first, last] = [asked.at(0), asked.at(-1)];
      if (first === undefined || last === undefined) return [];
      const range = [audienceId, last, audienceId, first];
      const starts = await session.selectArrays<readonly [id: number, firstOrdinal: number]>(STARTS, range);
      const ids = bucketIdsOf(asked, starts);
      const found = (await selectIn<RawBucketRow>(session, BUCKETS_IN, ids)).map(toFrozenBucket);
      return found
        .filter(({ from, until }) => asked.some((ordinal) => ordinal >= from && ordinal < until))
        .sort((left, right) => left.bucket - right.bucket);
    },
    bucketsTouching: async (audienceId, from, until) =>
      (await bucketsBy(TOUCHING, [audienceId, until, audienceId, from])).filter((bucket) => bucket.until > from),
  };
}

/** The last bucket that begins at or before each ordinal; both ascend. */
function bucketIdsOf(
  ordinals: readonly number[],
  starts: readonly (readonly [id: number, firstOrdinal: number])[],
): readonly number[] {
  const ids = new Set<number>();
  let next = 0;
  for (const ordinal of ordinals) {
    while ((starts[next]?.[1] ?? Infinity) <= ordinal) next++;
    const id = starts[next - 1]?.[0];
    if (id !== undefined) ids.add(id);
  }
  return [...ids];
}
