import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { describeMysql, temporaryMysqlStore } from '../../../test/support/temporary-mysql.js';
import { contentDifferences, tablesOf } from '../../../test/support/moved-content.js';
import { temporarySqliteStore } from '../../../test/support/temporary-sqlite.js';
import { copyParts } from '../../move/copy-parts.js';
import { openMoveSource } from '../sqlite/move-source.js';
import { MOVED_FACTS, MOVED_TABLES, TABLES_LEFT } from './moved-tables.js';

/** Tables that only a cluster needs: of its nodes, its schema, its own transactions and of the move itself. */
const OF_A_CLUSTER = [
  'move_in',
  'move_in_part',
  'node',
  'node_lease',
  'schema_lock',
  'schema_migration',
  'store_commit',
  'suppression_gate',
];

/** Values that texts of SQL must carry unharmed; a zero character is not allowed where JSON is asked for. */
const ODD_TEXTS = ["it's", 'back\\slash \\', '', 'zero\0inside', '春节特惠 🎁', "'); DROP x; --", '?', '%s\r\n\t"`'];

describe('a move', () => {
  it('reads every table of the folder, in the order of its primary key', async () => {
    const temporary = temporarySqliteStore();
    const folder = new Database(temporary.file, { readonly: true });
    const keys = Object.fromEntries(tablesOf(folder).map((name) => [name, keyOf(folder, name)]));
    folder.close();
    await temporary.remove();
    const left = Object.keys(TABLES_LEFT);
    expect(Object.fromEntries(MOVED_TABLES.map(({ name, key }) => [name, key]))).toEqual(
      Object.fromEntries(Object.entries(keys).filter(([name]) => !left.includes(name))),
    );
    expect(left.filter((name) => !(name in keys))).toEqual([]);
  });
});

describeMysql('a move into a database', () => {
  let folder: ReturnType<typeof temporarySqliteStore>;
  let target: Awaited<ReturnType<typeof temporaryMysqlStore>>;
  beforeEach(async () => {
    folder = temporarySqliteStore();
    target = await temporaryMysqlStore();
  });
  afterEach(async () => {
    await target.remove();
    await folder.remove();
  });

  it('fills every table but those that only a cluster needs', async () => {
    const rows = await target.database.query(
      "SELECT table_name AS name FROM information_schema.tables WHERE table_schema = DATABASE() AND table_type = 'BASE TABLE'",
    );
    const filled = [...MOVED_TABLES.map(({ name }) => name), ...MOVED_FACTS.map(({ into }) => into), ...OF_A_CLUSTER];
    expect(rows.map(({ name }) => String(name)).sort()).toEqual([...new Set(filled)].sort());
  });

  it('carries rows of every table unharmed, whatever their texts are', async () => {
    await folder.store.close();
    fillEveryTable(folder.file);
    const source = openMoveSource(folder.file);
    const { signal } = new AbortController();
    await copyParts({ source, store: target.store, signal, onCopied: () => undefined, sliceRows: 2 });
    source.close();
    const rows = new Database(folder.file, { readonly: true });
    for (const table of tablesOf(rows)) {
      expect(rows.prepare(`SELECT count(*) FROM ${table}`).pluck().get(), table).toBeGreaterThan(2);
    }
    rows.close();
    expect(await contentDifferences(folder.file, target.database.url)).toEqual([]);
    emptyEvents(folder.file);
  });

  it('gives no number of a word again', async () => {
    const move = { moveId: 'a', at: target.clock.now() };
    await target.store.transaction((tx) => tx.moveIn.begin(move.moveId, move.at));
    await target.store.transaction((tx) => tx.moveIn.finish({ ...move, lastTermId: 40 }));
    await target.database.query("INSERT INTO member_term (kind, term) VALUES (3, 'vip')");
    expect(await target.database.query('SELECT term_id FROM member_term')).toEqual([{ term_id: 41 }]);
  });

  it('fails where rows are there already, and leaves them as they were', async () => {
    const part = { name: 'setting', into: 'setting', columns: ['name', 'value'], rowCount: 2, rows: () => [] };
    await target.store.transaction((tx) => tx.moveIn.append(part, 0, ["('a',X'01')"]));
    await expect(target.store.transaction((tx) => tx.moveIn.append(part, 5, ["('b',X'02')"]))).rejects.toThrow(
      '5 rows',
    );
    expect(await target.database.query('SELECT name FROM setting')).toEqual([{ name: 'a' }]);
    expect(await target.store.read((tx) => tx.moveIn.copied())).toEqual(new Map([['setting', 1]]));
  });
});

interface ColumnRow {
  readonly name: string;
  readonly type: string;
  readonly notnull: number;
  readonly pk: number;
}

const columnsOf = (folder: Database.Database, table: string): ColumnRow[] =>
  folder.pragma(`table_info(${table})`) as ColumnRow[]; // shape fixed by SQLite

const keyOf = (folder: Database.Database, table: string): readonly string[] =>
  columnsOf(folder, table)
    .filter(({ pk }) => pk > 0)
    .sort((left, right) => left.pk - right.pk)
    .map(({ name }) => name);

