import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../test/support/manual-clock.js';
import { HOUR_MS, MINUTE_MS } from '../core/time.js';
import { Upkeep, type UpkeepEvent } from './upkeep.js';

describe('upkeep', () => {
  it('runs each task again after its pause, one failing or not, until it is closed', async () => {
    const clock = new ManualClock();
    const runs: string[] = [];
    const events: UpkeepEvent[] = [];
    const task = (name: string, everyMs: number, run: () => Promise<unknown>) => ({
      name,
      everyMs,
      run: () => {
        runs.push(name);
        return run();
      },
    });
    const upkeep = new Upkeep({
      clock,
      tasks: [
        task('good', HOUR_MS, () => Promise.resolve()),
        task('bad', 30 * MINUTE_MS, () => Promise.reject(new Error('full'))),
      ],
      onEvent: (event) => events.push(event),
    });
    upkeep.start();
    await clock.run(MINUTE_MS - 1);
    expect(runs).toEqual([]);
    await clock.run(1);
    expect(runs.sort()).toEqual(['bad', 'good']);
    await clock.run(HOUR_MS);
    expect(runs.filter((name) => name === 'good')).toHaveLength(2);
    expect(runs.filter((name) => name === 'bad')).toHaveLength(3);
    expect(events.map(({ task: name }) => name)).toEqual(['bad', 'bad', 'bad']);
    await upkeep.close();
    await upkeep.close();
    expect(clock.sleeperCount).toBe(0);
  });
});
