import type Database from 'better-sqlite3';
import type { CodeRepository } from '../../coupon/code/code-repository.js';
import {
  FIND_CODE,
  fromFoundCodeRow,
  fromMakingRow,
  fromUsedCodeRow,
  MAKINGS,
  REMOVE_UNUSED,
  USE_CODE,
  type FoundCodeRow,
  type MakingRow,
  type UsedCodeRow,
} from '../stored/code-rows.js';

/** Relies on coupon_code_by_grant. */
const USED = `
  SELECT coupon_id, ordinal, n FROM coupon_code
  WHERE coupon_id = ? AND ordinal IS NOT NULL AND (ordinal, n) > (?, ?) ORDER BY ordinal, n LIMIT ?`;

export function createCodeRepository(database: Database.Database): CodeRepository {
  const insert = database.prepare<[Uint8Array, number, number]>(
    'INSERT INTO coupon_code (hash, coupon_id, made_at) VALUES (?, ?, ?)',
  );
  const find = database.prepare<[Uint8Array], FoundCodeRow>(FIND_CODE);
  const use = database.prepare<[number, number, number, Uint8Array]>(USE_CODE);
  const used = database.prepare<[number, number, number, number], UsedCodeRow>(USED);
  const makings = database.prepare<[number, number, number, number], MakingRow>(MAKINGS);
  const removeUnused = database.prepare<[number, number]>(REMOVE_UNUSED);
  return {
    insert: async (codes) => {
      for (const { hash, couponId, madeAt } of codes) insert.run(hash, couponId, madeAt);
    },
    find: async (hash) => {
      const row = find.get(hash);
      return row === undefined ? undefined : fromFoundCodeRow(row);
    },
    use: async (hash, { ordinal, n, usedAt }) => use.run(ordinal, n, usedAt, hash).changes === 1,
    usedAfter: async (id, { after, limit }) =>
      used.all(id, after?.ordinal ?? -1, after?.n ?? 0, limit).map(fromUsedCodeRow),
    makings: async (id, limit, madeAt) =>
      makings.all(id, madeAt ?? 0, madeAt ?? Number.MAX_SAFE_INTEGER, limit).map(fromMakingRow),
    removeUnused: async (id, madeAt) => removeUnused.run(id, madeAt).changes,
  };
}
