/** One measured figure, as printed and as `--json` gives it. */
export interface Figure {
  readonly name: string;
  /** Median of the runs. */
  readonly value: number;
  readonly unit: string;
  readonly runs: number;
  readonly min: number;
  readonly max: number;
  /** Median of what it is compared with: measured in the same run, or the aim, or arithmetic, as the bench says. */
  readonly baseline: number | null;
  /** value / baseline. */
  readonly ratio: number | null;
}

/** Numbers that benches take on the command line. */
export const NUMBER_NAMES = ['members', 'runs', 'campaigns', 'seconds'] as const;
export type NumberName = (typeof NUMBER_NAMES)[number];

export interface BenchOptions {
  /** Numbers of the command line, by name: `--members 1000000`. */
  readonly numberOf: (name: NumberName, fallback: number) => number;
  /** Tells how far it is; goes to standard error. */
  readonly say: (line: string) => void;
}

/** One file per claim: it measures, and says in words what the figures do and do not show. */
export interface Bench {
  readonly name: string;
  readonly about: string;
  /** Numbers it takes; members and runs where left out. */
  readonly takes?: readonly NumberName[];
  readonly run: (options: BenchOptions) => Promise<readonly Figure[]>;
}

/**
 * A figure from the values of several runs, against those of its baseline.
 * @throws RangeError when nothing was measured or something that is no number: a bench that broke shows no figure.
 */
export function figureOf(
  name: string,
  unit: string,
  values: readonly number[],
  baselines: readonly number[] | null = null,
): Figure {
  for (const measured of [values, ...(baselines === null ? [] : [baselines])]) {
    if (measured.length === 0 || !measured.every(Number.isFinite)) {
      throw new RangeError(`"${name}" was not measured: [${measured.join(', ')}].`);
    }
  }
  const value = median(values);
  const baseline = baselines === null ? null : median(baselines);
  return {
    name,
    value,
    unit,
    runs: values.length,
    min: Math.min(...values),
    max: Math.max(...values),
    baseline,
    ratio: baseline === null || baseline === 0 ? null : value / baseline,
  };
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((left, right) => left - right);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2;
}
