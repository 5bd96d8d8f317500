/**
 * Dice for one generated member: the same seed and number always fall the same, whoever throws first, so that a
 * population can be made in any pieces. (The step is mulberry32, public domain; its start is mixed from both numbers.)
 */
export class SeededDice {
  private state: number;

  constructor(seed: number, number: number) {
    let mixed = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(number + 0x165667b1, 0xc2b2ae35);
    mixed ^= mixed >>> 16;
    this.state = Math.imul(mixed, 0x27d4eb2f) ^ Math.floor(number / 2 ** 32);
  }

  /** Uniform in [0, 1). */
  next(): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let value = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value;
    return ((value ^ (value >>> 14)) >>> 0) / 4_294_967_296;
  }

  /** A whole number in [0, count). */
  below(count: number): number {
    return Math.floor(this.next() * count);
  }

  isLuckyBy(probability: number): boolean {
    return this.next() < probability;
  }

  pick<Value>(values: readonly [Value, ...Value[]]): Value {
    return values[this.below(values.length)] ?? values[0];
  }

  /** Index into shares that add up to 1. */
  pickShare(shares: readonly number[]): number {
    let left = this.next();
    const index = shares.findIndex((share) => (left -= share) < 0);
    return index === -1 ? shares.length - 1 : index;
  }
}
