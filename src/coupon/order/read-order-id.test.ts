import { describe, expect, it } from 'vitest';
import { readOrderId } from './read-order-id.js';

describe('an order id', () => {
  it.each(['o-7710', '订单 1', '🧾', 7_710])('is what a shop calls an order: %s', (value) => {
    expect(readOrderId(value)).toBe(String(value));
  });

  it.each(['', '   ', 'a\u0000b', 'a\u200bb', 'o-\ud83e', '\udc00-1', 'x'.repeat(129), 1.5, undefined])(
    'is no text that cannot be seen, kept or told apart: %j',
    (value) => {
      expect(() => readOrderId(value)).toThrow('visible characters');
    },
  );
});
