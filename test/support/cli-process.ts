import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const PROGRAM = fileURLToPath(new URL('../../bin/fanfare.js', import.meta.url));

export interface ProcessOutcome {
  /** The exit code; null when a signal ended it. */
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CliProcess {
  /** Resolves once stderr holds the text; rejects when the process has ended without it. */
  untilStderr(text: string): Promise<void>;
  /** The first line of stdout; rejects when the process has ended without one. */
  firstLine(): Promise<string>;
  interrupt(): void;
  readonly ended: Promise<ProcessOutcome>;
}

export interface CliProcessOptions {
  readonly cwd: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly stdin?: string;
  /** Nobody reads what it says on stderr: the reader has gone away. */
  readonly isUnheard?: boolean;
}

/** Starts the built program as a process of its own, with no environment but what it is given. */
export function startCli(
  argv: readonly string[],
  { cwd, environment = {}, stdin, isUnheard = false }: CliProcessOptions,
): CliProcess {
  const child = spawn(process.execPath, [PROGRAM, ...argv], {
    cwd,
    env: { PATH: process.env['PATH'], LANG: 'C', ...environment },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  const waiting = new Set<() => void>();
  const closed = once(child, 'close');
  const tellAll = (): void => {
    for (const look of waiting) look();
  };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    tellAll();
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
    tellAll();
  });
  if (isUnheard) child.stderr.destroy();
  child.stdin.on('error', () => undefined); // a program that ended before it read everything
  child.stdin.end(stdin ?? '');
  const until = (what: string, found: () => string | undefined): Promise<string> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        const text = found();
        if (text === undefined) return;
        waiting.delete(look);
        resolve(text);
      };
      waiting.add(look);
      void closed.then(() => {
        reject(new Error(`the program ended without ${what}:\n${stderr}`));
      });
      look();
    });
  return {
    untilStderr: async (text) => {
      await until(`saying "${text}"`, () => (stderr.includes(text) ? text : undefined));
    },
    firstLine: () => until('a line on stdout', () => /^(.*)\n/.exec(stdout)?.[1]),
    interrupt: () => {
      child.kill('SIGINT');
    },
    ended: closed.then(() => ({ exitCode: child.exitCode, stdout, stderr })),
  };
}

export const runCliProcess = (argv: readonly string[], options: CliProcessOptions): Promise<ProcessOutcome> =>
  startCli(argv, options).ended;
