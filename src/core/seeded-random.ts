import type { Random } from './ports/random.js';

/**
 * Randomness that a seed repeats on every machine: what is generated or simulated from it is the same each time.
 * Guessable, so never for keys or tokens. The sequence of a seed is kept: data sets are named by their seeds.
 *
 * sfc32 of Chris Doty-Humphrey (PractRand): three words of state and a counter, period at least 2^32, 2^127 on
 * average. The seed's text is spread over the state by FNV-1a and the finaliser of MurmurHash3, then mixed by 15 rounds.
 */
export class SeededRandom implements Random {
  private a: number;
  private b: number;
  private c: number;
  private counter = 1;

  /** Any text or number; parts of one run take seeds of their own, such as `${seed}/${block}`. */
  constructor(seed: number | string) {
    const text = String(seed);
    this.a = hash(text, 0x9e3779b9);
    this.b = hash(text, 0x243f6a88);
    this.c = hash(text, 0xb7e15162);
    for (let round = 0; round < 15; round++) this.word();
  }

  /** 53 random bits, uniform in [0, 1). */
  next(): number {
    const high = this.word() >>> 5;
    const low = this.word() >>> 6;
    return (high * 67_108_864 + low) / 9_007_199_254_740_992;
  }

  bytes(sizeBytes: number): Uint8Array {
    const bytes = new Uint8Array(sizeBytes);
    for (let index = 0, word = 0; index < sizeBytes; index++, word >>>= 8) {
      if ((index & 3) === 0) word = this.word();
      bytes[index] = word;
    }
    return bytes;
  }

  private word(): number {
    const sum = (this.a + this.b + this.counter) | 0;
    this.counter = (this.counter + 1) | 0;
    this.a = this.b ^ (this.b >>> 9);
    this.b = (this.c + (this.c << 3)) | 0;
    this.c = (((this.c << 21) | (this.c >>> 11)) + sum) | 0;
    return sum >>> 0;
  }
}

function hash(text: string, start: number): number {
  let state = start;
  for (let index = 0; index < text.length; index++) state = Math.imul(state ^ text.charCodeAt(index), 0x01000193);
  state = Math.imul(state ^ (state >>> 16), 0x85ebca6b);
  state = Math.imul(state ^ (state >>> 13), 0xc2b2ae35);
  return state ^ (state >>> 16);
}
