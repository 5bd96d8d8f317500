/**
 * Events of the embedded store: rows appended in commit order, a cursor per group, a delivery row for what a group
 * was given and has not finished.
 *
 *   beyond the cursor ──lease──► leased ──ack──► (row deleted)
 *        │                         ▲  └─retry later─► due again ─┐   after the last attempt ─► dead letter
 *        │ its key is outstanding  └──────────lease──────────────┘
 *        └──► blocked (due_at null) ── the one before it is done ──► due
 *
 * At most one message of a key is leased at a time: that is the order. A message sent with `deliverAt` stands outside
 * it. Cost: a lease reads by (topic, position) and by the due index, O(messages given) rows.
 */
import type Database from 'better-sqlite3';
import { assert } from '../../core/assert.js';
import type { DeadLetter, DeliveryReceipt, LeasedMessage, LeaseOptions } from '../../core/ports/queue.js';
import { epochMs, type EpochMs } from '../../core/time.js';
import { BACKLOG_COUNT_LIMIT, type EventRepository, type GroupStatus } from '../../events/event-repository.js';
import { createEventRetention } from './event-retention.js';
import { rowInserter } from './row-inserter.js';

/** Rows one lease looks at beyond the cursor, at most. */
const MAX_SCANNED = 5_000;
/** Ordered messages a group may have outstanding on a topic; beyond it the cursor waits. Bounds the delivery table. */
const MAX_OUTSTANDING = 10_000;

interface EventRow {
  readonly position: number;
  readonly topic: string;
  readonly key: string;
  readonly body: string;
  readonly sent_at: number;
  readonly deliver_at: number | null;
}

interface DueRow extends EventRow {
  readonly attempts: number;
}

interface DeliveryRow {
  readonly key: string;
  readonly is_ordered: number;
  readonly attempts: number;
}

type GroupParameters = [topic: string, group: string];
type DeliveryParameters = [topic: string, group: string, position: number];

export function createEventRepository(database: Database.Database): EventRepository {
  const append = rowInserter(database, 'event', ['topic', 'key', 'body', 'sent_at', 'deliver_at']);
  const statements = prepareStatements(database);

  return {
    ...createEventRetention(database),
    append: async (messages, now) => {
      append(messages, ({ topic, key, body, deliverAt = null }) => [topic, key, body, now, deliverAt]);
    },
    ensureGroup: async ({ topic, group, now }) => {
      statements.ensureGroup.run(topic, group, now);
    },
    joinFromNow: async ({ topic, group, now }) => {
      statements.joinFromNow.run(topic, group, now, topic);
    },
    removeGroup: async ({ topic, group }) => {
      statements.removeDeliveries.run(topic, group);
      return statements.removeGroup.run(topic, group).changes === 1;
    },
    lease: async (options, now) => {
      const cursor = statements.cursor.get(options.topic, options.group);
      if (cursor === undefined) return undefined;
      const due = leaseDue(statements, options, now);
      return [
        ...due,
        ...leaseNew(statements, { ...options, maxMessages: options.maxMessages - due.length }, cursor, now),
      ];
    },
    ack: async (group, message) => {
      const delivery = findLeased(statements, group, message);
      if (delivery === undefined) return false;
      finish(statements, group, message.topic, Number(message.messageId), delivery);
      return true;
    },
    retryLater: async (group, message, { dueAt, maxAttempts, reason, now }) => {
      const delivery = findLeased(statements, group, message);
      if (delivery === undefined) return 'receiptLost';
      const position = Number(message.messageId);
      if (delivery.attempts < maxAttempts) {
        statements.retry.run(dueAt, message.topic, group, position);
        return 'retry';
      }
      statements.bury.run(group, reason, delivery.attempts, now, position);
      finish(statements, group, message.topic, position, delivery);
      return 'deadLetter';
    },
    deadLetters: async (group, { limit, afterPosition }) => statements.deadLetters.all(group, afterPosition, limit),
    groups: async () => statements.groups.all().map(toGroupStatus),
  };
}

type Statements = ReturnType<typeof prepareStatements>;

