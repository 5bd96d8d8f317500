/**
 * Pace within one process: one virtual schedule per key and unit (the generic cell rate algorithm, ITU-T I.371).
 * `dueMs` is when the schedule has room again; a taking may run ahead of it by the tolerance of 20 ms, which is 2 % of
 * a second, and pushes it back by its own share. Idle time is not saved: a schedule in the past counts as now.
 * O(keys) per call.
 */
import type { Clock } from '../../core/ports/clock.js';
import type { Pacer, PaceLimit, Reservation } from '../../core/ports/pacer.js';

const TOLERANCE_MS = 20;

interface Schedule {
  readonly perSecond: number;
  dueMs: number;
}

interface KeySchedules {
  readonly members: Schedule | undefined;
  readonly requests: Schedule | undefined;
}

export class MemoryPacer implements Pacer {
  private readonly keys = new Map<string, KeySchedules>();

  constructor(private readonly clock: Clock) {}

  setLimit(key: string, limit: PaceLimit): void {
    const previous = this.keys.get(key);
    const isSame =
      previous?.members?.perSecond === limit.membersPerSecond &&
      previous?.requests?.perSecond === limit.requestsPerSecond;
    if (isSame) return;
    if (limit.membersPerSecond === undefined && limit.requestsPerSecond === undefined) {
      this.keys.delete(key);
      return;
    }
    this.keys.set(key, {
      members: this.renew(previous?.members, limit.membersPerSecond),
      requests: this.renew(previous?.requests, limit.requestsPerSecond),
    });
  }

  tryTake(keys: readonly string[], wanted: Reservation): number {
    const nowMs = this.clock.monotonicMs();
    let waitMs = 0;
    for (const [schedule] of this.schedulesOf(keys, wanted)) {
      waitMs = Math.max(waitMs, schedule.dueMs - TOLERANCE_MS - nowMs);
    }
    if (waitMs > 0) return waitMs;
    for (const [schedule, amount] of this.schedulesOf(keys, wanted)) {
      schedule.dueMs = Math.max(nowMs, schedule.dueMs) + (amount * 1_000) / schedule.perSecond;
    }
    return 0;
  }

  giveBack(keys: readonly string[], unused: Reservation): void {
    for (const [schedule, amount] of this.schedulesOf(keys, unused)) {
      schedule.dueMs -= (amount * 1_000) / schedule.perSecond;
    }
  }

  /** A changed limit starts from the old schedule's place, so that changing it grants nothing twice. */
  private renew(previous: Schedule | undefined, perSecond: number | undefined): Schedule | undefined {
    if (perSecond === undefined) return undefined;
    const aheadMs = previous === undefined ? 0 : Math.max(0, previous.dueMs - this.clock.monotonicMs());
    const aheadAtNewPaceMs = previous === undefined ? 0 : (aheadMs * previous.perSecond) / perSecond;
    return { perSecond, dueMs: this.clock.monotonicMs() + aheadAtNewPaceMs };
  }

  private *schedulesOf(keys: readonly string[], amounts: Reservation): Iterable<readonly [Schedule, number]> {
    for (const key of keys) {
      const schedules = this.keys.get(key);
      if (schedules?.members !== undefined) yield [schedules.members, amounts.members];
      if (schedules?.requests !== undefined) yield [schedules.requests, amounts.requests];
    }
  }
}
