import type { Clock } from '../core/ports/clock.js';

/** Lets one loop wait until it is woken or a time has passed; a wake-up that comes before the wait is kept. */
export class WakeSignal {
  private isWoken = false;
  private waiting: AbortController | undefined;

  wake(): void {
    this.isWoken = true;
    this.waiting?.abort();
  }

  async wait(clock: Clock, maxMs: number): Promise<void> {
    if (!this.isWoken) {
      this.waiting = new AbortController();
      await clock.sleep(maxMs, this.waiting.signal);
      this.waiting = undefined;
    }
    this.isWoken = false;
  }
}
