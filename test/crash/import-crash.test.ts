import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createReadStream, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as after } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { SqliteStore } from '../../src/adapters/sqlite/sqlite-store.js';
import { systemClock } from '../../src/adapters/system/system-clock.js';
import { EVERYBODY } from '../../src/core/member-filter.js';
import { workerFile } from '../../src/core/worker-file.js';
import { auditMembers } from '../../src/membership/audit-members.js';
import { importMembers } from '../../src/membership/import/import-members.js';
import { countMembers } from '../../src/membership/scan-members.js';
import { subjectHasher } from '../../src/membership/suppression.js';
import { shopifyExport } from '../support/shopify-export.js';
import { temporaryStore } from '../support/temporary-store.js';

const KILLS = 5;
const VICTIM = workerFile(import.meta.url, './import-victim.js');

/** Starts the import and kills it some time after its first batch was written; true when it was still at work. */
async function importUntilKilled(files: readonly string[], killAfterMs: number): Promise<boolean> {
  const victim = spawn(process.execPath, [VICTIM.pathname, ...files], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(victim, 'close');
  victim.stdout.resume();
  await once(victim.stdout, 'data');
  await after(killAfterMs);
  const wasAtWork = victim.exitCode === null;
  victim.kill('SIGKILL');
  await ended;
  return wasAtWork;
}

it(`an import ends the same after ${KILLS} kills at any moment`, async () => {
  const temporary = temporaryStore();
  await temporary.store.close();
  const file = shopifyExport({ rows: 25_000, seed: 5 });
  const membersFile = join(temporary.folder, 'customers.csv');
  writeFileSync(membersFile, file.csv);
  let killsAtWork = 0;
  for (let kill = 0; kill < KILLS; kill++) {
    if (await importUntilKilled([temporary.file, membersFile], Math.random() * 150)) killsAtWork += 1;
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
}, 120_000);
