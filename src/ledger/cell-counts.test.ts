import { describe, expect, it } from 'vitest';
import { campaignId } from '../core/ids.js';
import { OUTCOME_CODES, pendingCode, toInFlight } from './cell-code.js';
import { countClasses, countDeltas, countedCode } from './cell-counts.js';

const stream = { campaignId: campaignId(7), channel: 'sms' } as const;
const tried = pendingCode({ definite: 2, ambiguous: 1 });

describe('counting cells', () => {
  it('puts each cell into one of the five classes', () => {
    const { sent, delivered, bounced, sentPossiblyDoubled, failedAddress, unknown, suppressedErased } = OUTCOME_CODES;
    const cells = [0, tried, toInFlight(0), sent, delivered, bounced, sentPossiblyDoubled, failedAddress, unknown + 15];
    expect(countClasses(Uint8Array.from([...cells, suppressedErased, suppressedErased]))).toEqual({
      pending: 3,
      sent: 4,
      failed: 1,
      unknown: 1,
      suppressed: 2,
    });
    expect(countClasses(new Uint8Array())).toEqual({ pending: 0, sent: 0, failed: 0, unknown: 0, suppressed: 0 });
  });

  it('counts nothing where a byte is no code', () => {
    expect(countClasses(Uint8Array.of(0, 255))).toBeUndefined();
    expect(countClasses(Uint8Array.of(OUTCOME_CODES.suppressedCouponEnded + 1))).toBeUndefined();
  });

  it('counts all codes before an outcome as one, and each outcome by itself', () => {
    expect([0, tried, 63, 64, 127, 128, OUTCOME_CODES.unknown + 3].map(countedCode)).toEqual([0, 0, 0, 0, 0, 128, 195]);
  });
});

describe('what moved between two states of a bucket', () => {
  const deltas = (before: readonly number[], after: readonly number[]) =>
    new Map(countDeltas(stream, Uint8Array.from(before), Uint8Array.from(after)).map((each) => [each.code, each]));

  it('is taken from one code and given to another', () => {
    const { sent, failedExhausted } = OUTCOME_CODES;
    expect(deltas([0, tried, toInFlight(0), sent, 0], [sent, sent, failedExhausted, sent, 0])).toEqual(
      new Map([
        [0, { ...stream, code: 0, members: -3 }],
        [sent, { ...stream, code: sent, members: 2 }],
        [failedExhausted, { ...stream, code: failedExhausted, members: 1 }],
      ]),
    );
  });

  it('is nothing in sum where cells are tried and marked only', () => {
    expect(deltas([0, tried], [toInFlight(0), toInFlight(tried)]).get(0)?.members ?? 0).toBe(0);
    expect(deltas([0, 128], [0, 128])).toEqual(new Map());
  });

  it('is not asked of two different buckets', () => {
    expect(() => deltas([0], [0, 0])).toThrow('Broken invariant');
  });
});
