import { PassThrough, Readable } from 'node:stream';
import { systemClock } from '../../src/adapters/system/system-clock.js';
import { runCli, type CliRun } from '../../src/cli/run-cli.js';

export interface CliOutcome {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs one command line in this process, with its streams caught. */
export async function cliRun(
  argv: readonly string[],
  { stdin = '', ...outside }: Partial<Omit<CliRun, 'stdin'>> & { readonly stdin?: string } = {},
): Promise<CliOutcome> {
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  const caught = [stdout, stderr].map(async (stream) => Buffer.concat((await stream.toArray()) as Buffer[]).toString());
  const exitCode = await runCli({
    argv,
    environment: {},
    stdin: Readable.from([stdin]),
    stdout,
    stderr,
    clock: systemClock,
    signal: new AbortController().signal,
    version: '0.0.0-test',
    systemLocale: 'en-US',
    userName: 'tester',
    ...outside,
  });
  stdout.end();
  stderr.end();
  const [out = '', err = ''] = await Promise.all(caught);
  return { exitCode, stdout: out, stderr: err };
}
