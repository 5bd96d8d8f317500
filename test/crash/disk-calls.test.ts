/**
 * A small campaign whose process is killed, or told of an error, at the n-th system call that writes or syncs. strace
 * does it, on the thread that writes the store.
 */
import { expect, it } from 'vitest';
import { SeededRandom } from '../../src/core/seeded-random.js';
import { IS_FULL, minutes, reportFigures, size, takeSeed, whyNot } from '../support/proof.js';
import { SMALL_VICTIM, SmallRig } from '../support/small-rig.js';
import { live, type LifeControls, type LiveOptions } from '../support/victim.js';

const CALLS = ['fsync', 'pwrite64', 'ftruncate', 'unlink'] as const;
type Call = (typeof CALLS)[number];

/** What a process that cannot work at all says before it ends. */
const NAMED = /STORE_UNAVAILABLE|STORE_FULL|DATA_FOLDER_UNUSABLE/;

/** Runs the victim with something done to its calls, as `pwrite64:error=EIO:when=7`. */
const traced =
  (call: Call, what: string, options: LiveOptions = {}) =>
  (folder: string) =>
    live(
      'strace',
      [
        ...['-q', '-o', '/dev/null', '-e', `trace=${call}`, '-e', `inject=${call}:${what}`],
        ...[process.execPath, SMALL_VICTIM, folder, '0'],
      ],
      options,
    );

/**
 * How long a store that is closed to writes lives on: it tries again to open its file, and must not acknowledge
 * anything meanwhile. It is killed then, as it would wait for ever.
 */
const CLOSED_FOR_MS = 300;

const reason = whyNot(['strace']);

it(
  'a campaign killed at any write or sync keeps the promise of its mode',
  async (context) => {
    if (reason !== undefined) context.skip(reason);
    const random = new SeededRandom(takeSeed('calls to be killed at'));
    const rig = await SmallRig.open('keyed');
    try {
      for (const call of CALLS) {
        const sampled = call === 'pwrite64' ? [3, 100].map((most) => 1 + Math.floor(random.next() * most)) : [1];
        for (let number = 1; ; number++) {
          const at = IS_FULL ? number : sampled[number - 1];
          if (at === undefined) break;
          const run = rig.judgeLife(rig.nextFolder(), traced(call, `signal=SIGKILL:when=${at}`));
          const life = await run.catch((cause: unknown) => {
            throw new Error(`killed at ${call} ${at}`, { cause });
          });
          if (!life.wasKilled) break; // it makes no more of them
        }
      }
      expect(rig.kills).toBeGreaterThanOrEqual(size(4, 150));
      reportFigures('R4', { 'kills at calls that write or sync (keyed)': rig.kills, 'acknowledged and lost': 0 });
    } finally {
      await rig.close();
    }
  },
  minutes(15, 40),
);

it(
  'a store whose files may not grow stops by name and loses nothing that was acknowledged',
  async () => {
    const rig = await SmallRig.open('keyed');
    try {
      for (const blocks of size([200], [100, 200, 400, 800, 1_600])) {
        const onLine = (line: string, { kill }: LifeControls): void => {
          if (line === 'store.poisoned') setTimeout(kill, CLOSED_FOR_MS);
        };
        const limited = `ulimit -f ${blocks}; exec "$0" "$@"`;
        const life = await rig.judgeLife(rig.nextFolder(), (folder) =>
          live('sh', ['-c', limited, process.execPath, SMALL_VICTIM, folder, '0'], { onLine }),
        );
        expect(life.said.includes('store.poisoned') || NAMED.test(life.complaints), life.complaints).toBe(true);
      }
    } finally {
      await rig.close();
    }
  },
  minutes(10, 10),
);

/** How a disk fails: at one call only, or from it on. */
const FAULTS = ['fsync:EIO', 'fsync:ENOSPC', 'pwrite64:EIO', 'pwrite64:ENOSPC', 'ftruncate:EIO'] as const;
/** Calls of each kind that one campaign makes, about. */
const CALLS_MADE: Readonly<Record<Call, number>> = { fsync: 20, pwrite64: 200, ftruncate: 3, unlink: 3 };
const FAULTS_EACH = size(1, 20);

it.skipIf(reason !== undefined).each(['keyed', 'atMostOnce'] as const)(
  `a disk that fails at any call loses nothing that was acknowledged, or stops the engine by name: %s${reason === undefined ? '' : ` (skipped: ${reason})`}`,
  async (mode) => {
    const random = new SeededRandom(takeSeed('calls that fail'));
    const rig = await SmallRig.open(mode);
    const seen = new Map<string, number>();
    const count = (what: string) => seen.set(what, (seen.get(what) ?? 0) + 1);
    try {
      for (const fault of FAULTS) {
        const [call, error] = fault.split(':') as [Call, string]; // each holds both
        for (const from of size([random.next() < 0.5 ? '' : '+'], ['', '+'])) {
          for (let round = 0; round < FAULTS_EACH; round++) {
            const at = 1 + Math.floor(random.next() * CALLS_MADE[call]);
            const what = `error=${error}:when=${at}${from}`;
            // A disk that stays broken is waited for without end: the process is killed once it has said so.
            const onLine = (line: string, { kill }: LifeControls): void => {
              if (from === '+' && (line === 'store.poisoned' || line === 'store.full')) setTimeout(kill, CLOSED_FOR_MS);
            };
            const run = rig.judgeLife(rig.nextFolder(), traced(call, what, { onLine }));
            const life = await run.catch((cause: unknown) => {
              throw new Error(`${call} ${what}`, { cause });
            });
            count('runs');
            for (const event of new Set(life.said.filter((line) => line.startsWith('store.')))) count(event);
            if (life.wasKilled || life.code === 0) continue;
            count('ended by itself');
            expect(life.complaints).toMatch(NAMED);
          }
        }
      }
      if (IS_FULL) expect(seen.get('store.poisoned') ?? 0).toBeGreaterThan(0);
      if (IS_FULL) expect(seen.get('store.full') ?? 0).toBeGreaterThan(0);
      if (IS_FULL) expect(seen.get('store.reopened') ?? 0).toBeGreaterThan(0);
      reportFigures('R6', {
        [`runs with EIO or ENOSPC (${mode})`]: seen.get('runs') ?? 0,
        'store closed and opened again': seen.get('store.reopened') ?? 0,
        'found full': seen.get('store.full') ?? 0,
        'ended by itself, by name': seen.get('ended by itself') ?? 0,
        'acknowledged and lost': 0,
      });
    } finally {
      await rig.close();
    }
  },
  minutes(20, 40),
);
