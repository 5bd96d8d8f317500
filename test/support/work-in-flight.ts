import { setImmediate as nextTurn } from 'node:timers/promises';
import type { EngineStore } from '../../src/compose.js';

/** What stores have been asked for and have not answered yet. */
export class WorkInFlight {
  private readonly open = new Set<Promise<unknown>>();

  /** Resolves after a turn of the event loop in which nothing was asked for. */
  async ends(): Promise<void> {
    do {
      await Promise.allSettled(this.open);
      await nextTurn();
    } while (this.open.size > 0);
  }

  /** The store, with what it is asked for counted here. */
  watch(store: EngineStore): EngineStore {
    return {
      ...(store.bulkBodyMs !== undefined && { bulkBodyMs: store.bulkBodyMs }),
      transaction: (body, options) => this.add(store.transaction(body, options)),
      read: (body) => this.add(store.read(body)),
      get isAvailable() {
        return store.isAvailable;
      },
      stats: () => store.stats(),
      truncate: () => this.add(store.truncate()),
      close: () => store.close(),
    };
  }

  private add<Result>(work: Promise<Result>): Promise<Result> {
    this.open.add(work);
    const forget = (): void => {
      this.open.delete(work);
    };
    work.then(forget, forget);
    return work;
  }
}
