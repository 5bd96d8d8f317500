/**
 * The floor below an import: the same rows put into the same two tables by bare statements, already parsed and checked.
 * Nobody could import with it.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { SqliteStore } from '../../src/adapters/sqlite/sqlite-store.js';
import { systemClock } from '../../src/adapters/system/system-clock.js';
import { generatedMember } from '../../src/membership/generate/generated-member.js';

const ROWS_A_STATEMENT = 20;
const ROWS_A_COMMIT = 1_000;
const PROFILES = placesOf(11);
const CORES = placesOf(9);

export interface BareInsertsOptions {
  readonly folder: string;
  readonly members: number;
  readonly seed: number;
}

/** Seconds that the rows alone take, as fast as this driver puts them in: 20 a statement, 1,000 a commit, full sync. */
export async function bareInsertSeconds({ folder, members, seed }: BareInsertsOptions): Promise<number> {
  mkdirSync(folder);
  const file = join(folder, 'floor.db');
  await new SqliteStore({ file, clock: systemClock }).close(); // makes the tables
  const database = new Database(file);
  database.pragma('synchronous = FULL');
  database.pragma('cache_size = -65536');
  const insertProfiles = database.prepare<unknown[]>(`INSERT INTO member_profile VALUES ${PROFILES}`);
  const insertCores = database.prepare<unknown[]>(`INSERT INTO member_core VALUES ${CORES}`);
  const insert = database.transaction((statements: readonly BareRows[]) => {
    for (const { profiles, cores } of statements) {
      insertProfiles.run(...profiles);
      insertCores.run(...cores);
    }
  });
  let tookMs = 0;
  for (let first = 0; first < members; first += ROWS_A_COMMIT) {
    const statements = Array.from({ length: ROWS_A_COMMIT / ROWS_A_STATEMENT }, (_, index) =>
      bareRows(seed, first + index * ROWS_A_STATEMENT),
    );
    const startedMs = performance.now();
    insert.immediate(statements);
    tookMs += performance.now() - startedMs;
  }
  database.close();
  return tookMs / 1_000;
}

function placesOf(width: number): string {
  return Array.from({ length: ROWS_A_STATEMENT }, () => `(${Array(width).fill('?').join(', ')})`).join(', ');
}

interface BareRows {
  readonly profiles: unknown[];
  readonly cores: unknown[];
}

function bareRows(seed: number, first: number): BareRows {
  const profiles: unknown[] = [];
  const cores: unknown[] = [];
  for (let number = first; number < first + ROWS_A_STATEMENT; number++) {
    const { row } = generatedMember(seed, number);
    profiles.push(number, row.memberId, row.name, row.email, row.phone, row.pushToken, row.pushPlatform, 0);
    profiles.push(row.consent, row.tags, row.attributes);
    cores.push(number, row.level, row.points, row.activeDays, row.lastActiveAt, 1, 2, row.flags, null);
  }
  return { profiles, cores };
}
