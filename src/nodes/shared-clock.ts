/**
 * The wall clock of the database, told by each node: nodes whose own clocks differ open and close coupons, end locks and
 * stamp events at the same moments.
 *
 * It is asked every 2 s. What it answers was true at some moment between question and answer, so by now its time lies
 * between the answer and the answer plus the round trip; the time told here is moved into that span, and not at all where
 * it lies in it: a slow answer disturbs nothing. In between it goes on by the monotonic clock, whatever the machine's wall
 * clock does. Two nodes differ by a round trip at most, mostly by less than a millisecond.
 */
import type { Clock } from '../core/ports/clock.js';
import { epochMs, type EpochMs } from '../core/time.js';

const ASK_EVERY_MS = 2_000;

export class SharedClock implements Clock {
  private readonly stopping = new AbortController();
  private running: Promise<void> | undefined;
  /** What has to be added to the monotonic clock. */
  private aheadMs: number;

  /** Tells the machine's time until it has been asked for the first time. */
  constructor(private readonly machine: Clock) {
    this.aheadMs = machine.now() - machine.monotonicMs();
  }

  now(): EpochMs {
    return epochMs(Math.floor(this.aheadMs + this.machine.monotonicMs()));
  }

  monotonicMs(): number {
    return this.machine.monotonicMs();
  }

  sleep(delayMs: number, signal?: AbortSignal): Promise<void> {
    return this.machine.sleep(delayMs, signal);
  }

  /**
   * Resolves once the time is that of `ask`, and follows it until it is closed; while nobody answers it goes on by itself.
   * @throws what `ask` throws the first time.
   */
  async follow(ask: () => Promise<EpochMs>): Promise<void> {
    await this.ask(ask);
    this.running ??= this.run(ask);
  }

  /** Safe to call twice. */
  async close(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  private async run(ask: () => Promise<EpochMs>): Promise<void> {
    const { signal } = this.stopping;
    for (;;) {
      await this.machine.sleep(ASK_EVERY_MS, signal);
      if (signal.aborted) return;
      await this.ask(ask).catch(() => undefined); // the store says itself when it is away
    }
  }

  /** Sets the time by one answer. */
  async ask(ask: () => Promise<EpochMs>): Promise<void> {
    const askedMs = this.machine.monotonicMs();
    const told = await ask();
    const least = told - this.machine.monotonicMs();
    const most = told + 1 - askedMs; // it is told in whole milliseconds
    this.aheadMs = Math.min(Math.max(this.aheadMs, least), most);
  }
}
