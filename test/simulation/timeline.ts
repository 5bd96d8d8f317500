import type { Random } from '../../src/core/ports/random.js';

interface Entry {
  readonly atMs: number;
  /** Decides among those of one instant: random, so that every order is met. */
  readonly rank: number;
  readonly run: () => void;
  isCancelled: boolean;
}

/** What happens when, in simulated milliseconds: a heap of things to run, taken one at a time. */
export class Timeline {
  private readonly heap: Entry[] = [];
  private elapsedMs = 0;

  constructor(private readonly random: Random) {}

  get nowMs(): number {
    return this.elapsedMs;
  }

  /** Runs something in `delayMs`; answers how to call it off. */
  after(delayMs: number, run: () => void): () => void {
    const entry: Entry = {
      atMs: this.elapsedMs + Math.max(0, delayMs),
      rank: this.random.next(),
      run,
      isCancelled: false,
    };
    this.push(entry);
    return () => {
      entry.isCancelled = true;
    };
  }

  /** Moves to the next thing and runs it; false when nothing is left to happen. */
  step(): boolean {
    for (;;) {
      const entry = this.pop();
      if (entry === undefined) return false;
      if (entry.isCancelled) continue;
      this.elapsedMs = entry.atMs;
      entry.run();
      return true;
    }
  }

  private push(entry: Entry): void {
    const { heap } = this;
    let index = heap.push(entry) - 1;
    while (index > 0) {
      const above = (index - 1) >> 1;
      const other = heap[above];
      if (other === undefined || isBefore(other, entry)) break;
      heap[index] = other;
      index = above;
    }
    heap[index] = entry;
  }

  private pop(): Entry | undefined {
    const { heap } = this;
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || last === undefined || heap.length === 0) return first;
    let index = 0;
    for (;;) {
      let below = 2 * index + 1;
      let child = heap[below];
      const right = heap[below + 1];
      if (child !== undefined && right !== undefined && isBefore(right, child)) {
        below++;
        child = right;
      }
      if (child === undefined || isBefore(last, child)) break;
      heap[index] = child;
      index = below;
    }
    heap[index] = last;
    return first;
  }
}

const isBefore = (left: Entry, right: Entry): boolean =>
  left.atMs < right.atMs || (left.atMs === right.atMs && left.rank < right.rank);
