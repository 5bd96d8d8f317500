/** `fanfare serve` as a process of its own, started again when it dies: what the demo shows is what users run. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import type { Language } from '../core/language.js';
import { workerFile } from '../core/worker-file.js';
import { DemoFailure } from './demo-failure.js';
import { FOLDER_TEXT } from './text/folder-text.js';

export interface ServerProcessOptions {
  readonly dataFolder: string;
  /** 0 = any free one; the same one again after a restart. */
  readonly port: number;
  /** Where its own words go. */
  readonly logFile: string;
  readonly language: Language;
  /** That of this process where left out. */
  readonly environment?: NodeJS.ProcessEnv;
  /** Told when it died unasked, before it is started again. */
  readonly onDied: (end: {
    readonly pid: number;
    readonly signal: string | null;
    readonly code: number | null;
  }) => void;
}

interface Life {
  readonly child: ChildProcess;
  readonly url: string;
}

const NAME = 'fanfare serve';
const READY_MS = 60_000;
const STOP_MS = 20_000;
/** Lives in a row that end within moments of their start; more is no accident. */
const MAX_SHORT_LIVES = 5;
const SHORT_LIFE_MS = 2_000;

export class ServerProcess {
  private life: Promise<Life>;
  private child: ChildProcess | undefined;
  private shortLives = 0;
  private isStopping = false;

  private constructor(
    private readonly options: ServerProcessOptions,
    first: Life,
  ) {
    this.life = Promise.resolve(first);
    this.watch(first);
  }

  /** @throws DemoFailure with the server's own line when it does not start. */
  static async start(options: ServerProcessOptions): Promise<ServerProcess> {
    const life = await begin(options);
    return new ServerProcess({ ...options, port: Number(new URL(life.url).port) }, life);
  }

  get pid(): number {
    return this.child?.pid ?? 0;
  }

  get port(): number {
    return this.options.port;
  }

  /** Where it answers, once it does. @throws DemoFailure when it cannot be kept alive. */
  async whenUp(): Promise<string> {
    return (await this.life).url;
  }

  /** Ends this life as a crash would, and resolves when it has ended; it is started again. */
  async kill(): Promise<void> {
    const { child } = this;
    if (child === undefined || this.isStopping) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  }

  /** Lets it drain and close; it is killed after 20 s. Safe to call twice. */
  async stop(): Promise<void> {
    this.isStopping = true;
    const life = await this.life.catch(() => undefined);
    if (life !== undefined) await end(life.child);
  }

  private watch(life: Life): void {
    const { child } = life;
    const startedMs = performance.now();
    this.child = child;
    child.once('exit', (code, signal) => {
      if (this.isStopping) return;
      this.shortLives = performance.now() - startedMs < SHORT_LIFE_MS ? this.shortLives + 1 : 0;
      this.options.onDied({ pid: child.pid ?? 0, signal, code });
      this.life = this.beginAgain();
      this.life.catch(() => undefined); // told to those who wait for it
    });
  }

  private async beginAgain(): Promise<Life> {
    if (this.shortLives >= MAX_SHORT_LIVES) throw new DemoFailure(FOLDER_TEXT.serverGone(this.options.logFile));
    const life = await begin(this.options);
    this.watch(life);
    if (this.isStopping) await end(life.child);
    return life;
  }
}

async function begin(options: ServerProcessOptions): Promise<Life> {
  const { dataFolder, port, logFile, language, environment = process.env } = options;
  const file = (place: string): string => fileURLToPath(workerFile(import.meta.url, place));
  const program = [file('./until-parent-ends.js'), file('../cli/main.js'), 'serve', '--json', '--lang', language];
  const log = openSync(logFile, 'a', 0o600);
  const child = spawn(process.execPath, [...program, '--data', dataFolder, '--port', String(port)], {
    stdio: ['pipe', 'pipe', log],
    env: environment,
    detached: true, // Ctrl-C in the terminal is for the demo, which stops its children in order
  });
  closeSync(log);
  return { child, url: await readUrl(child, logFile) };
}

const readySchema = z.object({ url: z.string() });

/** The server's first line of output. */
async function readUrl(child: ChildProcess, logFile: string): Promise<string> {
  const { stdout } = child;
  if (stdout === null) throw new TypeError('the server was started with a pipe');
  const late = new AbortController();
  const timer = setTimeout(() => {
    late.abort();
    child.kill('SIGKILL');
  }, READY_MS);
  try {
    for await (const line of createInterface({ input: stdout })) return readySchema.parse(JSON.parse(line)).url;
  } finally {
    clearTimeout(timer);
    stdout.resume();
  }
  throw new DemoFailure(
    late.signal.aborted
      ? FOLDER_TEXT.childSilent(NAME, READY_MS / 1_000)
      : FOLDER_TEXT.childFailed(NAME, lastWords(logFile)),
  );
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  const hurry = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
  await ended;
  clearTimeout(hurry);
}

const failureSchema = z.object({ detail: z.string() });

/** The server's own words of what went wrong. */
function lastWords(logFile: string): string {
  const line = readFileSync(logFile, 'utf8').trimEnd().split('\n').at(-1) ?? '';
  try {
    return failureSchema.parse(JSON.parse(line)).detail;
  } catch {
    return line; // not said by the command line itself
  }
}
