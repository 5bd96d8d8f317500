/**
 * Events over MySQL: rows appended by many transactions at once, a cursor per group, a delivery row for what a group was
 * given and has not finished.
 *
 *   appended ──committed, and given its place by the next lease──► beyond the cursor ──lease──► leased ──ack──► (deleted)
 *                                       │ its key is outstanding              ▲ └─retry later─► due again ─┐
 *                                       └──► blocked (due_at null) ──► due ───┴──────────lease─────────────┘
 *
 * A cursor over numbers taken while appending would pass over what commits late. So whoever leases first gives places
 * to what is committed and has none, under the one lock of `event_sequence`: places ascend in the order of commits, and
 * nothing appears behind a cursor. Two events of a key whose transactions waited for each other come in that order.
 * At most one message of a key is leased at a time. A lease holds its group's row: leases of a group come one by one.
 * Leases end by the clock of the database: by those of nodes, one that is ahead would take what another still has, and
 * send what follows before it. Delays and retries are instants of the domain, by the clock of whoever looks.
 */
import { assert } from '../../core/assert.js';
import type { LeasedMessage, LeaseOptions } from '../../core/ports/queue.js';
import { epochMs, type EpochMs } from '../../core/time.js';
import type { EventRepository } from '../../events/event-repository.js';
import { createEventRetention } from './event-retention.js';
import { readGroups } from './event-groups.js';
import {
  selectOne,
  selectValue,
  selectValues,
  type Bound,
  type MysqlSession,
  type StatementOptions,
} from './session.js';
import { DATABASE_NOW } from './statement-text.js';

/** Rows one lease looks at beyond the cursor, at most. */
const MAX_SCANNED = 5_000;
const SCAN_PAGE = 500;
/** Ordered messages a group may have outstanding on a topic; beyond it the cursor waits. Bounds the delivery table. */
const MAX_OUTSTANDING = 10_000;
/** Places given by one lease, and by one statement of it. */
const MAX_PLACED = 5_000;
const PLACED_AT_ONCE = 500;
const ROWS_PER_INSERT = 500;

const IN_TEXT: StatementOptions = { isText: true };

const APPEND = 'INSERT INTO event (topic, event_key, body, sent_at, deliver_at) VALUES ?';
const MAX_STATEMENT_CHARACTERS = 1_000_000;

const HAS_UNPLACED = 'SELECT 1 FROM event WHERE position IS NULL LIMIT 1';
const BEGIN_SEQUENCE = 'INSERT INTO event_sequence (id, position) VALUES (1, 0) ON DUPLICATE KEY UPDATE id = id';
const LAST_PLACE = 'SELECT position FROM event_sequence WHERE id = 1';
const MOVE_SEQUENCE = 'UPDATE event_sequence SET position = ? WHERE id = 1';
/** Committed rows only: nothing is locked, and nobody else gives places meanwhile. */
const UNPLACED = 'SELECT arrival FROM event WHERE position IS NULL ORDER BY arrival LIMIT ?';
const PLACE = 'UPDATE event SET position = ? + FIELD(arrival, ?) WHERE arrival IN (?)';

const ENSURE_GROUP = `
  INSERT INTO consumer_group (topic, group_name, created_at) VALUES (?, ?, ?) ON DUPLICATE KEY UPDATE topic = topic`;
const HAS_GROUP = 'SELECT 1 FROM consumer_group WHERE topic = ? AND group_name = ?';
const JOIN_FROM_NOW = `
  INSERT INTO consumer_group (topic, group_name, created_at, read_upto)
  SELECT ?, ?, ?, COALESCE(MAX(position), 0) FROM event_sequence WHERE id = 1
  ON DUPLICATE KEY UPDATE topic = VALUES(topic)`;
const REMOVE_GROUP = 'DELETE FROM consumer_group WHERE topic = ? AND group_name = ?';
const REMOVE_DELIVERIES = 'DELETE FROM delivery WHERE topic = ? AND group_name = ?';
const CURSOR = `SELECT read_upto, ${DATABASE_NOW} FROM consumer_group WHERE topic = ? AND group_name = ?`;
const MOVE_CURSOR = 'UPDATE consumer_group SET read_upto = ? WHERE topic = ? AND group_name = ?';

