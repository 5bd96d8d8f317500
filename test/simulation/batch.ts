import { Sightings } from './sightings.js';
import { Simulator, type SimulationResult } from './simulate.js';

export interface Batch {
  /** Seeds that broke a promise, with what the judge says. */
  readonly broken: readonly Pick<SimulationResult, 'seed' | 'violations'>[];
  readonly sightings: Sightings;
}

/** How a seed is run again, with everything that happened. */
export const replayCommand = (seed: number): string => `npm run simulate -- --seed ${seed}`;

/** Runs seeds one after another. */
export async function runBatch(
  { from, count }: { readonly from: number; readonly count: number },
  onResult: (result: SimulationResult) => void = () => undefined,
): Promise<Batch> {
  const simulator = new Simulator();
  const sightings = new Sightings();
  const broken: Pick<SimulationResult, 'seed' | 'violations'>[] = [];
  try {
    for (let seed = from; seed < from + count; seed++) {
      const result = await simulator.run(seed);
      sightings.add(result.sightings);
      if (result.violations.length > 0) broken.push({ seed, violations: result.violations });
      onResult(result);
    }
  } finally {
    simulator.dispose();
  }
  return { broken, sightings };
}

/** What broke, for people: each seed with the command that shows it. */
export const brokenInWords = (broken: Batch['broken']): readonly string[] =>
  broken.map(({ seed, violations }) => [`seed ${seed} (${replayCommand(seed)})`, ...violations].join('\n  '));
