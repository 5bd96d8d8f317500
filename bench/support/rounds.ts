import type { BenchOptions } from '../figure.js';
import { withCleanUp, type CleanUp } from './clean-up.js';

/** What was measured in several rounds, each with folders and processes of its own. */
export interface Rounds<Round> {
  /** A value of each round, in their order. */
  readonly of: (read: (round: Round) => number) => number[];
}

/** Measures as often as `--runs` says (`otherwise` without it), one round after another. */
export async function inRounds<Round>(
  { numberOf, say }: BenchOptions,
  { otherwise, measure }: { readonly otherwise: number; readonly measure: (cleanUp: CleanUp) => Promise<Round> },
): Promise<Rounds<Round>> {
  const runs = numberOf('runs', otherwise);
  const rounds: Round[] = [];
  for (let round = 1; round <= runs; round++) {
    say(`run ${round} of ${runs}`);
    rounds.push(await withCleanUp(measure));
  }
  return { of: (read) => rounds.map(read) };
}
