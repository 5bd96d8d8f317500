import { afterAll, describe, expect, it } from 'vitest';
import { DEFECTS } from './defects.js';
import { scenarioOf } from './scenario.js';
import { Simulator } from './simulate.js';

const MAX_SEEDS = 500;
const TIME_LIMIT_MS = 900_000;

/** The judge itself is judged: each of these engines is wrong in one way, and must be found out within the gate's seeds. */
describe('the simulation finds an engine that', () => {
  const simulator = new Simulator();
  afterAll(() => {
    simulator.dispose();
  });

  it.each(DEFECTS)(
    '$name',
    async ({ wrappers, verdict, theme }) => {
      let said: string | undefined;
      for (let seed = 0; said === undefined && seed < MAX_SEEDS; seed++) {
        if (theme !== undefined && scenarioOf(seed).theme !== theme) continue;
        const { violations } = await simulator.run(seed, { wrappers: wrappers() });
        said = violations.find((violation) => verdict.test(violation));
      }
      expect(said).toMatch(verdict);
    },
    TIME_LIMIT_MS,
  );
});
