import { Gauge, collectDefaultMetrics, type Registry } from 'prom-client';

/** Figures of the embedded store, read when they are asked for. */
export interface StoreFigures {
  readonly commits: number;
  readonly transactions: number;
  readonly walBytes: number;
  readonly lastCommitMs: number;
}

/** Metrics of the process (memory, CPU, event loop) and of the store. */
export function registerStoreMetrics(registry: Registry, figures: () => StoreFigures): void {
  collectDefaultMetrics({ register: registry });
  const gauge = (name: string, help: string, read: (figures: StoreFigures) => number): void => {
    new Gauge({
      name,
      help,
      registers: [registry],
      collect() {
        this.set(read(figures()));
      },
    });
  };
  gauge('fanfare_store_wal_bytes', 'Size of the write-ahead log.', ({ walBytes }) => walBytes);
  gauge('fanfare_store_commits', 'Commits since the start.', ({ commits }) => commits);
  gauge('fanfare_store_transactions', 'Transactions since the start; several share a commit.', (f) => f.transactions);
  gauge(
    'fanfare_store_last_commit_seconds',
    'Duration of the last commit, its sync included.',
    (f) => f.lastCommitMs / 1_000,
  );
}
