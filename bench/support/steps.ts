/**
 * The steps of `why`: each tells as many members through a vendor that accepts at once, remembers durably who was told,
 * and answers the seconds it took. They share nothing but the members' flags, so that each can be read by itself.
 */
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { Pool } from 'undici';

export interface StepOptions {
  readonly folder: string;
  /** A multiple of 1,000. */
  readonly members: number;
  readonly vendorPort: number;
}

const BUCKET = 1_000;
const MESSAGES_PER_TAKE = 100;
const BUCKETS_PER_COMMIT = 32;
/** Consent and phone, as bits of a member's flags. */
const REACHABLE = 0b11;
const IN_FLIGHT = 1;
const SENT = 2;
const SUPPRESSED = 3;

/** Four of five may be told. */
const flagsOf = (member: number): number => (member % 5 === 0 ? 0b01 : REACHABLE);

function open(folder: string, schema: string): Database.Database {
  const database = new Database(join(folder, 'step.db'));
  database.pragma('journal_mode = WAL');
  database.pragma('synchronous = FULL');
  database.pragma('cache_size = -65536');
  database.exec(schema);
  return database;
}

const MEMBERS = 'CREATE TABLE member (ordinal INTEGER PRIMARY KEY, flags INTEGER NOT NULL) STRICT;';

function fillMembers(database: Database.Database, members: number): void {
  const insert = database.prepare('INSERT INTO member VALUES (?, ?)');
  database.transaction(() => {
    for (let member = 0; member < members; member++) insert.run(member, flagsOf(member));
  })();
}

async function timed(database: Database.Database, work: () => unknown): Promise<number> {
  const startedMs = performance.now();
  await work();
  const seconds = (performance.now() - startedMs) / 1_000;
  database.close();
  return seconds;
}

/** For each member: read, ask the vendor, wait for its answer, write a row. */
export async function loopOverMembers({ folder, members, vendorPort }: StepOptions): Promise<number> {
  const database = open(folder, `${MEMBERS} CREATE TABLE sent (member INTEGER PRIMARY KEY, at INTEGER) STRICT;`);
  fillMembers(database, members);
  const flags = database.prepare<[number], number>('SELECT flags FROM member WHERE ordinal = ?').pluck();
  const insert = database.prepare('INSERT INTO sent VALUES (?, ?)');
  const pool = new Pool(`http://127.0.0.1:${vendorPort}`, { connections: 1 });
  return timed(database, async () => {
    for (let member = 0; member < members; member++) {
      if (flags.get(member) !== REACHABLE) continue;
      const body = JSON.stringify({ key: String(member), to: `+1555${member}`, text: 'It is on.' });
      const response = await pool.request({ method: 'POST', path: '/v1/push', body });
      await response.body.dump();
      insert.run(member, Date.now());
    }
    await pool.close();
  });
}

/** A message per member, a hundred at a time: its key is kept, the member read, the send made, a record written. */
export function queueOfMembers({ folder, members }: StepOptions): Promise<number> {
  const database = open(
    folder,
    `${MEMBERS}
     CREATE TABLE message (id INTEGER PRIMARY KEY, body TEXT NOT NULL) STRICT;
     CREATE TABLE dedupe_key (key TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
     CREATE TABLE push_record (id INTEGER PRIMARY KEY, campaign INTEGER, member INTEGER, outcome TEXT, at INTEGER) STRICT;`,
  );
  fillMembers(database, members);
  const enqueue = database.prepare('INSERT INTO message (body) VALUES (?)');
  const take = database.prepare<[], { id: number; body: string }>(
    `SELECT id, body FROM message ORDER BY id LIMIT ${MESSAGES_PER_TAKE}`,
  );
  const remove = database.prepare('DELETE FROM message WHERE id = ?');
  const keep = database.prepare('INSERT INTO dedupe_key VALUES (?) ON CONFLICT DO NOTHING');
  const flags = database.prepare<[number], number>('SELECT flags FROM member WHERE ordinal = ?').pluck();
  const record = database.prepare('INSERT INTO push_record (campaign, member, outcome, at) VALUES (1, ?, ?, ?)');
  return timed(database, () => {
    for (let from = 0; from < members; from += MESSAGES_PER_TAKE) {
      database.transaction(() => {
        for (let member = from; member < from + MESSAGES_PER_TAKE; member++) {
          enqueue.run(JSON.stringify({ campaign: 1, member }));
        }
      })();
    }
    for (let batch = take.all(); batch.length > 0; batch = take.all()) {
      database.transaction(() => {
        for (const { id, body } of batch) {
          const { member } = JSON.parse(body) as { readonly member: number }; // written above
          const isTold = keep.run(`1:${member}`).changes === 1 && flags.get(member) === REACHABLE;
          if (isTold) record.run(member, 'sent', Date.now());
          remove.run(id);
        }
      })();
    }
  });
}