function prepareStatements(database: Database.Database) {
  return {
    ensureGroup: database.prepare<[string, string, number]>(
      'INSERT INTO consumer_group (topic, group_name, created_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING',
    ),
    joinFromNow: database.prepare<[string, string, number, string]>(
      `INSERT INTO consumer_group (topic, group_name, created_at, cursor)
       SELECT ?, ?, ?, coalesce(max(position), 0) FROM event WHERE topic = ? ON CONFLICT DO NOTHING`,
    ),
    removeGroup: database.prepare<GroupParameters>('DELETE FROM consumer_group WHERE topic = ? AND group_name = ?'),
    removeDeliveries: database.prepare<GroupParameters>('DELETE FROM delivery WHERE topic = ? AND group_name = ?'),
    cursor: database
      .prepare<GroupParameters, number>('SELECT cursor FROM consumer_group WHERE topic = ? AND group_name = ?')
      .pluck(),
    moveCursor: database.prepare<[number, string, string]>(
      'UPDATE consumer_group SET cursor = ? WHERE topic = ? AND group_name = ?',
    ),
    due: database.prepare<[string, string, number, number], DueRow>(`
      SELECT e.position, e.topic, e.key, e.body, e.sent_at, e.deliver_at, d.attempts
      FROM delivery d INDEXED BY delivery_by_due JOIN event e ON e.position = d.position
      WHERE d.topic = ? AND d.group_name = ? AND d.due_at <= ?
      ORDER BY d.due_at, d.position LIMIT ?`),
    leaseAgain: database.prepare<[number, string, string, number]>(`
      UPDATE delivery SET attempts = attempts + 1, is_leased = 1, due_at = ?
      WHERE topic = ? AND group_name = ? AND position = ?`),
    unread: database.prepare<[string, number, number], EventRow>(`
      SELECT position, topic, key, body, sent_at, deliver_at FROM event
      WHERE topic = ? AND position > ? ORDER BY position LIMIT ?`),
    outstanding: database
      .prepare<GroupParameters, number>(
        'SELECT count(*) FROM delivery WHERE topic = ? AND group_name = ? AND is_ordered = 1',
      )
      .pluck(),
    isKeyOutstanding: database
      .prepare<[string, string, string], number>(
        'SELECT 1 FROM delivery WHERE topic = ? AND group_name = ? AND key = ? AND is_ordered = 1 LIMIT 1',
      )
      .pluck(),
    insertDelivery: database.prepare<[string, string, number, string, number, number, number, number | null]>(`
      INSERT INTO delivery (topic, group_name, position, key, is_ordered, is_leased, attempts, due_at)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?)`),
    findLeased: database.prepare<[string, string, number, number], DeliveryRow>(`
      SELECT key, is_ordered, attempts FROM delivery
      WHERE topic = ? AND group_name = ? AND position = ? AND attempts = ? AND is_leased = 1`),
    retry: database.prepare<[number, string, string, number]>(
      'UPDATE delivery SET is_leased = 0, due_at = ? WHERE topic = ? AND group_name = ? AND position = ?',
    ),
    remove: database.prepare<DeliveryParameters>(
      'DELETE FROM delivery WHERE topic = ? AND group_name = ? AND position = ?',
    ),
    unblockNext: database.prepare<Record<string, string>>(`
      UPDATE delivery SET due_at = 0
      WHERE topic = @topic AND group_name = @group AND due_at IS NULL AND position = (
        SELECT position FROM delivery
        WHERE topic = @topic AND group_name = @group AND key = @key AND is_ordered = 1 ORDER BY position LIMIT 1)`),
    bury: database.prepare<[string, string, number, number, number]>(`
      INSERT INTO dead_letter (group_name, position, topic, key, body, reason, attempts, died_at)
      SELECT ?, position, topic, key, body, ?, ?, ? FROM event WHERE position = ?`),
    deadLetters: database.prepare<[string, number, number], DeadLetter>(`
      SELECT CAST(position AS TEXT) AS messageId, topic, key, body, reason, attempts FROM dead_letter
      WHERE group_name = ? AND position > ? ORDER BY position LIMIT ?`),
    groups: database.prepare<[], GroupRow>(`
      SELECT topic, group_name,
        (SELECT count(*) FROM (SELECT 1 FROM event e WHERE e.topic = g.topic AND e.position > g.cursor
           LIMIT ${BACKLOG_COUNT_LIMIT})) AS backlog,
        (SELECT count(*) FROM delivery d WHERE d.topic = g.topic AND d.group_name = g.group_name) AS outstanding,
        (SELECT count(*) FROM dead_letter l WHERE l.group_name = g.group_name AND l.topic = g.topic) AS dead_letters,
        (SELECT sent_at FROM event e WHERE e.topic = g.topic AND e.position > g.cursor
           ORDER BY position LIMIT 1) AS oldest_at
      FROM consumer_group g ORDER BY topic, group_name`),
  };
}

