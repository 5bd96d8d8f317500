import { followCoupon } from '../campaign/follow-coupon.js';
import { DomainError } from '../core/errors.js';
import type { CouponId } from '../core/ids.js';
import type { EpochMs } from '../core/time.js';
import { TOPICS } from '../core/topics.js';
import { normaliseTerms } from '../promotion/promotion-rules.js';
import { couponEvent } from './coupon-event.js';
import type { CouponTx } from './coupon-repository.js';
import { checkCouponTerms, checkStock } from './coupon-rules.js';
import { couponState, stockLeft, type Coupon, type CouponTerms } from './coupon.js';
import { checkReferences } from './create-coupon.js';
import { lockCoupon } from './get-coupon.js';

/** Stock has its own way, `changeStock`. */
export type CouponChanges = Partial<Omit<CouponTerms, 'stock'>>;

export interface EditCoupon {
  readonly id: CouponId;
  /** The version the editor has seen. */
  readonly version: number;
  /** Only what changes; a key with `undefined` removes what can be without. */
  readonly changes: CouponChanges;
}

export interface ChangeStock {
  readonly id: CouponId;
  readonly stock: number | undefined;
  /** The version that whoever changes it has seen; undefined = whatever it is. */
  readonly version?: number | undefined;
}

/** What may change once members can hold it: nothing that alters what they were given. */
const CHANGEABLE_AFTER_DRAFT: ReadonlySet<string> = new Set<keyof CouponChanges>([
  'name',
  'description',
  'closesAt',
  'budgetMinor',
  'sweepAtClose',
]);

/**
 * Changes the terms of a coupon that has not ended; everything while it is a draft, later its name, description, budget,
 * `closesAt` and `sweepAtClose`. Counts are never touched.
 * @throws DomainError `NOT_FOUND`, `COUPON_STATE`, `VERSION_CONFLICT` when someone else was first, `INVALID_INPUT`.
 */
export async function editCoupon(tx: CouponTx, now: EpochMs, command: EditCoupon): Promise<Coupon> {
  const current = await lockCoupon(tx, command.id);
  refuseStale(current, command.version);
  refuseEnded(current, now);
  if (current.storedState !== 'draft') refuseFixed(current, command.changes);
  const edited = normaliseTerms({ ...current, ...command.changes, version: current.version + 1, editedAt: now });
  checkCouponTerms(edited, edited.closesAt === current.closesAt ? undefined : now);
  checkBudget(edited);
  await checkReferences(tx, edited);
  return write(tx, { before: current, after: edited, now });
}

/**
 * Raises or lowers the stock while claims run; undefined = without limit.
 * @throws DomainError `NOT_FOUND`, `COUPON_STATE`, `INVALID_INPUT`; `VERSION_CONFLICT` when someone else was first;
 *   `STOCK_BELOW_GRANTED` when more are given already.
 */
export async function changeStock(tx: CouponTx, now: EpochMs, { id, stock, version }: ChangeStock): Promise<Coupon> {
  checkStock(stock);
  const current = await lockCoupon(tx, id);
  if (version !== undefined) refuseStale(current, version);
  refuseEnded(current, now);
  const { granted } = current.counts;
  if (stock !== undefined && stock < granted) {
    throw new DomainError(
      'STOCK_BELOW_GRANTED',
      `Coupon ${id} has been granted ${granted} times; the stock cannot be ${stock}. The least is ${granted}, which gives no more.`,
      { couponId: id, granted, stock },
    );
  }
  if (stock === current.stock) return current;
  const after: Coupon = { ...current, stock, version: current.version + 1, editedAt: now };
  await write(tx, { before: current, after, now });
  if (stockLeft(after) === 0) await tx.outbox.append(couponEvent(TOPICS.couponSoldOut, after, now)); // it was not before
  return after;
}

async function write(
  tx: CouponTx,
  { before, after, now }: { readonly before: Coupon; readonly after: Coupon; readonly now: EpochMs },
): Promise<Coupon> {
  const isWritten = await tx.coupons.update(after, before.version);
  if (!isWritten) refuseStale(after, before.version);
  await tx.outbox.append(couponEvent(TOPICS.couponEdited, after, now));
  await followCoupon(tx, { before, after, now });
  return after;
}

export function refuseStale(current: Coupon, expectedVersion: number): void {
  if (current.version === expectedVersion) return;
  throw new DomainError(
    'VERSION_CONFLICT',
    `Coupon ${current.id} is at version ${current.version}, the change was made on ${expectedVersion}; read it again and repeat the change.`,
    { couponId: current.id, version: current.version, expectedVersion },
  );
}

function refuseEnded(current: Coupon, now: EpochMs): void {
  if (couponState(current, now) !== 'ended') return;
  throw new DomainError('COUPON_STATE', `Coupon ${current.id} has ended and changes no more; create a new one.`, {
    couponId: current.id,
    state: 'ended',
  });
}

function refuseFixed(current: Coupon, changes: CouponChanges): void {
  const fixed = Object.keys(changes).filter((field) => !CHANGEABLE_AFTER_DRAFT.has(field));
  if (fixed.length === 0) return;
  throw new DomainError(
    'COUPON_STATE',
    `Coupon ${current.id} has been active since its draft: ${fixed.join(', ')} can no longer change, because members may hold it. End it and create another.`,
    { couponId: current.id, state: current.storedState, fields: fixed },
  );
}

function checkBudget({ id, budgetMinor, counts }: Coupon): void {
  const usedMinor = counts.lockedMinor + counts.redeemedMinor;
  if (budgetMinor === undefined || budgetMinor >= usedMinor) return;
  throw new DomainError(
    'INVALID_INPUT',
    `Discounts of ${usedMinor} are locked or redeemed on coupon ${id}; its budget cannot be less (asked for: ${budgetMinor}).`,
    { field: 'budgetMinor' },
  );
}
