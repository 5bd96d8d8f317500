import { cpus, totalmem } from 'node:os';
import { parseArgs } from 'node:util';
import { nearestWord } from '../src/core/nearest.js';
import { fanout } from './fanout.js';
import type { Bench, Figure } from './figure.js';
import { members } from './members.js';
import { provider } from './provider.js';

/** `npm run bench -- NAME [--json] [--members N] [--runs N]` */
const BENCHES: readonly Bench[] = [fanout, members, provider];

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { json: { type: 'boolean', default: false }, members: { type: 'string' }, runs: { type: 'string' } },
});
const bench = BENCHES.find(({ name }) => name === positionals[0]);
if (bench === undefined) {
  const names = BENCHES.map(({ name }) => name);
  const nearest = nearestWord(positionals[0] ?? '', names);
  console.error(
    `${positionals[0] === undefined ? 'Name a bench' : `There is no bench "${positionals[0]}"`}: ${names.join(', ')}.` +
      (nearest === undefined ? '' : ` Did you mean ${nearest}?`),
  );
  process.exitCode = 2;
} else {
  await runBench(bench);
}

async function runBench(chosen: Bench): Promise<void> {
  const figures = await chosen.run({
    numberOf: (name, fallback) => {
      const text = values[name as keyof typeof values]; // names of numbers are those of parseArgs above
      const number = typeof text === 'string' ? Number(text) : fallback;
      if (Number.isSafeInteger(number) && number > 0) return number;
      throw new RangeError(`--${name} takes a positive whole number, not ${String(text)}.`);
    },
    say: (line) => {
      console.error(line);
    },
  });
  const machine = `${cpus().length} × ${cpus()[0]?.model.trim() ?? 'unknown'}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.versions.node}`;
  if (values.json) console.log(JSON.stringify({ bench: chosen.name, machine, figures }, null, 2));
  else print(chosen, machine, figures);
}

function print(chosen: Bench, machine: string, figures: readonly Figure[]): void {
  console.log(`${chosen.name}: ${chosen.about}\non ${machine}\n`);
  for (const { name, value, unit, runs, min, max, baseline, ratio } of figures) {
    const range = runs > 1 ? ` (median of ${runs}, ${short(min)} to ${short(max)})` : '';
    const against = baseline === null || ratio === null ? '' : `; baseline ${short(baseline)}, ratio ${short(ratio)}`;
    console.log(`${name.padEnd(36)} ${short(value)} ${unit}${range}${against}`);
  }
}

function short(value: number): string {
  return Math.abs(value) >= 1_000 ? Math.round(value).toLocaleString('en') : Number(value.toPrecision(3)).toString();
}