/** By the clock of the database what is leased, by the one of whoever asks what waits; the first limit is for the index. */
const DUE = `
  SELECT e.position, e.topic, e.event_key, e.body, e.sent_at, e.deliver_at, d.attempts
  FROM delivery d JOIN event e ON e.position = d.position
  WHERE d.topic = ? AND d.group_name = ? AND d.due_at <= ? AND d.due_at <= IF(d.is_leased = 1, ?, ?)
  ORDER BY d.due_at, d.position LIMIT ?`;
const LEASE_AGAIN = `
  UPDATE delivery SET attempts = attempts + 1, is_leased = 1, due_at = ?
  WHERE topic = ? AND group_name = ? AND position IN (?)`;
const UNREAD = `
  SELECT position, topic, event_key, body, sent_at, deliver_at FROM event
  WHERE topic = ? AND position > ? ORDER BY position LIMIT ?`;
const OUTSTANDING = 'SELECT COUNT(*) FROM delivery WHERE topic = ? AND group_name = ? AND is_ordered = 1';
const OUTSTANDING_KEYS = `
  SELECT DISTINCT event_key FROM delivery WHERE topic = ? AND group_name = ? AND is_ordered = 1 AND event_key IN (?)`;
const INSERT_DELIVERIES = `
  INSERT INTO delivery (topic, group_name, position, event_key, is_ordered, is_leased, attempts, due_at) VALUES ?`;

const LOCK_GROUP = 'SELECT 1 FROM consumer_group WHERE topic = ? AND group_name = ?';
const FIND_LEASED = `
  SELECT event_key, is_ordered, attempts FROM delivery
  WHERE topic = ? AND group_name = ? AND position = ? AND attempts = ? AND is_leased = 1`;
const RETRY = 'UPDATE delivery SET is_leased = 0, due_at = ? WHERE topic = ? AND group_name = ? AND position = ?';
const REMOVE = 'DELETE FROM delivery WHERE topic = ? AND group_name = ? AND position = ?';
const NEXT_OF_KEY = `
  SELECT position FROM delivery
  WHERE topic = ? AND group_name = ? AND event_key = ? AND is_ordered = 1 ORDER BY position LIMIT 1`;
const UNBLOCK = `
  UPDATE delivery SET due_at = 0 WHERE topic = ? AND group_name = ? AND position = ? AND due_at IS NULL`;
const BURY = `
  INSERT INTO dead_letter (group_name, position, topic, event_key, body, reason, attempts, died_at)
  SELECT ?, position, topic, event_key, body, ?, ?, ? FROM event WHERE position = ?`;
const DEAD_LETTERS = `
  SELECT position, topic, event_key, body, reason, attempts FROM dead_letter
  WHERE group_name = ? AND position > ? ORDER BY position LIMIT ?`;

interface EventRow {
  readonly position: number;
  readonly topic: string;
  readonly event_key: string;
  readonly body: string;
  readonly sent_at: number;
  readonly deliver_at: number | null;
}

interface DueRow extends EventRow {
  readonly attempts: number;
}

interface DeliveryRow {
  readonly event_key: string;
  readonly is_ordered: number;
  readonly attempts: number;
}

interface LetterRow extends Pick<EventRow, 'position' | 'topic' | 'event_key' | 'body'> {
  readonly reason: string;
  readonly attempts: number;
}

/** `databaseNow` and `leasedUntil` are of the database's clock, in milliseconds since 1970. */
interface LeaseTimes {
  readonly now: EpochMs;
  readonly databaseNow: number;
  readonly leasedUntil: number;
}

