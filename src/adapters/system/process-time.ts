/**
 * Milliseconds with fractions on the machine's monotonic clock. Unlike `performance.now()`, whose zero is the start of
 * each thread, it can be compared between the threads of a process.
 */
export function processMonotonicMs(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1_000 + nanoseconds / 1e6;
}
