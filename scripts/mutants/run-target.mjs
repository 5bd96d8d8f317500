import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { runChild } from '../lib/child.mjs';
import { CACHE, MODULES, ROOT } from '../lib/paths.mjs';
import { EQUIVALENT } from './equivalent.mjs';

const FOLDER = join(CACHE, 'mutants');
/** What a mutant makes a test wait for is given up after this and half as long again as the test takes without. */
const MUTANT_TIMEOUT_MS = 20_000;

const reportFile = ({ file }) => join(FOLDER, `${file.replaceAll('/', '-')}.json`);
const fingerprintFile = ({ file }) => join(FOLDER, `${file.replaceAll('/', '-')}.fingerprint`);

/** Changes a file wherever it can be changed, one place at a time, and lets its tests look; answers the exit code. */
export async function runTarget(target) {
  mkdirSync(FOLDER, { recursive: true });
  rmSync(fingerprintFile(target), { force: true });
  const fingerprint = fingerprintOf(target);
  const settings = {
    testRunner: 'vitest',
    vitest: { configFile: 'scripts/mutants/vitest.config.mjs', related: false },
    plugins: ['@stryker-mutator/vitest-runner', join(ROOT, 'scripts', 'mutants', 'ignore-words.mjs')],
    ignorers: ['words'],
    mutate: [target.file],
    ignorePatterns: ['.cache', 'data', 'demo-data'],
    tempDirName: join('.cache', 'stryker'),
    cleanTempDir: 'always',
    coverageAnalysis: 'perTest',
    concurrency: 1,
    timeoutMS: MUTANT_TIMEOUT_MS,
    reporters: ['json'],
    jsonReporter: { fileName: reportFile(target) },
    allowConsoleColors: false,
    logLevel: 'warn',
    warnings: { slow: false },
  };
  const settingsFile = join(FOLDER, 'settings.json');
  writeFileSync(settingsFile, JSON.stringify(settings));
  const env = { ...process.env, FANFARE_MUTANT_TESTS: target.tests.join(',') };
  const program = join(MODULES, '@stryker-mutator', 'core', 'bin', 'stryker.js');
  const { code } = await runChild(process.execPath, [program, 'run', settingsFile], { env });
  if (code === 0) writeFileSync(fingerprintFile(target), fingerprint);
  return code;
}

/** What the last run of a target found; undefined when there was none over what its files hold now. */
export function readReport(target) {
  const mark = fingerprintFile(target);
  if (!existsSync(mark) || readFileSync(mark, 'utf8') !== fingerprintOf(target)) return undefined;
  const { source, mutants } = JSON.parse(readFileSync(reportFile(target), 'utf8')).files[target.file];
  const lines = source.split('\n');
  const known = mutants.filter(({ status }) => status !== 'Ignored').map((mutant) => describe(mutant, lines));
  const excused = known.filter((mutant) => mutant.isAlive && isEquivalent(target, mutant));
  const counted = known.filter((mutant) => !excused.includes(mutant));
  const survivors = counted.filter(({ isAlive }) => isAlive);
  return { counted, excused, survivors, score: 1 - survivors.length / counted.length };
}

function fingerprintOf({ file, tests }) {
  const hash = createHash('sha256');
  for (const path of [file, ...tests]) hash.update(path).update(readFileSync(join(ROOT, path)));
  return hash.digest('hex');
}

function describe({ replacement = '', status, location: { start, end } }, lines) {
  const place = lines.slice(start.line - 1, end.line);
  place[place.length - 1] = place.at(-1).slice(0, end.column - 1);
  place[0] = place[0].slice(start.column - 1);
  const isAlive = status === 'Survived' || status === 'NoCoverage';
  return { line: start.line, from: place.join('\n'), to: replacement, status, isAlive };
}

const isEquivalent = ({ file }, { from, to }) =>
  EQUIVALENT.some((known) => known.file === file && known.from === from && known.to === to);
