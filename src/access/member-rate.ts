/**
 * So many requests of a member in each minute, counted in this process; of several nodes each counts its own. Bounded:
 * of more members than `MAX_MEMBERS` in a minute, who has been silent longest is forgotten and begins anew.
 */
import { DomainError } from '../core/errors.js';
import type { MemberId } from '../core/ids.js';
import type { Clock } from '../core/ports/clock.js';
import { MINUTE_MS, SECOND_MS } from '../core/time.js';

const MAX_MEMBERS = 100_000;

export class MemberRate {
  private counts = new Map<MemberId, number>();
  private windowEndsMs = 0;

  constructor(
    private readonly deps: {
      readonly clock: Pick<Clock, 'monotonicMs'>;
      readonly requestsPerMinute: number;
      readonly maxMembers?: number;
    },
  ) {}

  /** @throws DomainError `TOO_MANY_REQUESTS` with `retryAfterSeconds`. */
  take(member: MemberId): void {
    const { clock, requestsPerMinute, maxMembers = MAX_MEMBERS } = this.deps;
    const nowMs = clock.monotonicMs();
    if (nowMs >= this.windowEndsMs) {
      this.counts = new Map();
      this.windowEndsMs = nowMs + MINUTE_MS;
    }
    const count = this.counts.get(member) ?? 0;
    if (count >= requestsPerMinute) this.refuse(nowMs);
    this.counts.delete(member); // whoever asks goes to the end
    this.counts.set(member, count + 1);
    const [silentLongest] = this.counts.keys();
    if (this.counts.size > maxMembers && silentLongest !== undefined) this.counts.delete(silentLongest);
  }

  private refuse(nowMs: number): never {
    const retryAfterSeconds = Math.max(1, Math.ceil((this.windowEndsMs - nowMs) / SECOND_MS));
    throw new DomainError(
      'TOO_MANY_REQUESTS',
      `A member may ask ${this.deps.requestsPerMinute} times a minute; wait ${retryAfterSeconds} s.`,
      { retryAfterSeconds },
    );
  }
}