export function createEventRepository(session: MysqlSession): EventRepository {
  const findLeased = async (group: string, topic: string, position: number, receipt: string) => {
    // Under the group's lock: what is blocked behind this message is unblocked by whoever ends it.
    await session.selectRows(LOCK_GROUP, [topic, group], { lock: 'change' });
    return selectOne<DeliveryRow>(session, FIND_LEASED, [topic, group, position, Number(receipt)]);
  };
  const finish = async (group: string, topic: string, position: number, delivery: DeliveryRow): Promise<void> => {
    const removed = await session.execute(REMOVE, [topic, group, position]);
    assert(removed === 1, `delivery ${position} of ${group} is there to be finished`);
    if (delivery.is_ordered !== 1) return;
    const next = await selectValue<number>(session, NEXT_OF_KEY, [topic, group, delivery.event_key]);
    if (next !== undefined) await session.execute(UNBLOCK, [topic, group, next]);
  };

  return {
    ...createEventRetention(session, async () => {
      await givePlaces(session);
    }),
    append: async (messages, now) => {
      for (const part of inStatements(messages)) {
        const rows = part.map(({ topic, key, body, deliverAt = null }) => [topic, key, body, now, deliverAt]);
        await session.execute(APPEND, [rows], IN_TEXT);
      }
    },
    ensureGroup: async ({ topic, group, now }) => {
      await session.execute(ENSURE_GROUP, [topic, group, now]);
    },
    joinFromNow: async ({ topic, group, now }) => {
      if ((await selectValue(session, HAS_GROUP, [topic, group])) !== undefined) return;
      while (await givePlaces(session)); // what is committed without a place would get one behind this group's
      await session.execute(JOIN_FROM_NOW, [topic, group, now]);
    },
    removeGroup: async ({ topic, group }) => {
      const removed = await session.execute(REMOVE_GROUP, [topic, group]);
      await session.execute(REMOVE_DELIVERIES, [topic, group]);
      return removed === 1;
    },
    lease: async (options, now) => {
      const [group] = await session.selectArrays<readonly [cursor: number, databaseNow: number]>(
        CURSOR,
        [options.topic, options.group],
        { lock: 'change' },
      );
      if (group === undefined) return undefined;
      const [cursor, databaseNow] = group;
      const times: LeaseTimes = { now, databaseNow, leasedUntil: databaseNow + options.leaseMs };
      await givePlaces(session);
      const due = await leaseDue(session, options, times);
      const maxMessages = options.maxMessages - due.length;
      return maxMessages > 0 ? [...due, ...(await leaseNew(session, { ...options, maxMessages }, cursor, times))] : due;
    },
    ack: async (group, { topic, messageId, receipt }) => {
      const delivery = await findLeased(group, topic, Number(messageId), receipt);
      if (delivery === undefined) return false;
      await finish(group, topic, Number(messageId), delivery);
      return true;
    },
    retryLater: async (group, { topic, messageId, receipt }, { dueAt, maxAttempts, reason, now }) => {
      const position = Number(messageId);
      const delivery = await findLeased(group, topic, position, receipt);
      if (delivery === undefined) return 'receiptLost';
      if (delivery.attempts < maxAttempts) {
        await session.execute(RETRY, [dueAt, topic, group, position]);
        return 'retry';
      }
      await session.execute(BURY, [group, reason, delivery.attempts, now, position]);
      await finish(group, topic, position, delivery);
      return 'deadLetter';
    },
    deadLetters: async (group, { limit, afterPosition }) => {
      const rows = await session.selectRows<LetterRow>(DEAD_LETTERS, [group, afterPosition, limit]);
      return rows.map(({ position, event_key: key, ...row }) => ({ messageId: String(position), key, ...row }));
    },
    groups: () => readGroups(session),
  };
}

/** Rows of one statement: at most so many, and so much text that the server takes it. */
function* inStatements<Message extends { readonly body: string }>(
  messages: readonly Message[],
): Generator<readonly Message[]> {
  let part: Message[] = [];
  let characters = 0;
  for (const message of messages) {
    const isFull = part.length === ROWS_PER_INSERT || characters + message.body.length > MAX_STATEMENT_CHARACTERS;
    if (isFull && part.length > 0) {
      yield part;
      part = [];
      characters = 0;
    }
    part.push(message);
    characters += message.body.length;
  }
  if (part.length > 0) yield part;
}

/** Gives places to events that were committed since the last time, in the order in which they came. True when any got one. */
async function givePlaces(session: MysqlSession): Promise<boolean> {
  if ((await selectValue(session, HAS_UNPLACED, [])) === undefined) return false;
  let last = await selectValue<number>(session, LAST_PLACE, [], { lock: 'change' });
  if (last === undefined) {
    await session.execute(BEGIN_SEQUENCE);
    last = (await selectValue<number>(session, LAST_PLACE, [], { lock: 'change' })) ?? 0;
  }
  // After the lock: of what another has just placed nothing is left.
  const arrivals = await selectValues<number>(session, UNPLACED, [MAX_PLACED]);
  for (let first = 0; first < arrivals.length; first += PLACED_AT_ONCE) {
    const part = arrivals.slice(first, first + PLACED_AT_ONCE);
    await session.execute(PLACE, [last + first, part, part], IN_TEXT);
  }
  if (arrivals.length > 0) await session.execute(MOVE_SEQUENCE, [last + arrivals.length]);
  return arrivals.length > 0;
}

