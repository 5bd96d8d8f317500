import { createReadStream, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { SqliteStore } from '../../src/adapters/sqlite/sqlite-store.js';
import { systemClock } from '../../src/adapters/system/system-clock.js';
import { EVERYBODY } from '../../src/core/member-filter.js';
import { SeededRandom } from '../../src/core/seeded-random.js';
import { workerFile } from '../../src/core/worker-file.js';
import { auditMembers } from '../../src/membership/audit-members.js';
import { importMembers } from '../../src/membership/import/import-members.js';
import { countMembers } from '../../src/membership/scan-members.js';
import { subjectHasher } from '../../src/membership/suppression.js';
import { takeSeed } from '../support/proof.js';
import { shopifyExport } from '../support/shopify-export.js';
import { temporarySqliteStore } from '../support/temporary-sqlite.js';
import { live } from '../support/victim.js';

const KILLS = 5;
const VICTIM = fileURLToPath(workerFile(import.meta.url, './import-victim.js'));
/** An import says so often that it got on, at least; each is killed after one of these words. */
const WORDS = 20;

/** Starts the import and kills it once it has said so many words; true when it was still at work. */
async function importUntilKilled(files: readonly string[], words: number): Promise<boolean> {
  let left = words;
  const { wasKilled } = await live(process.execPath, [VICTIM, ...files], {
    onLine: (_, { kill }) => {
      if (--left === 0) kill();
    },
  });
  return wasKilled;
}

it(`an import ends the same after ${KILLS} kills at any moment`, async () => {
  const temporary = temporarySqliteStore();
  await temporary.store.close();
  const file = shopifyExport({ rows: 25_000, seed: 5 });
  const membersFile = join(temporary.folder, 'customers.csv');
  writeFileSync(membersFile, file.csv);
  const random = new SeededRandom(takeSeed('moments of the kills'));
  let killsAtWork = 0;
  for (let kill = 0; kill < KILLS; kill++) {
    const words = 1 + Math.floor(random.next() * WORDS);
    if (await importUntilKilled([temporary.file, membersFile], words)) killsAtWork += 1;
  }
  expect(killsAtWork).toBeGreaterThan(0);

  const store = new SqliteStore({ file: temporary.file, clock: systemClock });
  const deps = { store, clock: systemClock, hashSubject: subjectHasher(new Uint8Array(32).fill(7)) };
  const again = () =>
    importMembers(deps, {
      settings: { format: 'csv' },
      input: createReadStream(membersFile),
      onRejects: async () => {},
    });
  const first = await again();
  expect(first.created + first.updated + first.unchanged).toBe(file.customerCount + file.doubledCount);
  expect(first.updated).toBe(0);
  expect(await again()).toMatchObject({ created: 0, updated: 0, rejected: file.badLines.length });
  expect(await countMembers(deps, EVERYBODY)).toBe(file.customerCount);
  for await (const { what } of auditMembers(deps)) expect.unreachable(what);
  await store.close();
  await temporary.remove();
}, 600_000);
