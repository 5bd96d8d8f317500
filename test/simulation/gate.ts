import { beforeAll, describe, expect, it } from 'vitest';
import { minutes, reportFigures, size } from '../support/proof.js';
import { brokenInWords, runBatch, type Batch } from './batch.js';

/** Half of the seeds: two files, so that both cores work. */
const SEEDS = size(250, 5_000);

/** The promises over one half of the seeds, and that this half was worth something. */
export function simulationGate(half: 0 | 1): void {
  const from = half * SEEDS;
  describe(`simulated, seeds ${from} to ${from + SEEDS - 1}`, () => {
    let batch: Batch;
    beforeAll(
      async () => {
        batch = await runBatch({ from, count: SEEDS });
      },
      minutes(20, 39),
    );

    it('keeps every promise under every fault', () => {
      expect(brokenInWords(batch.broken)).toEqual([]);
    });

    it('meets every kind of fault and every branch of recovery', () => {
      expect(batch.sightings.missing).toEqual([]);
      reportFigures('R28', { [`simulated seeds, half ${half + 1}`]: SEEDS, broken: batch.broken.length });
    });
  });
}
