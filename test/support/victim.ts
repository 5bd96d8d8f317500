import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

export interface Life {
  readonly wasKilled: boolean;
  readonly code: number | null;
  /** What it wrote to standard output: what it had been told is durable. */
  readonly said: readonly string[];
  readonly complaints: string;
}

export interface LiveOptions {
  /** Called with each line it says. */
  readonly onLine?: (line: string, controls: LifeControls) => void;
}

export interface LifeControls {
  /** Ends it, as `kill -9` does. */
  readonly kill: () => void;
  /** Stops all of its threads; resolves once none of them runs or is inside a system call. */
  readonly halt: () => Promise<void>;
}

/** Runs a program to its end, whatever that is: SIGKILL by itself, by `kill`, or as strace passes it on. */
export async function live(command: string, args: readonly string[], { onLine }: LiveOptions = {}): Promise<Life> {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  const kill = (): void => {
    const hasEnded = child.exitCode !== null || child.signalCode !== null;
    if (child.pid !== undefined && !hasEnded) process.kill(-child.pid, 'SIGKILL'); // with whoever traces it
  };
  const halt = async (): Promise<void> => {
    child.kill('SIGSTOP');
    while (!areThreadsStopped(child.pid ?? 0)) await new Promise((resolve) => setImmediate(resolve));
  };
  let said = '';
  let complaints = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said += text));
  if (onLine !== undefined) createInterface({ input: child.stdout }).on('line', (line) => onLine(line, { kill, halt }));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (complaints += text));
  await once(child, 'close');
  return {
    wasKilled: child.signalCode === 'SIGKILL' || child.exitCode === 137,
    code: child.exitCode,
    said: said.split('\n').slice(0, -1),
    complaints,
  };
}

/** By /proc; a process that has ended counts as stopped. */
function areThreadsStopped(pid: number): boolean {
  try {
    return readdirSync(`/proc/${pid}/task`).every((thread) =>
      /^State:\s+[TtZX]/m.test(readFileSync(`/proc/${pid}/task/${thread}/status`, 'utf8')),
    );
  } catch {
    return true;
  }
}
