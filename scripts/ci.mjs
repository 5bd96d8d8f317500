// The whole gate, the same everywhere: stages in order, stopped at the first that fails. The last line counts the
// tests, `N passed, N failed`; a stage that fails without counting tests adds one to the failed.
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

import { runChild } from './lib/child.mjs';
import { CACHE, MODULES, ROOT } from './lib/paths.mjs';
import { formatSeconds } from './lib/progress.mjs';

const TEST_RESULTS = join(CACHE, 'test-results.json');
const counts = { passed: 0, failed: 0 };

const installed = (command, ...args) => runCode(join(MODULES, '.bin', command), args);
const runCode = async (command, args) => (await runChild(command, args)).code;

const STAGES = [
  { name: 'format', fix: 'npm run format', run: () => installed('prettier', '--check', '.') },
  { name: 'lint', fix: 'npm run lint', run: () => installed('eslint', '.') },
  { name: 'import rules', fix: 'npm run deps', run: () => runCode('npm', ['run', '--silent', 'deps']) },
  { name: 'package rules', fix: 'npm install-scripts ls', run: checkInstallScripts },
  { name: 'strict types and build', fix: 'npm run build', run: () => runCode('npm', ['run', '--silent', 'build']) },
  { name: 'tests', fix: 'npm test', run: runTests },
  {
    name: 'docs examples',
    fix: 'node scripts/run-examples.mjs',
    run: () => runCode(process.execPath, ['scripts/run-examples.mjs']),
  },
];

process.exitCode = (await runStages()) ? 0 : 1;

async function runStages() {
  const startedMs = performance.now();
  for (const stage of STAGES) {
    const isPassed = await runStage(stage);
    if (isPassed) continue;
    console.log(`The gate failed at: ${stage.name}. To see it again: ${stage.fix}`);
    if (counts.failed === 0) counts.failed = 1;
    printCounts();
    return false;
  }
  console.log(`All ${STAGES.length} stages passed in ${formatSeconds(performance.now() - startedMs)}.`);
  printCounts();
  return true;
}

async function runStage({ name, run }) {
  console.log(`── ${name}`);
  const startedMs = performance.now();
  const code = await run();
  console.log(
    `── ${name}: ${code === 0 ? 'passed' : `failed (exit code ${code})`} in ${formatSeconds(performance.now() - startedMs)}`,
  );
  return code === 0;
}

function printCounts() {
  console.log(`${counts.passed} passed, ${counts.failed} failed`);
}

/** Only packages that package.json approves may bring an install script: each one is code that runs unseen. */
function checkInstallScripts() {
  const { allowScripts } = readJson('package.json');
  const approved = new Set(Object.keys(allowScripts));
  const bringing = Object.entries(readJson('package-lock.json').packages)
    .filter(([, { hasInstallScript }]) => hasInstallScript === true)
    .map(([path, { version }]) => `${path.replace(/^.*node_modules\//, '')}@${version}`);
  const strangers = bringing.filter((name) => !approved.has(name));
  for (const name of strangers)
    console.log(`${name} brings an install script that allowScripts in package.json does not list.`);
  return strangers.length === 0 ? 0 : 1;
}

async function runTests() {
  mkdirSync(CACHE, { recursive: true });
  rmSync(TEST_RESULTS, { force: true });
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${TEST_RESULTS}`];
  const code = await runCode('npm', ['test', '--silent', '--', ...reporters]);
  countTests();
  return code;
}

/** Adds what the runner wrote; a file that failed before its first test counts as one failed test. */
function countTests() {
  try {
    const { numPassedTests, numFailedTests, testResults } = JSON.parse(readFileSync(TEST_RESULTS, 'utf8'));
    const brokenFiles = testResults.filter(
      ({ status, assertionResults }) =>
        status === 'failed' && !assertionResults.some((test) => test.status === 'failed'),
    );
    counts.passed += numPassedTests;
    counts.failed += numFailedTests + brokenFiles.length;
  } catch {
    counts.failed++; // the run ended before its results were written
  }
}

function readJson(file) {
  return JSON.parse(readFileSync(join(ROOT, file), 'utf8'));
}
