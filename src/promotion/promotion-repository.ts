import type { IdAllocator } from '../core/id-allocator.js';
import type { PromotionId } from '../core/ids.js';
import type { OutboxTx } from '../core/ports/outbox.js';
import type { EpochMs } from '../core/time.js';
import type { Promotion, PromotionKind, PromotionState } from './promotion.js';

/** What promotions need of a transaction. */
export interface PromotionTx extends OutboxTx {
  readonly ids: IdAllocator;
  readonly promotions: PromotionRepository;
}

/** One accepted submit of a promotion, kept for 30 minutes so that the same submit finds it. */
export interface PromotionSubmit {
  /** Hash of name, creator, start and end. */
  readonly naturalKey: Uint8Array;
  /** Hash of everything else that was asked for. */
  readonly requestHash: Uint8Array;
  readonly promotionId: PromotionId;
  readonly submittedAt: EpochMs;
}

export interface PromotionQuery {
  readonly state: PromotionState | undefined;
  readonly kind: PromotionKind | undefined;
  /** Decides the state of each. */
  readonly now: EpochMs;
  /** Newest first, below this id. */
  readonly beforeId: PromotionId | undefined;
  readonly limit: number;
}

export interface PromotionRepository {
  insert(promotion: Promotion): Promise<void>;
  find(id: PromotionId): Promise<Promotion | undefined>;
  /** As `find`; nobody else locks or changes it before this transaction has ended. */
  lock(id: PromotionId): Promise<Promotion | undefined>;
  /** Those of some ids that exist, in no order. */
  findAll(ids: readonly PromotionId[]): Promise<readonly Promotion[]>;
  /** Of all promotions. */
  allIds(): Promise<readonly PromotionId[]>;
  /** Writes every field of a promotion whose stored version is still `expectedVersion`; false when it is not. */
  update(promotion: Promotion, expectedVersion: number): Promise<boolean>;
  /** Rises with every insert and update of a promotion or a coupon, in their transactions. */
  setVersion(): Promise<number>;
  /** Those that run at an instant or will, by id. */
  notOverAt(now: EpochMs): Promise<readonly Promotion[]>;
  /** By id, descending. */
  page(query: PromotionQuery): Promise<readonly Promotion[]>;

  /** The last submit under a natural key; nobody else can submit under it before this transaction has ended. */
  lockSubmit(naturalKey: Uint8Array): Promise<PromotionSubmit | undefined>;
  /** Replaces the last submit under its natural key. */
  putSubmit(submit: PromotionSubmit): Promise<void>;
  /** Forgets at most `limit` submits from before an instant; answers how many. */
  purgeSubmits(before: EpochMs, limit: number): Promise<number>;
}
