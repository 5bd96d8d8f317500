import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyConsentRecord } from '../../test/support/member-arbitrary.js';
import { epochMs } from '../core/time.js';
import { mergeConsent, type ConsentRecord, type ConsentState } from './consent.js';

const NOW = epochMs(1_800_000_000_000);
const record = (state: ConsentState, at: number | null, source: string | null = null): ConsentRecord => ({
  state,
  at: at === null ? null : epochMs(at),
  source,
});

describe('merging consent', () => {
  it('takes the later of two dated statements, whatever the order they arrive in', () => {
    const early = record('granted', 100);
    const late = record('denied', 200);
    expect(mergeConsent(early, late, NOW)).toEqual(late);
    expect(mergeConsent(late, early, NOW)).toEqual(late);
  });

  it('takes the more cautious of two statements of the same time', () => {
    expect(mergeConsent(record('granted', 100), record('denied', 100), NOW).state).toBe('denied');
    expect(mergeConsent(record('denied', 100), record('granted', 100), NOW).state).toBe('denied');
  });

  it('never lifts an explicit opt-out by a row without a time', () => {
    for (const state of ['granted', 'unset'] as const) {
      expect(mergeConsent(record('denied', 100), record(state, null), NOW)).toEqual(record('denied', 100));
    }
  });

  it('dates an undated denial by its arrival, so that an older grant cannot lift it', () => {
    const denied = mergeConsent(record('granted', 100), record('denied', null), NOW);
    expect(denied).toEqual(record('denied', NOW));
    expect(mergeConsent(denied, record('granted', NOW - 1), NOW)).toEqual(denied);
    expect(mergeConsent(denied, record('granted', NOW + 1), NOW).state).toBe('granted');
  });

  it('takes an undated grant where nothing was refused', () => {
    expect(mergeConsent(undefined, record('granted', null, 'web'), NOW)).toEqual(record('granted', null, 'web'));
    expect(mergeConsent(record('unset', 100), record('granted', null), NOW).state).toBe('granted');
  });

  it('changes nothing the second time', () => {
    fc.assert(
      fc.property(fc.option(anyConsentRecord, { nil: undefined }), anyConsentRecord, (known, stated) => {
        const once = mergeConsent(known, stated, NOW);
        expect(mergeConsent(once, stated, epochMs(NOW + 1_000))).toEqual(once);
      }),
    );
  });

  it('ends in the same state whatever the order of dated statements', () => {
    const dated = anyConsentRecord.map((stated) => ({ ...stated, at: stated.at ?? epochMs(1_790_000_050_000) }));
    fc.assert(
      fc.property(fc.array(dated, { minLength: 1, maxLength: 5 }), fc.infiniteStream(fc.nat()), (statements, order) => {
        const shuffled = statements
          .map((stated) => ({ stated, key: order.next().value }))
          .sort((a, b) => a.key - b.key);
        const fold = (list: readonly ConsentRecord[]): ConsentState | undefined =>
          list.reduce<ConsentRecord | undefined>((known, stated) => mergeConsent(known, stated, NOW), undefined)?.state;
        expect(fold(shuffled.map(({ stated }) => stated))).toBe(fold(statements));
      }),
    );
  });
});
