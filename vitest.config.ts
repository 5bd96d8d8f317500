import { defineConfig } from 'vitest/config';

// Tests use real files, servers and processes: forks keep them apart, two at once fit the smallest machine we support.
export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 30_000,
    restoreMocks: true,
    passWithNoTests: false,
  },
});
