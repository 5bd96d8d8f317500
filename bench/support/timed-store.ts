/** A store that notes where the time of a pusher's transactions goes, by step. */
import type { Store } from '../../src/core/ports/store.js';
import type { PushTx } from '../../src/push/push-tx.js';

export const STEPS = ['claim', 'load', 'flags', 'save', 'deliver', 'books', 'decide', 'commit', 'between'] as const;
export type Step = (typeof STEPS)[number];

/** Which step a repository's call belongs to; all others are the books'. */
const STEP_OF: Readonly<Record<string, Step>> = {
  'ledger.claim': 'claim',
  'ledger.nextDueAt': 'claim',
  'ledger.load': 'load',
  'members.flagsOfBlocks': 'flags',
  'ledger.save': 'save',
  'inbox.deliver': 'deliver',
};

export class StepTimes {
  readonly ms: Record<Step, number> = Object.fromEntries(STEPS.map((step) => [step, 0])) as Record<Step, number>;
  transactions = 0;
  private inTransactionsMs = 0;

  constructor(private readonly store: Store<PushTx>) {}

  /** Calls within a body do their work before they answer their promise, so the call's own time is the step's. */
  timed(): Store<PushTx> {
    const { store } = this;
    return {
      read: (body) => store.read(body),
      transaction: async (body, options) => {
        const startedMs = performance.now();
        let bodyMs = 0;
        const result = await store.transaction(async (tx) => {
          const bodyStartedMs = performance.now();
          const steppedMs = this.repositoryMs();
          const answer = await body(this.timedTx(tx));
          bodyMs = performance.now() - bodyStartedMs;
          this.ms.decide += bodyMs - (this.repositoryMs() - steppedMs);
          return answer;
        }, options);
        const spanMs = performance.now() - startedMs;
        this.ms.commit += spanMs - bodyMs;
        this.inTransactionsMs += spanMs;
        this.transactions++;
        return result;
      },
    };
  }

  /** Share of each step in `spanMs`, in percent. */
  shares(spanMs: number): Readonly<Record<Step, number>> {
    this.ms.between = Math.max(0, spanMs - this.inTransactionsMs);
    return Object.fromEntries(STEPS.map((step) => [step, (100 * this.ms[step]) / spanMs])) as Record<Step, number>;
  }

  private repositoryMs(): number {
    const { claim, load, flags, save, deliver, books } = this.ms;
    return claim + load + flags + save + deliver + books;
  }

  private timedTx(tx: PushTx): PushTx {
    return Object.fromEntries(
      Object.entries(tx).map(([name, repository]) => [name, this.timedRepository(name, repository as object)]),
    ) as unknown as PushTx; // every method is there, timed
  }

  private timedRepository(name: string, repository: object): object {
    return Object.fromEntries(
      Object.entries(repository).map(([method, call]) => {
        const step = STEP_OF[`${name}.${method}`] ?? 'books';
        return [
          method,
          (...args: unknown[]): unknown => {
            const startedMs = performance.now();
            const answer = (call as (...values: unknown[]) => unknown)(...args);
            this.ms[step] += performance.now() - startedMs;
            return answer;
          },
        ];
      }),
    );
  }
}
