/** Seconds with one decimal below ten: `0.4 s`, `12 s`. */
export const formatSeconds = (ms) => `${(ms / 1000).toFixed(ms < 10_000 ? 1 : 0)} s`;

/**
 * Runs `work` behind one line on stderr, `label… 12 s`, which counts on a terminal while it runs.
 * Where it fails the line says so, and the error goes on.
 */
export async function withProgress(label, work) {
  const startedMs = performance.now();
  const isTerminal = process.stderr.isTTY === true;
  const line = () => `${label}… ${formatSeconds(performance.now() - startedMs)}`;
  if (!isTerminal) process.stderr.write(`${label}… `);
  const timer = isTerminal ? setInterval(() => process.stderr.write(`\r${line()}`), 500) : undefined;
  let isDone = false;
  try {
    const result = await work();
    isDone = true;
    return result;
  } finally {
    clearInterval(timer);
    const end = isDone ? '' : ' (failed)';
    const text = isTerminal ? `\r${line()}${end}` : `${formatSeconds(performance.now() - startedMs)}${end}`;
    process.stderr.write(`${text}\n`);
  }
}
