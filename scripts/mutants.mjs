// Changes the rules that everything rests on, one place at a time, and sees whether a test notices. What was found for a
// file is kept below .cache until the file or one of its tests changes, so a run that was ended goes on where it was.
import { appendFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

import { isStopped } from './lib/child.mjs';
import { formatSeconds } from './lib/progress.mjs';
import { readReport, runTarget } from './mutants/run-target.mjs';
import { LEAST_SCORE, TARGETS } from './mutants/targets.mjs';

const USAGE = `npm run mutants -- [--only WORD] [--again] [--list]
  --only   those whose rules (ledger, lease, outcomes) or file have this word in them
  --again  also files whose last result still holds
  --list   runs nothing, shows what is known`;

process.exitCode = await main();

async function main() {
  let options;
  try {
    const known = { only: { type: 'string' }, again: { type: 'boolean' }, list: { type: 'boolean' } };
    options = parseArgs({ options: { ...known, help: { type: 'boolean' } } }).values;
  } catch (error) {
    console.error(`${error.message}\n${USAGE}`);
    return 2;
  }
  if (options.help) return (console.log(USAGE), 0);
  const { only = '' } = options;
  const isOfRules = TARGETS.some(({ rules }) => rules === only);
  const targets = TARGETS.filter(({ rules, file }) => (isOfRules ? rules === only : file.includes(only)));
  if (targets.length === 0) return (console.error(`No file and no rules have "${only}" in them.\n${USAGE}`), 2);
  for (const target of options.list ? [] : targets) {
    if (!options.again && readReport(target) !== undefined) continue;
    const startedMs = performance.now();
    console.log(`── ${target.file}`);
    const code = await runTarget(target);
    if (isStopped(code)) return (console.log('Stopped. "npm run mutants" goes on there.'), code);
    if (code !== 0) return code;
    console.log(`── ${target.file}: ${formatSeconds(performance.now() - startedMs)}`);
  }
  return conclude(targets);
}

/** Prints what lives and each file's score; answers 1 where one is too low or not known. */
function conclude(targets) {
  const reports = targets.map((target) => ({ ...target, report: readReport(target) }));
  for (const { file, report } of reports) for (const survivor of report?.survivors ?? []) print(file, survivor);
  for (const { file, report } of reports) console.log(`${percent(report).padStart(7)}  ${file}${sizeOf(report)}`);
  const known = reports.flatMap(({ report }) => report ?? []);
  const mutants = known.reduce((sum, { counted }) => sum + counted.length, 0);
  const killed = mutants - known.reduce((sum, { survivors }) => sum + survivors.length, 0);
  const least = Math.min(1, ...known.map(({ score }) => score));
  reportFigures({ mutants, killed, 'least score of a file': percent({ score: least }) });
  return known.length === reports.length && least >= LEAST_SCORE ? 0 : 1;
}

function percent(report) {
  return report === undefined ? 'not run' : `${(report.score * 100).toFixed(1)} %`;
}

function sizeOf(report) {
  if (report === undefined) return '';
  return ` (${report.counted.length} mutants, ${report.excused.length} more mean the same)`;
}

function print(file, { line, from, to, status }) {
  const indent = (text) => text.replaceAll('\n', '\n      ');
  console.log(`${file}:${line} ${status === 'NoCoverage' ? 'is run by no test' : 'lives'}`);
  console.log(`    - ${indent(from)}\n    + ${indent(to)}`);
}

/** As test/support/proof.ts does. */
function reportFigures(values) {
  const file = process.env.FANFARE_PROVE_FIGURES;
  if (file !== undefined) appendFileSync(file, `${JSON.stringify({ shows: 'R29', values })}\n`);
}
