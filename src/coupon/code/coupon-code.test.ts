import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { systemRandom } from '../../adapters/system/system-random.js';
import { codeHasher, CODE_HASH_BYTES, hashTyped } from './code-hash.js';
import { CODE_ALPHABET, CODE_SYMBOLS, drawCode, readCode, writeCode } from './coupon-code.js';

const codes = fc
  .uint8Array({ minLength: CODE_SYMBOLS, maxLength: CODE_SYMBOLS })
  .map((bytes) => drawCode({ bytes: () => bytes }));
const place = fc.nat(CODE_SYMBOLS);
const symbol = fc.constantFrom(...CODE_ALPHABET.split(''));
const withSymbol = (code: string, at: number, each: string): string => code.slice(0, at) + each + code.slice(at + 1);

describe('a code', () => {
  it('has 60 bits in 12 symbols of 32, and a check symbol', () => {
    expect([CODE_ALPHABET.length, new Set(CODE_ALPHABET).size, CODE_SYMBOLS]).toEqual([32, 32, 12]);
    expect(CODE_ALPHABET).not.toMatch(/[ILOU]/);
    const asked: number[] = [];
    const code = drawCode({ bytes: (sizeBytes) => (asked.push(sizeBytes), systemRandom.bytes(sizeBytes)) });
    expect([asked, code.length]).toEqual([[12], 13]);
    // Every symbol at every place, for equally many bytes.
    for (let at = 0; at < CODE_SYMBOLS; at++) {
      const counts = new Map<string, number>();
      for (let byte = 0; byte < 256; byte++) {
        const bytes = new Uint8Array(CODE_SYMBOLS);
        bytes[at] = byte;
        const drawn = drawCode({ bytes: () => bytes })[at] ?? '';
        counts.set(drawn, (counts.get(drawn) ?? 0) + 1);
      }
      expect([counts.size, new Set(counts.values())]).toEqual([32, new Set([8])]);
    }
  });

  it('is read as it was written, in any case, with spaces, hyphens and letters that look like figures', () => {
    fc.assert(
      fc.property(codes, fc.array(fc.constantFrom(' ', '-', ''), { minLength: 13, maxLength: 13 }), (code, gaps) => {
        expect(writeCode(code)).toMatch(/^.{4}-.{4}-.{4}-.$/);
        expect(readCode(writeCode(code))).toBe(code);
        const odd = code
          .toLowerCase()
          .split('')
          .map((each, at) => each + (gaps[at] ?? ''))
          .join('');
        expect(readCode(odd)).toBe(code);
        expect(readCode(code.replaceAll('0', 'O').replaceAll('1', 'l'))).toBe(code);
        expect(readCode(code.replaceAll('0', 'o').replaceAll('1', 'I'))).toBe(code);
      }),
    );
  });

  it('is refused with any one symbol wrong', () => {
    fc.assert(
      fc.property(codes, place, symbol, (code, at, wrong) => {
        fc.pre(code[at] !== wrong);
        expect(readCode(withSymbol(code, at, wrong))).toBeUndefined();
      }),
    );
  });

  it('is refused with two symbols swapped, neighbours or not', () => {
    fc.assert(
      fc.property(codes, place, place, (code, left, right) => {
        const [first = '', second = ''] = [code[left], code[right]];
        fc.pre(first !== second);
        expect(readCode(withSymbol(withSymbol(code, left, second), right, first))).toBeUndefined();
      }),
    );
  });

  it('is refused when it is too short, too long, or has other symbols', () => {
    for (const text of ['', '0', '0'.repeat(12), '0'.repeat(14), 'U'.repeat(13), '零'.repeat(13), '0000-0000-0000-*']) {
      expect(readCode(text)).toBeUndefined();
    }
    expect(readCode('0'.repeat(13))).toBe('0'.repeat(13));
    expect(readCode('7K2M-9QXD-4TRA-4')).toBe('7K2M9QXD4TRA4');
  });

  it('is known by a hash under a key', () => {
    const [one, other] = [codeHasher(new Uint8Array(32)), codeHasher(new Uint8Array(32).fill(1))];
    const code = '0'.repeat(13);
    expect(one(code)).toHaveLength(CODE_HASH_BYTES);
    expect(one(code)).not.toEqual(other(code));
    expect(hashTyped(one, '0000-0000-0000-o')).toEqual(one(code));
    expect(hashTyped(one, '0000-0000-0000-2')).toEqual(one(''));
  });
});
