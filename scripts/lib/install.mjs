import { createHash } from 'node:crypto';
import { existsSync, lstatSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { isStopped, runChild } from './child.mjs';
import { Failure } from './failure.mjs';
import { withLock } from './lock.mjs';
import { CACHE, MODULES, ROOT } from './paths.mjs';
import { withProgress } from './progress.mjs';

const STAMP = join(MODULES, '.fanfare-stamp');
const NATIVE = 'better-sqlite3';

/**
 * Makes node_modules hold the packages of package-lock.json, with the one native package built for this Node.
 * Costs the reading of two small files when nothing changed. No package's install script runs but that one's.
 */
export async function ensureInstalled() {
  const wanted = stampOf();
  if (readStamp() === wanted) return;
  await withLock(lockFile(), announceWait, async () => {
    if (readStamp() === wanted) return;
    if (!holdsLockedPackages()) await installPackages();
    if (!(await loadsNative())) await buildNative();
    writeFileSync(STAMP, wanted);
  });
}

const announceWait = () => process.stderr.write('another run is installing packages: waiting for it\n');

// A checkout may borrow another's packages by a link: the lock is then the lender's, and nothing is installed into it.
const isLinked = () => lstatSync(MODULES, { throwIfNoEntry: false })?.isSymbolicLink() === true;
const lockFile = () => (isLinked() ? join(realpathSync(MODULES), '.fanfare-lock') : join(CACHE, 'install.lock'));

function stampOf() {
  const lock = createHash('sha256')
    .update(readFileSync(join(ROOT, 'package-lock.json')))
    .digest('hex');
  return JSON.stringify({ lock, abi: process.versions.modules, platform: process.platform, arch: process.arch });
}

function readStamp() {
  try {
    return readFileSync(STAMP, 'utf8');
  } catch {
    return undefined;
  }
}

/** True when npm's own record says that every package of the lock file is there in its version. */
function holdsLockedPackages() {
  try {
    const wanted = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')).packages;
    const present = JSON.parse(readFileSync(join(MODULES, '.package-lock.json'), 'utf8')).packages;
    return Object.entries(wanted).every(([path, { version, optional }]) => {
      if (path === '') return true;
      if (present[path] === undefined) return optional === true;
      return present[path].version === version && existsSync(join(ROOT, path, 'package.json'));
    });
  } catch {
    return false;
  }
}

async function installPackages() {
  if (isLinked()) {
    throw new Failure(
      `node_modules is a link to ${realpathSync(MODULES)}, which does not hold the packages of package-lock.json; run "npm ci" where it points to.`,
    );
  }
  const { code, output } = await withProgress('installing packages (once)', () =>
    runNpm(['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']),
  );
  if (isStopped(code)) throw new Failure('Stopped.', code);
  if (code !== 0) throw new Failure(explainInstall(output));
}

async function buildNative() {
  const { code, output } = await withProgress(
    `preparing the database driver (${NATIVE}: fetched, or compiled in about a minute; once)`,
    () => runNpm(['rebuild', NATIVE, '--ignore-scripts=false', '--loglevel=error']),
  );
  if (isStopped(code)) throw new Failure('Stopped.', code);
  if (code !== 0 || !(await loadsNative())) throw new Failure(explainNative(output));
}

/** The driver loads only where its binary was made for this Node; asked in a process of its own, since it can crash. */
async function loadsNative() {
  const script = `new (require(${JSON.stringify(NATIVE)}))(':memory:').close()`;
  return (await runChild(process.execPath, ['-e', script], { isQuiet: true })).code === 0;
}

async function runNpm(args) {
  try {
    return await runChild('npm', args, { isQuiet: true });
  } catch {
    throw new Failure('Cannot find npm, which comes with Node; install Node with its npm and run the command again.');
  }
}

const OFFLINE = /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|ERR_SOCKET_TIMEOUT/;

function explainInstall(output) {
  if (isOffline(output)) {
    return "Cannot reach the package registry; connect to the network (or set npm's proxy or registry) and run the command again.";
  }
  if (/ENOSPC/.test(output)) return 'The disk is full; free some space and run the command again.';
  if (/EACCES|EPERM|EROFS/.test(output))
    return `Cannot write to ${MODULES}; make it writable and run the command again.`;
  if (/can only install packages when your package\.json and package-lock\.json/.test(output)) {
    return 'package.json and package-lock.json do not agree; run "npm install" once, then the command again.';
  }
  return `npm ci failed: ${tellingLine(output)} Run "npm ci" to see all of its output.`;
}

function explainNative(output) {
  const rerun = `then run the command again ("npm rebuild ${NATIVE} --ignore-scripts=false" shows all output).`;
  if (
    /not found: make|gyp ERR! find Python|find Python|g\+\+: (command )?not found|c\+\+: not found|not found: (g\+\+|c\+\+|cc)/i.test(
      output,
    )
  ) {
    return `No prebuilt database driver could be fetched, and compiling it needs Python 3, make and a C++ compiler; install them (Debian: apt-get install python3 make g++), ${rerun}`;
  }
  if (isOffline(output)) {
    return `Compiling the database driver needs Node's headers, which could not be fetched; connect to the network, or point npm_config_nodedir to an installed Node, ${rerun}`;
  }
  return `The database driver could not be built: ${tellingLine(output)} Look at that, ${rerun}`;
}

const isOffline = (output) => OFFLINE.test(output);

/** The line of npm's output that says most: npm names the code first, the reason after it, and its log file last. */
function tellingLine(output) {
  const lines = output.split('\n').map((line) => line.replace(/^npm (error|ERR!)\s*/, '').trim());
  return (
    lines.find((line) => line !== '' && !/^(npm warn|code |errno |syscall |path |command )/i.test(line)) ?? 'no output.'
  );
}
