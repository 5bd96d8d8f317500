import type { ResultSetHeader } from 'mysql2/promise';
import type { IdAllocator, IdKind } from '../../core/id-allocator.js';
import type { ConnectionPool } from './connection-pool.js';

/** Ordinals start at 0, so that block arithmetic is plain; ids that people see start at 1. */
const FIRST_ID = (kind: IdKind): number => (kind === 'ordinal' ? 0 : 1);

/** `LAST_INSERT_ID(value)` makes the value the answer of the statement itself. */
const TAKE = 'UPDATE id_allocator SET next_id = LAST_INSERT_ID(next_id + ?) WHERE kind = ?';
const BEGIN_KIND = 'INSERT INTO id_allocator (kind, next_id) VALUES (?, ?) ON DUPLICATE KEY UPDATE kind = kind';

/**
 * Ids from one row a kind. Taken outside the transaction that uses them, so that nobody waits for its end: a body that
 * fails, or is run again, leaves a gap.
 */
export function createIdAllocator(pool: ConnectionPool): IdAllocator {
  const takeOnce = async (kind: IdKind, count: number): Promise<number | undefined> => {
    const { affectedRows, insertId } = await pool.ask<ResultSetHeader>(TAKE, [count, kind]);
    return affectedRows === 1 ? insertId - count : undefined;
  };
  return {
    take: async (kind, count) => {
      const first = await takeOnce(kind, count);
      if (first !== undefined) return first;
      await pool.ask(BEGIN_KIND, [kind, FIRST_ID(kind)]);
      const second = await takeOnce(kind, count);
      if (second === undefined) throw new Error(`The allocator answered nothing for ${kind}.`);
      return second;
    },
  };
}

/** Of a read: ids are taken by what writes. */
export const refuseIds: IdAllocator = {
  take: () => Promise.reject(new Error('A read takes no ids: use a transaction.')),
};
