import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { delimiter, join } from 'node:path';

import { isStopped, runChild } from '../lib/child.mjs';
import { Failure } from '../lib/failure.mjs';
import { withLock } from '../lib/lock.mjs';
import { CACHE, ROOT } from '../lib/paths.mjs';
import { withProgress } from '../lib/progress.mjs';

const POM = join(ROOT, 'scripts', 'rocketmq', 'pom.xml');
const FOLDER = join(CACHE, 'rocketmq');
/** Names the jars of the class path, a line each, after a line with the hash of the pom.xml that they come from. */
const CLASS_PATH = join(FOLDER, 'class-path.txt');
const COPY_GOAL = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies';

/**
 * The class path of a RocketMQ server: 149 jars, 101 MB, fetched by Maven the first time and read from a file ever
 * after, without Java, Maven or a network.
 * @throws Failure naming what is missing and how to get it.
 */
export async function ensureJars() {
  const known = readClassPath();
  if (known !== undefined) return known;
  await ensureTools();
  await withLock(join(FOLDER, 'jars.lock'), announceWait, async () => {
    if (readClassPath() === undefined) await fetchJars();
  });
  return readClassPath();
}

/** What a server needs and this machine lacks, in one line; undefined when nothing is missing. */
export async function missingTools({ isOffline = readClassPath() !== undefined } = {}) {
  const lacks = [];
  const java = await versionOf('java', ['-version']);
  if (java === undefined) lacks.push('Java 17 or newer (Debian: apt-get install openjdk-17-jdk-headless)');
  else if (java < 11)
    lacks.push(`Java 17 or newer instead of ${java} (Debian: apt-get install openjdk-17-jdk-headless)`);
  if (!isOffline && (await versionOf('mvn', ['-v'])) === undefined) lacks.push('Maven (Debian: apt-get install maven)');
  return lacks.length === 0 ? undefined : `A RocketMQ server needs ${lacks.join(' and ')}.`;
}

async function ensureTools() {
  const missing = await missingTools();
  if (missing !== undefined) throw new Failure(missing);
}

/** The first number of what the program says about itself; undefined when it cannot be run. */
async function versionOf(command, args) {
  try {
    const { code, output } = await runChild(command, args, { isQuiet: true });
    if (code !== 0) return undefined;
    const [, first, second] = /(\d+)(?:\.(\d+))?/.exec(output) ?? [];
    return Number(first === '1' ? second : first);
  } catch {
    return undefined;
  }
}

const announceWait = () => process.stderr.write('another run is fetching the jars of RocketMQ: waiting for it\n');

async function fetchJars() {
  const fresh = join(FOLDER, 'lib.new');
  rmSync(fresh, { recursive: true, force: true });
  mkdirSync(fresh, { recursive: true });
  const args = ['-q', '-B', '-f', POM, COPY_GOAL, '-DincludeScope=runtime', `-DoutputDirectory=${fresh}`];
  const { code, output } = await withProgress('fetching RocketMQ by Maven (about 100 MB, once)', () =>
    runChild('mvn', args, { isQuiet: true, cwd: FOLDER }),
  );
  if (isStopped(code)) throw new Failure('Stopped.', code);
  if (code !== 0) throw new Failure(explainMaven(output));
  const names = readdirSync(fresh).filter((name) => name.endsWith('.jar'));
  rmSync(join(FOLDER, 'lib'), { recursive: true, force: true });
  renameSync(fresh, join(FOLDER, 'lib'));
  writeFileSync(CLASS_PATH, [stampOf(), ...names.sort()].join('\n'));
}

function explainMaven(output) {
  const [line = 'no output.'] = output.split('\n').filter((text) => text.startsWith('[ERROR]'));
  return `Maven could not fetch the jars of RocketMQ: ${line.replace('[ERROR] ', '')} Connect to the network, or name a mirror of Maven Central in ~/.m2/settings.xml, and run the command again.`;
}

function readClassPath() {
  if (!existsSync(CLASS_PATH)) return undefined;
  const [stamp, ...names] = readFileSync(CLASS_PATH, 'utf8').split('\n');
  const jars = names.map((name) => join(FOLDER, 'lib', name));
  return stamp === stampOf() && jars.every((jar) => existsSync(jar)) ? jars.join(delimiter) : undefined;
}

const stampOf = () => createHash('sha256').update(readFileSync(POM)).digest('hex');
