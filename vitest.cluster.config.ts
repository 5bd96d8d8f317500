import { defineConfig } from 'vitest/config';

// Tests over real servers: those named *.cluster.test.ts need RocketMQ, one of which is started for the whole run.
// Those of the other servers' adapters run here and in `npm test`.
export default defineConfig({
  test: {
    include: [
      'src/**/*.cluster.test.ts',
      'test/**/*.cluster.test.ts',
      'src/adapters/{mysql,redis,rocketmq}/**/*.test.ts',
      'test/cluster/**/*.test.ts',
    ],
    setupFiles: ['test/support/fixed-seed.ts'],
    globalSetup: ['test/support/rocketmq-of-run.ts'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 120_000,
    restoreMocks: true,
    passWithNoTests: false,
  },
});
