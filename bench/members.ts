/**
 * Members in bulk: a first load from CSV, the same file again, a nightly file of personas, made-up members, and counts.
 * Beside the loads, in the same run: the same rows put into the same two tables by bare statements, already parsed and
 * checked (the store's floor; nobody could import with it).
 *
 * What it does not show: a file whose members come in no order over more than a run of 40,000 rows costs more per page
 * the larger the store is; and counts over a store that does not fit the machine's memory.
 */
import { createReadStream, createWriteStream, mkdtempSync, rmSync } from 'node:fs';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import Database from 'better-sqlite3';
import { SqliteStore } from '../src/adapters/sqlite/sqlite-store.js';
import { systemClock } from '../src/adapters/system/system-clock.js';
import { formatInstant } from '../src/core/time.js';
import { parseFilterText } from '../src/membership/filter-text.js';
import { generatedMember } from '../src/membership/generate/generated-member.js';
import { generateMembers } from '../src/membership/generate/generate-members.js';
import { importMembers } from '../src/membership/import/import-members.js';
import type { MembershipDeps } from '../src/membership/members-tx.js';
import { countMembers } from '../src/membership/scan-members.js';
import { subjectHasher } from '../src/membership/suppression.js';
import { figureOf, type Bench, type BenchOptions, type Figure } from './figure.js';

export const members: Bench = {
  name: 'members',
  about: 'import, generate and count members, full sync',
  run,
};

const SEED = 7;
const COUNTS = {
  'count, core columns': 'level in (3, 4) and points >= 1000 and consent.sms',
  'count, tag': "tag = 'vip' or not tag = 'app'",
  'count, attribute': "attributes.city = '上海' and attributes.birthMonth <= 6",
} as const;

async function run({ numberOf, say }: BenchOptions): Promise<readonly Figure[]> {
  const count = Math.ceil(numberOf('members', 1_000_000) / ROWS_A_COMMIT) * ROWS_A_COMMIT;
  const runs = numberOf('runs', 1);
  const results: Readonly<Record<string, number>>[] = [];
  for (let round = 1; round <= runs; round++) {
    say(`run ${round} of ${runs}: ${count.toLocaleString('en')} members`);
    const folder = mkdtempSync(join(tmpdir(), 'fanfare-bench-'));
    try {
      results.push(await measure(folder, count, say));
    } finally {
      rmSync(folder, { recursive: true });
    }
  }
  const of = (name: string): number[] => results.map((result) => result[name] ?? Number.NaN);
  const loads = ['first load', 'the same file again', 'nightly personas', 'generate'];
  return [
    ...loads.map((name) => figureOf(name, 'rows/s', of(name), of('floor'))),
    ...Object.keys(COUNTS).map((name) => figureOf(`${name}, per 10 M`, 's', of(name))),
    figureOf('event loop delay while loading, p99', 'ms', of('loop delay')),
    figureOf('peak memory', 'MiB', of('peak')),
  ];
}

async function measure(folder: string, count: number, say: (line: string) => void): Promise<Record<string, number>> {
  const full = join(folder, 'members.csv');
  const nightly = join(folder, 'nightly.csv');
  await writeLines(full, count, FULL_HEADER, fullLine);
  await writeLines(nightly, count, 'memberId,level,points,activeDays,tags', nightlyLine);
  const result: Record<string, number> = {
    floor: count / (await bareLoadSeconds(join(folder, 'floor.db'), count)),
  };

  const memory = watchMemory();
  const delay = monitorEventLoopDelay({ resolution: 1 });
  const load = async (
    name: string,
    work: (deps: MembershipDeps) => Promise<unknown>,
    store: SqliteStore,
  ): Promise<void> => {
    const deps = { store, clock: systemClock, hashSubject: subjectHasher(new Uint8Array(32)) };
    const startedMs = performance.now();
    await work(deps);
    result[name] = (count * 1_000) / (performance.now() - startedMs);
    say(`${name}: ${Math.round(result[name]).toLocaleString('en')} rows/s`);
  };
  const fileOf = (path: string) => (deps: MembershipDeps) =>
    importMembers(deps, {
      settings: { format: 'csv' },
      input: createReadStream(path, { highWaterMark: 262_144 }),
      onRejects: async () => {},
    });

  const store = new SqliteStore({ file: join(folder, 'imported.db'), clock: systemClock });
  delay.enable();
  await load('first load', fileOf(full), store);
  await load('the same file again', fileOf(full), store);
  await load('nightly personas', fileOf(nightly), store);
  delay.disable();
  result['loop delay'] = delay.percentile(99) / 1e6;
  result['peak'] = memory.stop();
  for (const [name, text] of Object.entries(COUNTS)) {
    const startedMs = performance.now();
    await countMembers({ store, clock: systemClock }, parseFilterText(text));
    result[name] = ((performance.now() - startedMs) / 1_000 / count) * 10_000_000;
  }
  await store.close();

  const made = new SqliteStore({ file: join(folder, 'made.db'), clock: systemClock });
  await load('generate', (deps) => generateMembers(deps, { count, seed: SEED }), made);
  await made.close();
  return result;
}

