import { assert } from '../../core/assert.js';
import { CHANNELS } from '../../core/channels.js';
import { audienceId as toAudienceId, campaignId as toCampaignId } from '../../core/ids.js';
import { BLOCK_SIZE } from '../../core/ranges.js';
import type { AuditRepository, StrayStream } from '../../ledger/audit/audit-repository.js';
import { AUDIT_ROW_COLUMNS, toStoredBucket, toStoredRow, type RawAuditRow } from '../stored/audit-rows.js';
import { BUCKET_COLUMNS, type RawBucketRow } from '../stored/ledger-rows.js';
import { bucketIds, campaignOfStream, channelOfStream, packBucket, streamId } from '../stored/packed-ids.js';
import { createEventAudit } from './audit-events.js';
import { createInboxAudit } from './audit-inbox.js';
import { selectValue, selectValues, type MysqlSession } from './session.js';

const AUDIENCE_IDS = 'SELECT audience_id FROM audience WHERE audience_id > ? ORDER BY audience_id LIMIT ?';
const BUCKETS = `SELECT ${BUCKET_COLUMNS} FROM audience_bucket WHERE id >= ? AND id < ? ORDER BY id LIMIT ?`;
const ROWS = `SELECT ${AUDIT_ROW_COLUMNS} FROM ledger_bucket WHERE id >= ? AND id < ? ORDER BY id LIMIT ?`;
/** Sums are DECIMAL, which the driver reads as text. */
const TOTALS = `
  SELECT COUNT(*), CAST(COALESCE(SUM(pending_count), 0) AS SIGNED), CAST(COALESCE(SUM(sent_count), 0) AS SIGNED),
    CAST(COALESCE(SUM(failed_count), 0) AS SIGNED), CAST(COALESCE(SUM(unknown_count), 0) AS SIGNED),
    CAST(COALESCE(SUM(suppressed_count), 0) AS SIGNED)
  FROM ledger_bucket WHERE id >= ? AND id < ?`;
const DETAILS_KEPT = 'SELECT COUNT(*) FROM ledger_detail WHERE stream = ?';
const DETAILS_COUNTED = 'SELECT details FROM ledger_detail_count WHERE stream = ?';
const LAST_MEMBER_BLOCK = `
  SELECT GREATEST(COALESCE((SELECT MAX(ordinal) FROM member_core) DIV ${BLOCK_SIZE}, -1),
    COALESCE((SELECT MAX(ordinal) FROM member_profile) DIV ${BLOCK_SIZE}, -1),
    COALESCE((SELECT MAX(block) FROM population_block), -1), COALESCE((SELECT MAX(block) FROM population_flags), -1))`;

const NEXT_BUCKET = 'SELECT MIN(id) FROM audience_bucket WHERE id >= ?';
const NEXT_ROW = 'SELECT MIN(id) FROM ledger_bucket WHERE id >= ?';
const HAS_AUDIENCE = 'SELECT 1 FROM audience WHERE audience_id = ?';
const HAS_CHANNEL = 'SELECT 1 FROM campaign_channel WHERE campaign_id = ? AND channel = ?';
const BESIDE_ROWS = 'SELECT DISTINCT stream FROM ledger_count UNION SELECT stream FROM ledger_detail_count';

const TABLES = `
  SELECT table_name FROM information_schema.tables
  WHERE table_schema = DATABASE() AND table_type = 'BASE TABLE' ORDER BY table_name`;
const CHECK_TABLE = 'CHECK TABLE ??';

type RawTotals = readonly [
  rows: number,
  pending: number,
  sent: number,
  failed: number,
  unknown: number,
  suppressed: number,
];

/** The books over MySQL, read without trust. */
export function createAuditRepository(session: MysqlSession): AuditRepository {
  return {
    audienceIds: async (after, limit) =>
      (await selectValues<number>(session, AUDIENCE_IDS, [after ?? 0, limit])).map(toAudienceId),
    buckets: async (audienceId, firstBucket, limit) => {
      const values = [packBucket(audienceId, firstBucket), bucketIds(audienceId).until, limit];
      return (await session.selectArrays<RawBucketRow>(BUCKETS, values)).map(toStoredBucket);
    },
    rows: async ({ campaignId, channel }, firstBucket, limit) => {
      const stream = streamId(campaignId, channel);
      const values = [packBucket(stream, firstBucket), bucketIds(stream).until, limit];
      return (await session.selectArrays<RawAuditRow>(ROWS, values)).map(toStoredRow);
    },
    rowTotals: async ({ campaignId, channel }) => {
      const { from, until } = bucketIds(streamId(campaignId, channel));
      const [found] = await session.selectArrays<RawTotals>(TOTALS, [from, until]);
      assert(found !== undefined, 'an aggregate answers one row');
      const [rows, pending, sent, failed, unknown, suppressed] = found;
      return { rows, counts: { pending, sent, failed, unknown, suppressed } };
    },
    detailCounts: async ({ campaignId, channel }) => {
      const stream = streamId(campaignId, channel);
      const kept = (await selectValue<number>(session, DETAILS_KEPT, [stream])) ?? 0;
      return { kept, counted: (await selectValue<number>(session, DETAILS_COUNTED, [stream])) ?? 0 };
    },
    structureFindings: (limit) => structureFindings(session, limit),
    lastMemberBlock: async () => (await selectValue<number>(session, LAST_MEMBER_BLOCK, [])) ?? -1,
    strayAudiences: async (limit) => {
      const strays: number[] = [];
      for (const owner of await ownersBy(session, NEXT_BUCKET)) {
        if ((await selectValue(session, HAS_AUDIENCE, [owner])) === undefined) strays.push(owner);
      }
      return strays.slice(0, limit).map(toAudienceId);
    },
    strayStreams: async (limit) => {
      const beside = await selectValues<number>(session, BESIDE_ROWS, []);
      const strays: StrayStream[] = [];
      for (const stream of new Set([...(await ownersBy(session, NEXT_ROW)), ...beside])) {
        const [campaignId, channel] = [campaignOfStream(stream), channelOfStream(stream)];
        if ((await selectValue(session, HAS_CHANNEL, [campaignId, channel])) !== undefined) continue;
        strays.push({ campaignId: toCampaignId(campaignId), channel: CHANNELS[channel] });
      }
      return strays.slice(0, limit);
    },
    ...createInboxAudit(session),
    ...createEventAudit(session),
  };
}

/** Owners are found by skipping from one to the next over the packed ids: as many steps as there are owners. */
async function ownersBy(session: MysqlSession, nextId: string): Promise<readonly number[]> {
  const ownerWidth = bucketIds(0).until;
  const owners: number[] = [];
  for (let from = 0; ;) {
    const id = (await selectValue<number | null>(session, nextId, [from])) ?? null;
    if (id === null) return owners;
    const owner = Math.floor(id / ownerWidth);
    owners.push(owner);
    from = (owner + 1) * ownerWidth;
  }
}

/** What the server says of each table that is not well. */
async function structureFindings(session: MysqlSession, limit: number): Promise<readonly string[]> {
  const findings: string[] = [];
  for (const table of await selectValues<string>(session, TABLES, [])) {
    const answers = await session.selectRows<{ readonly Table: string; readonly Msg_text: string }>(
      CHECK_TABLE.replace('??', `\`${table}\``),
      [],
      { isText: true },
    );
    const bad = answers.filter(({ Msg_text: words }) => words !== 'OK');
    findings.push(...bad.map(({ Table: name, Msg_text: words }) => `${name}: ${words}`));
  }
  return findings.slice(0, limit);
}
