import { parseArgs } from 'node:util';
import { brokenInWords, replayCommand, runBatch } from './batch.js';
import { SIGHTINGS } from './sightings.js';
import { Simulator } from './simulate.js';

/**
 * `npm run simulate -- [--seeds N] [--from S]` runs N seeds and says what broke; exit 1 when something did, or when a
 * batch of the gate's size did not meet every fault. `--seed S` runs one and prints everything that passed its ports.
 */
const WORTH_A_BATCH = 250;

const { values } = parseArgs({
  options: { seeds: { type: 'string' }, from: { type: 'string' }, seed: { type: 'string' } },
});

if (values.seed === undefined) await runMany(numberOf('seeds', 500), numberOf('from', 0));
else await replay(numberOf('seed', 0));

async function runMany(count: number, from: number): Promise<void> {
  const startedMs = performance.now();
  let done = 0;
  const { broken, sightings } = await runBatch({ from, count }, ({ seed, violations }) => {
    done++;
    if (violations.length > 0) console.error(`seed ${seed}: ${violations[0] ?? ''}\n  ${replayCommand(seed)}`);
    if (done % 500 === 0) console.error(`${done} of ${count} seeds`);
  });
  const seconds = (performance.now() - startedMs) / 1_000;
  for (const what of SIGHTINGS) console.log(`${String(sightings.count(what)).padStart(8)}  ${what}`);
  console.log(`${count} seeds in ${seconds.toFixed(1)} s (${((seconds * 1_000) / count).toFixed(0)} ms each)`);
  const missing = count < WORTH_A_BATCH ? [] : sightings.missing;
  if (missing.length > 0) console.log(`never met: ${missing.join('; ')}`);
  if (broken.length > 0) console.log(`${broken.length} broke a promise:\n${brokenInWords(broken).join('\n')}`);
  process.exitCode = broken.length + missing.length > 0 ? 1 : 0;
}

async function replay(seed: number): Promise<void> {
  const simulator = new Simulator();
  try {
    const { hash, lines, violations, lastedMs } = await simulator.run(seed, { keepsLines: true });
    for (const line of lines) console.log(line);
    console.log(`seed ${seed}: ${(lastedMs / 1_000).toFixed(1)} simulated seconds, trace ${hash}`);
    for (const violation of violations) console.log(`broken: ${violation}`);
    process.exitCode = violations.length > 0 ? 1 : 0;
  } finally {
    simulator.dispose();
  }
}

function numberOf(name: keyof typeof values, fallback: number): number {
  const text = values[name];
  const number = text === undefined ? fallback : Number(text);
  if (Number.isSafeInteger(number) && number >= 0) return number;
  throw new RangeError(`--${name} takes a whole number, not ${String(text)}.`);
}