/** Values where any of the type would be refused, by column or by table and column. */
const FITTING: Readonly<Record<string, (row: number) => unknown>> = {
  'promotion.kind': () => 'gift',
  'promotion.rule': (row) => JSON.stringify({ odd: ODD_TEXTS[row] }),
  'promotion.scope': (row) => JSON.stringify([ODD_TEXTS[row]]),
  'api_key.scopes': () => '["admin"]',
  'api_key.key_id': (row) => `key-${row}`,
  'idempotency_key.answer': (row) => JSON.stringify({ odd: ODD_TEXTS[row] }),
  'member_profile.push_platform': (row) => (row === 0 ? null : 'ios'),
  'member_profile.push_token': (row) => (row === 0 ? null : ODD_TEXTS[row]),
  'member_term.term': (row) => `${row}${ODD_TEXTS[row] ?? ''}`,
  'inbox_row_blocks.blocks': (row) => bits(row), // of the members below
  'inbox_row_blocks.segment': () => 0,
  'inbox_row.ordinal': (row) => row * 1_000 + 5,
  'promotion_submit.promotion_id': (row) => row,
  'coupon.state': () => 'paused',
  'coupon.kind': () => 'gift',
  'coupon.rule': (row) => JSON.stringify({ odd: ODD_TEXTS[row] }),
  'coupon.scope': (row) => JSON.stringify([ODD_TEXTS[row]]),
  'coupon_grant.state': (row) => (row === 0 ? 0 : 1), // available, and locked by an order
  'coupon_order.state': () => 'paid',
  'coupon_order.request': (row) => (row === 0 ? null : Buffer.alloc(16, row)),
  'coupon_run.state': (row) => (row === 0 ? 'running' : 'cancelled'),
  'coupon_run.cause': () => 'person',
  given_eagerly: (row) => row % 2,
  sweep_at_close: (row) => row % 2,
  by_code_only: (row) => row % 2,
  has_versions: (row) => row % 2,
  released: (row) => row % 2,
  'coupon_code.hash': (row) => Buffer.alloc(16, row),
  'coupon_bits.bits': (row) => (row === 0 ? null : bits(row)),
  'coupon_bits_journal.bits': (row) => (row === 0 ? null : bits(row)),
  was_paid: (row) => row % 2,
  issue: () => 'platform',
  stacking: () => 'alone',
  after_refund: () => 'expired',
  closes_at: (row) => 10_000 + row,
  valid_from: (row) => (row === 0 ? null : row),
  valid_until: (row) => (row === 0 ? null : 10_000 + row),
  valid_days: (row) => (row === 0 ? 7 : null),
  stock: (row) => (row === 0 ? null : 100),
  budget_minor: (row) => (row === 0 ? null : 1_000_000_000_000_000),
  granted: () => 50,
  request: (row) => (row === 0 ? null : Buffer.alloc(8, row)),
  currency: () => 'CNY',
  ends_at: (row) => 10_000 + row,
  until_ordinal: (row) => 10_000 + row,
  member_count: () => 5,
  pending_count: () => 5,
  sent_count: () => 0,
  failed_count: () => 0,
  unknown_count: () => 0,
  suppressed_count: () => 0,
  active_days: () => 7,
  form: () => 1,
  flags: (row) => row + 1,
  exists_bits: () => Buffer.alloc(125, 0x5c),
  delivered: () => Buffer.alloc(125, 0x27),
  read_marks: (row) => (row === 0 ? null : Buffer.alloc(125, row)),
  'population_flags.flags': () => Buffer.alloc(2_000, 0x5c),
  subject_hash: (row) => Buffer.alloc(16, row),
  natural_key: (row) => Buffer.alloc(32, row),
  request_hash: (row) => Buffer.alloc(32, row),
  secret_hash: (row) => Buffer.alloc(32, row),
  is_ordered: (row) => row % 2,
  is_leased: (row) => row % 2,
  is_read: (row) => row % 2,
  shares_references: (row) => row % 2,
  channel: (row) => row,
  code: (row) => row,
};

function bits(place: number): Buffer {
  const bytes = Buffer.alloc(125);
  bytes[place >> 3] = 1 << (place & 7);
  return bytes;
}

/** A row of each odd text in every table; nullable columns are null in the first. */
function fillEveryTable(file: string): void {
  const folder = new Database(file);
  folder.pragma('foreign_keys = OFF');
  for (const table of tablesOf(folder)) {
    const columns = columnsOf(folder, table);
    const names = columns.map(({ name }) => `"${name}"`).join(', ');
    const insert = folder.prepare(`INSERT INTO ${table} (${names}) VALUES (${columns.map(() => '?').join(', ')})`);
    for (let row = 0; row < ODD_TEXTS.length; row++) insert.run(columns.map((column) => valueOf(table, column, row)));
  }
  folder.close();
}

function valueOf(table: string, { name, type, notnull, pk }: ColumnRow, row: number): unknown {
  const fitting = FITTING[`${table}.${name}`] ?? FITTING[name];
  if (fitting !== undefined) return fitting(row);
  if (row === 0 && notnull === 0 && pk === 0) return null;
  if (type === 'TEXT') return pk > 0 || name === 'member_id' ? `${row}${ODD_TEXTS[row] ?? ''}` : ODD_TEXTS[row];
  if (type === 'BLOB') return Buffer.from([0, row, 0x27, 0x5c, 255]);
  return type === 'REAL' ? row / 3 : row + 1;
}

/** The events were none: nothing to hold against their contract. */
function emptyEvents(file: string): void {
  const folder = new Database(file);
  folder.exec('DELETE FROM event');
  folder.close();
}
