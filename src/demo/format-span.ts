/** A span as people read it, from half a millisecond to minutes: `0.4 ms`, `12 ms`, `1.2 s`, `48 s`, `1 min 12 s`. */
export function formatSpan(spanMs: number): string {
  if (spanMs < 9.95) return `${spanMs.toFixed(1)} ms`;
  if (spanMs < 999.5) return `${spanMs.toFixed(0)} ms`;
  if (spanMs < 9_950) return `${(spanMs / 1_000).toFixed(1)} s`;
  const seconds = Math.round(spanMs / 1_000);
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}
