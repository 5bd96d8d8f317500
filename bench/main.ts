import { cpus, totalmem } from 'node:os';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { nearestWord } from '../src/core/nearest.js';
import { BENCHES } from './benches.js';
import { NUMBER_NAMES, type Bench, type Figure, type NumberName } from './figure.js';
import { profileServersInto } from './support/server-process.js';
import { short, writeTable } from './support/write-table.js';

/** `npm run bench -- NAME [--json] [--members N] [--runs N] [--profile FOLDER] [--into FILE]`; docs/BENCHMARKS.md has the rest. */
const WRONG_LINE = 2;
const line = readLine();
if (typeof line === 'string') {
  console.error(line);
  process.exitCode = WRONG_LINE;
} else {
  try {
    await runBench(line);
  } catch (error) {
    console.error(error instanceof Error ? (error.stack ?? error.message) : String(error));
    process.exitCode = 1;
  }
}

interface Line {
  readonly bench: Bench;
  readonly numbers: ReadonlyMap<NumberName, number>;
  readonly isJson: boolean;
  readonly profile: string | undefined;
  readonly into: string | undefined;
}

/** What was asked for, or a sentence about what is wrong with it. */
function readLine(): Line | string {
  const { values, positionals } = parsed();
  if (values === undefined) return positionals;
  const [name, stranger] = positionals;
  const bench = BENCHES.find((each) => each.name === name);
  if (bench === undefined) return unknownBench(name);
  if (stranger !== undefined) return `One bench at a time: ${bench.name}, and what is ${stranger}?`;
  const takes = bench.takes ?? ['members', 'runs'];
  const numbers = new Map<NumberName, number>();
  for (const option of NUMBER_NAMES) {
    const text = values[option];
    if (text === undefined) continue;
    if (!takes.includes(option)) return `${bench.name} takes no --${option}, only --${takes.join(', --')}.`;
    const number = Number(text);
    if (!Number.isSafeInteger(number) || number <= 0) return `--${option} takes a positive whole number, not ${text}.`;
    numbers.set(option, number);
  }
  return { bench, numbers, isJson: values.json, profile: values.profile, into: values.into };
}

function parsed() {
  try {
    return parseArgs({
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
  } catch (error) {
    return { values: undefined, positionals: error instanceof Error ? error.message : String(error) };
  }
}

function unknownBench(name: string | undefined): string {
  const names = BENCHES.map((each) => each.name);
  const nearest = nearestWord(name ?? '', names);
  const wrong = name === undefined ? 'Name a bench' : `There is no bench "${name}"`;
  return `${wrong}: ${names.join(', ')}.${nearest === undefined ? '' : ` Did you mean ${nearest}?`}`;
}

async function runBench({ bench, numbers, isJson, profile, into }: Line): Promise<void> {
  if (profile !== undefined) profileServersInto(resolve(profile));
  const figures = await bench.run({
    numberOf: (name, fallback) => numbers.get(name) ?? fallback,
    say: (text) => {
      console.error(text);
    },
  });
  const machine = `${cpus().length} × ${cpus()[0]?.model.trim() ?? 'unknown'}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.versions.node}`;
  if (isJson) console.log(JSON.stringify({ bench: bench.name, machine, figures }, null, 2));
  else print(bench, machine, figures);
  if (into !== undefined && figures.length > 0) {
    const date = new Date().toISOString().slice(0, 10);
    await writeTable(into, { bench: bench.name, command: commandOf(bench, numbers), machine, date, figures });
  }
}

/** What makes these figures again. */
function commandOf({ name }: Bench, numbers: ReadonlyMap<NumberName, number>): string {
  return ['npm run bench --', name, ...[...numbers].map(([option, value]) => `--${option} ${value}`)].join(' ');
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
