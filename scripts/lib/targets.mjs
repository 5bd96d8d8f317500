import { existsSync } from 'node:fs';
import { join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';

import { ensureBuilt } from './build.mjs';
import { Failure } from './failure.mjs';
import { ensureInstalled } from './install.mjs';
import { DIST, MODULES, ROOT } from './paths.mjs';

const PROGRAM = join(DIST, 'src', 'cli', 'main.js');

/** What each target runs once everything is installed (and built, unless it builds by itself). */
const TARGETS = {
  demo: { file: join(DIST, 'src', 'demo', 'main.js'), firstArgs: [] },
  'demo:cluster': { file: join(DIST, 'src', 'demo', 'cluster', 'main.js'), firstArgs: [] },
  start: { file: PROGRAM, firstArgs: ['serve'] },
  fanfare: { file: PROGRAM, firstArgs: [] },
  simulate: { file: join(DIST, 'test', 'simulation', 'main.js'), firstArgs: [] },
  bench: { file: join(DIST, 'bench', 'main.js'), firstArgs: [] },
  test: { file: join(MODULES, 'vitest', 'vitest.mjs'), firstArgs: ['run'] },
  'test:cluster': {
    file: join(MODULES, 'vitest', 'vitest.mjs'),
    firstArgs: ['run', '--config', 'vitest.cluster.config.ts'],
  },
  rocketmq: { file: join(ROOT, 'scripts', 'rocketmq', 'main.mjs'), firstArgs: [] },
  ci: { file: join(ROOT, 'scripts', 'ci.mjs'), firstArgs: [], isUnbuilt: true },
  prove: { file: join(ROOT, 'scripts', 'prove.mjs'), firstArgs: [] },
  mutants: { file: join(ROOT, 'scripts', 'mutants.mjs'), firstArgs: [] },
  build: {},
};

/** Runs a target; what goes wrong before it starts is one line on stderr and exit code 1. */
export async function run(name, args) {
  try {
    const target = findTarget(name);
    await ensureInstalled();
    if (target.isUnbuilt !== true) await ensureBuilt();
    if (target.file !== undefined) await become(name, target, args);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exitCode = error.exitCode;
  }
}

function findTarget(name) {
  if (Object.hasOwn(TARGETS, name ?? '')) return TARGETS[name];
  throw new Failure(`There is no target "${name ?? ''}"; choose one of ${Object.keys(TARGETS).join(', ')}.`);
}

/**
 * Goes on as the target in this same process: its signals, streams, exit code and process id are then its own,
 * and nothing stands between it and whoever started it.
 */
async function become(name, { file, firstArgs }, args) {
  if (!existsSync(file))
    throw new Failure(`"${name}" is not part of this checkout: ${relative(ROOT, file)} does not exist.`);
  process.argv = [process.execPath, file, ...firstArgs, ...args];
  await import(pathToFileURL(file).href);
}
