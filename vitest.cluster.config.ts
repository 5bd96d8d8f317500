import { defineConfig } from 'vitest/config';
import { mysqlAnswers } from './test/support/mysql-server.js';
import { useCaseTests } from './test/support/use-case-tests.js';

const common = {
  setupFiles: ['test/support/fixed-seed.ts'],
  pool: 'forks',
  // On a machine with other work a test takes many times as long as alone.
  testTimeout: 600_000,
  hookTimeout: 600_000,
  restoreMocks: true,
  expect: { poll: { timeout: 60_000 } },
} as const;

// Tests over real servers: those named *.cluster.test.ts need RocketMQ, one of which is started for the whole run.
// Those of the other servers' adapters run here and in `npm test`.
const servers = {
  test: {
    ...common,
    name: 'servers',
    include: [
      'src/**/*.cluster.test.ts',
      'test/**/*.cluster.test.ts',
      'src/adapters/{mysql,redis,rocketmq}/**/*.test.ts',
      'test/cluster/**/*.test.ts',
    ],
    globalSetup: ['test/support/rocketmq-of-run.ts'],
  },
};

// The tests of the use cases once more: in `npm test` they run over the embedded store, here over MySQL.
const useCasesOverMysql = {
  test: {
    ...common,
    name: 'use-cases',
    include: [...useCaseTests()],
    globalSetup: ['test/support/mysql-of-run.ts'],
  },
};

const hasMysql = process.env['CI'] === 'true' || (await mysqlAnswers());
if (!hasMysql) process.stderr.write('No MySQL or MariaDB answers: the use cases are not run over one.\n');

export default defineConfig({
  test: {
    projects: hasMysql ? [servers, useCasesOverMysql] : [servers],
    maxWorkers: 2,
    passWithNoTests: false,
  },
});
