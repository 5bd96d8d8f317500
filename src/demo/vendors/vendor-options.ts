import { parseArgs } from 'node:util';
import { SeededRandom } from '../../core/seeded-random.js';

/** How a stand-in is started; the same for all three. */
export interface VendorOptions {
  readonly port: number;
  readonly logFile: string;
  /** Whether a key that was answered before is answered the same without delivering. */
  readonly isKeyed: boolean;
  readonly latencyMs: number;
  readonly jitterMs: number;
  /** Share of recipients (0 to 1) that do not exist; always the same ones. */
  readonly refuseRate: number;
  /** Share of requests answered 429 with Retry-After: 1. */
  readonly throttleRate: number;
  /** Share of requests answered 5xx before anything was delivered. */
  readonly failRate: number;
  /** Share of requests answered 5xx after everything was delivered. */
  readonly loseRate: number;
  readonly seed: string;
  /** Ends when its standard input does, so that it does not outlive whoever started it. */
  readonly stopsWithInput: boolean;
}

export const VENDOR_USAGE = `Options:
  --port N            port to listen on, 0 for any free one (default 0)
  --log FILE          where each delivery is appended: key TAB recipient
  --not-keyed         deliver again what comes again under the same key
  --latency-ms N      time to answer (default 0), --jitter-ms N more at most (default 0)
  --refuse-rate X     share of recipients that do not exist (default 0)
  --throttle-rate X   share of requests answered 429
  --fail-rate X       share of requests answered 5xx before delivering
  --lose-rate X       share of requests answered 5xx after delivering
  --seed TEXT         of the shares (default 1)
  --stop-with-input   end when standard input ends
`;

/** @throws Error with a line for people when an option is unknown, missing or out of range. */
export function parseVendorOptions(args: readonly string[]): VendorOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      port: { type: 'string', default: '0' },
      log: { type: 'string' },
      'not-keyed': { type: 'boolean', default: false },
      'latency-ms': { type: 'string', default: '0' },
      'jitter-ms': { type: 'string', default: '0' },
      'refuse-rate': { type: 'string', default: '0' },
      'throttle-rate': { type: 'string', default: '0' },
      'fail-rate': { type: 'string', default: '0' },
      'lose-rate': { type: 'string', default: '0' },
      seed: { type: 'string', default: '1' },
      'stop-with-input': { type: 'boolean', default: false },
    },
  });
  if (values.log === undefined) throw new Error(`--log FILE is missing.\n${VENDOR_USAGE}`);
  return {
    port: numberIn('port', values.port, 65_535),
    logFile: values.log,
    isKeyed: !values['not-keyed'],
    latencyMs: numberIn('latency-ms', values['latency-ms'], 600_000),
    jitterMs: numberIn('jitter-ms', values['jitter-ms'], 600_000),
    refuseRate: numberIn('refuse-rate', values['refuse-rate'], 1),
    throttleRate: numberIn('throttle-rate', values['throttle-rate'], 1),
    failRate: numberIn('fail-rate', values['fail-rate'], 1),
    loseRate: numberIn('lose-rate', values['lose-rate'], 1),
    seed: values.seed,
    stopsWithInput: values['stop-with-input'],
  };
}

function numberIn(name: string, text: string, max: number): number {
  const value = Number(text);
  if (text.trim() !== '' && value >= 0 && value <= max) return value;
  throw new Error(`--${name} is 0 to ${max}, not "${text}".`);
}

/** What happens to a request as a whole. */
export type RequestFate = 'answered' | 'throttled' | 'failed' | 'lost';

/** The moods of a vendor: by chance for requests, fixed for recipients. */
export class VendorMood {
  private readonly random: SeededRandom;
  private readonly options: VendorOptions;

  constructor(options: VendorOptions) {
    this.options = options;
    this.random = new SeededRandom(options.seed);
  }

  nextFate(): RequestFate {
    const { throttleRate, failRate, loseRate } = this.options;
    if (throttleRate + failRate + loseRate === 0) return 'answered';
    const at = this.random.next();
    if (at < throttleRate) return 'throttled';
    if (at < throttleRate + failRate) return 'failed';
    return at < throttleRate + failRate + loseRate ? 'lost' : 'answered';
  }

  nextLatencyMs(): number {
    const { latencyMs, jitterMs } = this.options;
    return jitterMs === 0 ? latencyMs : latencyMs + jitterMs * this.random.next();
  }

  /** Whether a recipient does not exist. */
  refuses(recipient: string): boolean {
    if (this.options.refuseRate === 0) return false;
    return new SeededRandom(`${this.options.seed}/${recipient}`).next() < this.options.refuseRate;
  }
}
