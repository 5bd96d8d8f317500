import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { ensureJars } from '../../scripts/rocketmq/jars.mjs';

const RUN_MS = 90_000;

/** Runs a program of test/support/java over RocketMQ's Java client. @throws Error with what it said when it fails. */
export async function runJava(name: string, args: readonly string[], folder: string): Promise<void> {
  const classPath = await ensureJars('java-client');
  const source = fileURLToPath(new URL(`java/${name}.java`, import.meta.url));
  const options = ['-Xmx128m', `-Duser.home=${folder}`, `-Drocketmq.log.root=${folder}`, '-cp', classPath];
  const child = spawn('java', [...options, source, ...args], { stdio: ['ignore', 'pipe', 'pipe'], timeout: RUN_MS });
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (said += text));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  if (code !== 0) throw new Error(`${name} ended with ${code ?? 'a signal'}: ${said.slice(-2_000)}`);
}
