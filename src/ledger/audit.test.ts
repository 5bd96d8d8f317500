import { couponId } from '../core/ids.js';
import { auditMoves } from './audit/audit-moves.js';
import { auditOrders } from './audit/audit-orders.js';
import { AuditRun } from './audit/audit-run.js';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { auditOf, writeBooks, writeCoupons, writeIssued } from '../../test/support/audit-books.js';
import { temporaryStore, type TemporaryStore } from '../../test/support/temporary-store.js';
import { writeBit } from '../core/ranges.js';
import { reportAudit } from './audit.js';
import { AUDIT_KINDS, type AuditDifference, type AuditKind } from './audit/audit-difference.js';

/** Packed ids, as the store makes them. */
const BUCKETS = 2 ** 21;
const smsRow = (campaign: number, bucket: number): number => (campaign * 8 + 1) * BUCKETS + bucket;
const bucketId = (audience: number, bucket: number): number => audience * BUCKETS + bucket;

interface PlantedBytes {
  /** Selects them. */
  readonly from: string;
  readonly change: (bytes: Buffer) => Uint8Array;
}

interface Plant {
  readonly kind: AuditKind;
  /** Found with it, where one fault shows at two places. */
  readonly also?: readonly AuditKind[];
  /** The same, by a store that comes by there. */
  readonly perhaps?: readonly AuditKind[];
  readonly sql: string;
  /** What is bound to its only `?`. */
  readonly bytes?: PlantedBytes;
  /** Part of the difference that must be named. */
  readonly named: Partial<AuditDifference>;
}

const blank = (bytes: Buffer): Uint8Array => new Uint8Array(bytes.length);
const beginningWith =
  (...first: readonly number[]) =>
  (bytes: Buffer): Uint8Array =>
    Buffer.concat([Buffer.from(first), bytes.subarray(first.length)]);
/** Some block, for its size. */
const BLOCK = 'SELECT delivered FROM inbox_block LIMIT 1';

