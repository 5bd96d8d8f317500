import { assert } from '../../core/assert.js';
import { ERRORS } from '../../core/errors.js';
import { epochMs } from '../../core/time.js';
import type { IdempotencyRecord, KeptAnswer } from '../../idempotency/idempotency-repository.js';

export interface IdempotencyRow {
  readonly scope: string;
  readonly key: string;
  readonly request_hash: Uint8Array;
  readonly answer: string;
  readonly kept_at: number;
}

export const fromIdempotencyRow = (row: IdempotencyRow): IdempotencyRecord => ({
  scope: row.scope,
  key: row.key,
  requestHash: new Uint8Array(row.request_hash),
  answer: parseAnswer(row.answer),
  keptAt: epochMs(row.kept_at),
});

function parseAnswer(text: string): KeptAnswer {
  const answer = JSON.parse(text) as KeptAnswer; // written by the repository's put
  assert(answer.kind === 'done' || answer.code in ERRORS, 'a kept refusal has a code of the catalogue');
  return answer;
}