/** What was given before and is due: retries, ends of leases, delayed ones, those no longer blocked. */
async function leaseDue(session: MysqlSession, options: LeaseOptions, times: LeaseTimes): Promise<LeasedMessage[]> {
  const { topic, group, maxMessages } = options;
  const { now, databaseNow, leasedUntil } = times;
  const bounds = [Math.max(now, databaseNow), databaseNow, now];
  const rows = await session.selectRows<DueRow>(DUE, [topic, group, ...bounds, maxMessages]);
  if (rows.length === 0) return [];
  const positions = rows.map(({ position }) => position);
  await session.execute(LEASE_AGAIN, [leasedUntil, topic, group, positions], IN_TEXT);
  return rows.map((row) => toLeased(row, row.attempts + 1));
}

/** Moves the cursor over what the group has not seen, until enough is leased or nothing is left. */
async function leaseNew(
  session: MysqlSession,
  options: LeaseOptions,
  cursor: number,
  { now, leasedUntil }: LeaseTimes,
): Promise<LeasedMessage[]> {
  const { topic, group, maxMessages } = options;
  const leased: LeasedMessage[] = [];
  const deliveries: Bound[] = [];
  let outstanding = (await selectValue<number>(session, OUTSTANDING, [topic, group])) ?? 0;
  let last = cursor;
  for (let scanned = 0; scanned < MAX_SCANNED && leased.length < maxMessages && outstanding < MAX_OUTSTANDING;) {
    const limit = Math.min(SCAN_PAGE, maxMessages - leased.length, MAX_OUTSTANDING - outstanding);
    const rows = await session.selectRows<EventRow>(UNREAD, [topic, last, limit]);
    const blocked = await outstandingKeys(session, options, rows);
    for (const row of rows) {
      scanned++;
      last = row.position;
      const isOrdered = row.deliver_at === null;
      const isLater = row.deliver_at !== null && row.deliver_at > now;
      const isBlocked = isOrdered && blocked.has(row.event_key);
      const dueAt = isLater ? row.deliver_at : isBlocked ? null : leasedUntil;
      const isLeased = !isLater && !isBlocked;
      const flags = [isOrdered ? 1 : 0, isLeased ? 1 : 0, isLeased ? 1 : 0];
      deliveries.push([topic, group, row.position, row.event_key, ...flags, dueAt]);
      if (!isLater) outstanding++;
      if (isOrdered) blocked.add(row.event_key);
      if (isLeased) leased.push(toLeased(row, 1));
    }
    if (rows.length < limit) break;
    await insertDeliveries(session, deliveries.splice(0));
  }
  await insertDeliveries(session, deliveries);
  if (last !== cursor) await session.execute(MOVE_CURSOR, [last, topic, group]);
  return leased;
}

/** Keys of the rows of which an ordered message is outstanding. */
async function outstandingKeys(
  session: MysqlSession,
  { topic, group }: LeaseOptions,
  rows: readonly EventRow[],
): Promise<Set<string>> {
  const keys = [...new Set(rows.filter((row) => row.deliver_at === null).map((row) => row.event_key))];
  if (keys.length === 0) return new Set();
  return new Set(await selectValues<string>(session, OUTSTANDING_KEYS, [topic, group, keys], IN_TEXT));
}

async function insertDeliveries(session: MysqlSession, rows: readonly Bound[]): Promise<void> {
  for (let first = 0; first < rows.length; first += ROWS_PER_INSERT) {
    await session.execute(INSERT_DELIVERIES, [rows.slice(first, first + ROWS_PER_INSERT)], IN_TEXT);
  }
}

const toLeased = (row: EventRow, attempt: number): LeasedMessage => ({
  messageId: String(row.position),
  topic: row.topic,
  key: row.event_key,
  body: row.body,
  sentAt: epochMs(row.sent_at),
  attempt,
  receipt: String(attempt),
});
