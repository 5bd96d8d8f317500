import type Database from 'better-sqlite3';
import { assert } from '../../core/assert.js';
import { CHANNELS } from '../../core/channels.js';
import { audienceId as toAudienceId, campaignId as toCampaignId } from '../../core/ids.js';
import { BLOCK_SIZE } from '../../core/ranges.js';
import type { AuditRepository, StrayStream } from '../../ledger/audit/audit-repository.js';
import { createEventAudit } from './audit-events.js';
import { createInboxAudit } from './audit-inbox.js';
import { AUDIT_ROW_COLUMNS, toStoredBucket, toStoredRow, type RawAuditRow } from '../stored/audit-rows.js';
import { BUCKET_COLUMNS, type RawBucketRow } from '../stored/ledger-rows.js';
import { bucketIds, campaignOfStream, channelOfStream, packBucket, streamId } from '../stored/packed-ids.js';

type RawTotals = [rows: number, pending: number, sent: number, failed: number, unknown: number, suppressed: number];

/** The books over SQLite, read without trust. */
export function createAuditRepository(database: Database.Database): AuditRepository {
  const audienceIds = database
    .prepare<[number, number], number>(
      'SELECT audience_id FROM audience WHERE audience_id > ? ORDER BY audience_id LIMIT ?',
    )
    .pluck();
  const buckets = database
    .prepare<[number, number, number], RawBucketRow>(
      `SELECT ${BUCKET_COLUMNS} FROM audience_bucket WHERE id >= ? AND id < ? ORDER BY id LIMIT ?`,
    )
    .raw();
  const rows = database
    .prepare<[number, number, number], RawAuditRow>(
      `SELECT ${AUDIT_ROW_COLUMNS} FROM ledger_bucket WHERE id >= ? AND id < ? ORDER BY id LIMIT ?`,
    )
    .raw();
  const totals = database
    .prepare<[number, number], RawTotals>(
      `SELECT count(*), total(pending_count), total(sent_count), total(failed_count), total(unknown_count),
         total(suppressed_count) FROM ledger_bucket WHERE id >= ? AND id < ?`,
    )
    .raw();

  const detailCounts = database.prepare<[number, number], { readonly kept: number; readonly counted: number }>(
    `SELECT (SELECT count(*) FROM ledger_detail WHERE stream = ?) AS kept,
       coalesce((SELECT details FROM ledger_detail_count WHERE stream = ?), 0) AS counted`,
  );

  const lastMemberBlock = database
    .prepare<[], number>(
      `SELECT max(coalesce((SELECT max(ordinal) FROM member_core) / ${BLOCK_SIZE}, -1),
         coalesce((SELECT max(ordinal) FROM member_profile) / ${BLOCK_SIZE}, -1),
         coalesce((SELECT max(block) FROM population_block), -1),
         coalesce((SELECT max(block) FROM population_flags), -1))`,
    )
    .pluck();

  return {
    audienceIds: async (after, limit) => audienceIds.all(after ?? 0, limit).map(toAudienceId),
    buckets: async (audienceId, firstBucket, limit) =>
      buckets.all(packBucket(audienceId, firstBucket), bucketIds(audienceId).until, limit).map(toStoredBucket),
    rows: async ({ campaignId, channel }, firstBucket, limit) => {
      const stream = streamId(campaignId, channel);
      return rows.all(packBucket(stream, firstBucket), bucketIds(stream).until, limit).map(toStoredRow);
    },
    rowTotals: async ({ campaignId, channel }) => {
      const { from, until } = bucketIds(streamId(campaignId, channel));
      const found = totals.get(from, until);
      assert(found !== undefined, 'an aggregate answers one row');
      const [count, pending, sent, failed, unknown, suppressed] = found;
      return { rows: count, counts: { pending, sent, failed, unknown, suppressed } };
    },
    detailCounts: async ({ campaignId, channel }) => {
      const stream = streamId(campaignId, channel);
      const found = detailCounts.get(stream, stream);
      assert(found !== undefined, 'a query without a table answers one row');
      return found;
    },
    structureFindings: async (limit) => {
      const found = database.pragma(`integrity_check(${limit})`) as { readonly integrity_check: string }[]; // SQLite's shape
      return found.map(({ integrity_check: words }) => words).filter((words) => words !== 'ok');
    },
    lastMemberBlock: async () => lastMemberBlock.get() ?? -1,
    ...createStrays(database),
    ...createInboxAudit(database),
    ...createEventAudit(database),
  };
}

/** Owners are found by skipping from one to the next over the packed ids: as many steps as there are owners. */
function createStrays(database: Database.Database): Pick<AuditRepository, 'strayAudiences' | 'strayStreams'> {
  const nextBucket = database
    .prepare<[number], number | null>('SELECT min(id) FROM audience_bucket WHERE id >= ?')
    .pluck();
  const nextRow = database.prepare<[number], number | null>('SELECT min(id) FROM ledger_bucket WHERE id >= ?').pluck();
  const hasAudience = database.prepare<[number], number>('SELECT 1 FROM audience WHERE audience_id = ?').pluck();
  const hasChannel = database
    .prepare<[number, number], number>('SELECT 1 FROM campaign_channel WHERE campaign_id = ? AND channel = ?')
    .pluck();
  const besideRows = database
    .prepare<[], number>('SELECT DISTINCT stream FROM ledger_count UNION SELECT stream FROM ledger_detail_count')
    .pluck();

  const isStray = (stream: number): boolean =>
    hasChannel.get(campaignOfStream(stream), channelOfStream(stream)) === undefined;
  return {
    strayAudiences: async (limit) =>
      [...ownersOf(nextBucket)]
        .filter((owner) => hasAudience.get(owner) === undefined)
        .slice(0, limit)
        .map(toAudienceId),
    strayStreams: async (limit) => {
      const streams = new Set([...ownersOf(nextRow), ...besideRows.all()].filter(isStray));
      return [...streams].slice(0, limit).map((stream): StrayStream => ({
        campaignId: toCampaignId(campaignOfStream(stream)),
        channel: CHANNELS[channelOfStream(stream)],
      }));
    },
  };
}

function* ownersOf(nextId: Database.Statement<[number], number | null>): Generator<number> {
  const ownerWidth = bucketIds(0).until;
  for (let id = nextId.get(0) ?? null; id !== null;) {
    const owner = Math.floor(id / ownerWidth);
    yield owner;
    id = nextId.get((owner + 1) * ownerWidth) ?? null;
  }
}
