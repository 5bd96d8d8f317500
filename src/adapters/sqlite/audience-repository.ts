import type Database from 'better-sqlite3';
import { assert } from '../../core/assert.js';
import type { AudienceRepository } from '../../campaign/audience-repository.js';
import { MEMBER_FORMS, type BucketMembers, type FrozenBucket } from '../../ledger/bucket-members.js';
import { toAudience, type AudienceRow } from '../stored/audience-rows.js';
import { checksum } from '../stored/cells-crc.js';
import { BUCKET_COLUMNS, bucketBytes, toFrozenBucket, type RawBucketRow } from '../stored/ledger-rows.js';
import { bucketIds, packBucket } from '../stored/packed-ids.js';

/** Refuses a step that was taken before: the count of buckets names the state it goes on from. */
const MOVE_CURSOR = `
  UPDATE audience SET freeze_cursor = ?, member_count = member_count + ?, bucket_count = bucket_count + ?
  WHERE audience_id = ? AND bucket_count = ? AND frozen_at IS NULL`;

/** By index audience_bucket_by_ordinal; ranges of one audience never overlap, so the last that starts before is it. */
const BUCKET_OF = `
  SELECT ${BUCKET_COLUMNS} FROM audience_bucket
  WHERE audience_id = ? AND first_ordinal <= ? ORDER BY first_ordinal DESC LIMIT 1`;

/** The bucket that starts at or before `from`, and all that start after it, before `until`. */
const TOUCHING = `
  SELECT ${BUCKET_COLUMNS} FROM audience_bucket
  WHERE audience_id = ? AND first_ordinal < ? AND first_ordinal >= coalesce(
    (SELECT first_ordinal FROM audience_bucket WHERE audience_id = ? AND first_ordinal <= ?
     ORDER BY first_ordinal DESC LIMIT 1), 0)
  ORDER BY first_ordinal`;

/** Audiences over SQLite. Every bucket read is checked against its check sum. */
export function createAudienceRepository(database: Database.Database): AudienceRepository {
  const insert = database.prepare<[number, string]>('INSERT INTO audience (audience_id, definition) VALUES (?, ?)');
  const find = database.prepare<[number], AudienceRow>('SELECT * FROM audience WHERE audience_id = ?');
  const remove = database.prepare<[number]>('DELETE FROM audience WHERE audience_id = ?');
  const removeBuckets = database.prepare<[number, number]>('DELETE FROM audience_bucket WHERE id >= ? AND id < ?');
  const moveCursor = database.prepare<[number, number, number, number, number]>(MOVE_CURSOR);
  const markFrozen = database.prepare<[number, number]>(
    'UPDATE audience SET frozen_at = ? WHERE audience_id = ? AND frozen_at IS NULL',
  );
  const insertBucket = database.prepare<[number, number, number, number, number, number, Uint8Array | null, number]>(`
    INSERT INTO audience_bucket (id, audience_id, first_ordinal, until_ordinal, member_count, form, members, crc)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?)`);
  const bucketsFrom = database
    .prepare<[number, number, number], RawBucketRow>(
      `SELECT ${BUCKET_COLUMNS} FROM audience_bucket WHERE id >= ? AND id < ? ORDER BY id LIMIT ?`,
    )
    .raw();
  const bucketOf = database.prepare<[number, number], RawBucketRow>(BUCKET_OF).raw();
  const touching = database.prepare<[number, number, number, number], RawBucketRow>(TOUCHING).raw();

  const appendBucket = (audienceId: number, bucket: number, members: BucketMembers): void => {
    const id = packBucket(audienceId, bucket);
    const { from, until, memberCount, form } = members;
    const crc = checksum(bucketBytes(members), id);
    insertBucket.run(id, audienceId, from, until, memberCount, MEMBER_FORMS.indexOf(form), members.members, crc);
  };

  return {
    insert: async (audienceId, definition) => {
      insert.run(audienceId, JSON.stringify(definition));
    },
    find: async (audienceId) => {
      const row = find.get(audienceId);
      return row === undefined ? undefined : toAudience(row);
    },
    append: async (audienceId, { firstBucket, buckets, cursor }) => {
      let memberCount = 0;
      buckets.forEach((members, index) => {
        appendBucket(audienceId, firstBucket + index, members);
        memberCount += members.memberCount;
      });
      const moved = moveCursor.run(cursor, memberCount, buckets.length, audienceId, firstBucket);
      assert(moved.changes === 1, `audience ${audienceId} is being frozen and has ${firstBucket} buckets`);
    },
    markFrozen: async (audienceId, frozenAt) => {
      assert(markFrozen.run(frozenAt, audienceId).changes === 1, `audience ${audienceId} is frozen once`);
    },
    remove: async (audienceId) => {
      const { from, until } = bucketIds(audienceId);
      removeBuckets.run(from, until);
      remove.run(audienceId);
    },
    buckets: async (audienceId, firstBucket, limit) =>
      bucketsFrom.all(packBucket(audienceId, firstBucket), bucketIds(audienceId).until, limit).map(toFrozenBucket),
    bucketOf: async (audienceId, ordinal) => {
      const row = bucketOf.get(audienceId, ordinal);
      const bucket = row === undefined ? undefined : toFrozenBucket(row);
      return bucket !== undefined && ordinal < bucket.until ? bucket : undefined;
    },
    bucketsOf: async (audienceId, ordinals) => {
      const found: FrozenBucket[] = [];
      let until = 0;
      for (const ordinal of [...ordinals].sort((left, right) => left - right)) {
        const row = ordinal < until ? undefined : bucketOf.get(audienceId, ordinal);
        const bucket = row === undefined ? undefined : toFrozenBucket(row);
        if (bucket === undefined || ordinal >= bucket.until) continue;
        found.push(bucket);
        ({ until } = bucket);
      }
      return found;
    },
    bucketsTouching: async (audienceId, from, until) =>
      touching
        .all(audienceId, until, audienceId, from)
        .map(toFrozenBucket)
        .filter((bucket) => bucket.until > from),
  };
}
