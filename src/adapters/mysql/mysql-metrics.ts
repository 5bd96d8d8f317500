import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import { registerCommitMetrics } from '../stored/commit-metrics.js';
import type { MysqlStoreEvent, MysqlStoreOptions } from './mysql-store.js';

const STATEMENT_SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

type Told = Required<Pick<MysqlStoreOptions, 'onStatement' | 'onCommit' | 'onRetry'>> & {
  readonly onEvent: (event: MysqlStoreEvent) => void;
};

/** Counts what the store tells; give the answer to it with its options. */
export function registerMysqlMetrics(registry: Registry): Told {
  const registers = [registry];
  const statements = new Histogram({
    name: 'fanfare_mysql_statement_seconds',
    help: 'Time until a statement was answered.',
    labelNames: ['outcome'],
    buckets: STATEMENT_SECONDS,
    registers,
  });
  const retries = new Counter({
    name: 'fanfare_mysql_retries',
    help: 'Transactions run again.',
    labelNames: ['reason'],
    registers,
  });
  const unknownCommits = new Counter({
    name: 'fanfare_mysql_unknown_commits',
    help: 'Commits whose reply was lost, by what was found of them.',
    labelNames: ['outcome'],
    registers,
  });
  const reconnects = new Counter({
    name: 'fanfare_mysql_reconnects',
    help: 'Times that the server answered again after it had not.',
    registers,
  });
  const isAvailable = new Gauge({
    name: 'fanfare_mysql_available',
    help: '0 while the server does not answer.',
    registers,
  });
  isAvailable.set(1);
  return {
    onCommit: registerCommitMetrics(registry),
    onStatement: ({ durationMs, hasFailed }) => {
      statements.observe({ outcome: hasFailed ? 'failed' : 'ok' }, durationMs / 1_000);
    },
    onRetry: (reason) => {
      retries.inc({ reason });
    },
    onEvent: (event) => {
      if (event.kind === 'store.commitUnknown') {
        unknownCommits.inc({ outcome: event.isCommitted ? 'committed' : 'undone' });
        return;
      }
      isAvailable.set(event.kind === 'store.back' ? 1 : 0);
      if (event.kind === 'store.back') reconnects.inc();
    },
  };
}
