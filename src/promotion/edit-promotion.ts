import { assert } from '../core/assert.js';
import { DomainError } from '../core/errors.js';
import type { PromotionId } from '../core/ids.js';
import { formatInstant, type EpochMs } from '../core/time.js';
import { TOPICS } from '../core/topics.js';
import { lockPromotion } from './get-promotion.js';
import { promotionEventBody, promotionEventKey } from './promotion-event.js';
import type { PromotionTx } from './promotion-repository.js';
import { checkTerms, normaliseTerms } from './promotion-rules.js';
import { promotionState, type Promotion, type PromotionTerms } from './promotion.js';

export interface EditPromotion {
  readonly id: PromotionId;
  /** The version the editor has seen. */
  readonly version: number;
  /** Only what changes; `description: undefined` under its own key removes it. */
  readonly changes: Partial<PromotionTerms>;
}

/**
 * Changes the terms of a promotion that has not ended. Announces nothing and starts nothing: campaigns keep the terms
 * they were launched with.
 * @throws DomainError `NOT_FOUND`, `PROMOTION_ENDED`, `VERSION_CONFLICT` when someone else was first, `INVALID_INPUT`.
 */
export async function editPromotion(tx: PromotionTx, now: EpochMs, command: EditPromotion): Promise<Promotion> {
  const current = await lockPromotion(tx, command.id);
  refuseStale(current, command.version);
  if (promotionState(current, now) === 'ended') {
    throw new DomainError(
      'PROMOTION_ENDED',
      `Promotion ${current.id} has ended and can no longer be edited; create a new one.`,
      {
        promotionId: current.id,
      },
    );
  }
  const edited = normaliseTerms({ ...current, ...command.changes, version: current.version + 1, editedAt: now });
  checkTerms(edited);
  checkMovedWindow(current, edited, now);

  assert(
    await tx.promotions.update(edited, command.version),
    `promotion ${edited.id} is locked, and so at its version`,
  );
  await tx.outbox.append({
    topic: TOPICS.promotionEdited,
    key: promotionEventKey(edited.id),
    body: promotionEventBody(edited, now),
  });
  return edited;
}

function refuseStale(current: Promotion, expectedVersion: number): void {
  if (current.version === expectedVersion) return;
  throw new DomainError(
    'VERSION_CONFLICT',
    `Promotion ${current.id} is at version ${current.version}, the edit was made on ${expectedVersion}; read it again and repeat the edit.`,
    { promotionId: current.id, version: current.version, expectedVersion },
  );
}

/** A promotion that runs keeps its start; an end can be moved, but not into the past (end it instead). */
function checkMovedWindow(current: Promotion, edited: Promotion, now: EpochMs): void {
  if (edited.startsAt !== current.startsAt && promotionState(current, now) === 'running') {
    throw new DomainError('INVALID_INPUT', 'The promotion is running: its start can no longer be moved.', {
      field: 'startsAt',
    });
  }
  if (edited.endsAt !== current.endsAt && edited.endsAt <= now) {
    throw new DomainError(
      'INVALID_INPUT',
      `The new end lies in the past (it is ${formatInstant(now)} now); end the promotion instead.`,
      {
        field: 'endsAt',
      },
    );
  }
}
