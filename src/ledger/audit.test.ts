import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { auditOf, writeBooks } from '../../test/support/audit-books.js';
import { temporarySqliteStore } from '../../test/support/temporary-sqlite.js';
import { SqliteStore } from '../adapters/sqlite/sqlite-store.js';
import { reportAudit } from './audit.js';
import { AUDIT_KINDS, type AuditDifference, type AuditKind } from './audit/audit-difference.js';

/** Packed ids, as the store makes them. */
const BUCKETS = 2 ** 21;
const smsRow = (campaign: number, bucket: number): number => (campaign * 8 + 1) * BUCKETS + bucket;
const bucketId = (audience: number, bucket: number): number => audience * BUCKETS + bucket;

interface Plant {
  readonly kind: AuditKind;
  /** Found with it, where one fault shows at two places. */
  readonly also?: readonly AuditKind[];
  readonly sql: string;
  /** Part of the difference that must be named. */
  readonly named: Partial<AuditDifference>;
}

/** One wrong thing each, in the words of SQL; together they reach every kind. */
const PLANTS: readonly Plant[] = [
  {
    kind: 'audience.bucketNumbers',
    also: ['audience.counts', 'audience.damaged'],
    sql: `UPDATE audience_bucket SET id = id + 1 WHERE id = ${bucketId(3, 1)}`,
    named: { audienceId: 3 as never, bucket: 2, expected: '1', found: '2' },
  },
  {
    kind: 'audience.damaged',
    sql: `UPDATE audience_bucket SET members = zeroblob(length(members)) WHERE id = ${bucketId(3, 1)}`,
    named: { audienceId: 3 as never, bucket: 1 },
  },
  {
    kind: 'audience.overlap',
    also: ['audience.damaged'],
    sql: `UPDATE audience_bucket SET first_ordinal = 500 WHERE id = ${bucketId(3, 1)}`,
    named: { audienceId: 3 as never, bucket: 1, found: '500' },
  },
  {
    kind: 'audience.counts',
    sql: 'UPDATE audience SET member_count = member_count + 1 WHERE audience_id = 3',
    named: { audienceId: 3 as never, expected: '1500', found: '1501' },
  },
  {
    kind: 'audience.stray',
    sql: `INSERT INTO audience_bucket SELECT ${bucketId(77, 0)}, 77, 1, 2, 1, 0, NULL, 0`,
    named: { audienceId: 77 as never },
  },
  {
    kind: 'ledger.rowNumbers',
    also: ['ledger.streamCounts'],
    sql: `DELETE FROM ledger_bucket WHERE id = ${smsRow(3, 1)}`,
    named: { campaignId: 3 as never, channel: 'sms', bucket: 1, found: 'none' },
  },
  {
    kind: 'ledger.rowNumbers',
    sql: `INSERT INTO ledger_bucket (id, stream, member_count, pending_count, due_at) VALUES (${smsRow(2, 9)}, 17, 0, 0, NULL)`,
    named: { campaignId: 2 as never, channel: 'sms', bucket: 9, found: 'one row' },
  },
  {
    kind: 'ledger.damaged',
    sql: `UPDATE ledger_bucket SET crc = crc + 1 WHERE id = ${smsRow(1, 2)}`,
    named: { campaignId: 1 as never, channel: 'sms', bucket: 2 },
  },
  {
    kind: 'ledger.damaged', // one bit: sent (128) became sent, possibly doubled (129)
    also: ['ledger.streamCounts'],
    sql: `UPDATE ledger_bucket SET cells = CAST(X'81' || substr(cells, 2) AS BLOB) WHERE id = ${smsRow(1, 0)}`,
    named: { campaignId: 1 as never, channel: 'sms', bucket: 0 },
  },
  {
    kind: 'ledger.noCode',
    also: ['ledger.damaged', 'ledger.streamCounts'],
    sql: `UPDATE ledger_bucket SET cells = CAST(X'FF' || substr(cells, 2) AS BLOB) WHERE id = ${smsRow(1, 0)}`,
    named: { campaignId: 1 as never, channel: 'sms', bucket: 0, found: '255' },
  },
  {
    kind: 'ledger.rowSize',
    also: ['ledger.damaged', 'ledger.rowCounts', 'ledger.streamCounts'],
    sql: `UPDATE ledger_bucket SET cells = substr(cells, 2) WHERE id = ${smsRow(1, 1)}`,
    named: { campaignId: 1 as never, channel: 'sms', bucket: 1, expected: '1000', found: '999' },
  },
  {
    kind: 'ledger.rowCounts',
    also: ['ledger.streamCounts'],
    sql: `UPDATE ledger_bucket SET sent_count = sent_count - 1, failed_count = failed_count + 1 WHERE id = ${smsRow(1, 1)}`,
    named: { campaignId: 1 as never, channel: 'sms', bucket: 1 },
  },
  {
    kind: 'ledger.due',
    sql: `UPDATE ledger_bucket SET due_at = NULL WHERE id = ${smsRow(2, 0)}`,
    named: { campaignId: 2 as never, channel: 'sms', bucket: 0, found: 'none' },
  },
  {
    kind: 'ledger.due',
    sql: `UPDATE ledger_bucket SET due_at = 1 WHERE id = ${smsRow(1, 2)}`,
    named: { campaignId: 1 as never, channel: 'sms', bucket: 2, found: 'one' },
  },
  {
    kind: 'ledger.handover',
    sql: `UPDATE ledger_bucket SET open_since = NULL WHERE id = ${smsRow(2, 0)}`,
    named: { campaignId: 2 as never, channel: 'sms', bucket: 0, what: 'oldest open hand-over' },
  },
  {
    kind: 'ledger.handover',
    sql: `UPDATE ledger_bucket SET first_handover_at = NULL WHERE id = ${smsRow(1, 2)}`,
    named: { campaignId: 1 as never, channel: 'sms', bucket: 2, what: 'first hand-over' },
  },
  {
    kind: 'ledger.streamCounts',
    sql: 'UPDATE ledger_count SET members = members - 1 WHERE stream = 9 AND code = 128',
    named: { campaignId: 1 as never, channel: 'sms' },
  },
  {
    kind: 'ledger.streamCounts',
    sql: 'UPDATE ledger_count SET code = 129 WHERE stream = 9 AND code = 128',
    named: { campaignId: 1 as never, channel: 'sms', what: 'sentPossiblyDoubled (129) by the counts', expected: '0' },
  },
  {
    kind: 'ledger.stray',
    sql: 'INSERT INTO ledger_count VALUES (4000, 0, 5)',
    named: { campaignId: 500 as never, channel: 'inbox' },
  },
  {
    kind: 'ledger.choice',
    sql: "UPDATE campaign SET policy = 'first' WHERE campaign_id = 2",
    named: { campaignId: 2 as never, channel: 'sms', bucket: 0, found: 'none' },
  },
  {
    kind: 'ledger.details',
    sql: 'INSERT INTO ledger_detail_count VALUES (9, 5)',
    named: { campaignId: 1 as never, channel: 'sms', expected: '0', found: '5' },
  },
  {
    kind: 'store.unreadable',
    sql: `UPDATE campaign_channel SET pause_reasons = '["nonsense"]' WHERE campaign_id = 3`,
    named: {},
  },
  {
    kind: 'campaign.state',
    sql: "UPDATE campaign SET state = 'freezing' WHERE campaign_id = 2",
    named: { campaignId: 2 as never, found: 'freezing' },
  },
  {
    kind: 'campaign.state',
    also: ['events.ghost'],
    sql: 'UPDATE campaign SET ended_at = NULL WHERE campaign_id = 1',
    named: { campaignId: 1 as never, what: 'end' },
  },
  {
    kind: 'campaign.state',
    sql: "UPDATE campaign SET state = 'scheduled' WHERE campaign_id = 3",
    named: { campaignId: 3 as never, what: 'timer' },
  },
  {
    kind: 'campaign.settled',
    sql: 'UPDATE campaign_channel SET settled_at = 5 WHERE campaign_id = 2',
    named: { campaignId: 2 as never, channel: 'sms' },
  },
  {
    kind: 'campaign.settled',
    also: ['events.ghost'],
    sql: "UPDATE campaign SET state = 'running', ended_at = NULL WHERE campaign_id = 1",
    named: { campaignId: 1 as never, expected: 'ended' },
  },
  {
    kind: 'inbox.missing',
    sql: "UPDATE inbox_block SET delivered = CAST(X'7E' || substr(delivered, 2) AS BLOB) WHERE block = 1",
    named: { campaignId: 1 as never, channel: 'inbox', bucket: 1, what: 'ordinals 1000' },
  },
  {
    kind: 'inbox.extra',
    sql: "INSERT INTO inbox_block VALUES (80, 1, CAST(X'01' || zeroblob(124) AS BLOB), NULL)",
    named: { campaignId: 1 as never, channel: 'inbox', what: 'ordinals 80000' },
  },
  {
    kind: 'inbox.form',
    also: ['inbox.extra'],
    sql: 'INSERT INTO inbox_row VALUES (70000, 1, 0)',
    named: { campaignId: 1 as never, found: 'rows without a mark', what: 'block 70 of the inboxes' },
  },
  {
    kind: 'inbox.stray',
    sql: 'INSERT INTO inbox_block VALUES (3, 2, zeroblob(125), NULL)',
    named: { campaignId: 2 as never, what: 'block 3 of the inboxes' },
  },
  {
    kind: 'events.missing',
    also: ['queue.group'],
    sql: "DELETE FROM event WHERE topic = 'campaign.launched' AND key = 'campaign/2'",
    named: { campaignId: 2 as never, what: 'campaign.launched of campaign/2' },
  },
  {
    kind: 'events.doubled',
    sql: "INSERT INTO event (topic, key, body, sent_at) SELECT topic, key, body, sent_at FROM event WHERE topic = 'campaign.completed'",
    named: { campaignId: 1 as never, what: 'campaign.completed of campaign/1' },
  },
  {
    kind: 'events.ghost',
    sql: "INSERT INTO event (topic, key, body, sent_at) VALUES ('campaign.launched', 'campaign/999', '{}', 1)",
    named: { campaignId: 999 as never },
  },
  {
    kind: 'queue.group',
    sql: 'UPDATE consumer_group SET cursor = 10000',
    named: { what: 'mailer on campaign.launched at 10000', found: 'one behind it' },
  },
  {
    kind: 'queue.group',
    sql: "UPDATE delivery SET group_name = 'nobody'",
    named: { found: 'one of none' },
  },
  {
    kind: 'queue.group',
    sql: 'UPDATE delivery SET due_at = NULL',
    named: { found: 'neither: it would wait for ever' },
  },
  {
    kind: 'members.block',
    sql: "UPDATE population_flags SET flags = CAST(X'FFFF' || substr(flags, 3) AS BLOB)",
    named: {},
  },
];

