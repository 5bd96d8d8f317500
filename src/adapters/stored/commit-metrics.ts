import { Histogram, type Registry } from 'prom-client';

/** From a disk with a battery behind its cache to one that hangs. */
const COMMIT_SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** Times commits of either store; give the answer to it as `onCommit`. */
export function registerCommitMetrics(registry: Registry): (durationMs: number) => void {
  const commits = new Histogram({
    name: 'fanfare_store_commit_seconds',
    help: 'Time of a commit, its sync included.',
    buckets: COMMIT_SECONDS,
    registers: [registry],
  });
  return (durationMs) => {
    commits.observe(durationMs / 1_000);
  };
}
