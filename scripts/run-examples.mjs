// Runs every docs/examples/*.sh and every walkthrough against the built program, so that what the docs show is what
// happens; what a walkthrough says its commands print, they must print. Each runs under bash -euo pipefail in an empty folder of its own, with `fanfare` on its PATH, EXAMPLES_DIR (this repository's
// docs/examples) and FREE_PORT (a port nobody listens on); whatever it leaves running is ended with it.
import { spawn } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

import { ROOT } from './lib/paths.mjs';
import { formatSeconds } from './lib/progress.mjs';
import { differencesOf, readWalkthrough } from './lib/walkthrough.mjs';

const EXAMPLES = join(ROOT, 'docs', 'examples');
const MAX_EXAMPLE_MS = 120_000;

const WALKTHROUGHS = ['WALKTHROUGH.md', 'WALKTHROUGH.zh-CN.md'];

const scripts = existsSync(EXAMPLES)
  ? readdirSync(EXAMPLES)
      .filter((name) => name.endsWith('.sh'))
      .sort()
  : [];
const names = [...scripts, ...WALKTHROUGHS];
const failed = [];
for (const name of names) {
  if (!(await runExample(name))) failed.push(name);
}
console.log(`${names.length} examples, ${failed.length} failed${failed.length === 0 ? '' : `: ${failed.join(', ')}`}`);
process.exitCode = failed.length === 0 ? 0 : 1;

async function runExample(name) {
  const startedMs = performance.now();
  const folder = mkdtempSync(join(tmpdir(), 'fanfare-example-'));
  try {
    const { code, output } = name.endsWith('.sh')
      ? await runScript(join(EXAMPLES, name), folder)
      : await runWalkthrough(name, folder);
    console.log(
      `${code === 0 ? 'ok' : `FAILED (exit code ${code})`} ${name} ${formatSeconds(performance.now() - startedMs)}`,
    );
    if (code !== 0) console.log(output);
    return code === 0;
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** Its code is 1, too, where a command prints another thing than the page says. */
async function runWalkthrough(name, folder) {
  const { script, blocks } = readWalkthrough(readFileSync(join(ROOT, 'docs', name), 'utf8'));
  const file = join(folder, 'walkthrough.sh');
  writeFileSync(file, script);
  const { code, output } = await runScript(file, folder);
  const differences = code === 0 ? differencesOf(blocks, output) : [];
  return differences.length === 0 ? { code, output } : { code: 1, output: differences.join('\n\n') };
}

async function runScript(script, folder) {
  const commands = join(folder, 'commands');
  const work = join(folder, 'work');
  mkdirSync(commands);
  mkdirSync(work);
  symlinkSync(join(ROOT, 'bin', 'fanfare.js'), join(commands, 'fanfare'));
  const env = {
    ...process.env,
    PATH: `${commands}${delimiter}${process.env.PATH}`,
    EXAMPLES_DIR: EXAMPLES,
    FREE_PORT: String(await freePort()),
    NO_COLOR: '1',
  };
  // Detached: its own process group, which can be ended as a whole.
  const child = spawn('bash', ['-euo', 'pipefail', script], {
    cwd: work,
    env,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (output += text));
  const timer = setTimeout(() => {
    output += `\nStill running after ${formatSeconds(MAX_EXAMPLE_MS)}: ended.`;
    endGroup(child.pid);
  }, MAX_EXAMPLE_MS);
  const code = await new Promise((resolve, reject) => {
    child.once('error', reject).once('exit', (status, signal) => resolve(status ?? signal));
  });
  clearTimeout(timer);
  endGroup(child.pid);
  return { code, output };
}

function endGroup(processId) {
  try {
    process.kill(-processId, 'SIGKILL');
  } catch {
    // nobody of the group is left
  }
}

function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
