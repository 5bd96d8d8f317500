/** Checks of a promotion's terms that hold over several fields; each refusal names the field and what to do. */
import { assertNever } from '../core/assert.js';
import { DomainError } from '../core/errors.js';
import { isCurrency } from '../core/money.js';
import { DAY_MS, formatInstant, type EpochMs } from '../core/time.js';
import type { FullReductionRule, GiftRule, PromotionRule, PromotionScope, PromotionTerms } from './promotion.js';

const MAX_NAME_CHARACTERS = 120;
const MAX_DESCRIPTION_CHARACTERS = 2_000;
const MAX_WINDOW_MS = 5 * 366 * DAY_MS;
/** Far above any price, and far below what SQL's 64-bit integers hold after adding up. */
export const MAX_AMOUNT_MINOR = 1_000_000_000_000_000n;
const MAX_TIERS = 20;
const MAX_GIFTS = 20;
const MAX_SCOPE_IDS = 1_000;
const MAX_ID_CHARACTERS = 64;
const CONTROL_CHARACTERS = /[\p{Cc}\u2028\u2029]/u;

/**
 * Brings the free text of the terms to one form: names that look the same are the same.
 */
export function normaliseTerms<Terms extends Pick<PromotionTerms, 'name' | 'description'>>(terms: Terms): Terms {
  const description = terms.description?.normalize('NFC').trim();
  return {
    ...terms,
    name: terms.name.normalize('NFC').trim().replace(/\s+/gu, ' '),
    description: description === '' ? undefined : description,
  };
}

/**
 * Refuses terms that contradict themselves. `now` is given on creation: a window that is over already is refused then.
 * @throws DomainError `INVALID_INPUT` with `field` in its values.
 */
export function checkTerms(terms: PromotionTerms, now?: EpochMs): void {
  checkOffer(terms);
  checkWindow(terms, now);
}

/** What is offered, of a promotion or a coupon: names, money and scope, without times. */
export type Offer = Pick<PromotionTerms, 'name' | 'description' | 'rule' | 'currency' | 'scope'>;

/** @throws DomainError `INVALID_INPUT` with `field` in its values. */
export function checkOffer(offer: Offer): void {
  checkName(offer);
  checkCurrency(offer.currency);
  checkRule(offer.rule);
  checkScope(offer.scope);
}

function checkName({ name, description }: Offer): void {
  if (name.length === 0 || characterCount(name) > MAX_NAME_CHARACTERS || CONTROL_CHARACTERS.test(name)) {
    refuse('name', `The name must have 1 to ${MAX_NAME_CHARACTERS} characters and no control characters.`);
  }
  if (description !== undefined && characterCount(description) > MAX_DESCRIPTION_CHARACTERS) {
    refuse('description', `The description must have at most ${MAX_DESCRIPTION_CHARACTERS} characters.`);
  }
}

function checkWindow({ startsAt, endsAt }: PromotionTerms, now: EpochMs | undefined): void {
  if (endsAt <= startsAt) refuse('endsAt', 'The end must be after the start; the end itself is no longer part of it.');
  if (endsAt - startsAt > MAX_WINDOW_MS)
    refuse('endsAt', 'A promotion lasts five years at most; choose an earlier end.');
  if (now !== undefined && endsAt <= now) {
    refuse('endsAt', `The end lies in the past (it is ${formatInstant(now)} now); choose a later end.`);
  }
}

function checkCurrency(currency: string): void {
  if (!isCurrency(currency)) {
    refuse('currency', `"${currency.slice(0, 8)}" is no ISO 4217 currency; write it in capitals, such as CNY or EUR.`);
  }
}

function checkRule(rule: PromotionRule): void {
  switch (rule.kind) {
    case 'fullReduction':
      checkFullReduction(rule);
      return;
    case 'directCut':
      checkAmount('rule.cutMinor', rule.cutMinor, 1n);
      return;
    case 'gift':
      checkGift(rule);
      return;
    case 'discount':
      if (!Number.isInteger(rule.discountBps) || rule.discountBps < 1 || rule.discountBps > 9_999) {
        refuse('rule.discountBps', 'The discount must be 1 to 9999 hundredths of a percent (2000 = 20 % off).');
      }
      if (rule.maxReductionMinor !== undefined) checkAmount('rule.maxReductionMinor', rule.maxReductionMinor, 1n);
      return;
    default:
      assertNever(rule);
  }
}

