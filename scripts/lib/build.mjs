import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';

import { isStopped, runChild } from './child.mjs';
import { Failure } from './failure.mjs';
import { withLock } from './lock.mjs';
import { CACHE, DIST, MODULES, ROOT, SOURCE_FOLDERS } from './paths.mjs';
import { withProgress } from './progress.mjs';

const PROTOCOL_FOLDERS = [join('src', 'adapters', 'rocketmq', 'proto')];
const STAMP = join(DIST, '.fanfare-build');

/** Makes dist hold the built sources; costs one look at names, times and sizes when nothing changed. */
export async function ensureBuilt() {
  if (readStamp() === stampOf()) return;
  await withLock(join(CACHE, 'build.lock'), announceWait, async () => {
    const wanted = stampOf();
    if (readStamp() === wanted) return;
    mkdirSync(DIST, { recursive: true });
    await withProgress('building', compile);
    removeOrphans();
    copyProtocols();
    writeFileSync(STAMP, wanted);
  });
}

const announceWait = () => process.stderr.write('another run is building: waiting for it\n');

async function compile() {
  const tsc = join(MODULES, 'typescript', 'bin', 'tsc');
  const { code, output } = await runChild(process.execPath, [tsc, '-p', ROOT, '--pretty', 'false'], { isQuiet: true });
  if (isStopped(code)) throw new Failure('Stopped.', code);
  if (code !== 0) throw new Failure(`The sources do not compile:\n${output.trimEnd()}`);
}

/** Files that are read at run time stand in dist where they stand in the sources. */
function copyProtocols() {
  for (const folder of PROTOCOL_FOLDERS) cpSync(join(ROOT, folder), join(DIST, folder), { recursive: true });
}

function stampOf() {
  const hash = createHash('sha256').update(readFileSync(join(ROOT, 'tsconfig.json')));
  hash.update(readFileSync(join(MODULES, 'typescript', 'package.json')));
  for (const folder of SOURCE_FOLDERS) {
    for (const file of [...filesBelow(join(ROOT, folder), '.ts'), ...filesBelow(join(ROOT, folder), '.proto')]) {
      const { mtimeMs, size } = statSync(file);
      hash.update(`${relative(ROOT, file)}\0${mtimeMs}\0${size}\n`);
    }
  }
  return hash.digest('hex');
}

function readStamp() {
  try {
    return readFileSync(STAMP, 'utf8');
  } catch {
    return undefined;
  }
}

/** Takes away what was built from a source that is gone, so that no moved test or worker lives on. */
function removeOrphans() {
  for (const folder of SOURCE_FOLDERS) {
    for (const file of filesBelow(join(DIST, folder), '.js')) {
      if (existsSync(join(ROOT, relative(DIST, file)).replace(/\.js$/, '.ts'))) continue;
      rmSync(file);
      rmSync(`${file}.map`, { force: true });
    }
  }
}

function filesBelow(folder, extension) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(extension))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}
