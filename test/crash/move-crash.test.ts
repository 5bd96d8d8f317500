import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as after } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { SeededRandom } from '../../src/core/seeded-random.js';
import { workerFile } from '../../src/core/worker-file.js';
import { indexAddresses } from '../../src/membership/index-addresses.js';
import { contentDifferences } from '../support/moved-content.js';
import { minutes, reportFigures, size, takeSeed } from '../support/proof.js';
import { addMembers, runningCampaign } from '../support/push-rig.js';
import { describeMysql, temporaryDatabase } from '../support/temporary-mysql.js';
import { temporarySqliteStore } from '../support/temporary-sqlite.js';
import { live } from '../support/victim.js';

const VICTIM = fileURLToPath(workerFile(import.meta.url, './move-victim.js'));
const KILLS = size(5, 100);
const MEMBERS = 3_000;
/** A move commits some 130 times; each is killed soon after so many of them, at most. */
const COMMITS = size(30, 3);
const MAX_DELAY_MS = 20;

const reportSchema = z.object({ rows: z.int(), rowsNow: z.int() });

describeMysql('a move that is killed', () => {
  it(
    `goes on where it was, and ends with the same content after ${KILLS} kills at any moment`,
    async () => {
      const temporary = temporarySqliteStore();
      const database = await temporaryDatabase();
      const random = new SeededRandom(takeSeed('moments of the kills'));
      try {
        await fill(temporary);
        await temporary.store.close();
        const args = [VICTIM, temporary.folder, database.url];
        let killsAtWork = 0;
        for (let kill = 0; kill < KILLS; kill++) {
          let left = Math.ceil(random.next() * COMMITS);
          const { wasKilled, complaints } = await live(process.execPath, args, {
            onLine: (_, controls) => {
              if (--left === 0) void after(random.next() * MAX_DELAY_MS).then(controls.kill);
            },
          });
          expect(complaints).toBe('');
          if (wasKilled) killsAtWork += 1;
        }
        const last = await live(process.execPath, args);
        expect(last).toMatchObject({ code: 0, complaints: '' });
        const { rows, rowsNow } = reportSchema.parse(JSON.parse(last.said.at(-1) ?? ''));
        expect(killsAtWork).toBeGreaterThan(0);
        expect(rowsNow).toBeLessThan(rows);
        expect(await contentDifferences(temporary.file, database.url)).toEqual([]);
        expect(readFileSync(join(temporary.folder, 'moved.json'), 'utf8')).toContain('"moved"');
        reportFigures('R26', { 'kills of a move': killsAtWork, 'rows that differ': 0 });
      } finally {
        await database.drop();
        await temporary.remove();
      }
    },
    minutes(10, 30),
  );
});

/** Members with addresses, tags and words, and a campaign whose audience is frozen. */
async function fill({ store, clock }: ReturnType<typeof temporarySqliteStore>): Promise<void> {
  await addMembers(store, clock, {
    count: MEMBERS,
    fieldsOf: (index) => ({
      name: `it's \\ ${index}`,
      phone: `+86138${String(index).padStart(8, '0')}`,
      tags: [`tag-${index % 50}`],
      attributes: { city: `市 ${index % 9}` },
    }),
  });
  await indexAddresses({ store });
  await runningCampaign(store, clock, { channels: ['inbox', 'sms'] });
}
