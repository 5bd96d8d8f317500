/** Imports a file of members, saying so after each batch, until it is killed. Arguments: the store's file, the members' file. */
import { createReadStream } from 'node:fs';
import { SqliteStore } from '../../src/adapters/sqlite/sqlite-store.js';
import { systemClock } from '../../src/adapters/system/system-clock.js';
import { importMembers } from '../../src/membership/import/import-members.js';
import { subjectHasher } from '../../src/membership/suppression.js';

const [storeFile = '', membersFile = ''] = process.argv.slice(2);
const store = new SqliteStore({ file: storeFile, clock: systemClock });
const result = await importMembers(
  { store, clock: systemClock, hashSubject: subjectHasher(new Uint8Array(32).fill(7)) },
  {
    settings: { format: 'csv' },
    input: createReadStream(membersFile),
    onRejects: async () => {},
    onProgress: ({ progress }) => process.stdout.write(`${progress}\n`),
  },
);
await store.close();
process.stdout.write(`${JSON.stringify(result)}\n`);