interface GroupRow {
  readonly topic: string;
  readonly group_name: string;
  readonly backlog: number;
  readonly outstanding: number;
  readonly dead_letters: number;
  readonly oldest_at: number | null;
}

/** What was given before and is due: retries, ends of leases, delayed ones, those no longer blocked. */
function leaseDue(statements: Statements, options: LeaseOptions, now: EpochMs): LeasedMessage[] {
  const rows = statements.due.all(options.topic, options.group, now, options.maxMessages);
  return rows.map((row) => {
    statements.leaseAgain.run(now + options.leaseMs, options.topic, options.group, row.position);
    return toLeased(row, row.attempts + 1);
  });
}

/** Moves the cursor over what the group has not seen, until enough is leased or nothing is left. */
function leaseNew(statements: Statements, options: LeaseOptions, cursor: number, now: EpochMs): LeasedMessage[] {
  const { topic, group, maxMessages, leaseMs } = options;
  const leased: LeasedMessage[] = [];
  let outstanding = maxMessages > 0 ? (statements.outstanding.get(topic, group) ?? 0) : 0;
  let last = cursor;
  for (
    let scanned = 0;
    scanned < MAX_SCANNED && leased.length < maxMessages && outstanding < MAX_OUTSTANDING;
    scanned++
  ) {
    const row = statements.unread.get(topic, last, 1);
    if (row === undefined) break;
    last = row.position;
    if (row.deliver_at !== null && row.deliver_at > now) {
      statements.insertDelivery.run(topic, group, row.position, row.key, 0, 0, 0, row.deliver_at);
      continue;
    }
    outstanding++;
    const isOrdered = row.deliver_at === null;
    if (isOrdered && statements.isKeyOutstanding.get(topic, group, row.key) !== undefined) {
      statements.insertDelivery.run(topic, group, row.position, row.key, 1, 0, 0, null);
      continue;
    }
    statements.insertDelivery.run(topic, group, row.position, row.key, isOrdered ? 1 : 0, 1, 1, now + leaseMs);
    leased.push(toLeased(row, 1));
  }
  if (last !== cursor) statements.moveCursor.run(last, topic, group);
  return leased;
}

/** The delivery that a receipt names, while nobody was given the message again. */
function findLeased(statements: Statements, group: string, message: DeliveryReceipt): DeliveryRow | undefined {
  return statements.findLeased.get(message.topic, group, Number(message.messageId), Number(message.receipt));
}

function finish(statements: Statements, group: string, topic: string, position: number, delivery: DeliveryRow): void {
  const removed = statements.remove.run(topic, group, position).changes;
  assert(removed === 1, `delivery ${position} of ${group} is there to be finished`);
  if (delivery.is_ordered === 1) statements.unblockNext.run({ topic, group, key: delivery.key });
}

const toLeased = (row: EventRow, attempt: number): LeasedMessage => ({
  messageId: String(row.position),
  topic: row.topic,
  key: row.key,
  body: row.body,
  sentAt: epochMs(row.sent_at),
  attempt,
  receipt: String(attempt),
});

const toGroupStatus = (row: GroupRow): GroupStatus => ({
  topic: row.topic,
  group: row.group_name,
  backlog: row.backlog,
  outstanding: row.outstanding,
  deadLetters: row.dead_letters,
  oldestBacklogAt: row.oldest_at === null ? undefined : epochMs(row.oldest_at),
});
