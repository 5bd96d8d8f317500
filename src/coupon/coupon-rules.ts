/** Checks of a coupon's terms that hold over several fields; each refusal names the field and what to do. */
import { DomainError } from '../core/errors.js';
import { DAY_MS, formatInstant, type EpochMs } from '../core/time.js';
import { checkOffer, MAX_AMOUNT_MINOR } from '../promotion/promotion-rules.js';
import type { CouponTerms } from './coupon.js';

const MAX_WINDOW_MS = 5 * 366 * DAY_MS;
const MAX_VALID_DAYS = 3_650;
const MAX_LIMIT_PER_MEMBER = 100;
export const MAX_STOCK = 1_000_000_000;

/**
 * Refuses terms that contradict themselves. `now` is given on creation: a window that is over already is refused then.
 * @throws DomainError `INVALID_INPUT` with `field` in its values.
 */
export function checkCouponTerms(terms: CouponTerms, now?: EpochMs): void {
  checkOffer(terms);
  checkTimes(terms);
  if (now !== undefined && terms.closesAt <= now) {
    refuse('closesAt', `The end lies in the past (it is ${formatInstant(now)} now); choose a later one.`);
  }
  checkNumbers(terms);
  checkByCode(terms);
}

function checkTimes({ opensAt, closesAt, validity }: CouponTerms): void {
  if (closesAt <= opensAt) refuse('closesAt', 'It must close after it opens; the end itself is no longer part of it.');
  if (closesAt - opensAt > MAX_WINDOW_MS) refuse('closesAt', 'A coupon is given for five years at most.');
  if (validity.kind === 'days') {
    if (!isWhole(validity.days, 1, MAX_VALID_DAYS)) refuse('validity.days', `Give 1 to ${MAX_VALID_DAYS} days.`);
    return;
  }
  if (validity.endsAt <= validity.startsAt) refuse('validity.endsAt', 'The validity must end after it starts.');
  if (validity.endsAt - validity.startsAt > MAX_WINDOW_MS) refuse('validity.endsAt', 'It is valid five years at most.');
  if (validity.endsAt < closesAt) {
    refuse('validity.endsAt', 'The validity must not end before the coupon closes: grants would be over when given.');
  }
}

function checkNumbers({ issue, limitPerMember, stock, budgetMinor, sweepAtClose }: CouponTerms): void {
  if (!isWhole(limitPerMember, 1, MAX_LIMIT_PER_MEMBER)) {
    refuse('limitPerMember', `The limit per member must be 1 to ${MAX_LIMIT_PER_MEMBER}.`);
  }
  if (issue === 'platform' && limitPerMember !== 1) {
    refuse('limitPerMember', 'The platform gives each member one: the limit must be 1.');
  }
  if (sweepAtClose && issue !== 'platform') {
    refuse('sweepAtClose', 'Only a coupon that the platform gives can be given to the rest at its close.');
  }
  checkStock(stock);
  if (budgetMinor !== undefined && (budgetMinor < 1n || budgetMinor > MAX_AMOUNT_MINOR)) {
    refuse('budgetMinor', `The budget must be 1 to ${MAX_AMOUNT_MINOR} minor units (cents, fen).`);
  }
}

/** A code is for whoever has it: beside an audience a good one would tell strangers that it is good. */
function checkByCode({ byCodeOnly, issue, audience }: CouponTerms): void {
  if (!byCodeOnly) return;
  if (issue !== 'selfClaim') refuse('byCodeOnly', 'Only a coupon that members claim can be claimed by codes.');
  if (audience.kind !== 'everybody') {
    refuse('byCodeOnly', 'A coupon by codes is for whoever has one; it cannot have an audience as well.');
  }
}

/** @throws DomainError `INVALID_INPUT`. */
export function checkStock(stock: number | undefined): void {
  if (stock !== undefined && !isWhole(stock, 0, MAX_STOCK)) {
    refuse('stock', `The stock must be 0 to ${MAX_STOCK}, or null for no limit.`);
  }
}

const isWhole = (value: number, least: number, most: number): boolean =>
  Number.isInteger(value) && value >= least && value <= most;

function refuse(field: string, message: string): never {
  throw new DomainError('INVALID_INPUT', message, { field });
}
