import { describe, expect, it } from 'vitest';
import { figureOf } from '../../bench/figure.js';
import { Latencies } from '../../bench/support/latencies.js';

describe('a figure', () => {
  it('is the median of its runs, with their range', () => {
    expect(figureOf('rate', 'members/s', [30, 10, 20])).toEqual({
      name: 'rate',
      value: 20,
      unit: 'members/s',
      runs: 3,
      min: 10,
      max: 30,
      baseline: null,
      ratio: null,
    });
    expect(figureOf('rate', 'members/s', [10, 20]).value).toBe(15);
  });

  it('is compared with the median of its baseline', () => {
    expect(figureOf('rate', 'members/s', [30], [5, 10, 100])).toMatchObject({ baseline: 10, ratio: 3 });
  });

  it('is none where nothing was measured, or something that is no number', () => {
    expect(() => figureOf('rate', 'members/s', [])).toThrow('"rate" was not measured');
    expect(() => figureOf('rate', 'members/s', [1, Number.NaN])).toThrow('"rate" was not measured');
    expect(() => figureOf('rate', 'members/s', [1], [Infinity])).toThrow('"rate" was not measured');
    expect(() => figureOf('rate', 'members/s', [1], [])).toThrow('"rate" was not measured');
  });
});

describe('latencies', () => {
  it('give the span that a share of the calls does not exceed', () => {
    const latencies = new Latencies();
    for (let spanMs = 100; spanMs >= 1; spanMs--) latencies.add(spanMs);
    expect([0.5, 0.99, 1].map((share) => latencies.percentileMs(share))).toEqual([50, 99, 100]);
    expect(new Latencies().percentileMs(0.5)).toBeNaN();
  });
});
