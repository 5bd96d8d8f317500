/** What an order would hold, at the shop's own prices, and how much of it may be asked about. */
import { DomainError } from '../../core/errors.js';
import { MAX_AMOUNT_MINOR } from '../../promotion/promotion-rules.js';

export interface BasketLine {
  readonly productId: string;
  /** The seller of it; undefined where the shop sells it itself. */
  readonly shopNumber: string | undefined;
  readonly categoryIds: readonly string[];
  /** 1 to `MAX_LINE_QUANTITY`. */
  readonly quantity: number;
  /** Before every discount. */
  readonly unitPriceMinor: bigint;
}

export interface Basket {
  /** ISO 4217 code of every price in it. */
  readonly currency: string;
  readonly lines: readonly BasketLine[];
}

export const MAX_BASKET_LINES = 200;
export const MAX_LINE_QUANTITY = 1_000_000;
export const MAX_LINE_CATEGORIES = 20;

export const lineAmountMinor = ({ quantity, unitPriceMinor }: BasketLine): bigint => BigInt(quantity) * unitPriceMinor;

/**
 * What the whole basket costs before discounts.
 * @throws DomainError `INVALID_INPUT` for a basket that is empty, too long or dearer than any order: 10^15 minor units,
 *   under which every sum is exact.
 */
export function basketAmountMinor({ lines }: Basket): bigint {
  if (lines.length === 0 || lines.length > MAX_BASKET_LINES) {
    refuse('lines', `A basket has 1 to ${MAX_BASKET_LINES} lines.`);
  }
  let amountMinor = 0n;
  for (const [index, line] of lines.entries()) {
    if (!Number.isInteger(line.quantity) || line.quantity < 1 || line.quantity > MAX_LINE_QUANTITY) {
      refuse(`lines.${index}.quantity`, `The quantity must be 1 to ${MAX_LINE_QUANTITY}.`);
    }
    if (line.unitPriceMinor < 0n) refuse(`lines.${index}.unitPriceMinor`, 'A price is never below 0.');
    amountMinor += lineAmountMinor(line);
  }
  if (amountMinor > MAX_AMOUNT_MINOR) {
    refuse('lines', `A basket may cost at most ${MAX_AMOUNT_MINOR} minor units (cents, fen).`);
  }
  return amountMinor;
}

function refuse(field: string, message: string): never {
  throw new DomainError('INVALID_INPUT', message, { field });
}
