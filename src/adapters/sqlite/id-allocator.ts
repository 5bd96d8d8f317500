import type Database from 'better-sqlite3';
import type { IdAllocator, IdKind } from '../../core/id-allocator.js';

/** Ordinals start at 0, so that block arithmetic is plain; ids that people see start at 1. */
const FIRST_ID = (kind: IdKind): number => (kind === 'ordinal' ? 0 : 1);

export function createIdAllocator(database: Database.Database): IdAllocator {
  const take = database
    .prepare<[string, number, number], number>(
      `INSERT INTO id_allocator (kind, next_id) VALUES (?, ?)
       ON CONFLICT DO UPDATE SET next_id = next_id + ? RETURNING next_id`,
    )
    .pluck();
  return {
    take: async (kind, count) => {
      const next = take.get(kind, FIRST_ID(kind) + count, count);
      if (next === undefined) throw new Error(`The allocator answered nothing for ${kind}.`);
      return next - count;
    },
  };
}
