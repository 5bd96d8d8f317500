import { yieldTurn } from '../../core/yield-turn.js';

/**
 * Bulk reads, one at a time and each in a turn of the event loop of its own, in the order they came. However many long
 * answers are asked for at once, everybody else waits for one slice of one of them.
 */
export class BulkLine {
  private last: Promise<unknown> = Promise.resolve();

  /** Answers or fails as `slice` does, once it was its turn. */
  run<Result>(slice: () => Promise<Result>): Promise<Result> {
    const mine = this.last.then(yieldTurn).then(slice);
    this.last = mine.catch(() => undefined);
    return mine;
  }
}
