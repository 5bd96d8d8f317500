import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { workerFile } from '../../src/core/worker-file.js';

const PROGRAM = fileURLToPath(workerFile(new URL('../../src/demo/x.ts', import.meta.url).href, './main.js'));

export interface DemoEnd {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the built demo to its end, on a free port; `onText` sees what it has printed so far, and may stop it. */
export function runDemoProcess(
  args: readonly string[],
  onText: (text: string, stop: () => void) => void = () => {},
): Promise<DemoEnd> {
  const child = spawn(process.execPath, [PROGRAM, '--port', '0', '--lang', 'en', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (part: Buffer) => {
    stdout += part.toString('utf8');
    onText(stdout, () => child.kill('SIGTERM'));
  });
  child.stderr.on('data', (part: Buffer) => (stderr += part.toString('utf8')));
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, stdout, stderr })));
}
