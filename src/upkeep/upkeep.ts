/**
 * Work that nobody asks for and nobody waits for: forgetting what is past its time. Each task runs alone, again after
 * its pause, and a failure of one (a full disk, say) is told and tried again at the next turn.
 */
import type { Clock } from '../core/ports/clock.js';
import type { Store } from '../core/ports/store.js';
import { MINUTE_MS } from '../core/time.js';

export interface UpkeepTask {
  readonly name: string;
  readonly everyMs: number;
  /** Ends soon after `signal` aborts, with what it has done so far kept. */
  run(signal: AbortSignal): Promise<unknown>;
}

export interface UpkeepEvent {
  readonly kind: 'upkeep.failed';
  readonly task: string;
  readonly error: unknown;
}

/** A start is busy enough without it. */
const FIRST_RUN_AFTER_MS = MINUTE_MS;

export class Upkeep {
  private readonly stopping = new AbortController();
  private running: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly options: {
      readonly clock: Clock;
      readonly tasks: readonly UpkeepTask[];
      readonly onEvent: (event: UpkeepEvent) => void;
    },
  ) {}

  start(): void {
    this.running = Promise.all(this.options.tasks.map((task) => this.repeat(task)));
  }

  /** Ends between two slices. Safe to call twice. */
  async close(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  private async repeat(task: UpkeepTask): Promise<void> {
    const { signal } = this.stopping;
    await this.options.clock.sleep(FIRST_RUN_AFTER_MS, signal);
    while (!signal.aborted) {
      try {
        await task.run(signal);
      } catch (error) {
        this.options.onEvent({ kind: 'upkeep.failed', task: task.name, error });
      }
      await this.options.clock.sleep(task.everyMs, signal);
    }
  }
}

/** Rows that one transaction of a purge deletes at most. */
export const PURGE_SLICE_ROWS = 1_000;

/** Deletes slice by slice, each a transaction of bulk work, until a slice was not full; answers how many rows went. */
export async function purgeInSlices<Tx>(
  store: Store<Tx>,
  purge: (tx: Tx, limit: number) => Promise<number>,
  signal: AbortSignal,
): Promise<number> {
  let total = 0;
  let slice = PURGE_SLICE_ROWS;
  while (slice === PURGE_SLICE_ROWS && !signal.aborted) {
    slice = await store.transaction((tx) => purge(tx, PURGE_SLICE_ROWS), { isBulk: true });
    total += slice;
  }
  return total;
}