/** A bucket is 1,000 neighbours: marked and recorded as a whole, a row for each member of it. */
export function bucketRows({ folder, members }: StepOptions): Promise<number> {
  const database = open(
    folder,
    `${MEMBERS} CREATE TABLE cell (member INTEGER PRIMARY KEY, state INTEGER NOT NULL) STRICT;`,
  );
  fillMembers(database, members);
  const mark = database.prepare<[number, number]>(
    `INSERT INTO cell SELECT ordinal, iif(flags = ${REACHABLE}, ${IN_FLIGHT}, ${SUPPRESSED})
     FROM member WHERE ordinal >= ? AND ordinal < ?`,
  );
  const settle = database.prepare<[number, number]>(
    `UPDATE cell SET state = ${SENT} WHERE member >= ? AND member < ? AND state = ${IN_FLIGHT}`,
  );
  return timed(database, () => {
    for (let from = 0; from < members; from += BUCKET) {
      mark.run(from, from + BUCKET); // each of the two is a commit: in flight before the send, sent after it
      settle.run(from, from + BUCKET);
    }
  });
}

const CELLS = 'CREATE TABLE bucket (bucket INTEGER PRIMARY KEY, cells BLOB) STRICT;';

interface CellWriter {
  /** The cells of a bucket before anybody is told. */
  readonly mark: (bucket: number) => void;
  /** The same after the vendor's answer. */
  readonly settle: (bucket: number) => void;
}

function cellWriter(database: Database.Database, flagsOfBucket: (bucket: number) => ArrayLike<number>): CellWriter {
  const insert = database.prepare('INSERT INTO bucket VALUES (?, ?)');
  const read = database.prepare<[number], Uint8Array>('SELECT cells FROM bucket WHERE bucket = ?').pluck();
  const update = database.prepare('UPDATE bucket SET cells = ? WHERE bucket = ?');
  return {
    mark: (bucket) => {
      const flags = flagsOfBucket(bucket);
      const cells = Buffer.alloc(BUCKET);
      for (let at = 0; at < BUCKET; at++) cells[at] = flags[at] === REACHABLE ? IN_FLIGHT : SUPPRESSED;
      insert.run(bucket, cells);
    },
    settle: (bucket) => {
      const cells = Buffer.from(read.get(bucket) ?? []);
      for (let at = 0; at < cells.length; at++) if (cells[at] === IN_FLIGHT) cells[at] = SENT;
      update.run(cells, bucket);
    },
  };
}

function rowFlags(database: Database.Database): (bucket: number) => number[] {
  const flags = database
    .prepare<[number, number], number>('SELECT flags FROM member WHERE ordinal >= ? AND ordinal < ? ORDER BY ordinal')
    .pluck();
  return (bucket) => flags.all(bucket * BUCKET, (bucket + 1) * BUCKET);
}

/** One row of 1,000 bytes for 1,000 members. */
export function bucketBytes({ folder, members }: StepOptions): Promise<number> {
  const database = open(folder, MEMBERS + CELLS);
  fillMembers(database, members);
  const { mark, settle } = cellWriter(database, rowFlags(database));
  return timed(database, () => {
    for (let bucket = 0; bucket < members / BUCKET; bucket++) {
      mark(bucket);
      settle(bucket);
    }
  });
}

/** One sync for many buckets: answers of the last ones and marks of the next ones in the same commit. */
export function groupedCommits({ folder, members }: StepOptions): Promise<number> {
  const database = open(folder, MEMBERS + CELLS);
  fillMembers(database, members);
  const writer = cellWriter(database, rowFlags(database));
  return timed(database, () => turns(database, writer, members));
}

/** Flags of 1,000 members as one blob: deciding a bucket reads one row. */
export function packedFlags({ folder, members }: StepOptions): Promise<number> {
  const database = open(folder, `CREATE TABLE block (block INTEGER PRIMARY KEY, flags BLOB NOT NULL) STRICT; ${CELLS}`);
  const insert = database.prepare('INSERT INTO block VALUES (?, ?)');
  database.transaction(() => {
    for (let block = 0; block < members / BUCKET; block++) {
      const flags = Uint16Array.from({ length: BUCKET }, (_, at) => flagsOf(block * BUCKET + at));
      insert.run(block, Buffer.from(flags.buffer));
    }
  })();
  const read = database.prepare<[number], Uint8Array>('SELECT flags FROM block WHERE block = ?').pluck();
  const writer = cellWriter(database, (block) => {
    const bytes = Uint8Array.from(read.get(block) ?? []);
    return new Uint16Array(bytes.buffer);
  });
  return timed(database, () => turns(database, writer, members));
}

function turns(database: Database.Database, { mark, settle }: CellWriter, members: number): void {
  const buckets = members / BUCKET;
  for (let turn = 0; turn * BUCKETS_PER_COMMIT < buckets + BUCKETS_PER_COMMIT; turn++) {
    const from = turn * BUCKETS_PER_COMMIT;
    database.transaction(() => {
      for (let bucket = from; bucket < Math.min(buckets, from + BUCKETS_PER_COMMIT); bucket++) mark(bucket);
      for (let bucket = Math.max(0, from - BUCKETS_PER_COMMIT); bucket < Math.min(buckets, from); bucket++)
        settle(bucket);
    })();
  }
}