describe('the auditor', () => {
  const template = temporarySqliteStore();
  const { clock } = template;
  const folder = mkdtempSync(join(tmpdir(), 'fanfare-audit-'));
  const pristine = join(folder, 'pristine.db');

  beforeAll(async () => {
    await writeBooks(template.store);
    const database = new Database(template.file);
    database.prepare('VACUUM INTO ?').run(pristine);
    database.close();
  });
  afterAll(async () => {
    await template.remove();
    rmSync(folder, { recursive: true });
  });

  it('finds nothing in books that balance, and says what it looked at', async () => {
    const { differences, summary } = await reportAudit(auditOf(template));
    expect(differences).toEqual([]);
    expect(summary).toEqual({
      audiences: 3,
      campaigns: 3,
      ledgerRows: 9,
      cells: 8_500,
      memberBlocks: 1,
      differences: 0,
    });
  });

  it.each(PLANTS.map((plant, index) => ({ ...plant, index })))(
    'names $kind ($sql)',
    async ({ kind, also, sql, named, index }) => {
      const file = join(folder, `plant-${index}.db`);
      copyFileSync(pristine, file);
      const database = new Database(file);
      expect(database.prepare(sql).run().changes).toBeGreaterThan(0);
      database.close();
      const store = new SqliteStore({ file, clock });
      const { differences } = await reportAudit(auditOf({ store, clock }));
      await store.close();
      expect(differences.filter((found) => found.kind === kind)).toContainEqual(expect.objectContaining(named));
      const kinds = new Set(differences.map((found) => found.kind));
      expect([...kinds].sort()).toEqual([kind, ...(also ?? [])].sort());
    },
  );

  it('has a planted fault for each kind that it knows', () => {
    const kinds = AUDIT_KINDS.filter((kind) => kind !== 'store.structure'); // planted below SQL: audit-plants.test.ts
    expect([...new Set(PLANTS.map(({ kind }) => kind))].sort()).toEqual(kinds.sort());
  });

  it('stops when it is told to', async () => {
    await expect(reportAudit(auditOf(template), { signal: AbortSignal.abort(new Error('enough')) })).rejects.toThrow(
      'enough',
    );
  });
});
