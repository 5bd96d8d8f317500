import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { epochMs } from '../../core/time.js';
import { assertCarriable, sizeBytes, splitBatches } from './batches.js';
import { encodeMessage } from './message-codec.js';
import type { WireMessage } from './protocol.js';

const wire = (body: string, key = 'k'): WireMessage =>
  encodeMessage({ topic: 't', key, body }, { topic: 'T', type: 'NORMAL', messageId: 'ID', now: epochMs(0) });

describe('batches of messages', () => {
  it('count bytes of UTF-8 and what is stored around a body, not characters', () => {
    const bare = sizeBytes(wire('x'));
    expect(sizeBytes(wire('促'.repeat(100)))).toBe(bare + 299);
    expect(sizeBytes(wire('x', '键键'))).toBeGreaterThan(bare + 8);
    expect(bare).toBeGreaterThan(120);
  });

  it('hold every message once, in order, within count and bytes, but for a larger one alone', () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 3_000 }), { maxLength: 60 });
    fc.assert(
      fc.property(
        sizes,
        fc.integer({ min: 1, max: 10 }),
        fc.integer({ min: 300, max: 5_000 }),
        (given, maxMessages, maxBytes) => {
          const messages = given.map((size) => wire('x'.repeat(size)));
          const batches = splitBatches(messages, { maxMessages, maxBytes });
          expect(batches.flat()).toEqual(messages);
          for (const batch of batches) {
            expect(batch.length).toBeLessThanOrEqual(maxMessages);
            const bytes = batch.reduce((sum, message) => sum + sizeBytes(message), 0);
            expect(batch.length === 1 || bytes <= maxBytes).toBe(true);
          }
        },
      ),
    );
  });

  it('refuse a message that no broker takes, with its sizes', () => {
    const tooLarge = wire('促'.repeat(1_500_000));
    expect(() => assertCarriable(tooLarge)).toThrow(/4500000 bytes/);
    expect(() => assertCarriable(wire(''))).toThrow(/0 bytes/);
    expect(() => assertCarriable(wire('fits'))).not.toThrow();
  });
});
