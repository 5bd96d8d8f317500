/**
 * Tests with two sizes. The gate runs the short form; `npm run prove` sets FANFARE_PROVE=full, runs the same files at
 * full size and collects the figures that they report into docs/PROOF.md.
 */
import { spawnSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { appendFileSync } from 'node:fs';

/** True at full size. */
export const IS_FULL = process.env['FANFARE_PROVE'] === 'full';

/** The value of the form that runs: `const KILLS = size(20, 200)`. */
export const size = <Value>(short: Value, full: Value): Value => (IS_FULL ? full : short);

/** At full size a test may take this many times what it is expected to: a busy machine decides over no proof. */
const FULL_SLACK = 3;

/** Longest a test may take in the form that runs, in milliseconds; `full` as it is expected on a machine of its own. */
export const minutes = (short: number, full: number): number => size(short, full * FULL_SLACK) * 60_000;

/** The seed of the short form: the same each time, so that a change decides whether the gate passes, and luck does not. */
export const gateSeed = (): number => Number(process.env['FANFARE_SEED'] ?? 1);

/** The run's seed: random at full size; FANFARE_SEED=N gives another. */
export function takeSeed(what: string): number {
  const isOpen = IS_FULL && process.env['FANFARE_SEED'] === undefined;
  const seed = isOpen ? randomInt(2 ** 32) : gateSeed();
  console.log(`${what}: random seed ${seed}; FANFARE_SEED=${seed} repeats it`);
  return seed;
}

/** What came out for a guarantee (R1 … R29, S26, S29): each name is a figure's words, as in `{ 'kills': 200, 'doubled': 0 }`. */
export function reportFigures(shows: `${'R' | 'S'}${number}`, values: Readonly<Record<string, number | string>>): void {
  const line = JSON.stringify({ shows, values });
  console.log(line);
  const file = process.env['FANFARE_PROVE_FIGURES'];
  if (file !== undefined) appendFileSync(file, `${line}\n`);
}

/** How to see that a program is there: its arguments; it answers 0. */
const PROBES = {
  strace: ['--version'],
  'mkfs.xfs': ['-V'],
  xfs_io: ['-V'],
  unshare: ['--version'],
} as const satisfies Readonly<Record<string, readonly string[]>>;

/**
 * Why a test that needs these programs (and root, where `mounts`) cannot run here; undefined when it can. Given to
 * `context.skip`, so that the run says so.
 */
export function whyNot(
  programs: readonly (keyof typeof PROBES)[],
  { mounts = false }: { readonly mounts?: boolean } = {},
): string | undefined {
  if (mounts && process.getuid?.() !== 0) return 'mounting needs root';
  const missing = programs.find((program) => spawnSync(program, PROBES[program], { stdio: 'ignore' }).status !== 0);
  if (missing !== undefined) return `${missing} is not installed`;
  if (mounts && spawnSync('unshare', ['-m', 'true'], { stdio: 'ignore' }).status !== 0) {
    return 'this machine lets nobody make a mount namespace';
  }
  return undefined;
}
