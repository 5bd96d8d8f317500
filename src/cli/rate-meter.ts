/** How fast a count grows, over the last seconds. */
export class RateMeter {
  readonly #samples: { readonly atMs: number; readonly count: number }[] = [];
  readonly #spanMs: number;

  constructor(spanMs = 5_000) {
    this.#spanMs = spanMs;
  }

  /** Takes a count; answers how many a second it grew by, 0 where one sample says nothing. */
  add(atMs: number, count: number): number {
    this.#samples.push({ atMs, count });
    while (this.#samples.length > 2 && atMs - (this.#samples[1]?.atMs ?? atMs) >= this.#spanMs) this.#samples.shift();
    const first = this.#samples[0];
    if (first === undefined || atMs <= first.atMs) return 0;
    return ((count - first.count) / (atMs - first.atMs)) * 1_000;
  }
}
