/** A server whose disk is full, grows again, or cannot be written at all. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { CampaignApi } from '../support/campaign-api.js';
import { MountNamespace } from '../support/mount-namespace.js';
import { createPromotion, promotionNames } from '../support/promotion-calls.js';
import { minutes, reportFigures, size, whyNot } from '../support/proof.js';
import { ServerProcess } from '../support/server-process.js';

const reason = whyNot(['unshare'], { mounts: true });

describe.skipIf(reason !== undefined)(
  `a server on a small disk${reason === undefined ? '' : ` (skipped: ${reason})`}`,
  () => {
    let folder: string;
    let dataFolder: string;
    let namespace: MountNamespace;
    let server: ServerProcess | undefined;

    beforeEach(async () => {
      folder = mkdtempSync(join(tmpdir(), 'fanfare-disk-'));
      dataFolder = join(folder, 'data');
      namespace = await MountNamespace.open();
    });
    afterEach(async () => {
      await server?.kill();
      server = undefined;
      namespace.close();
      rmSync(folder, { recursive: true });
    });

    const mount = (options: string) => namespace.run('mount', '-t', 'tmpfs', '-o', options, 'none', folder);
    const remount = (options: string) => namespace.run('mount', '-o', `remount,${options}`, folder);
    const start = async (): Promise<ServerProcess> => {
      server = await ServerProcess.start(dataFolder, { inside: (...args) => namespace.inside(...args) });
      return server;
    };

    it(
      'refuses writes with 503 while the disk is full, reads on, and goes on by itself when there is space',
      async () => {
        const rounds = size(1, 10);
        let refusals = 0;
        let acknowledged: string[] = [];
        await mount('size=2m');
        let { url } = await start();
        for (let round = 0; round < rounds; round++) {
          const fill = async (): Promise<string> => {
            for (let index = 0; ; index++) {
              const name = `round ${round}, promotion ${index}`;
              const { status, code } = await createPromotion(url, name);
              if (status !== 201) return `${status} ${code ?? ''}`;
              acknowledged.push(name);
            }
          };
          expect(await fill()).toBe('503 STORE_FULL');
          for (let index = 0; index < 20; index++) {
            const name = `round ${round}, when full ${index}`;
            const { status, code } = await createPromotion(url, name);
            if (status === 201)
              acknowledged.push(name); // emptying the log can free a little
            else {
              expect({ status, code }).toEqual({ status: 503, code: 'STORE_FULL' });
              refusals++;
            }
            expect((await fetch(`${url}/v1/promotions?limit=1`)).status).toBe(200);
          }
          await remount(`size=${3 + round}m`);
          const back = `round ${round}, after it grew`;
          await vi.waitFor(async () => expect((await createPromotion(url, back)).status).toBe(201), {
            timeout: 60_000,
          });
          acknowledged.push(back);
          expect((await promotionNames(url)).sort()).toEqual([...acknowledged].sort());
          await server?.kill();
          ({ url } = await start());
          expect((await promotionNames(url)).sort(), 'after kill -9').toEqual([...acknowledged].sort());
          expect(await new CampaignApi(url).auditDifferences()).toEqual([]);
        }
        expect(refusals).toBeGreaterThan(0);
        acknowledged = [...new Set(acknowledged)];
        reportFigures('R6', {
          'rounds on a full disk that grew': rounds,
          'writes acknowledged': acknowledged.length,
          'writes refused with 503': refusals,
          'acknowledged and lost': 0,
          'refused and there': 0,
        });
      },
      minutes(15, 15),
    );

    it('does not start on a disk that cannot be written, and says so in a line', async () => {
      await mount('size=8m');
      await createPromotion((await start()).url, 'while it could be written');
      expect(await server?.stop()).toBe(0);
      await remount('ro');
      await expect(start()).rejects.toThrow(/cannot be (used|opened).*(EROFS|SQLITE_READONLY|SQLITE_CANTOPEN)/);
      await remount('rw');
      expect(await promotionNames((await start()).url)).toEqual(['while it could be written']);
    });

    it('does not start on a disk without any space, and says so in a line', async () => {
      await mount('size=4m');
      await createPromotion((await start()).url, 'while there was space');
      expect(await server?.stop()).toBe(0);
      await namespace.run('sh', '-c', `cat /dev/zero > ${folder}/ballast || true`);
      await expect(start()).rejects.toThrow(/disk of the data folder is full/);
      await namespace.run('rm', `${folder}/ballast`);
      expect(await promotionNames((await start()).url)).toEqual(['while there was space']);
    });
  },
);
