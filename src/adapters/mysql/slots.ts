/** A place in which one transaction at a time runs; its commits are counted in `store_commit`. */
export interface Slot {
  readonly number: number;
  /** Of the last transaction of this place that came to its commit. */
  sequence: number;
}

interface Waiting {
  readonly isBulk: boolean;
  readonly give: (slot: Slot) => void;
}

/**
 * Places for transactions. Who waits is served in order, people's requests before bulk; of several places bulk never
 * takes the last one, so that a request finds one free.
 */
export class Slots {
  private readonly free: Slot[];
  private readonly urgent: Waiting[] = [];
  private readonly bulk: Waiting[] = [];
  private readonly maxBulk: number;
  private bulkRunning = 0;
  private isServing = false;

  constructor(private readonly count: number) {
    this.free = Array.from({ length: count }, (_, number) => ({ number, sequence: 0 }));
    this.maxBulk = Math.max(1, count - 1);
  }

  get running(): number {
    return this.count - this.free.length;
  }

  get waiting(): number {
    return this.urgent.length + this.bulk.length;
  }

  /** Runs `work` in the next place. */
  async use<Result>(isBulk: boolean, work: (slot: Slot) => Promise<Result>): Promise<Result> {
    const slot = await new Promise<Slot>((give) => {
      (isBulk ? this.bulk : this.urgent).push({ isBulk, give });
      this.serveSoon();
    });
    try {
      return await work(slot);
    } finally {
      if (isBulk) this.bulkRunning--;
      this.free.push(slot);
      this.serveSoon();
    }
  }

  /** Once all who ask in the same turn have asked: the order is theirs to say, not that of the calls. */
  private serveSoon(): void {
    if (this.isServing) return;
    this.isServing = true;
    queueMicrotask(() => {
      this.isServing = false;
      this.serve();
    });
  }

  private serve(): void {
    while (this.free.length > 0) {
      const next = this.urgent.shift() ?? (this.bulkRunning < this.maxBulk ? this.bulk.shift() : undefined);
      const slot = next === undefined ? undefined : this.free.pop();
      if (next === undefined || slot === undefined) return;
      if (next.isBulk) this.bulkRunning++;
      next.give(slot);
    }
  }
}
