import { unwatchAbort, watchAbort } from '../../src/core/abort-watch.js';
import type {
  ExchangeOutcome,
  HttpTransport,
  SendRequestOptions,
  VendorRequest,
} from '../../src/adapters/vendors/http/http-transport.js';
import type { Random } from '../../src/core/ports/random.js';
import { Killed, type CrashPoint, type Life } from './life.js';
import { answer, type SimulatedVendor } from './simulated-vendor.js';
import type { Timeline } from './timeline.js';
import type { Trace } from './trace.js';
import type { Fate, Weather } from './weather.js';

export interface NetworkWorld {
  readonly timeline: Timeline;
  readonly random: Random;
  readonly trace: Trace;
  weatherOf(vendor: SimulatedVendor): Weather;
  /** The first byte of a request was written. */
  onWritten(life: Life, vendor: SimulatedVendor, written: { request: VendorRequest; startedAtMs: number }): void;
}

export interface NetworkOptions {
  /** How long an answer is waited for. */
  readonly timeoutMs: number;
}

/**
 * The wire between a process and a vendor: what was written arrives even when the process dies, and the answer is
 * dropped when nobody lives to hear it.
 */
export class SimulatedNetwork implements HttpTransport {
  constructor(
    private readonly life: Life,
    private readonly vendor: SimulatedVendor,
    private readonly world: NetworkWorld,
    private readonly options: NetworkOptions,
  ) {}

  async send(request: VendorRequest, { mayWrite, signal }: SendRequestOptions): Promise<ExchangeOutcome> {
    const { life, world, vendor } = this;
    const weather = world.weatherOf(vendor);
    const startedAtMs = world.timeline.nowMs;
    await life.wait(weather.connectMs(world.random));
    if (signal.aborted || !mayWrite()) return { kind: 'notWritten' };
    const fate = weather.fateOf(world.random);
    if (fate === 'refused') return { kind: 'unreachable', errorCode: 'ECONNREFUSED' };
    if (fate === 'unreachable') return { kind: 'unreachable', errorCode: 'ETIMEDOUT' };
    if (!survives(life, 'beforeWrite')) return new Promise(() => undefined);
    world.onWritten(life, vendor, { request, startedAtMs });
    survives(life, 'afterWrite'); // killed or not: what was written arrives
    const outcome = await this.exchange(request, { weather, fate, signal });
    world.trace.note(world.timeline.nowMs, `${life.number} ${vendor.channel} answered`, outcome);
    return outcome;
  }

  async close(): Promise<void> {}

  private exchange(
    request: VendorRequest,
    { weather, fate, signal }: { readonly weather: Weather; readonly fate: Fate; readonly signal: AbortSignal },
  ): Promise<ExchangeOutcome> {
    const { life, vendor, world } = this;
    return new Promise((resolve) => {
      let isOver = false;
      const end = (outcome: ExchangeOutcome): void => {
        if (isOver) return;
        isOver = true;
        unwatchAbort(signal, abort);
        giveUp();
        resolve(outcome);
      };
      const abort = (): void => {
        end({ kind: 'lost', errorCode: 'ABORTED' });
      };
      const giveUp = life.after(this.options.timeoutMs, () => {
        end({ kind: 'lost', errorCode: 'UND_ERR_HEADERS_TIMEOUT' });
      });
      watchAbort(signal, abort);
      world.timeline.after(weather.travelMs(world.random), () => {
        const outcome = outcomeOf(fate, { request, vendor, world });
        if (outcome === undefined) return;
        world.timeline.after(weather.travelMs(world.random), () => {
          life.after(0, () => {
            end(outcome);
          });
        });
      });
    });
  }
}

function survives(life: Life, point: CrashPoint): boolean {
  try {
    life.pass(point);
    return true;
  } catch (error) {
    if (error instanceof Killed) return false;
    throw error;
  }
}

/** The answer that travels back; undefined = none ever. */
function outcomeOf(
  fate: Fate,
  {
    request,
    vendor,
    world,
  }: { readonly request: VendorRequest; readonly vendor: SimulatedVendor; readonly world: NetworkWorld },
): ExchangeOutcome | undefined {
  const { nowMs } = world.timeline;
  const served = (): ReturnType<SimulatedVendor['serve']> => vendor.serve(request, nowMs);
  const reset: ExchangeOutcome = { kind: 'lost', errorCode: 'ECONNRESET' };
  switch (fate) {
    case 'lostBefore':
      return reset;
    case 'lostAfter':
      served();
      return reset;
    case 'silentBefore':
      return undefined;
    case 'silentAfter':
      served();
      return undefined;
    case 'failedBefore':
      return answer(500, 'oops');
    case 'failedAfter':
      served();
      return answer(500, 'oops');
    case 'broken':
      return { ...served(), body: '{"resul', isComplete: false };
    case 'nonsense':
      served();
      return answer(200, '<html>ok</html>');
    case 'throttledSeconds':
      return answer(429, '', { retryAfter: String(1 + Math.floor(world.random.next() * 4)) });
    case 'throttledDate': {
      const date = new Date(Math.floor(nowMs / 1_000) * 1_000);
      const until = new Date(date.getTime() + 2_000);
      return answer(429, '', { date: date.toUTCString(), retryAfter: until.toUTCString() });
    }
    case 'unauthorised':
      return answer(401, 'no');
    case 'unavailable':
      return answer(503, 'later');
    default:
      return served();
  }
}