function checkFullReduction({ tiers, isRepeating }: FullReductionRule): void {
  if (tiers.length === 0 || tiers.length > MAX_TIERS) refuse('rule.tiers', `Give 1 to ${MAX_TIERS} tiers.`);
  if (isRepeating && tiers.length !== 1) refuse('rule.isRepeating', 'Only a rule of one tier can repeat.');
  let previous: FullReductionRule['tiers'][number] | undefined;
  for (const [index, tier] of tiers.entries()) {
    checkAmount(`rule.tiers.${index}.thresholdMinor`, tier.thresholdMinor, 1n);
    checkAmount(`rule.tiers.${index}.reductionMinor`, tier.reductionMinor, 1n);
    if (tier.reductionMinor > tier.thresholdMinor) {
      refuse(`rule.tiers.${index}.reductionMinor`, 'A reduction must not be larger than the threshold it is for.');
    }
    if (previous !== undefined && tier.thresholdMinor <= previous.thresholdMinor) {
      refuse(`rule.tiers.${index}.thresholdMinor`, 'Thresholds must ascend: each larger than the one before.');
    }
    if (previous !== undefined && tier.reductionMinor <= previous.reductionMinor) {
      refuse(`rule.tiers.${index}.reductionMinor`, 'A higher tier must reduce more than the one before.');
    }
    previous = tier;
  }
}

function checkGift({ thresholdMinor, gifts }: GiftRule): void {
  checkAmount('rule.thresholdMinor', thresholdMinor, 0n);
  if (gifts.length === 0 || gifts.length > MAX_GIFTS) refuse('rule.gifts', `Give 1 to ${MAX_GIFTS} gifts.`);
  for (const [index, gift] of gifts.entries()) {
    checkId(`rule.gifts.${index}.productId`, gift.productId);
    if (!Number.isInteger(gift.quantity) || gift.quantity < 1 || gift.quantity > 1_000) {
      refuse(`rule.gifts.${index}.quantity`, 'The quantity must be 1 to 1000.');
    }
  }
  refuseRepeats(
    'rule.gifts',
    gifts.map(({ productId }) => productId),
  );
}

function checkScope(scope: PromotionScope): void {
  switch (scope.kind) {
    case 'wholeShop':
      return;
    case 'seller':
      checkId('scope.shopNumber', scope.shopNumber);
      return;
    case 'categories':
      checkIds('scope.categoryIds', scope.categoryIds);
      return;
    case 'products':
      checkIds('scope.productIds', scope.productIds);
      return;
    default:
      assertNever(scope);
  }
}

function checkIds(field: string, ids: readonly string[]): void {
  if (ids.length === 0 || ids.length > MAX_SCOPE_IDS) refuse(field, `Give 1 to ${MAX_SCOPE_IDS} ids.`);
  for (const [index, id] of ids.entries()) checkId(`${field}.${index}`, id);
  refuseRepeats(field, ids);
}

function checkId(field: string, id: string): void {
  if (id.trim() !== id || id.length === 0 || id.length > MAX_ID_CHARACTERS || CONTROL_CHARACTERS.test(id)) {
    refuse(field, `An id has 1 to ${MAX_ID_CHARACTERS} characters, none of them a control character or outer space.`);
  }
}

function refuseRepeats(field: string, ids: readonly string[]): void {
  if (new Set(ids).size !== ids.length) refuse(field, 'An id must not appear twice.');
}

function checkAmount(field: string, amountMinor: bigint, leastMinor: bigint): void {
  if (amountMinor < leastMinor || amountMinor > MAX_AMOUNT_MINOR) {
    refuse(field, `The amount must be ${leastMinor} to ${MAX_AMOUNT_MINOR} minor units (cents, fen).`);
  }
}

/** Code points: what a column of this many characters holds. */
const characterCount = (text: string): number => Array.from(text).length;

function refuse(field: string, message: string): never {
  throw new DomainError('INVALID_INPUT', message, { field });
}
