/**
 * kill -9 before and after every statement of a small campaign, in each delivery mode. The gate takes random ones of
 * these points; at full size all of them are swept.
 */
import { expect, it } from 'vitest';
import { SeededRandom } from '../../src/core/seeded-random.js';
import { DELIVERY_MODES } from '../../src/ledger/cell-moves.js';
import { IS_FULL, minutes, reportFigures, takeSeed } from '../support/proof.js';
import { SMALL_VICTIM, SmallRig } from '../support/small-rig.js';
import { live } from '../support/victim.js';

const SAMPLED_POINTS = 6;

/** All points, or some of them. */
function pointsOf(count: number, random: SeededRandom): readonly number[] {
  if (IS_FULL) return Array.from({ length: count }, (_, index) => index + 1);
  return Array.from({ length: SAMPLED_POINTS }, () => 1 + Math.floor(random.next() * count));
}

it.each(DELIVERY_MODES)(
  'a campaign killed at any statement keeps the promise of its mode: %s',
  async (mode) => {
    const random = new SeededRandom(takeSeed('statements to be killed at'));
    const rig = await SmallRig.open(mode);
    const runTo = (point: number) =>
      rig.judgeLife(rig.nextFolder(), (folder) => live(process.execPath, [SMALL_VICTIM, folder, String(point)]));
    try {
      const whole = await runTo(0);
      const count = Number(/points (\d+)/.exec(whole.said.join(' '))?.[1]);
      for (const point of pointsOf(count, random)) {
        const life = await runTo(point).catch((cause: unknown) => {
          throw new Error(`killed at statement point ${point} of ${count}`, { cause });
        });
        expect(life.wasKilled || life.code === 0, life.complaints).toBe(true);
      }
      // Or nobody was at work when it was killed.
      if (IS_FULL && mode === 'atLeastOnce') expect(rig.tally.doubled).toBeGreaterThan(0);
      if (IS_FULL && mode === 'atMostOnce') expect(rig.tally.unknown).toBeGreaterThan(0);
      expect(rig.kills).toBeGreaterThan(0);
      reportFigures('R4', {
        [`kills at statements (${mode})`]: rig.kills,
        'told again in all': rig.tally.doubled,
        'unknown in all': rig.tally.unknown,
        'acknowledged and lost': 0,
      });
    } finally {
      await rig.close();
    }
  },
  minutes(15, 40),
);
