/** A hundred errors of ten kinds at random places: each is found, and named where it was planted. */
import Database from 'better-sqlite3';
import { copyFileSync, mkdtempSync, openSync, closeSync, readSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { auditOf, writeBooks } from '../../test/support/audit-books.js';
import { reportFigures, takeSeed } from '../../test/support/proof.js';
import { temporarySqliteStore } from '../../test/support/temporary-sqlite.js';
import { CHANNELS } from '../core/channels.js';
import { SeededRandom } from '../core/seeded-random.js';
import type { LogCopier } from '../adapters/sqlite/checkpointer.js';
import { openReader, openWriter } from '../adapters/sqlite/connection.js';
import { SqliteStore } from '../adapters/sqlite/sqlite-store.js';
import { reportAudit } from './audit.js';
import type { AuditDifference, AuditKind } from './audit/audit-difference.js';

const BUCKETS = 2 ** 21;
const PLANTS_OF_A_KIND = 10;

/** A row to hurt, with what the kind's query selects of it. */
interface Row {
  readonly id: number;
  readonly campaign: number;
  readonly code: number;
  readonly sent: number;
}

interface Kind {
  readonly kind: AuditKind;
  /** Rows of which one is hurt. */
  readonly from: string;
  /** Hurts the row. */
  readonly sql: (row: Row, random: SeededRandom) => string;
  readonly named: (row: Row) => Partial<AuditDifference>;
}

const bucketOf = ({ id }: Row): number => id % BUCKETS;
const ownerOf = ({ id }: Row): number => Math.floor(id / BUCKETS);
const streamPlace = (stream: number): Partial<AuditDifference> => ({
  campaignId: Math.floor(stream / 8) as never,
  channel: CHANNELS[stream % 8],
});
const rowPlace = (row: Row): Partial<AuditDifference> => ({ ...streamPlace(ownerOf(row)), bucket: bucketOf(row) });
const below = (random: SeededRandom, count: number): number => Math.floor(random.next() * count);
/** One bit of a check sum. */
const flipped = (random: SeededRandom): string => {
  const bit = 1 << below(random, 30);
  return `crc = (crc | ${bit}) - (crc & ${bit})`;
};
/** Nothing is written that would have to be copied: saves a thread per audit. */
const startCopier = (): LogCopier => ({ copy: () => Promise.resolve(undefined), close: () => Promise.resolve() });
const eventPlace = ({ campaign }: Row): Partial<AuditDifference> => ({ campaignId: campaign as never });

const EVENTS = `SELECT position AS id, CAST(substr(key, 10) AS INTEGER) AS campaign FROM event WHERE key LIKE 'campaign/%'`;

const KINDS: readonly Kind[] = [
  {
    kind: 'audience.damaged',
    from: 'SELECT id FROM audience_bucket',
    sql: ({ id }, random) => `UPDATE audience_bucket SET ${flipped(random)} WHERE id = ${id}`,
    named: (row) => ({ audienceId: ownerOf(row) as never, bucket: bucketOf(row) }),
  },
  {
    kind: 'audience.counts',
    from: 'SELECT audience_id AS id FROM audience',
    sql: ({ id }, random) =>
      `UPDATE audience SET member_count = member_count + ${1 + below(random, 50)} WHERE audience_id = ${id}`,
    named: ({ id }) => ({ audienceId: id as never }),
  },
  {
    kind: 'ledger.damaged',
    from: 'SELECT id FROM ledger_bucket WHERE cells IS NOT NULL',
    sql: ({ id }, random) => `UPDATE ledger_bucket SET ${flipped(random)} WHERE id = ${id}`,
    named: rowPlace,
  },
  {
    kind: 'ledger.rowCounts',
    from: 'SELECT id, sent_count AS sent FROM ledger_bucket WHERE sent_count > 0',
    sql: ({ id, sent }, random) => {
      const members = 1 + below(random, sent);
      return `UPDATE ledger_bucket SET sent_count = sent_count - ${members}, unknown_count = unknown_count + ${members} WHERE id = ${id}`;
    },
    named: rowPlace,
  },
  {
    kind: 'ledger.due',
    from: 'SELECT id FROM ledger_bucket',
    sql: ({ id }) => `UPDATE ledger_bucket SET due_at = CASE WHEN due_at IS NULL THEN 7 END WHERE id = ${id}`,
    named: rowPlace,
  },
  {
    kind: 'ledger.streamCounts',
    from: 'SELECT stream AS id, code FROM ledger_count',
    sql: ({ id, code }, random) =>
      `UPDATE ledger_count SET members = members + ${1 + below(random, 9)} WHERE stream = ${id} AND code = ${code}`,
    named: ({ id }) => streamPlace(id),
  },
  {
    kind: 'ledger.details',
    from: 'SELECT DISTINCT stream AS id FROM ledger_count',
    sql: ({ id }, random) => `INSERT INTO ledger_detail_count VALUES (${id}, ${1 + below(random, 1_000)})`,
    named: ({ id }) => streamPlace(id),
  },
  {
    kind: 'inbox.missing',
    from: 'SELECT block AS id, campaign_id AS campaign FROM inbox_block',
    sql: ({ id, campaign }, random) =>
      `UPDATE inbox_block
       SET delivered = substr(CAST(substr(delivered, 1, ${below(random, 100)}) || zeroblob(125) AS BLOB), 1, 125)
       WHERE block = ${id} AND campaign_id = ${campaign}`,
    named: ({ id, campaign }) => ({ campaignId: campaign as never, channel: 'inbox', bucket: id }),
  },
  {
    kind: 'events.missing',
    from: EVENTS,
    sql: ({ id }) => `DELETE FROM event WHERE position = ${id}`,
    named: eventPlace,
  },
  {
    kind: 'events.doubled',
    from: EVENTS,
    sql: ({ id }) =>
      `INSERT INTO event (topic, key, body, sent_at) SELECT topic, key, body, sent_at FROM event WHERE position = ${id}`,
    named: eventPlace,
  },
];

describe('the auditor, with errors planted at random', () => {
  const template = temporarySqliteStore();
  const { clock } = template;
  const folder = mkdtempSync(join(tmpdir(), 'fanfare-plants-'));
  const pristine = join(folder, 'pristine.db');
  const random = new SeededRandom(takeSeed('places of planted errors'));

  beforeAll(async () => {
    await writeBooks(template.store);
    const database = new Database(template.file);
    database.prepare('VACUUM INTO ?').run(pristine);
    database.close();
  });
  afterAll(async () => {
    await template.remove();
    rmSync(folder, { recursive: true });
  });

  /** What the audit finds in a copy that `hurt` has changed. */
  const auditHurt = async (hurt: (file: string) => void): Promise<readonly AuditDifference[]> => {
    const file = join(folder, 'hurt.db');
    copyFileSync(pristine, file);
    hurt(file);
    const store = new SqliteStore({ file, clock, access: { openWriter, openReader, startCopier } });
    const { differences } = await reportAudit(auditOf({ store, clock }), { checksStructure: true });
    await store.close();
    return differences;
  };
  const run = (file: string, sql: string): void => {
    const database = new Database(file);
    expect(database.prepare(sql).run().changes, sql).toBeGreaterThan(0);
    database.close();
  };

  it('finds 100 of 100, of ten kinds, each at its place', async () => {
    const database = new Database(pristine);
    const plants = KINDS.flatMap((kind) => {
      const rows = database.prepare<[], Row>(kind.from).all();
      return Array.from({ length: PLANTS_OF_A_KIND }, () => {
        const row = rows[below(random, rows.length)];
        if (row === undefined) throw new Error(`${kind.kind} has nothing to hurt`);
        return { kind: kind.kind, sql: kind.sql(row, random), named: kind.named(row) };
      });
    });
    database.close();
    let found = 0;
    for (const { kind, sql, named } of plants) {
      const differences = await auditHurt((file) => {
        run(file, sql);
      });
      expect(differences, sql).toContainEqual(expect.objectContaining({ kind, ...named }));
      found++;
    }
    expect(found).toBe(100);
    reportFigures('R27', { 'planted errors': plants.length, kinds: KINDS.length, 'found and named': found });
  });

  it('compares the choice of channels with what became of the members', async () => {
    const choose = (file: string, choice: string): void => {
      run(file, "UPDATE campaign SET policy = 'first' WHERE campaign_id = 2");
      run(file, `INSERT INTO campaign_choice VALUES (${2 * BUCKETS}, CAST(${choice} AS BLOB))`);
    };
    const bySms = "replace(hex(zeroblob(1000)), '00', char(1))";
    expect(await auditHurt((file) => choose(file, bySms))).toEqual([]);
    const place = { kind: 'ledger.choice', campaignId: 2, channel: 'sms', bucket: 0 };
    expect(await auditHurt((file) => choose(file, `char(3) || substr(${bySms}, 2)`))).toEqual([
      expect.objectContaining({ ...place, found: 'others for 1 members' }),
    ]);
    expect(await auditHurt((file) => choose(file, `substr(${bySms}, 2)`))).toEqual([
      expect.objectContaining({ ...place, expected: '1000', found: '999' }),
    ]);
  });

  it('names damage that ends the reading of a part, and looks at the others', async () => {
    const differences = await auditHurt((file) => {
      run(file, `UPDATE campaign_channel SET pause_reasons = '["nonsense"]' WHERE campaign_id = 3`);
      run(file, 'UPDATE consumer_group SET cursor = 10000');
    });
    expect(differences.map(({ kind }) => kind)).toEqual(['store.unreadable', 'queue.group']);
    expect(differences[0]?.what).toMatch(/^campaigns: /);
  });

  it('names pages of the file that contradict each other', async () => {
    const differences = await auditHurt((file) => {
      const database = new Database(file);
      const pageBytes = Number(database.pragma('page_size', { simple: true }));
      const root = database
        .prepare<[], number>("SELECT rootpage FROM sqlite_schema WHERE name = 'ledger_due'")
        .pluck()
        .get();
      database.close();
      const descriptor = openSync(file, 'r+');
      const at = ((root ?? 0) - 1) * pageBytes + 3; // the number of cells on the page
      const count = Buffer.alloc(2);
      readSync(descriptor, count, 0, 2, at);
      count.writeUInt16BE(count.readUInt16BE() - 1);
      writeSync(descriptor, count, 0, 2, at);
      closeSync(descriptor);
    });
    expect(differences).toContainEqual(
      expect.objectContaining({ kind: 'store.structure', found: expect.stringMatching(/ledger_due/) as string }),
    );
  });
});