const FULL_HEADER =
  'memberId,name,level,points,activeDays,lastActiveAt,tags,timeZone,locale,email,phone,pushToken,pushPlatform,' +
  'consent.sms,consent.sms.at,attributes.city';

function fullLine(number: number): string {
  const { row } = generatedMember(SEED, number);
  const tags = (JSON.parse(row.tags) as string[]).join(','); // the generator's own text
  const lastActive = row.lastActiveAt === null ? '' : formatInstant(row.lastActiveAt);
  return (
    `${row.memberId},${row.name ?? ''},${row.level},${row.points},${row.activeDays},${lastActive},"${tags}",` +
    `${row.timeZone ?? ''},${row.locale ?? ''},${row.email ?? ''},${row.phone ?? ''},${row.pushToken ?? ''},` +
    `${row.pushPlatform ?? ''},${row.phone === null ? '' : 'granted'},${row.phone === null ? '' : lastActive},上海`
  );
}

function nightlyLine(number: number): string {
  const { row } = generatedMember(SEED, number);
  return `${row.memberId},${(row.level + 1) % 6},${row.points + 10},${(row.activeDays + 1) % 31},${number % 3 === 0 ? 'app' : ''}`;
}

async function writeLines(
  path: string,
  count: number,
  header: string,
  line: (number: number) => string,
): Promise<void> {
  const file = createWriteStream(path);
  file.write(`${header}\r\n`);
  for (let number = 0; number < count; number++) {
    if (!file.write(`${line(number)}\r\n`)) await once(file, 'drain');
  }
  file.end();
  await once(file, 'close');
}

const ROWS_A_STATEMENT = 20;
const ROWS_A_COMMIT = 1_000;

/** Seconds that the rows alone take, as fast as this driver puts them in: 20 a statement, 1,000 a commit. */
async function bareLoadSeconds(path: string, count: number): Promise<number> {
  await new SqliteStore({ file: path, clock: systemClock }).close(); // makes the tables
  const database = new Database(path);
  database.pragma('synchronous = FULL');
  database.pragma('cache_size = -65536');
  const rows = (width: number): string =>
    Array.from({ length: ROWS_A_STATEMENT }, () => `(${Array(width).fill('?').join(', ')})`).join(', ');
  const PROFILES = rows(11);
  const CORES = rows(9);
  const insertProfiles = database.prepare(`INSERT INTO member_profile VALUES ${PROFILES}`);
  const insertCores = database.prepare(`INSERT INTO member_core VALUES ${CORES}`);
  const insert = database.transaction((statements: readonly BareRows[]) => {
    for (const { profiles, cores } of statements) {
      insertProfiles.run(profiles);
      insertCores.run(cores);
    }
  });
  let tookMs = 0;
  for (let first = 0; first < count; first += ROWS_A_COMMIT) {
    const statements = Array.from({ length: ROWS_A_COMMIT / ROWS_A_STATEMENT }, (_, index) =>
      bareRows(first + index * ROWS_A_STATEMENT),
    );
    const startedMs = performance.now();
    insert.immediate(statements);
    tookMs += performance.now() - startedMs;
  }
  database.close();
  return tookMs / 1_000;
}

interface BareRows {
  readonly profiles: unknown[];
  readonly cores: unknown[];
}

function bareRows(first: number): BareRows {
  const profiles: unknown[] = [];
  const cores: unknown[] = [];
  for (let number = first; number < first + ROWS_A_STATEMENT; number++) {
    const { row } = generatedMember(SEED, number);
    profiles.push(number, row.memberId, row.name, row.email, row.phone, row.pushToken, row.pushPlatform, 0);
    profiles.push(row.consent, row.tags, row.attributes);
    cores.push(number, row.level, row.points, row.activeDays, row.lastActiveAt, 1, 2, row.flags, null);
  }
  return { profiles, cores };
}

function watchMemory(): { readonly stop: () => number } {
  let peakBytes = 0;
  const timer = setInterval(() => (peakBytes = Math.max(peakBytes, process.memoryUsage.rss())), 50);
  return {
    stop: () => {
      clearInterval(timer);
      return peakBytes / 2 ** 20;
    },
  };
}
