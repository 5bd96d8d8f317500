/**
 * Which ids of a kind exist. The whole set is held in memory and read anew only when an id is asked for that is not in
 * it: whoever asks for such an id waits for a reading that begins after the question, and shares it with all others who
 * wait. So "no" is always true when it is said, and any number of made-up ids cost few readings.
 */
import type { Clock } from './ports/clock.js';

/** So many readings may follow each other at once... */
const BURST = 20;
/** ...and one more each time so long has passed: a flood of unknown ids waits, and waits for itself. */
const READING_EVERY_MS = 2_000;

export interface KnownIdsDeps {
  /** Every id that exists now. Ids are few (up to some 100,000) and never taken away. */
  readonly readAll: () => Promise<Iterable<number>>;
  readonly clock: Clock;
}

export class KnownIds {
  private ids = new Set<number>();
  /** A reading that has not begun yet. */
  private next: Promise<void> | undefined;
  private last: Promise<void> = Promise.resolve();
  private credit = BURST;
  private creditAtMs: number;

  constructor(private readonly deps: KnownIdsDeps) {
    this.creditAtMs = deps.clock.monotonicMs();
  }

  /** To be called after the commit that made one, so that no reading is spent on it. */
  add(id: number): void {
    this.ids.add(id);
  }

  /** @throws whatever reading failed with. */
  async has(id: number): Promise<boolean> {
    if (this.ids.has(id)) return true;
    this.next ??= this.readNext();
    await this.next;
    return this.ids.has(id);
  }

  private async readNext(): Promise<void> {
    await this.last;
    await this.takeCredit();
    this.next = undefined; // who asks from now on needs another one
    const reading = this.deps.readAll().then((ids) => {
      this.ids = new Set(ids);
    });
    this.last = reading.catch(() => undefined); // those who waited are told
    return reading;
  }

  private async takeCredit(): Promise<void> {
    const { clock } = this.deps;
    for (;;) {
      const nowMs = clock.monotonicMs();
      const earned = Math.floor((nowMs - this.creditAtMs) / READING_EVERY_MS);
      this.creditAtMs += earned * READING_EVERY_MS;
      this.credit = Math.min(BURST, this.credit + earned);
      if (this.credit > 0) break;
      await clock.sleep(this.creditAtMs + READING_EVERY_MS - nowMs);
    }
    this.credit--;
  }
}
