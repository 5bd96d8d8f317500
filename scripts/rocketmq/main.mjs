// A RocketMQ to try things on: starts it, says where it is, and ends it with Ctrl-C, or with its standard input where
// that is a pipe. What it kept goes with it. `--json`: where it is, as one line of JSON, for programs.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Failure } from '../lib/failure.mjs';
import { withProgress } from '../lib/progress.mjs';
import { ensureJars } from './jars.mjs';
import { startRocketmq } from './server.mjs';

const isJson = process.argv.includes('--json');
const folder = mkdtempSync(join(tmpdir(), 'fanfare-rocketmq-'));
let server;
let isStopping = false;

async function stop() {
  if (isStopping) return;
  isStopping = true;
  await server?.stop({ isFolderKept: false });
  rmSync(folder, { recursive: true, force: true });
  process.stdin.pause();
}

try {
  await ensureJars();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => void stop());
  if (isJson) process.stdin.resume().on('end', () => void stop());
  server = await withProgress('starting RocketMQ', () => startRocketmq({ folder }));
  if (isStopping) await server.stop({ isFolderKept: false });
  else tellWhere(server);
} catch (error) {
  await stop();
  if (!(error instanceof Failure)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = error.exitCode;
}

function tellWhere({ endpoint, nameServer, broker }) {
  if (isJson) console.log(JSON.stringify({ endpoint, nameServer, broker, folder }));
  else console.log(`gRPC endpoint  ${endpoint}\nname server    ${nameServer}\nCtrl-C ends it.`);
}
