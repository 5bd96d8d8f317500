/**
 * Codes that were refused a member: after `MAX_REFUSED` within `WINDOW_MS` of the first of them she must wait for its end,
 * also with a good code. Counted in this process; of several nodes each counts its own, so that n nodes refuse n times as
 * many at most. An attempt counts from its beginning, so that many at once are not more. Bounded: of more than
 * `MAX_MEMBERS`, whose window began first is forgotten.
 */
import { DomainError } from '../../core/errors.js';
import type { Ordinal } from '../../core/ids.js';
import type { Clock } from '../../core/ports/clock.js';
import { MINUTE_MS, SECOND_MS } from '../../core/time.js';

export const MAX_REFUSED = 10;
export const WINDOW_MS = 15 * MINUTE_MS;
const MAX_MEMBERS = 100_000;

interface Window {
  readonly endsMs: number;
  count: number;
}

export class RefusedAttempts {
  private readonly windows = new Map<Ordinal, Window>();

  constructor(private readonly deps: { readonly clock: Pick<Clock, 'monotonicMs'>; readonly maxMembers?: number }) {}

  /**
   * Counts an attempt as refused until `body` has answered that it is not; one that throws is not.
   * @throws DomainError `TOO_MANY_REQUESTS` with `retryAfterSeconds`; then `body` is not called.
   */
  async attempt<Answer>(
    member: Ordinal,
    isRefused: (answer: Answer) => boolean,
    body: () => Promise<Answer>,
  ): Promise<Answer> {
    const window = this.windowOf(member);
    if (window.count >= MAX_REFUSED) this.refuse(window);
    window.count++;
    let counts = false;
    try {
      const answer = await body();
      counts = isRefused(answer);
      return answer;
    } finally {
      if (!counts) window.count--;
      if (window.count === 0 && this.windows.get(member) === window) this.windows.delete(member);
    }
  }

  private windowOf(member: Ordinal): Window {
    const nowMs = this.deps.clock.monotonicMs();
    const known = this.windows.get(member);
    if (known !== undefined && nowMs < known.endsMs) return known;
    const fresh = { endsMs: nowMs + WINDOW_MS, count: 0 };
    this.windows.delete(member); // so that the first of the map began first
    this.windows.set(member, fresh);
    const [first] = this.windows.keys();
    if (this.windows.size > (this.deps.maxMembers ?? MAX_MEMBERS) && first !== undefined) this.windows.delete(first);
    return fresh;
  }

  private refuse({ endsMs }: Window): never {
    const retryAfterSeconds = Math.max(1, Math.ceil((endsMs - this.deps.clock.monotonicMs()) / SECOND_MS));
    throw new DomainError(
      'TOO_MANY_REQUESTS',
      `${MAX_REFUSED} codes of this member were not valid; wait ${retryAfterSeconds} s.`,
      { retryAfterSeconds },
    );
  }
}
