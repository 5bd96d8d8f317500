import type { ErrorCode, ErrorValues } from '../core/errors.js';
import type { EpochMs } from '../core/time.js';

/** What a repeated request is recognised by. */
export interface IdempotentRequest {
  /** Whose key it is: the same key of two callers are two keys. */
  readonly scope: string;
  /** The caller's Idempotency-Key. */
  readonly key: string;
  /** Hash of everything that was asked for. */
  readonly requestHash: Uint8Array;
}

/** The first answer, as a reference: what a repeated request is answered from. */
export type KeptAnswer =
  | {
      readonly kind: 'done';
      /** HTTP status, 2xx. */
      readonly status: number;
      /** Names what was made or changed, such as `promotion/12`. */
      readonly reference: string;
    }
  | { readonly kind: 'refused'; readonly code: ErrorCode; readonly message: string; readonly values: ErrorValues };

export interface IdempotencyRecord extends IdempotentRequest {
  readonly answer: KeptAnswer;
  readonly keptAt: EpochMs;
}

/** What idempotent requests need of a transaction. */
export interface IdempotencyTx {
  readonly idempotency: IdempotencyRepository;
}

export interface IdempotencyRepository {
  find(scope: string, key: string): Promise<IdempotencyRecord | undefined>;
  /** Keeps an answer. False, and nothing is changed, when one from after `expiredBefore` is kept under the key. */
  put(record: IdempotencyRecord, expiredBefore: EpochMs): Promise<boolean>;
  /** Forgets at most `limit` answers from before an instant; answers how many. */
  purge(before: EpochMs, limit: number): Promise<number>;
}
