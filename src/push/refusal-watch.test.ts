import { describe, expect, it } from 'vitest';
import type { AnswerKind } from '../core/ports/provider.js';
import { RefusalWatch } from './refusal-watch.js';

const times = (count: number, kind: AnswerKind): AnswerKind[] => new Array<AnswerKind>(count).fill(kind);

describe('the watch over refusals', () => {
  const record = (watch: RefusalWatch, kinds: readonly AnswerKind[]) => watch.record({ kinds }, kinds.length);

  it.each<[string, readonly AnswerKind[], boolean]>([
    ['over half refused', [...times(501, 'addressRefused'), ...times(499, 'accepted')], true],
    [
      'over half refused, of both kinds',
      [...times(300, 'addressRefused'), ...times(201, 'messageRefused'), ...times(499, 'accepted')],
      true,
    ],
    ['half refused', [...times(500, 'messageRefused'), ...times(500, 'accepted')], false],
    ['too few answers', times(999, 'addressRefused'), false],
    ['enough answers', times(1_000, 'addressRefused'), true],
    [
      'answers that take no stand on the members',
      [...times(2_000, 'transient'), ...times(999, 'messageRefused')],
      false,
    ],
  ])('sees %s', (_, kinds, expected) => {
    expect(record(new RefusalWatch(), kinds)).toBe(expected);
  });

  it('reads one answer for everybody as one for each', () => {
    expect(new RefusalWatch().record({ kinds: 'messageRefused' }, 1_000)).toBe(true);
    expect(new RefusalWatch().record({ kinds: 'messageRefused' }, 999)).toBe(false);
  });

  it('adds chunks up, and lets old answers fade', () => {
    const watch = new RefusalWatch();
    for (let chunk = 0; chunk < 9; chunk++) expect(record(watch, times(100, 'accepted'))).toBe(false);
    expect(record(watch, times(100, 'accepted'))).toBe(false); // 1,000 accepted count as 500 from here on
    expect(record(watch, times(500, 'addressRefused'))).toBe(false); // 500 of 1,000: counts as 250 of 500
    expect(record(watch, times(499, 'addressRefused'))).toBe(false); // 999 are too few
    expect(record(watch, times(1, 'addressRefused'))).toBe(true); // 750 of 1,000
  });
});
