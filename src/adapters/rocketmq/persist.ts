import type { Clock } from '../../core/ports/clock.js';
import type { Random } from '../../core/ports/random.js';
import { CallError } from './call-error.js';
import type { ProxyChannel } from './proxy-channel.js';
import type { ProxyPool } from './proxy-pool.js';
import type { OnRocketmqEvent } from './rocketmq-event.js';

const FIRST_WAIT_MS = 50;
/** Small enough to notice within two seconds that a route is known again. */
const MAX_WAIT_MS = 500;

export interface PersistDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly pool: ProxyPool;
  readonly onEvent: OnRocketmqEvent;
}

/**
 * Makes a call on one proxy after another, round after round with a growing wait, until one answers OK, one refuses,
 * `forMs` is over or the signal aborts. Calls fail within milliseconds while a broker is away, so the wait is ours.
 * @throws CallError the refusal, or the last failure. What failed before may have taken effect, unless `isSure`.
 */
export async function persist<Result>(
  { clock, random, pool, onEvent }: PersistDeps,
  options: {
    readonly method: string;
    readonly forMs: number;
    readonly first?: readonly string[];
    readonly signal?: AbortSignal;
  },
  attempt: (channel: ProxyChannel) => Promise<Result>,
): Promise<Result> {
  const isClosed = (): boolean => options.signal?.aborted === true;
  if (isClosed()) throw new CallError('CLOSED', 'this client is closed', true, true);
  const endsMs = clock.monotonicMs() + options.forMs;
  if (options.forMs < 0) throw new CallError('TOO_LATE', 'the time for it was over before it began', false, true);
  let wasSure = true;
  for (let waitMs = FIRST_WAIT_MS; ; waitMs = Math.min(waitMs * 2, MAX_WAIT_MS)) {
    let failure = new CallError('NO_PROXY', 'there is no proxy to ask', false, true);
    let asked = 0;
    for (const address of pool.inOrder(options.first)) {
      // A proxy that says nothing takes its time-out: a stop, or the end of the time, does not wait for the others'.
      if (asked++ > 0 && (isClosed() || clock.monotonicMs() >= endsMs)) break;
      try {
        const result = await attempt(pool.channel(address));
        pool.noteAnswer(address);
        return result;
      } catch (error) {
        if (!(error instanceof CallError) || error.isRefusal) throw error;
        wasSure &&= error.isSure;
        failure = error;
        onEvent({ kind: 'retry', method: options.method, endpoint: address, reason: error.message });
      }
    }
    pool.noteRoundFailed(failure.message);
    const isOver = clock.monotonicMs() + waitMs > endsMs || isClosed();
    if (isOver) throw new CallError(failure.code, failure.message, false, wasSure, { cause: failure });
    await clock.sleep(waitMs * (0.5 + random.next() / 2), options.signal);
  }
}
