import { unwatchAbort, watchAbort } from '../../core/abort-watch.js';

/**
 * A fixed number of things that may be done at once; the others wait in the order they came.
 * The number of waiters is bounded by whoever hands over chunks (the window).
 */
export class Slots {
  private free: number;
  private readonly waiting = new Set<Waiter>();
  private isClosed = false;

  constructor(count: number) {
    this.free = count;
  }

  /** Resolves true once a slot is taken, false when `signal` aborts or the slots are closed before. */
  acquire(signal: AbortSignal): Promise<boolean> {
    if (signal.aborted || this.isClosed) return Promise.resolve(false);
    if (this.free > 0) {
      this.free--;
      return Promise.resolve(true);
    }
    return new Promise((resolve) => {
      const giveUp = (): void => {
        this.waiting.delete(waiter);
        resolve(false);
      };
      const waiter: Waiter = (hasSlot) => {
        unwatchAbort(signal, giveUp);
        resolve(hasSlot);
      };
      watchAbort(signal, giveUp);
      this.waiting.add(waiter);
    });
  }

  /** Gives a slot to the one who waited longest. */
  release(): void {
    const [next] = this.waiting;
    if (next === undefined) {
      this.free++;
      return;
    }
    this.waiting.delete(next);
    next(true);
  }

  /** Sends away all who wait and who come later; those who have a slot keep it. May be called twice. */
  close(): void {
    this.isClosed = true;
    for (const waiter of this.waiting) waiter(false);
    this.waiting.clear();
  }
}

type Waiter = (hasSlot: boolean) => void;
