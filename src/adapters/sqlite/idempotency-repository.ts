import type Database from 'better-sqlite3';
import type { IdempotencyRepository } from '../../idempotency/idempotency-repository.js';
import { fromIdempotencyRow, type IdempotencyRow } from '../stored/idempotency-rows.js';

export function createIdempotencyRepository(database: Database.Database): IdempotencyRepository {
  const find = database.prepare<[string, string], IdempotencyRow>(
    'SELECT * FROM idempotency_key WHERE scope = ? AND key = ?',
  );
  const put = database.prepare<[IdempotencyRow & { readonly expired_before: number }]>(`
    INSERT INTO idempotency_key (scope, key, request_hash, answer, kept_at)
    VALUES (@scope, @key, @request_hash, @answer, @kept_at)
    ON CONFLICT DO UPDATE SET request_hash = excluded.request_hash, answer = excluded.answer, kept_at = excluded.kept_at
      WHERE kept_at <= @expired_before`);
  const purge = database.prepare<[number, number]>(`
    DELETE FROM idempotency_key WHERE (scope, key) IN
      (SELECT scope, key FROM idempotency_key WHERE kept_at <= ? ORDER BY kept_at LIMIT ?)`);

  return {
    find: async (scope, key) => {
      const row = find.get(scope, key);
      return row === undefined ? undefined : fromIdempotencyRow(row);
    },
    put: async (record, expiredBefore) =>
      put.run({
        scope: record.scope,
        key: record.key,
        request_hash: record.requestHash,
        answer: JSON.stringify(record.answer),
        kept_at: record.keptAt,
        expired_before: expiredBefore,
      }).changes === 1,
    purge: async (before, limit) => purge.run(before, limit).changes,
  };
}
