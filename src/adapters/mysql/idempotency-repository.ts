import type { IdempotencyRepository } from '../../idempotency/idempotency-repository.js';
import { fromIdempotencyRow, type IdempotencyRow } from '../stored/idempotency-rows.js';
import { selectOne, selectValue, type MysqlSession } from './session.js';

const FIND = 'SELECT scope, `key`, request_hash, answer, kept_at FROM idempotency_key WHERE scope = ? AND `key` = ?';
const KEPT_AT = 'SELECT kept_at FROM idempotency_key WHERE scope = ? AND `key` = ?';
/** Two of one key at once: the second waits, meets the first's row, and its transaction is run again. */
const INSERT = 'INSERT INTO idempotency_key (request_hash, answer, kept_at, scope, `key`) VALUES (?, ?, ?, ?, ?)';
const REPLACE = 'UPDATE idempotency_key SET request_hash = ?, answer = ?, kept_at = ? WHERE scope = ? AND `key` = ?';
const PURGE = 'DELETE FROM idempotency_key WHERE kept_at <= ? ORDER BY kept_at LIMIT ?';

export function createIdempotencyRepository(session: MysqlSession): IdempotencyRepository {
  return {
    find: async (scope, key) => {
      const row = await selectOne<IdempotencyRow>(session, FIND, [scope, key]);
      return row === undefined ? undefined : fromIdempotencyRow(row);
    },
    put: async ({ scope, key, requestHash, answer, keptAt }, expiredBefore) => {
      const last = await selectValue<number>(session, KEPT_AT, [scope, key], { lock: 'change' });
      if (last !== undefined && last > expiredBefore) return false;
      const sql = last === undefined ? INSERT : REPLACE;
      await session.execute(sql, [requestHash, JSON.stringify(answer), keptAt, scope, key]);
      return true;
    },
    purge: (before, limit) => session.execute(PURGE, [before, limit]),
  };
}
