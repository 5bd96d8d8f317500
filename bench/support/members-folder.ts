/**
 * A data folder with generated members, made once per machine and copied for each run: generating ten million takes
 * minutes, copying them seconds. Made anew when what makes it changes.
 */
import { createHash } from 'node:crypto';
import {
  closeSync,
  copyFileSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openEmbedded } from '../../src/compose.js';
import { configSchema } from '../../src/config.js';
import { workerFile } from '../../src/core/worker-file.js';
import { generatedMember } from '../../src/membership/generate/generated-member.js';
import { generateMembers } from '../../src/membership/generate/generate-members.js';
import { indexAddresses } from '../../src/membership/index-addresses.js';
import { keptFolder, runFolder } from './bench-folder.js';
import { withCleanUp, type CleanUp } from './clean-up.js';

const STORE_FILE = 'fanfare.db';
const SEED = 7;
/** Where the shape of a store is written down. */
const MIGRATIONS = '../../src/adapters/sqlite/migrations';
/** Members that speak for all of a seed. */
const SPECIMENS = 200;
const PROGRESS_MS = 10_000;

export interface MembersFolderOptions {
  readonly members: number;
  readonly say: (line: string) => void;
}

/** A copy of the folder for this run, on disk and synced; removed at the end. */
export async function copyOfMembers(options: MembersFolderOptions, cleanUp: CleanUp): Promise<string> {
  const kept = await keptMembers(options);
  const folder = join(runFolder(cleanUp), 'data');
  mkdirSync(folder, { mode: 0o700 });
  const file = join(folder, STORE_FILE);
  const { size } = statSync(join(kept, STORE_FILE));
  options.say(`copying ${options.members.toLocaleString('en')} members, ${Math.round(size / 2 ** 20)} MiB`);
  copyFileSync(join(kept, STORE_FILE), file);
  // Else the machine writes it out while something is measured.
  const descriptor = openSync(file, 'r+');
  fsyncSync(descriptor);
  closeSync(descriptor);
  return folder;
}

/** The folder that copies are made of; nothing writes to it. */
export async function keptMembers({ members, say }: MembersFolderOptions): Promise<string> {
  const name = `members-${members}-${fingerprint()}`;
  const folder = keptFolder(name);
  if (existsSync(folder)) return folder;
  removeOutdated(members);
  await withCleanUp(async (cleanUp) => {
    const unfinished = join(runFolder(cleanUp), name);
    await makeMembers(unfinished, { members, say });
    if (!existsSync(folder)) renameSync(unfinished, folder); // another bench may have been quicker
  });
  return folder;
}

async function makeMembers(dataFolder: string, { members, say }: MembersFolderOptions): Promise<void> {
  say(`generating ${members.toLocaleString('en')} members, once for this machine`);
  const { channels } = configSchema.parse({});
  const engine = await openEmbedded({
    config: { dataFolder, channels },
    readSecret: () => '',
    onEvent: (event) => {
      if (event.kind === 'maintenance.failed') throw event.error;
    },
  });
  try {
    let saidAtMs = performance.now();
    await generateMembers(engine.membership, {
      count: members,
      seed: SEED,
      onProgress: (progress) => {
        if (performance.now() - saidAtMs < PROGRESS_MS) return;
        saidAtMs = performance.now();
        say(`generated ${progress.created.toLocaleString('en')} of ${members.toLocaleString('en')}`);
      },
    });
    await indexAddresses(engine); // else the first server over a copy does it while something is measured
  } finally {
    await engine.close(0);
  }
}

/** Of what the folder holds: the members themselves, not the code that makes them, and the shape of the store. */
function fingerprint(): string {
  const hash = createHash('sha256');
  for (let number = 0; number < SPECIMENS; number++) hash.update(JSON.stringify(generatedMember(SEED, number)));
  const folder = fileURLToPath(workerFile(import.meta.url, MIGRATIONS));
  for (const file of readdirSync(folder).sort())
    if (file.endsWith('.js')) hash.update(readFileSync(join(folder, file)));
  return hash.digest('hex').slice(0, 8);
}

/** Folders of as many members, made by an earlier version. */
function removeOutdated(members: number): void {
  const folder = keptFolder('');
  for (const name of readdirSync(folder)) {
    if (name.startsWith(`members-${members}-`)) rmSync(join(folder, name), { recursive: true, force: true });
  }
}

/** The key of a generated member, by its number from 0. */
export const memberIdAt = (number: number): string => generatedMember(SEED, number).row.memberId;
