/**
 * The circuit of one channel: closed ─5 failing chunks in a row─► open ─after a wait─► probing ─success─► closed,
 * probing ─failure─► open, waiting twice as long (1 s to 7.5 s, with jitter). A probe is one chunk of at most 10.
 */
import type { Clock } from '../core/ports/clock.js';
import type { AnswerDetail, AnswerKind, ChunkAnswer } from '../core/ports/provider.js';
import type { Random } from '../core/ports/random.js';

const FAILURES_TO_OPEN = 5;
const FIRST_WAIT_MS = 1_000;
/** With its jitter under ten seconds: so soon a channel is back after its vendor is. */
const MAX_WAIT_MS = 7_500;
export const PROBE_MEMBERS = 10;

export class Circuit {
  private failures = 0;
  private waitMs = FIRST_WAIT_MS;
  private opensUntilMs: number | undefined;

  constructor(
    private readonly clock: Clock,
    private readonly random: Random,
  ) {}

  get state(): 'closed' | 'open' | 'probing' {
    if (this.opensUntilMs === undefined) return 'closed';
    return this.clock.monotonicMs() < this.opensUntilMs ? 'open' : 'probing';
  }

  /** Milliseconds until a probe may go; 0 when one may go now or the circuit is closed. */
  get remainingMs(): number {
    return Math.max(0, (this.opensUntilMs ?? 0) - this.clock.monotonicMs());
  }

  /** Learns from the answer to one chunk; from one that no socket saw, nothing. */
  record(answer: ChunkAnswer): void {
    if (answer.isSenderLost === true) return; // says nothing of the vendor
    const kinds = typeof answer.kinds === 'string' ? [answer.kinds] : answer.kinds;
    if (kinds.every((kind) => kind === 'notSent')) return;
    if (!isFailure(answer, kinds)) {
      this.failures = 0;
      this.waitMs = FIRST_WAIT_MS;
      this.opensUntilMs = undefined;
      return;
    }
    this.failures++;
    if (this.state === 'open' || (this.state === 'closed' && this.failures < FAILURES_TO_OPEN)) return;
    this.opensUntilMs = this.clock.monotonicMs() + this.waitMs * (0.75 + this.random.next() / 2);
    this.waitMs = Math.min(MAX_WAIT_MS, this.waitMs * 2);
  }
}

/** No connection came about, for a reason that may pass; certificates and logins are not such. */
const AWAY_CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'ECONNECTION',
  'EPIPE',
  'ESOCKET',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EADDRNOTAVAIL',
  'EMFILE',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EDNS',
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_SOCKET',
]);

/** What the vendor said where it refused the account or could not be reached; undefined when it did neither. */
export function accountRefusalOf(answer: ChunkAnswer): AnswerDetail | undefined {
  const index = typeof answer.kinds === 'string' ? 0 : answer.kinds.indexOf('accountRefused');
  if (index < 0 || (typeof answer.kinds === 'string' && answer.kinds !== 'accountRefused')) return undefined;
  return answer.details?.get(index) ?? answer.detail ?? {};
}

/** True when nobody answers at the vendor's address: it may come back by itself. */
export const isEndpointAway = (refusal: AnswerDetail): boolean => AWAY_CODES.has(refusal.code ?? '');

/** A chunk fails when the vendor took a stand on nobody whom it was asked about, or is not there. */
function isFailure(answer: ChunkAnswer, kinds: readonly AnswerKind[]): boolean {
  const refusal = accountRefusalOf(answer);
  const isAway = refusal !== undefined && isEndpointAway(refusal);
  return kinds.every(
    (kind) =>
      kind === 'notSent' || kind === 'transient' || kind === 'ambiguous' || (isAway && kind === 'accountRefused'),
  );
}
