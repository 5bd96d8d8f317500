import { setImmediate as nextTurn } from 'node:timers/promises';
import { unwatchAbort, watchAbort } from '../../src/core/abort-watch.js';
import type { Clock } from '../../src/core/ports/clock.js';
import { epochMs, parseInstant, type EpochMs } from '../../src/core/time.js';

/**
 * A clock that stands still until the test moves it. Sleeps end in the order of their ends, those of the same end in
 * the order of asking.
 *
 * `advance` is one jump: everybody due wakes, and sees the time after the jump. `run` passes through every end on the
 * way, so that a loop which sleeps again and again makes all its turns, each at its own time.
 */
export class ManualClock implements Clock {
  private wallAtStartMs: number;
  private elapsedMs = 0;
  private sleepers: readonly Sleeper[] = [];
  private workEnds: () => Promise<unknown> = nextTurn;

  constructor(startsAt = '2027-01-01T00:00:00Z') {
    const instant = parseInstant(startsAt);
    if (instant === undefined) throw new RangeError(`"${startsAt}" is no RFC 3339 instant.`);
    this.wallAtStartMs = instant;
  }

  now(): EpochMs {
    return epochMs(Math.floor(this.wallAtStartMs + this.elapsedMs));
  }

  monotonicMs(): number {
    return this.elapsedMs;
  }

  sleep(delayMs: number, signal?: AbortSignal): Promise<void> {
    if (!(delayMs > 0) || signal?.aborted === true) return Promise.resolve();
    return new Promise((resolve) => {
      const sleeper: Sleeper = {
        endsMs: this.elapsedMs + delayMs,
        wake: () => {
          this.sleepers = this.sleepers.filter((other) => other !== sleeper);
          if (signal !== undefined) unwatchAbort(signal, sleeper.wake);
          resolve();
        },
      };
      if (signal !== undefined) watchAbort(signal, sleeper.wake);
      this.sleepers = [...this.sleepers, sleeper].sort((left, right) => left.endsMs - right.endsMs); // stable
    });
  }

  /** How many sleeps have not ended: 0 when nothing waits for this clock. */
  get sleeperCount(): number {
    return this.sleepers.length;
  }

  /** Jumps ahead and wakes everybody whose sleep ends by then. */
  advance(spanMs: number): void {
    this.moveTo(this.elapsedMs + spanMs);
  }

  /**
   * Passes through `spanMs`, stopping at each end of a sleep until what it woke has had a turn of the event loop.
   * Work that waits for files or sockets takes longer than a turn: wait for its result as well, or see `standStillFor`.
   */
  async run(spanMs: number): Promise<void> {
    const untilMs = this.elapsedMs + spanMs;
    await this.workEnds();
    for (let next = this.sleepers[0]; next !== undefined && next.endsMs <= untilMs; next = this.sleepers[0]) {
      this.moveTo(next.endsMs);
      await this.workEnds();
    }
    this.moveTo(untilMs);
    await this.workEnds();
  }

  /** From now on `run` also waits, at each end of a sleep, until `workEnds` resolves: a server answers in its own time. */
  standStillFor(workEnds: () => Promise<unknown>): void {
    this.workEnds = workEnds;
  }

  /** Sets the wall clock ahead or back (negative), as an operator or a time server does; spans and sleeps stay. */
  stepWall(byMs: number): void {
    this.wallAtStartMs += byMs;
  }

  private moveTo(elapsedMs: number): void {
    if (elapsedMs < this.elapsedMs) throw new RangeError('A monotonic clock does not go back; use stepWall.');
    this.elapsedMs = elapsedMs;
    for (const sleeper of this.sleepers) {
      if (sleeper.endsMs <= elapsedMs) sleeper.wake();
    }
  }
}

interface Sleeper {
  readonly endsMs: number;
  readonly wake: () => void;
}
