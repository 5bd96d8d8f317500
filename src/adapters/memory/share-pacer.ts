import type { Clock } from '../../core/ports/clock.js';
import type { Pacer, PaceLimit, Reservation } from '../../core/ports/pacer.js';
import { MemoryPacer } from './memory-pacer.js';

/** How long to wait while this process has no share yet. */
const NO_SHARE_WAIT_MS = 200;

/**
 * Pace without anything that processes share: each takes its part of every limit. As long as all parts together are no
 * more than the whole, no limit is passed; what one process does not use, no other one gets.
 */
export class SharePacer implements Pacer {
  private readonly pacer: MemoryPacer;
  private readonly limits = new Map<string, PaceLimit>();
  private shareInUse: number;

  /** @param share this process's part of every limit, 0 to 1; asked again and again. */
  constructor(
    clock: Clock,
    private readonly share: () => number,
  ) {
    this.pacer = new MemoryPacer(clock);
    this.shareInUse = share();
  }

  setLimit(key: string, limit: PaceLimit): void {
    if (limit.membersPerSecond === undefined && limit.requestsPerSecond === undefined) this.limits.delete(key);
    else this.limits.set(key, limit);
    this.pacer.setLimit(key, partOf(limit, this.shareInUse));
  }

  tryTake(keys: readonly string[], wanted: Reservation): number {
    if (!keys.some((key) => this.limits.has(key))) return 0;
    this.followShare();
    return this.shareInUse > 0 ? this.pacer.tryTake(keys, wanted) : NO_SHARE_WAIT_MS;
  }

  giveBack(keys: readonly string[], unused: Reservation): void {
    this.pacer.giveBack(keys, unused);
  }

  private followShare(): void {
    const share = this.share();
    if (share === this.shareInUse) return;
    this.shareInUse = share;
    for (const [key, limit] of this.limits) this.pacer.setLimit(key, partOf(limit, share));
  }
}

/** Where there is no share yet nothing is asked of the limits. */
function partOf({ membersPerSecond, requestsPerSecond }: PaceLimit, share: number): PaceLimit {
  const part = (limit: number | undefined): number | undefined =>
    limit === undefined || share <= 0 ? limit : limit * share;
  return { membersPerSecond: part(membersPerSecond), requestsPerSecond: part(requestsPerSecond) };
}
