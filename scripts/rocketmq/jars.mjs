import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { delimiter, join } from 'node:path';

import { isStopped, runChild } from '../lib/child.mjs';
import { Failure } from '../lib/failure.mjs';
import { withLock } from '../lib/lock.mjs';
import { CACHE, ROOT } from '../lib/paths.mjs';
import { withProgress } from '../lib/progress.mjs';

const FOLDER = join(CACHE, 'rocketmq');
/** What there is to fetch: a server, or the Java client that tests speak to. */
const KINDS = {
  server: { pom: 'pom.xml', size: 'about 100 MB' },
  'java-client': { pom: 'java-client.xml', size: 'about 20 MB' },
};
const COPY_GOAL = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies';

/**
 * The class path of a RocketMQ server (149 jars, 101 MB) or of its Java client, fetched by Maven the first time and read
 * from a file ever after, without Java, Maven or a network.
 * @throws Failure naming what is missing and how to get it.
 */
export async function ensureJars(kind = 'server') {
  const known = readClassPath(kind);
  if (known !== undefined) return known;
  const missing = await missingTools();
  if (missing !== undefined) throw new Failure(missing);
  await withLock(join(FOLDER, 'jars.lock'), announceWait, async () => {
    if (readClassPath(kind) === undefined) await fetchJars(kind);
  });
  return readClassPath(kind);
}

/** What a server needs and this machine lacks, in one line; undefined when nothing is missing. */
export async function missingTools(options) {
  const lacks = (await lackingTools(options)).map(({ tool, version }) => {
    if (tool === 'maven') return 'Maven (Debian: apt-get install maven)';
    const instead = version === undefined ? '' : ` instead of ${version}`;
    return `Java 17 or newer${instead} (Debian: apt-get install openjdk-17-jdk-headless)`;
  });
  return lacks.length === 0 ? undefined : `A RocketMQ server needs ${lacks.join(' and ')}.`;
}

/** The same, one by one: `java`, with its version where it is there but too old, and `maven` where jars are to be fetched. */
export async function lackingTools({ isOffline = readClassPath('server') !== undefined } = {}) {
  const lacking = [];
  const version = await versionOf('java', ['-version']);
  if (version === undefined) lacking.push({ tool: 'java' });
  else if (version < 11) lacking.push({ tool: 'java', version });
  if (!isOffline && (await versionOf('mvn', ['-v'])) === undefined) lacking.push({ tool: 'maven' });
  return lacking;
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

async function fetchJars(kind) {
  const { size } = KINDS[kind];
  const fresh = join(FOLDER, `${kind}.new`);
  rmSync(fresh, { recursive: true, force: true });
  mkdirSync(fresh, { recursive: true });
  const args = ['-q', '-B', '-f', pomOf(kind), COPY_GOAL, '-DincludeScope=runtime', `-DoutputDirectory=${fresh}`];
  const { code, output } = await withProgress(`fetching RocketMQ's ${kind} by Maven (${size}, once)`, () =>
    runChild('mvn', args, { isQuiet: true, cwd: FOLDER }),
  );
  if (isStopped(code)) throw new Failure('Stopped.', code);
  if (code !== 0) throw new Failure(explainMaven(output));
  const names = readdirSync(fresh).filter((name) => name.endsWith('.jar'));
  rmSync(join(FOLDER, kind), { recursive: true, force: true });
  renameSync(fresh, join(FOLDER, kind));
  writeFileSync(classPathFile(kind), [stampOf(kind), ...names.sort()].join('\n'));
}

function explainMaven(output) {
  const [line = 'no output.'] = output.split('\n').filter((text) => text.startsWith('[ERROR]'));
  return `Maven could not fetch the jars of RocketMQ: ${line.replace('[ERROR] ', '')} Connect to the network, or name a mirror of Maven Central in ~/.m2/settings.xml, and run the command again.`;
}

function readClassPath(kind) {
  if (!existsSync(classPathFile(kind))) return undefined;
  const [stamp, ...names] = readFileSync(classPathFile(kind), 'utf8').split('\n');
  const jars = names.map((name) => join(FOLDER, kind, name));
  return stamp === stampOf(kind) && jars.every((jar) => existsSync(jar)) ? jars.join(delimiter) : undefined;
}

const pomOf = (kind) => join(ROOT, 'scripts', 'rocketmq', KINDS[kind].pom);
/** Names the jars of the class path, a line each, after a line with the hash of what they were fetched by. */
const classPathFile = (kind) => join(FOLDER, `${kind}.class-path.txt`);
const stampOf = (kind) =>
  createHash('sha256')
    .update(readFileSync(pomOf(kind)))
    .digest('hex');
