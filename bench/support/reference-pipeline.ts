/**
 * The usual way, over the same engine as ours and as well as it can be written there:
 *
 *   created event ─► bucket messages, 100 a batch ─► a message per member, 100 a batch ─► dedupe key ─► send ─► record
 *
 * Queues are tables that are read in order; a batch is a commit, so a sync serves a hundred. What it does not do that
 * ours does: consent, suppression and reasons, a mark before the send, retries, pace, an audience that stands still,
 * books that balance. What it does that ours does not: a row per member that can be read by itself.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';

const BATCH = 100;
const BUCKET_MEMBERS = 1_000;

export const REFERENCE_STAGES = ['bucketMessages', 'memberMessages', 'dedupeKeys', 'sends', 'pushRecords'] as const;
export type ReferenceStage = (typeof REFERENCE_STAGES)[number];

export interface ReferenceRun {
  readonly spanMs: number;
  /** Taking messages, deleting them and the commit count half to the keys and half to the records. */
  readonly stageMs: Readonly<Record<ReferenceStage, number>>;
}

export function referencePipeline(folder: string, members: number): ReferenceRun {
  const file = join(folder, 'reference.db');
  const database = new Database(file);
  database.pragma('journal_mode = WAL');
  database.pragma('synchronous = FULL');
  database.pragma('cache_size = -65536');
  database.exec(`
    CREATE TABLE bucket_message (id INTEGER PRIMARY KEY, body TEXT NOT NULL) STRICT;
    CREATE TABLE member_message (id INTEGER PRIMARY KEY, body TEXT NOT NULL) STRICT;
    CREATE TABLE dedupe_key (key TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
    CREATE TABLE push_record (id INTEGER PRIMARY KEY, campaign INTEGER, member INTEGER, outcome TEXT, at INTEGER) STRICT;
  `);
  try {
    const startedMs = performance.now();
    const bucketMessages = timed(() => {
      writeBuckets(database, members);
    });
    const memberMessages = timed(() => {
      writeMembers(database);
    });
    const rest = tellMembers(database, members);
    return { spanMs: performance.now() - startedMs, stageMs: { bucketMessages, memberMessages, ...rest } };
  } finally {
    database.close();
    for (const suffix of ['', '-wal', '-shm']) rmSync(file + suffix, { force: true });
  }
}

/** The event of the created campaign becomes a message per bucket: where it begins and ends. */
function writeBuckets(database: Database.Database, members: number): void {
  const insert = database.prepare('INSERT INTO bucket_message (body) VALUES (?)');
  for (let from = 0; from < members; from += BATCH * BUCKET_MEMBERS) {
    database.transaction(() => {
      for (let first = from; first < Math.min(members, from + BATCH * BUCKET_MEMBERS); first += BUCKET_MEMBERS) {
        insert.run(JSON.stringify({ campaign: 1, from: first, until: Math.min(members, first + BUCKET_MEMBERS) }));
      }
    })();
  }
}

function writeMembers(database: Database.Database): void {
  const queue = queueOf(database, {
    take: 'SELECT id, body FROM bucket_message ORDER BY id LIMIT 1',
    remove: 'DELETE FROM bucket_message WHERE id = ?',
  });
  const insert = database.prepare('INSERT INTO member_message (body) VALUES (?)');
  for (let [bucket] = queue.take(); bucket !== undefined; [bucket] = queue.take()) {
    const { from, until } = JSON.parse(bucket.body) as { readonly from: number; readonly until: number }; // as above
    for (let first = from; first < until; first += BATCH) {
      database.transaction(() => {
        for (let member = first; member < Math.min(until, first + BATCH); member++) {
          insert.run(JSON.stringify({ campaign: 1, member }));
        }
      })();
    }
    queue.remove(bucket.id);
  }
}

function tellMembers(
  database: Database.Database,
  members: number,
): Pick<ReferenceRun['stageMs'], 'dedupeKeys' | 'sends' | 'pushRecords'> {
  const queue = queueOf(database, {
    take: 'SELECT id, body FROM member_message ORDER BY id LIMIT 100',
    remove: 'DELETE FROM member_message WHERE id = ?',
  });
  const keep = database.prepare('INSERT INTO dedupe_key (key) VALUES (?) ON CONFLICT DO NOTHING');
  const record = database.prepare('INSERT INTO push_record (campaign, member, outcome, at) VALUES (1, ?, ?, ?)');
  const stageMs = { dedupeKeys: 0, sends: 0, pushRecords: 0 };
  let sentMembers = 0;
  const startedMs = performance.now();
  for (let batch = queue.take(); batch.length > 0; batch = queue.take()) {
    database.transaction(() => {
      let fresh: number[] = [];
      stageMs.dedupeKeys += timed(() => {
        fresh = batch
          .map(({ body }) => (JSON.parse(body) as { readonly member: number }).member) // as above
          .filter((member) => keep.run(`1:${member}`).changes === 1);
      });
      stageMs.sends += timed(() => {
        for (const member of fresh) if (accepts(member)) sentMembers++;
      });
      stageMs.pushRecords += timed(() => {
        for (const member of fresh) record.run(member, 'sent', Date.now());
      });
      for (const { id } of batch) queue.remove(id);
    })();
  }
  if (sentMembers !== members) throw new Error(`The reference told ${sentMembers} of ${members}.`);
  const sharedMs = performance.now() - startedMs - stageMs.dedupeKeys - stageMs.sends - stageMs.pushRecords;
  return {
    dedupeKeys: stageMs.dedupeKeys + sharedMs / 2,
    sends: stageMs.sends,
    pushRecords: stageMs.pushRecords + sharedMs / 2,
  };
}

interface Message {
  readonly id: number;
  readonly body: string;
}

function queueOf(database: Database.Database, sql: { readonly take: string; readonly remove: string }) {
  const take = database.prepare<[], Message>(sql.take);
  const remove = database.prepare<[number]>(sql.remove);
  return { take: () => take.all(), remove: (id: number) => remove.run(id) };
}

/** The vendor. */
const accepts = (member: number): boolean => member >= 0;

function timed(work: () => void): number {
  const startedMs = performance.now();
  work();
  return performance.now() - startedMs;
}
