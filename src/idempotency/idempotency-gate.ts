/**
 * One effect per Idempotency-Key.
 *
 *   not seen ──► runs; the answer's reference commits with the effect
 *   running  ──► waits up to 5 s for the first answer, then REQUEST_IN_PROGRESS
 *   kept     ──► the first answer again; with another request IDEMPOTENCY_KEY_REUSED
 *
 * Kept are successes and refusals that stay refusals; not kept are 400, 401, 429, 5xx and whatever the catalogue calls
 * retryable, which the same call can outlive. A crash before the commit leaves no trace of the request, one after it
 * leaves effect and answer. A key lives 24 h.
 */
import { DomainError, isDomainError } from '../core/errors.js';
import type { Clock } from '../core/ports/clock.js';
import type { Store } from '../core/ports/store.js';
import { equalBytes, structuredHash } from '../core/structured-hash.js';
import { DAY_MS, SECOND_MS, addMs, epochMs, type EpochMs } from '../core/time.js';
import type { IdempotencyTx, IdempotentRequest, KeptAnswer } from './idempotency-repository.js';

export const KEY_LIFE_MS = DAY_MS;
/** How long a second caller waits for the first one's answer. */
export const WAIT_FOR_FIRST_MS = 5 * SECOND_MS;

/** What stands for the answer: the status and the thing it is about. */
export interface DoneReference {
  readonly status: number;
  readonly reference: string;
}

/** Keeps the answer inside the transaction that has the effect; to be called once, last in it. */
export type Remember = (tx: IdempotencyTx, done: DoneReference) => Promise<void>;

export interface GateAnswer extends DoneReference {
  /** True when the effect had been made by an earlier request. */
  readonly isRepeated: boolean;
}

export class IdempotencyGate {
  private readonly running = new Map<string, Promise<void>>();
  private readonly store: Store<IdempotencyTx>;
  private readonly clock: Clock;

  constructor(dependencies: { readonly store: Store<IdempotencyTx>; readonly clock: Clock }) {
    this.store = dependencies.store;
    this.clock = dependencies.clock;
  }

  /**
   * Runs `work` unless its answer is kept. `work` calls `remember` in the transaction that has its effect; without a
   * request it simply runs.
   * @throws DomainError `IDEMPOTENCY_KEY_REUSED`, `REQUEST_IN_PROGRESS`, the kept refusal, or what `work` throws.
   */
  async run(
    request: IdempotentRequest | undefined,
    work: (remember: Remember) => Promise<DoneReference>,
  ): Promise<GateAnswer> {
    if (request === undefined) return { ...(await work(() => Promise.resolve())), isRepeated: false };
    const name = Buffer.from(structuredHash([request.scope, request.key])).toString('hex');
    const deadlineMs = this.clock.monotonicMs() + WAIT_FOR_FIRST_MS;
    for (let other = this.running.get(name); other !== undefined; other = this.running.get(name)) {
      await this.waitFor(other, deadlineMs);
    }
    // No await between the last look and this entry: of those that waited, one runs and the others wait for it.
    const first = this.runFirst(request, work);
    this.running.set(name, first.then(ignore, ignore));
    try {
      return await first;
    } finally {
      this.running.delete(name);
    }
  }

  private async waitFor(first: Promise<void>, deadlineMs: number): Promise<void> {
    const leftMs = deadlineMs - this.clock.monotonicMs();
    if (leftMs > 0 && (await this.endsWithin(first, leftMs))) return;
    throw new DomainError(
      'REQUEST_IN_PROGRESS',
      'The first request under this Idempotency-Key is still running; ask again in a few seconds.',
    );
  }

  private async endsWithin(first: Promise<void>, limitMs: number): Promise<boolean> {
    const timer = new AbortController();
    const late = this.clock.sleep(limitMs, timer.signal).then(() => false);
    const inTime = await Promise.race([first.then(() => true), late]);
    timer.abort();
    return inTime;
  }

  private async runFirst(
    request: IdempotentRequest,
    work: (remember: Remember) => Promise<DoneReference>,
  ): Promise<GateAnswer> {
    const kept = await this.findKept(request);
    if (kept !== undefined) return answerAgain(kept);
    const remember: Remember = async (tx, done) => {
      const isKept = await this.keep(tx, request, { kind: 'done', ...done });
      if (!isKept) throw new AnsweredMeanwhile(); // undoes the effect: another node was first
    };
    try {
      return { ...(await work(remember)), isRepeated: false };
    } catch (error) {
      if (!(error instanceof AnsweredMeanwhile) && !isKeepable(error)) throw error;
      return this.settleFailure(request, error);
    }
  }

  /** A refusal has had no effect, so it is kept by itself, unless somebody else's answer is there by now. */
  private async settleFailure(request: IdempotentRequest, error: unknown): Promise<GateAnswer> {
    if (isKeepable(error)) {
      const { code, message, values } = error;
      await this.store.transaction((tx) => this.keep(tx, request, { kind: 'refused', code, message, values }));
    }
    const kept = await this.findKept(request);
    if (kept === undefined) throw error;
    return answerAgain(kept);
  }

  private async findKept(request: IdempotentRequest): Promise<KeptAnswer | undefined> {
    const record = await this.store.read((tx) => tx.idempotency.find(request.scope, request.key));
    if (record === undefined || record.keptAt <= this.expiredBefore()) return undefined;
    if (equalBytes(record.requestHash, request.requestHash)) return record.answer;
    throw new DomainError(
      'IDEMPOTENCY_KEY_REUSED',
      'This Idempotency-Key was used for another request within 24 hours; send a new key with a new request.',
    );
  }

  private keep(tx: IdempotencyTx, request: IdempotentRequest, answer: KeptAnswer): Promise<boolean> {
    return tx.idempotency.put({ ...request, answer, keptAt: this.clock.now() }, this.expiredBefore());
  }

  private expiredBefore(): EpochMs {
    return addMs(this.clock.now(), -KEY_LIFE_MS);
  }
}

/** Forgets keys whose 24 h are over, at most `limit`; answers how many. Run it until it answers fewer. */
export async function purgeIdempotencyKeys(tx: IdempotencyTx, now: EpochMs, limit: number): Promise<number> {
  return tx.idempotency.purge(epochMs(now - KEY_LIFE_MS), limit);
}

const ignore = (): void => undefined;

class AnsweredMeanwhile extends Error {}

function isKeepable(error: unknown): error is DomainError {
  if (!isDomainError(error) || error.isRetryable) return false;
  return error.status < 500 && ![400, 401, 429].includes(error.status);
}

function answerAgain(kept: KeptAnswer): GateAnswer {
  if (kept.kind === 'refused') throw new DomainError(kept.code, kept.message, kept.values);
  return { status: kept.status, reference: kept.reference, isRepeated: true };
}
