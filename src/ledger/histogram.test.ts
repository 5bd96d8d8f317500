import { describe, expect, it } from 'vitest';
import { OUTCOME_CODES } from './cell-code.js';
import { histogramOf } from './histogram.js';

const { sent, delivered, failedAddress, suppressedErased, unknown } = OUTCOME_CODES;

describe('the histogram of an audience', () => {
  it('has the five figures, and each outcome in the order of the codes', () => {
    const counts = new Map([
      [suppressedErased, 5],
      [unknown + 2, 3],
      [unknown, 1],
      [0, 40],
      [delivered, 7],
      [sent, 20],
      [failedAddress, 0],
    ]);
    expect(histogramOf(counts, 76)).toEqual({
      audienceMembers: 76,
      byClass: { pending: 40, sent: 27, failed: 0, unknown: 4, suppressed: 5 },
      byOutcome: [
        { outcome: 'sent', outcomeClass: 'sent', members: 20 },
        { outcome: 'delivered', outcomeClass: 'sent', members: 7 },
        { outcome: 'suppressedErased', outcomeClass: 'suppressed', members: 5 },
        { outcome: 'unknown', outcomeClass: 'unknown', members: 4 },
      ],
      isBalanced: true,
    });
  });

  it('says when the figures do not add up', () => {
    const counts = new Map([[sent, 20]]);
    expect([19, 20, 21].map((members) => histogramOf(counts, members).isBalanced)).toEqual([false, true, false]);
    expect(histogramOf(new Map([...counts, [255, 1]]), 20).isBalanced).toBe(false);
    expect(histogramOf(new Map([...counts, [255, 1]]), 21).isBalanced).toBe(false);
  });

  it('is empty for nobody', () => {
    expect(histogramOf(new Map(), 0)).toMatchObject({ audienceMembers: 0, byOutcome: [], isBalanced: true });
  });
});
