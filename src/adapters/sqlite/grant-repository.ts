import type Database from 'better-sqlite3';
import type { GrantRepository } from '../../coupon/grant/grant-repository.js';
import { assert } from '../../core/assert.js';
import type { Ordinal } from '../../core/ids.js';
import { grantName } from '../../coupon/grant/grant.js';
import {
  fromGrantRow,
  fromJournalRow,
  toGrantRow,
  toJournalRow,
  type GrantRow,
  type JournalRow,
} from '../stored/coupon-rows.js';
import { ordinalsJson } from './member-rows.js';
import { rowInserter } from './row-inserter.js';

/** Half of what a look-up for each member costs, where nearly all hold one. */
const NON_HOLDERS = `
  SELECT member.value FROM json_each(?) AS member
  WHERE NOT EXISTS (SELECT 1 FROM coupon_grant WHERE coupon_id = ? AND ordinal = member.value)
  ORDER BY member.key`;

/** Relies on coupon_grant_by_lock_end. */
const VOID_LOCKS = `
  SELECT * FROM coupon_grant
  WHERE coupon_id = ? AND lock_ends_at <= ? AND (lock_ends_at, ordinal, n) > (?, ?, ?)
  ORDER BY lock_ends_at, ordinal, n LIMIT ?`;

export function createGrantRepository(database: Database.Database): GrantRepository {
  const ofMember = database.prepare<[number, number], GrantRow>(
    'SELECT * FROM coupon_grant WHERE coupon_id = ? AND ordinal = ? ORDER BY n',
  );
  const nonHolders = database.prepare<[string, number], Ordinal>(NON_HOLDERS).pluck();
  const find = database.prepare<[number, number, number], GrantRow>(
    'SELECT * FROM coupon_grant WHERE coupon_id = ? AND ordinal = ? AND n = ?',
  );
  const insert = rowInserter(database, 'coupon_grant', ['coupon_id', 'ordinal', 'n', 'state', 'granted_at', 'request']);
  const update = database.prepare<[GrantRow]>(`
    UPDATE coupon_grant SET state = @state, order_id = @order_id, amount_minor = @amount_minor, lock_ends_at = @lock_ends_at
    WHERE coupon_id = @coupon_id AND ordinal = @ordinal AND n = @n`);
  const rows = database.prepare<[number, number, number, number], GrantRow>(
    'SELECT * FROM coupon_grant WHERE coupon_id = ? AND (ordinal, n) > (?, ?) ORDER BY ordinal, n LIMIT ?',
  );
  const overdue = database.prepare<[number, number, number, number, number, number], GrantRow>(VOID_LOCKS);
  const holders = database
    .prepare<[number, number, number, number], number>(
      'SELECT DISTINCT ordinal FROM coupon_grant WHERE coupon_id = ? AND ordinal > ? AND ordinal < ? ORDER BY ordinal LIMIT ?',
    )
    .pluck();
  const lastPosition = database
    .prepare<[number], number>('SELECT position FROM coupon_journal WHERE coupon_id = ? ORDER BY position DESC LIMIT 1')
    .pluck();
  const appendRows = rowInserter(database, 'coupon_journal', [
    'coupon_id',
    'position',
    'ordinal',
    'n',
    'move',
    'at',
    'actor',
    'why',
    'order_id',
    'amount_minor',
    'lock_ends_at',
  ]);
  const journal = database.prepare<[number, number, number], JournalRow>(
    'SELECT * FROM coupon_journal WHERE coupon_id = ? AND position > ? ORDER BY position LIMIT ?',
  );

  return {
    ofMembers: async (id, ordinals) => ordinals.map((each) => ofMember.all(id, each).map(fromGrantRow)),
    nonHolders: async (ids, ordinals) => {
      const text = ordinalsJson(ordinals);
      return ids.map((id) => nonHolders.all(text, id));
    },
    find: async ({ couponId: id, ordinal: member, n }) => {
      const row = find.get(id, member, n);
      return row === undefined ? undefined : fromGrantRow(row);
    },
    insert: async (grants) => {
      insert(grants, (grant) => {
        const row = toGrantRow(grant);
        return [row.coupon_id, row.ordinal, row.n, row.state, row.granted_at, row.request];
      });
    },
    update: async (grants) => {
      for (const grant of grants) {
        const { changes } = update.run(toGrantRow(grant));
        assert(changes === 1, `grant ${grantName(grant)} is there`);
      }
    },
    rowsAfter: async (id, { after, limit }) =>
      rows.all(id, after?.ordinal ?? -1, after?.n ?? 0, limit).map(fromGrantRow),
    voidLocks: async (id, { now, after, limit }) => {
      const place = [after?.use?.lockEndsAt ?? 0, after?.ordinal ?? -1, after?.n ?? 0] as const;
      return overdue.all(id, now, ...place, limit).map(fromGrantRow);
    },
    holdersAfter: async (id, { after, until = Number.MAX_SAFE_INTEGER, limit }) => holders.all(id, after, until, limit),
    ofWallet: async (member, ids) => ids.flatMap((id) => ofMember.all(id, member).map(fromGrantRow)),
    appendJournal: async (entries) => {
      const positions = new Map<number, number>();
      appendRows(entries, (entry) => {
        const position = (positions.get(entry.couponId) ?? lastPosition.get(entry.couponId) ?? 0) + 1;
        positions.set(entry.couponId, position);
        const row = toJournalRow(entry, position);
        return [
          row.coupon_id,
          row.position,
          row.ordinal,
          row.n,
          row.move,
          row.at,
          row.actor,
          row.why,
          row.order_id,
          row.amount_minor,
          row.lock_ends_at,
        ];
      });
    },
    journalAfter: async (id, { after, limit }) => journal.all(id, after, limit).map(fromJournalRow),
  };
}
