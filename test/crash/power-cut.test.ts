/**
 * A power cut: the file system is shut down under the store without writing out what the kernel still holds, and
 * mounted again. On XFS, since the point is what SQLite was told is durable (ext4 under the same shutdown can lose
 * what an fsync that was under way had promised).
 */
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as after } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SeededRandom } from '../../src/core/seeded-random.js';
import { workerFile } from '../../src/core/worker-file.js';
import { MountNamespace } from '../support/mount-namespace.js';
import { minutes, reportFigures, size, takeSeed, whyNot } from '../support/proof.js';
import type { SmallStory } from '../support/small-campaign.js';
import { SMALL_VICTIM, SmallRig } from '../support/small-rig.js';
import { live, type Life } from '../support/victim.js';

const built = (name: string): string => fileURLToPath(workerFile(import.meta.url, name));
const WRITER = built('./ack-writer.js');
const READER = built('./ack-reader.js');
const FINISHER = built('./small-campaign-finisher.js');
const IMAGE_BYTES = 400 * 1024 * 1024;
/** One cut in three loses something with the weaker setting: none of so many is once in ten billion. */
const MAX_WEAK_CUTS = 60;

const reason = whyNot(['unshare', 'mkfs.xfs', 'xfs_io'], { mounts: true });

describe.skipIf(reason !== undefined)(`a power cut${reason === undefined ? '' : ` (skipped: ${reason})`}`, () => {
  let folder: string;
  let image: string;
  let mountPoint: string;
  let namespace: MountNamespace;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'fanfare-power-'));
    image = join(folder, 'disk.img');
    writeFileSync(image, '');
    truncateSync(image, IMAGE_BYTES);
    namespace = await MountNamespace.open();
    mountPoint = join(folder, 'disk');
    await namespace.run('mkdir', mountPoint);
    await namespace.run('mkfs.xfs', '-q', image);
    await mount();
  });
  afterAll(async () => {
    await namespace.run('umount', mountPoint);
    namespace.close();
    rmSync(folder, { recursive: true });
  });

  const mount = () => namespace.run('mount', '-o', 'loop', image, mountPoint);
  const cut = () => namespace.run('xfs_io', '-x', '-c', 'shutdown', mountPoint);
  const restart = async (): Promise<void> => {
    await namespace.run('umount', mountPoint);
    await mount();
  };
  /**
   * Runs a program inside and cuts the power `delayMs` after its first line that says `line`. What it says once the cut
   * has begun does not count: a file system that is being shut down can tell an fsync under way that it went well,
   * which a power cut never does. `halts`: the program is stopped before the cut, so that it does nothing after it.
   */
  const liveUntilCut = async (
    args: readonly string[],
    { line, delayMs, halts }: { readonly line: RegExp; readonly delayMs: number; readonly halts: boolean },
  ): Promise<Life> => {
    const said: string[] = [];
    let isCutting = false;
    let cutting: Promise<unknown> | undefined;
    const life = await live(...namespace.inside(process.execPath, ...args), {
      onLine: (text, { kill, halt }) => {
        if (!isCutting) said.push(text);
        if (!line.test(text)) return;
        cutting ??= after(delayMs)
          .then(async () => {
            if (halts) await halt();
            isCutting = true;
            await cut();
          })
          .finally(kill);
      },
    });
    await (cutting ?? cut());
    await restart();
    return { ...life, said };
  };

  /** Commits until the power is cut; answers how many of those that were acknowledged are gone. */
  const cutWriter = async (random: SeededRandom, synchronous: 'full' | 'normal', name: string) => {
    const file = join(mountPoint, `${name}.db`);
    const delayMs = random.next() * 200;
    const life = await liveUntilCut([WRITER, file, synchronous], { line: /^ack/, delayMs, halts: false });
    const acknowledged = life.said.filter((line) => line.startsWith('ack')).length;
    const [command, args] = namespace.inside(process.execPath, READER, file);
    const read = await live(command, args);
    const found =
      read.code === 0 ? (JSON.parse(read.said[0] ?? '') as { facts: number; integrity: string }) : undefined;
    await namespace.run('sh', '-c', `rm -f ${file}*`);
    return {
      acknowledged,
      lost: acknowledged - Math.min(acknowledged, found?.facts ?? 0),
      integrity: found?.integrity,
    };
  };

  it(
    'keeps every commit that was acknowledged',
    async () => {
      const random = new SeededRandom(takeSeed('moments of the cuts'));
      const cuts = size(2, 60);
      let acknowledged = 0;
      for (let number = 0; number < cuts; number++) {
        const end = await cutWriter(random, 'full', `full-${number}`);
        expect(end).toMatchObject({ lost: 0, integrity: 'ok' });
        acknowledged += end.acknowledged;
      }
      expect(acknowledged).toBeGreaterThan(cuts);
      reportFigures('R5', { 'cuts under small commits': cuts, 'commits acknowledged': acknowledged, lost: 0 });
    },
    minutes(10, 20),
  );

  it(
    'loses commits where the sync setting is weaker, or the rig could not show anything',
    async () => {
      const random = new SeededRandom(takeSeed('moments of the cuts'));
      let lost = 0;
      let cuts = 0;
      for (; cuts < MAX_WEAK_CUTS && lost === 0; cuts++)
        lost += (await cutWriter(random, 'normal', `normal-${cuts}`)).lost;
      expect(lost).toBeGreaterThan(0);
      reportFigures('R5', { 'commits lost with NORMAL planted': lost, 'cuts that took': cuts });
    },
    minutes(10, 10),
  );

  it.each(['keyed', 'atMostOnce'] as const)(
    'keeps the promise of the mode to a campaign under way: %s',
    async (mode) => {
      const random = new SeededRandom(takeSeed('moments of the cuts'));
      const rig = await SmallRig.open(mode, { latencyMs: 40 });
      const finish = async (dataFolder: string): Promise<SmallStory> => {
        const [command, args] = namespace.inside(process.execPath, FINISHER, dataFolder);
        const life = await live(command, args);
        if (life.code !== 0) throw new Error(`The folder cannot be taken up again: ${life.complaints}`);
        const { outcomes, ...story } = JSON.parse(life.said[0] ?? '') as Omit<SmallStory, 'outcomes'> & {
          outcomes: [never, string[]][];
        };
        await namespace.run('rm', '-r', dataFolder);
        return { ...story, outcomes: new Map(outcomes) };
      };
      const cuts = size(1, 20);
      try {
        for (let number = 0; number < cuts; number++) {
          const place = rig.nextFolder();
          await namespace.run('cp', '-r', place, mountPoint);
          await namespace.run('sync');
          await rig.judgeLife(
            place,
            () =>
              liveUntilCut([SMALL_VICTIM, join(mountPoint, place.split('/').at(-1) ?? ''), '0'], {
                line: /^launched/,
                delayMs: random.next() * 800,
                halts: true,
              }),
            () => finish(join(mountPoint, place.split('/').at(-1) ?? '')),
          );
        }
        reportFigures('R5', {
          [`cuts under a campaign (${mode})`]: cuts,
          'acknowledged and lost': 0,
          'told again': rig.tally.doubled,
          'unknown in all': rig.tally.unknown,
        });
      } finally {
        await rig.close();
      }
    },
    minutes(10, 15),
  );
});