const BITS = 'SELECT bits FROM coupon_bits WHERE coupon_id = 3';
const withBit =
  (index: number, value: boolean) =>
  (bytes: Buffer): Uint8Array => {
    writeBit(bytes, index, value);
    return bytes;
  };

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
    sql: `UPDATE audience_bucket SET members = ? WHERE id = ${bucketId(3, 1)}`,
    bytes: { from: `SELECT members FROM audience_bucket WHERE id = ${bucketId(3, 1)}`, change: blank },
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
    sql: `UPDATE ledger_bucket SET cells = ? WHERE id = ${smsRow(1, 0)}`,
    bytes: { from: `SELECT cells FROM ledger_bucket WHERE id = ${smsRow(1, 0)}`, change: beginningWith(0x81) },
    named: { campaignId: 1 as never, channel: 'sms', bucket: 0 },
  },
  {
    kind: 'ledger.noCode',
    also: ['ledger.damaged', 'ledger.streamCounts'],
    sql: `UPDATE ledger_bucket SET cells = ? WHERE id = ${smsRow(1, 0)}`,
    bytes: { from: `SELECT cells FROM ledger_bucket WHERE id = ${smsRow(1, 0)}`, change: beginningWith(0xff) },
    named: { campaignId: 1 as never, channel: 'sms', bucket: 0, found: '255' },
  },
  {
    kind: 'ledger.rowSize',
    also: ['ledger.damaged', 'ledger.rowCounts', 'ledger.streamCounts'],
    sql: `UPDATE ledger_bucket SET cells = ? WHERE id = ${smsRow(1, 1)}`,
    bytes: {
      from: `SELECT cells FROM ledger_bucket WHERE id = ${smsRow(1, 1)}`,
      change: (cells) => cells.subarray(1),
    },
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
    sql: 'UPDATE inbox_block SET delivered = ? WHERE block = 1',
    bytes: { from: 'SELECT delivered FROM inbox_block WHERE block = 1', change: beginningWith(0x7e) },
    named: { campaignId: 1 as never, channel: 'inbox', bucket: 1, what: 'ordinals 1000' },
  },
  {
    kind: 'inbox.extra',
    sql: 'INSERT INTO inbox_block VALUES (80, 1, ?, NULL)',
    bytes: { from: BLOCK, change: (bytes) => beginningWith(0x01)(Buffer.from(blank(bytes))) },
    named: { campaignId: 1 as never, channel: 'inbox', what: 'ordinals 80000' },
  },
  {
    kind: 'inbox.form',
    perhaps: ['inbox.extra'],
    sql: 'INSERT INTO inbox_row VALUES (70000, 1, 0)',
    named: { campaignId: 1 as never, found: 'rows without a mark', what: 'block 70 of the inboxes' },
  },
  {
    kind: 'inbox.stray',
    sql: 'INSERT INTO inbox_block VALUES (3, 2, ?, NULL)',
    bytes: { from: BLOCK, change: blank },
    named: { campaignId: 2 as never, what: 'block 3 of the inboxes' },
  },
  {
    kind: 'events.missing',
    also: ['queue.group'],
    sql: "DELETE FROM event WHERE topic = 'campaign.launched' AND {event.key} = 'campaign/2'",
    named: { campaignId: 2 as never, what: 'campaign.launched of campaign/2' },
  },
  {
    kind: 'events.doubled',
    sql: "INSERT INTO event (topic, {event.key}, body, sent_at) SELECT topic, {event.key}, body, sent_at FROM event WHERE topic = 'campaign.completed'",
    named: { campaignId: 1 as never, what: 'campaign.completed of campaign/1' },
  },
  {
    kind: 'events.ghost',
    sql: "INSERT INTO event (topic, {event.key}, body, sent_at) VALUES ('campaign.launched', 'campaign/999', '{}', 1)",
    named: { campaignId: 999 as never },
  },
  {
    kind: 'queue.group',
    sql: 'UPDATE consumer_group SET {group.cursor} = 10000',
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
    sql: 'UPDATE population_flags SET flags = ?',
    bytes: { from: 'SELECT flags FROM population_flags', change: beginningWith(0xff, 0xff) },
    named: {},
  },
  {
    kind: 'coupon.counts',
    sql: 'UPDATE coupon_stock SET granted = granted + 1 WHERE coupon_id = 1',
    named: { what: 'coupon 1', expected: '1201 granted, as it counts', found: '1200 grants' },
  },
  {
    kind: 'coupon.counts',
    sql: 'DELETE FROM coupon_journal WHERE coupon_id = 1 AND position = 700',
    named: { what: 'coupon 1', found: '1199 in its journal' },
  },
  {
    kind: 'coupon.journal',
    sql: 'UPDATE coupon_journal SET ordinal = 9999 WHERE coupon_id = 1 AND position = 3',
    named: { what: 'grant 1-9999-1', found: 'no such grant' },
  },
  {
    kind: 'coupon.state',
    sql: "UPDATE coupon_grant SET order_id = 'o-9' WHERE coupon_id = 1 AND ordinal = 5 AND n = 1",
    named: { what: 'grant 1-5-1', expected: 'redeemed by o-1 for 500', found: 'redeemed by o-9 for 500' },
  },
  {
    kind: 'coupon.state',
    sql: 'UPDATE coupon_grant SET state = 0, order_id = NULL, amount_minor = NULL, lock_ends_at = NULL WHERE coupon_id = 1 AND state = 1',
    named: { what: 'grant 1-6-1', expected: 'locked by o-2 for 500 until 1800000001000', found: 'available' },
  },
  {
    kind: 'coupon.state',
    sql: 'UPDATE coupon_grant SET lock_ends_at = lock_ends_at + 1 WHERE coupon_id = 1 AND state = 1',
    named: {
      what: 'grant 1-6-1',
      expected: 'locked by o-2 for 500 until 1800000001000',
      found: 'locked by o-2 for 500 until 1800000001001',
    },
  },
  {
    kind: 'coupon.state',
    sql: 'UPDATE coupon_grant SET state = 4 WHERE coupon_id = 1 AND ordinal = 590 AND n = 1',
    named: { what: 'grant 1-590-1', expected: 'available', found: 'revoked' },
  },
  {
    kind: 'coupon.counts',
    sql: 'UPDATE coupon_stock SET redeemed_minor = 501 WHERE coupon_id = 1',
    named: { what: 'coupon 1', expected: '501 redeemedMinor, as it counts', found: '500 in its journal' },
  },
  {
    kind: 'coupon.counts',
    sql: 'UPDATE coupon_stock SET locked = 0 WHERE coupon_id = 1',
    named: { what: 'coupon 1', expected: '0 locked, as it counts', found: '1 in its journal' },
  },
  {
    kind: 'coupon.counts',
    also: ['coupon.order', 'coupon.state'],
    sql: "DELETE FROM coupon_journal WHERE coupon_id = 1 AND move = 'redeemed'",
    named: { what: 'coupon 1', expected: '1 redeemed, as it counts', found: '0 in its journal' },
  },
  {
    kind: 'coupon.journal',
    also: ['coupon.counts', 'coupon.order', 'coupon.state'],
    sql: "UPDATE coupon_journal SET move = 'returned' WHERE coupon_id = 1 AND move = 'redeemed'",
    named: { what: 'grant 1-5-1, entry 1203', expected: 'a move from locked', found: 'returned' },
  },
  {
    kind: 'coupon.grant',
    also: ['coupon.journal'],
    sql: 'UPDATE coupon_grant SET n = 3 WHERE coupon_id = 1 AND ordinal = 599 AND n = 2',
    named: { what: 'grant 1-599-3', expected: 'number 2, of at most 2', found: 'number 3' },
  },
  {
    kind: 'coupon.grant',
    also: ['coupon.counts'],
    sql: 'INSERT INTO coupon_grant (coupon_id, ordinal, n, state, granted_at) VALUES (3, 11, 1, 0, 1800000000000)',
    named: { what: 'grant 3-11-1', expected: 'one grant', found: 'one more, as a bit' },
  },
  {
    kind: 'coupon.bits',
    also: ['coupon.counts'],
    sql: 'UPDATE coupon_bits SET bits = ? WHERE coupon_id = 3',
    bytes: { from: BITS, change: withBit(500, true) },
    named: { what: 'run 1 of coupon 3 in block 0', found: '1 more' },
  },
  {
    kind: 'coupon.journal',
    also: ['coupon.counts'],
    sql: 'UPDATE coupon_bits SET bits = ? WHERE coupon_id = 3',
    bytes: { from: BITS, change: withBit(12, false) },
    named: { what: 'grant 3-12-1', found: 'no such grant' },
  },
  {
    kind: 'coupon.counts',
    also: ['coupon.bits', 'coupon.run'],
    sql: 'DELETE FROM coupon_bits_journal WHERE coupon_id = 3',
    named: { what: 'coupon 3', expected: '11 granted, as it counts', found: '0 in its journal' },
  },
  {
    kind: 'coupon.code',
    sql: "INSERT INTO coupon_code (hash, coupon_id, made_at, ordinal, n, used_at) VALUES (x'000102030405060708090a0b0c0d0e0f', 1, 0, 9998, 1, 0)",
    named: { what: 'a code of coupon 1', expected: 'grant 1-9998-1', found: 'no such grant' },
  },
  {
    kind: 'coupon.use',
    sql: "UPDATE coupon_use SET amount_minor = 499 WHERE order_id = 'o-1'",
    named: { what: 'use of grant 1-5-1 by order o-1', expected: 'for 500', found: 'for 499' },
  },
  {
    kind: 'coupon.use',
    sql: "UPDATE coupon_use SET released = 1 WHERE order_id = 'o-2'",
    also: ['coupon.order'], // whose lock has an end
    named: { what: 'use of grant 1-6-1 by order o-2', expected: 'for 500', found: 'for 500, released' },
  },
  {
    kind: 'coupon.use',
    sql: "DELETE FROM coupon_use WHERE order_id = 'o-1'",
    named: { what: 'use of grant 1-5-1 by order o-1', expected: 'for 500', found: 'none' },
  },
  {
    kind: 'coupon.use',
    sql: "INSERT INTO coupon_use (order_id, coupon_id, ordinal, n, amount_minor, released) VALUES ('o-1', 1, 7, 1, 300, 0)",
    named: { what: 'use of grant 1-7-1 by order o-1', expected: 'none', found: 'for 300' },
  },
  {
    kind: 'coupon.order',
    also: ['coupon.use'],
    sql: "INSERT INTO coupon_use (order_id, coupon_id, ordinal, n, amount_minor, released) VALUES ('o-0', 1, 7, 1, 300, 0)",
    named: { what: 'the row of order o-0', expected: 'one', found: 'none' },
  },
  {
    kind: 'coupon.order',
    sql: "DELETE FROM coupon_order WHERE order_id = 'o-1'",
    named: { what: 'the row of order o-1', expected: 'one', found: 'none' },
  },
  {
    kind: 'coupon.order',
    sql: "UPDATE coupon_order SET ordinal = 9 WHERE order_id = 'o-1'",
    named: { what: 'the member of order o-1', expected: '5', found: '9' },
  },
  {
    kind: 'coupon.order',
    sql: "UPDATE coupon_order SET state = 'refunded' WHERE order_id = 'o-1'",
    named: { what: 'the state of order o-1', expected: 'paid', found: 'refunded' },
  },
  {
    kind: 'coupon.order',
    sql: "UPDATE coupon_order SET state = 'cancelled', version = 3 WHERE order_id = 'o-2'",
    named: { what: 'the state of order o-2', expected: 'open or created', found: 'cancelled' },
  },
  {
    kind: 'coupon.order',
    sql: "UPDATE coupon_order SET version = 3 WHERE order_id = 'o-2'",
    named: { what: 'the version of order o-2', expected: 'none', found: '3' },
  },
  {
    kind: 'coupon.order',
    sql: "UPDATE coupon_order SET was_paid = 0 WHERE order_id = 'o-1'",
    named: { what: 'the payment of order o-1', expected: 'one', found: 'none' },
  },
  {
    kind: 'coupon.order',
    sql: "UPDATE coupon_order SET lock_ends_at = NULL WHERE order_id = 'o-2'",
    named: { what: 'the end of the lock of order o-2', expected: '1800000001000', found: 'none' },
  },
  {
    kind: 'coupon.order',
    sql: "UPDATE coupon_order SET lock_ends_at = 1800000001000 WHERE order_id = 'o-1'",
    named: { what: 'the end of the lock of order o-1', expected: 'none', found: '1800000001000' },
  },
  {
    kind: 'coupon.order',
    sql: "UPDATE coupon_order SET forget_at = 1800000001000 WHERE order_id = 'o-1'",
    named: { what: 'the time to forget it of order o-1', expected: 'none', found: '1800000001000' },
  },
  {
    kind: 'coupon.run',
    sql: 'UPDATE coupon_run SET granted = 12 WHERE run_id = 1',
    named: { what: 'run 1 of coupon 3', expected: '12 granted, as it counts', found: '11 in its journal' },
  },
];

