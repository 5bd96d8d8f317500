/** Runs benches as small as they get, and looks whether they say what they measured in the agreed form. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { z } from 'zod';
import type { Bench } from '../../bench/figure.js';

const PROGRAM = fileURLToPath(new URL('../../dist/bench/main.js', import.meta.url));
const TINY = { members: 1_000, runs: 1, campaigns: 22, seconds: 1 };
/** Two at once: most of a small bench is the start of its processes. */
const LANES = 2;
const TIMEOUT_MS = 600_000;

const finite = z.number().refine(Number.isFinite);
const figureSchema = z.strictObject({
  name: z.string().min(1),
  value: finite,
  unit: z.string().min(1),
  runs: z.int().min(1),
  min: finite,
  max: finite,
  baseline: finite.nullable(),
  ratio: finite.nullable(),
});
const reportSchema = z.strictObject({
  bench: z.string(),
  machine: z.string().regex(/^\d+ × .+, \d+ GiB, Node \d+\./),
  figures: z.array(figureSchema),
});

interface Ended {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export async function runBench(args: readonly string[]): Promise<Ended> {
  const child = spawn(process.execPath, [PROGRAM, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: TIMEOUT_MS,
    killSignal: 'SIGKILL', // its servers and vendors end with it
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const [exitCode] = (await once(child, 'close')) as [number | null];
  return { exitCode, stdout, stderr };
}

/** As small as it gets, of the numbers that the bench takes. */
const tiny = ({ takes = ['members', 'runs'] }: Bench): string[] =>
  takes.flatMap((option) => [`--${option}`, `${TINY[option]}`]);

/** One after another in each lane; answers by name. */
function runAll(benches: readonly Bench[]): ReadonlyMap<string, Promise<Ended>> {
  const lanes: Promise<unknown>[] = Array.from({ length: LANES }, () => Promise.resolve());
  return new Map(
    benches.map((bench, index) => {
      const args = [bench.name, '--json', ...tiny(bench)];
      const ended = (lanes[index % LANES] ?? Promise.resolve()).then(() => runBench(args));
      lanes[index % LANES] = ended;
      return [bench.name, ended];
    }),
  );
}

/** A test for each of them. */
export function eachBench(benches: readonly Bench[]): void {
  const names = benches.map(({ name }) => name);
  let running: ReadonlyMap<string, Promise<Ended>> | undefined;

  it.for(names)('%s runs to its end and prints its figures', { timeout: TIMEOUT_MS }, async (name, context) => {
    running ??= runAll(benches);
    const { exitCode, stdout, stderr } = (await running.get(name)) ?? { exitCode: null, stdout: '', stderr: '' };
    expect(exitCode, stderr).toBe(0);
    const report = reportSchema.parse(JSON.parse(stdout));
    expect(report.bench).toBe(name);
    expect(stderr).not.toBe(''); // it says how far it is
    const [skipped] = /^Skipped: .+$/m.exec(stderr) ?? [];
    if (skipped !== undefined) {
      expect(process.env['CI'], skipped).not.toBe('true');
      context.skip(skipped);
    }
    expect(report.figures.length).toBeGreaterThan(0);
    expect(new Set(report.figures.map((figure) => figure.name)).size).toBe(report.figures.length);
    for (const { value, min, max, baseline, ratio, name: figure } of report.figures) {
      expect(min <= value && value <= max, `${figure}: ${min} <= ${value} <= ${max}`).toBe(true);
      expect(ratio === null, figure).toBe(baseline === null || baseline === 0);
    }
  });
}
