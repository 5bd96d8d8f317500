/** Every bench that needs no cluster once, as small as it gets: that it runs to its end, and says what it measured. */
import { describe, expect, it } from 'vitest';
import { BENCHES, CLUSTER_BENCHES } from '../../bench/benches.js';
import { eachBench, runBench } from './run-benches.js';

describe('benches', () => {
  eachBench(BENCHES.filter((bench) => !CLUSTER_BENCHES.includes(bench)));

  it('refuse a name that is not theirs, with the nearest one', async () => {
    const { exitCode, stderr } = await runBench(['fan-out']);
    expect(exitCode).toBe(2);
    expect(stderr).toContain('Did you mean fanout?');
  });

  it.each([
    [['freeze', '--members', '0'], '--members takes a positive whole number, not 0.\n'],
    [['freeze', '--seconds', '3'], 'freeze takes no --seconds, only --members, --runs.\n'],
    [['storage', '--runs', '3'], 'storage takes no --runs, only --members.\n'],
    [['freeze', '--membrs', '3'], '--membrs'],
    [['freeze', 'count'], 'One bench at a time'],
  ])('refuse %j before anything is measured', async (args, words) => {
    const { exitCode, stdout, stderr } = await runBench(args);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toContain(words);
  });
});
