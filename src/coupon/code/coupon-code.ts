/**
 * Codes as people read, type and say them: 12 symbols of Crockford's base32 (no I, L, O, U) drawn at random, 60 bits, and
 * a check symbol, as in `7K2M-9QXD-4TRA-4`.
 *
 * The check is that of a Reed-Solomon code over GF(32), the field of x⁵ + x² + 1: symbols are read as a polynomial, the
 * check last, and it has 2 (a generator of the field) for a root. Each place weighs another power of 2, so one wrong
 * symbol is always noticed, and so are two symbols that changed places, neighbours or not.
 */
import { assert } from '../../core/assert.js';
import type { Random } from '../../core/ports/random.js';

export const CODE_ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
/** Without the check symbol. */
export const CODE_SYMBOLS = 12;
const GROUP = 4;

/** All symbols with the check, without hyphens: what is hashed. */
export type CanonicalCode = string;

/** A fresh one, unguessable as `random` is. A byte has 8 times each symbol, so that none comes more often. */
export function drawCode(random: Pick<Random, 'bytes'>): CanonicalCode {
  const values = [...random.bytes(CODE_SYMBOLS)].map((byte) => byte % CODE_ALPHABET.length);
  return [...values, checkOf(values)].map(symbolOf).join('');
}

/** In groups of four, the check apart. */
export const writeCode = (code: CanonicalCode): string =>
  (code.match(new RegExp(`.{1,${GROUP}}`, 'g')) ?? []).join('-');

/** Whatever its case, its hyphens and its spaces; O is 0, I and L are 1. Undefined where it cannot be a code. */
export function readCode(text: string): CanonicalCode | undefined {
  const plain = text.toUpperCase().replace(/[\s-]/g, '').replaceAll('O', '0').replace(/[IL]/g, '1');
  const values = plain.split('').map((symbol) => CODE_ALPHABET.indexOf(symbol));
  if (values.length !== CODE_SYMBOLS + 1 || values.includes(-1)) return undefined;
  return checkOf(values.slice(0, CODE_SYMBOLS)) === values.at(-1) ? plain : undefined;
}

/** Horner's rule at 2: with the check behind them, the symbols come to 0. */
const checkOf = (values: readonly number[]): number => values.reduce((sum, value) => doubled(sum ^ value), 0);

/** Times 2 in GF(32). */
const doubled = (value: number): number => (value << 1) ^ (value >= 16 ? 0b100101 : 0);

function symbolOf(value: number): string {
  const symbol = CODE_ALPHABET[value];
  assert(symbol !== undefined, `a symbol has five bits, not ${value}`);
  return symbol;
}