describe('the auditor', () => {
  let temporary: TemporaryStore;
  beforeEach(async () => {
    temporary = await temporaryStore();
    await writeBooks(temporary.store);
    await writeCoupons(temporary.store);
    await writeIssued(temporary.store);
  });
  afterEach(async () => {
    await temporary.query('DELETE FROM event'); // those planted keep to no contract
    await temporary.remove();
  });

  it('rebuilds as many grants at a time as there is room for', async () => {
    const run = new AuditRun(auditOf(temporary), undefined);
    const found = async () => {
      const differences: unknown[] = [];
      for await (const each of auditMoves(run, couponId(1), 1)) differences.push(each);
      return differences;
    };
    expect(await found()).toEqual([]);
    await temporary.query("UPDATE coupon_grant SET order_id = 'o-9' WHERE coupon_id = 1 AND state IN (1, 2)");
    expect(await found()).toMatchObject([{ what: 'grant 1-5-1' }, { what: 'grant 1-6-1' }]);
  });

  it('rebuilds the orders of as many uses at a time as there is room for', async () => {
    const run = new AuditRun(auditOf(temporary), undefined);
    const found = async () => {
      const differences: unknown[] = [];
      for await (const each of auditOrders(run, 1)) differences.push(each);
      return differences;
    };
    expect(await found()).toEqual([]);
    await temporary.query('UPDATE coupon_use SET amount_minor = amount_minor + 1');
    expect(await found()).toMatchObject([{ found: 'for 501' }, { found: 'for 501' }]);
  });

  it('finds nothing in books that balance, and says what it looked at', async () => {
    const { differences, summary } = await reportAudit(auditOf(temporary));
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

  it.each(PLANTS)('names $kind ($sql)', async ({ kind, also = [], perhaps = [], sql, bytes, named }) => {
    const { store, clock, query } = temporary;
    const before = await temporary.rows();
    await query(sql, bytes === undefined ? [] : [await changed(bytes)]);
    expect(await temporary.rows()).not.toEqual(before);
    const { differences } = await reportAudit(auditOf({ store, clock }));
    expect(differences.filter((found) => found.kind === kind)).toContainEqual(expect.objectContaining(named));
    const kinds = new Set(differences.map((found) => found.kind).filter((found) => !perhaps.includes(found)));
    expect([...kinds].sort()).toEqual([kind, ...also].sort());
  });

  /** The bytes that stand there, as the plant changes them. */
  async function changed({ from, change }: PlantedBytes): Promise<Uint8Array> {
    const [row] = await temporary.query(from);
    const [bytes] = Object.values(row ?? {});
    if (!(bytes instanceof Uint8Array)) throw new Error(`there are no bytes: ${from}`);
    return change(Buffer.from(bytes));
  }

  it('has a planted fault for each kind that it knows', () => {
    const kinds = AUDIT_KINDS.filter((kind) => kind !== 'store.structure'); // planted below SQL: audit-plants.test.ts
    expect([...new Set(PLANTS.map(({ kind }) => kind))].sort()).toEqual(kinds.sort());
  });

  it('stops when it is told to', async () => {
    await expect(reportAudit(auditOf(temporary), { signal: AbortSignal.abort(new Error('enough')) })).rejects.toThrow(
      'enough',
    );
  });
});
