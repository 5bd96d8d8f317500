import { cpus, totalmem } from 'node:os';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { nearestWord } from '../src/core/nearest.js';
import { BENCHES } from './benches.js';
import type { Bench, Figure } from './figure.js';
import { profileServersInto } from './support/server-process.js';
import { short, writeTable } from './support/write-table.js';

/** `npm run bench -- NAME [--json] [--members N] [--runs N] [--profile FOLDER] [--into FILE]`; docs/BENCHMARKS.md has the rest. */
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'boolean', default: false },
    members: { type: 'string' },
    runs: { type: 'string' },
    campaigns: { type: 'string' },
    seconds: { type: 'string' },
    profile: { type: 'string' },
    into: { type: 'string' },
  },
});
const bench = BENCHES.find(({ name }) => name === positionals[0]);
if (bench === undefined) {
  refuse(positionals[0]);
} else {
  try {
    await runBench(bench);
  } catch (error) {
    console.error(error instanceof Error ? (error.stack ?? error.message) : String(error));
    process.exitCode = 1;
  }
}

function refuse(name: string | undefined): void {
  const names = BENCHES.map((each) => each.name);
  const nearest = nearestWord(name ?? '', names);
  console.error(
    `${name === undefined ? 'Name a bench' : `There is no bench "${name}"`}: ${names.join(', ')}.` +
      (nearest === undefined ? '' : ` Did you mean ${nearest}?`),
  );
  process.exitCode = 2;
}

async function runBench(chosen: Bench): Promise<void> {
  if (values.profile !== undefined) profileServersInto(resolve(values.profile));
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
  if (values.into !== undefined && figures.length > 0) {
    const date = new Date().toISOString().slice(0, 10);
    await writeTable(values.into, { bench: chosen.name, command: commandOf(chosen), machine, date, figures });
  }
}

/** What makes these figures again. */
function commandOf({ name }: Bench): string {
  const given = (['members', 'runs', 'campaigns', 'seconds'] as const).flatMap((option) => {
    const value = values[option];
    return value === undefined ? [] : [`--${option} ${value}`];
  });
  return ['npm run bench --', name, ...given].join(' ');
}

function print(chosen: Bench, machine: string, figures: readonly Figure[]): void {
  console.log(`${chosen.name}: ${chosen.about}\non ${machine}\n`);
  const width = Math.max(...figures.map(({ name }) => name.length)) + 2;
  for (const { name, value, unit, runs, min, max, baseline, ratio } of figures) {
    const range = runs > 1 ? ` (median of ${runs}, ${short(min)} to ${short(max)})` : '';
    const against = baseline === null || ratio === null ? '' : `; baseline ${short(baseline)}, ratio ${short(ratio)}`;
    console.log(`${name.padEnd(width)}${short(value)} ${unit}${range}${against}`);
  }
}
