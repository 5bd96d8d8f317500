import type Database from 'better-sqlite3';
import type { GrantRepository } from '../../coupon/grant-repository.js';
import { fromGrantRow, fromJournalRow, toGrantRow, type GrantRow, type JournalRow } from '../stored/coupon-rows.js';

export function createGrantRepository(database: Database.Database): GrantRepository {
  const ofMember = database.prepare<[number, number], GrantRow>(
    'SELECT * FROM coupon_grant WHERE coupon_id = ? AND ordinal = ? ORDER BY n',
  );
  const find = database.prepare<[number, number, number], GrantRow>(
    'SELECT * FROM coupon_grant WHERE coupon_id = ? AND ordinal = ? AND n = ?',
  );
  const insert = database.prepare<[number, number, number, number, number, Uint8Array | null]>(
    'INSERT INTO coupon_grant VALUES (?, ?, ?, ?, ?, ?)',
  );
  const rows = database.prepare<[number, number, number, number], GrantRow>(
    'SELECT * FROM coupon_grant WHERE coupon_id = ? AND (ordinal, n) > (?, ?) ORDER BY ordinal, n LIMIT ?',
  );
  const holders = database
    .prepare<[number, number, number], number>(
      'SELECT DISTINCT ordinal FROM coupon_grant WHERE coupon_id = ? AND ordinal > ? ORDER BY ordinal LIMIT ?',
    )
    .pluck();
  const lastPosition = database
    .prepare<[number], number>('SELECT position FROM coupon_journal WHERE coupon_id = ? ORDER BY position DESC LIMIT 1')
    .pluck();
  const appendEntry = database.prepare<[number, number, number, number, string, number, string]>(
    'INSERT INTO coupon_journal VALUES (?, ?, ?, ?, ?, ?, ?)',
  );
  const journal = database.prepare<[number, number, number], JournalRow>(
    'SELECT * FROM coupon_journal WHERE coupon_id = ? AND position > ? ORDER BY position LIMIT ?',
  );

  return {
    ofMembers: async (id, ordinals) => ordinals.map((each) => ofMember.all(id, each).map(fromGrantRow)),
    find: async ({ couponId: id, ordinal: member, n }) => {
      const row = find.get(id, member, n);
      return row === undefined ? undefined : fromGrantRow(row);
    },
    insert: async (grants) => {
      for (const grant of grants) {
        const row = toGrantRow(grant);
        insert.run(row.coupon_id, row.ordinal, row.n, row.state, row.granted_at, row.request);
      }
    },
    rowsAfter: async (id, { after, limit }) =>
      rows.all(id, after?.ordinal ?? -1, after?.n ?? 0, limit).map(fromGrantRow),
    holdersAfter: async (id, { after, limit }) => holders.all(id, after, limit),
    ofWallet: async (member, ids) => ids.flatMap((id) => ofMember.all(id, member).map(fromGrantRow)),
    appendJournal: async (entries) => {
      const positions = new Map<number, number>();
      for (const entry of entries) {
        const position = (positions.get(entry.couponId) ?? lastPosition.get(entry.couponId) ?? 0) + 1;
        positions.set(entry.couponId, position);
        appendEntry.run(entry.couponId, position, entry.ordinal, entry.n, entry.move, entry.at, entry.actor);
      }
    },
    journalAfter: async (id, { after, limit }) => journal.all(id, after, limit).map(fromJournalRow),
  };
}
