/** Spans of many calls, and what of them counts. */
export class Latencies {
  private readonly spansMs: number[] = [];

  get count(): number {
    return this.spansMs.length;
  }

  /** Runs and times one call. */
  async time<Result>(call: () => Promise<Result>): Promise<Result> {
    const startedMs = performance.now();
    const result = await call();
    this.add(performance.now() - startedMs);
    return result;
  }

  add(spanMs: number): void {
    this.spansMs.push(spanMs);
  }

  /** The span that `share` (0 to 1) of all calls do not exceed. */
  percentileMs(share: number): number {
    const sorted = this.spansMs.toSorted((left, right) => left - right);
    return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;
  }
}
