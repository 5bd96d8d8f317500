import { orderId, type OrderId } from '../../core/ids.js';
import { DomainError } from '../../core/errors.js';

export const MAX_ORDER_ID_CHARACTERS = 128;
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;

/**
 * The shop's own key of an order: 1 to 128 visible characters, or a whole number.
 * @throws DomainError `INVALID_INPUT`.
 */
export function readOrderId(value: unknown): OrderId {
  const text = typeof value === 'number' && Number.isSafeInteger(value) ? String(value) : value;
  const trimmed = typeof text === 'string' ? text.trim() : '';
  if (trimmed === '' || trimmed.length > MAX_ORDER_ID_CHARACTERS || INVISIBLE.test(trimmed)) {
    throw new DomainError(
      'INVALID_INPUT',
      `An order is named by 1 to ${MAX_ORDER_ID_CHARACTERS} visible characters, or a whole number.`,
      { field: 'orderId' },
    );
  }
  return orderId(trimmed);
}
