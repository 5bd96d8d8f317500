/** Whether a series rises, told apart from its noise. */
export interface Trend {
  /** Per step of the series, by least squares. */
  readonly slope: number;
  /** The slope in units of its own standard error; Infinity for a rise without any noise. */
  readonly certainty: number;
}

/** The straight line through a series. */
export function trendOf(values: readonly number[]): Trend {
  const meanX = (values.length - 1) / 2;
  const meanY = values.reduce((sum, value) => sum + value, 0) / values.length;
  let xx = 0;
  let xy = 0;
  values.forEach((value, x) => {
    xx += (x - meanX) ** 2;
    xy += (x - meanX) * (value - meanY);
  });
  const slope = xy / xx;
  const residuals = values.reduce((sum, value, x) => sum + (value - meanY - slope * (x - meanX)) ** 2, 0);
  const standardError = Math.sqrt(residuals / Math.max(1, values.length - 2) / xx);
  return { slope, certainty: slope === 0 ? 0 : slope / standardError };
}
