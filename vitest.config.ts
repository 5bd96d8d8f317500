import { defineConfig } from 'vitest/config';
import { changedSources } from './test/planted-defects/changed-source.js';
import { findDefect } from './test/planted-defects/defects.js';

/** FANFARE_PLANT=D12 plants that defect into the sources that the tests meet. */
const planted = process.env['FANFARE_PLANT'];
const { changes } = planted === undefined ? { changes: [] } : findDefect(planted);

// Tests use real files, servers and processes: forks keep them apart, two at once fit the smallest machine we support.
export default defineConfig({
  plugins: [changedSources(() => changes)],
  test: {
    include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
    // Those need RocketMQ, or several nodes for minutes: npm run test:cluster.
    exclude: ['**/node_modules/**', '**/*.cluster.test.ts', 'test/cluster/**'],
    setupFiles: ['test/support/fixed-seed.ts'],
    pool: 'forks',
    maxWorkers: 2,
    // These end what hangs. They judge no speed: on a machine with other work a test takes many times as long as alone.
    testTimeout: 600_000,
    hookTimeout: 600_000,
    expect: { poll: { timeout: 60_000 } },
    restoreMocks: true,
    passWithNoTests: false,
  },
});
