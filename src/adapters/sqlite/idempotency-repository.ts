import type Database from 'better-sqlite3';
import { assert } from '../../core/assert.js';
import { ERRORS } from '../../core/errors.js';
import { epochMs } from '../../core/time.js';
import type { IdempotencyRecord, IdempotencyRepository, KeptAnswer } from '../../idempotency/idempotency-repository.js';

interface Row {
  readonly scope: string;
  readonly key: string;
  readonly request_hash: Uint8Array;
  readonly answer: string;
  readonly kept_at: number;
}

export function createIdempotencyRepository(database: Database.Database): IdempotencyRepository {
  const find = database.prepare<[string, string], Row>('SELECT * FROM idempotency_key WHERE scope = ? AND key = ?');
  const put = database.prepare<[Row & { readonly expired_before: number }]>(`
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
      return row === undefined ? undefined : fromRow(row);
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

const fromRow = (row: Row): IdempotencyRecord => ({
  scope: row.scope,
  key: row.key,
  requestHash: new Uint8Array(row.request_hash),
  answer: parseAnswer(row.answer),
  keptAt: epochMs(row.kept_at),
});

function parseAnswer(text: string): KeptAnswer {
  const answer = JSON.parse(text) as KeptAnswer; // written by put
  assert(answer.kind === 'done' || answer.code in ERRORS, 'a kept refusal has a code of the catalogue');
  return answer;
}
