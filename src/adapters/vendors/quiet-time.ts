import type { Clock } from '../../core/ports/clock.js';

/** A vendor that says "too fast" without saying for how long is left alone this long before the pusher decides more. */
const UNTOLD_MS = 1_000;

/**
 * How long a vendor wants to be left alone. Kept beside its connections, because the pusher hears of a Retry-After only
 * when the whole chunk is answered: what still waits for a connection by then would be written all the same.
 */
export class QuietTime {
  private endsMs = -Infinity;

  constructor(private readonly clock: Pick<Clock, 'monotonicMs'>) {}

  /** Whole milliseconds that are left; 0 when the vendor may be asked. */
  get leftMs(): number {
    return Math.max(0, Math.ceil(this.endsMs - this.clock.monotonicMs()));
  }

  begin(spanMs = UNTOLD_MS): void {
    this.endsMs = Math.max(this.endsMs, this.clock.monotonicMs() + spanMs);
  }
}
