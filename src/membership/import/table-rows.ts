import type { ReadColumn, ReadTable, TablePlan } from './table-plan.js';
import type { ShopRow, ShopTables, ShopValue } from './shop-tables.js';

/** Where a walk through the main table is. Kept as JSON between runs. */
export interface TablePlace {
  /** Values of the key (and of the updated-at column before it, where the walk goes by that) of the last row taken. */
  readonly after: ShopRow | null;
  /** Rows updated before this are not walked; null for all. */
  readonly since: ShopValue;
}

export interface TablePage {
  /** A line of NDJSON a row. */
  readonly lines: readonly string[];
  readonly after: ShopRow;
}

const ROWS_PER_PAGE = 1_000;

/**
 * The members of a shop's tables, page by page in the order of the main table's key, or, from `since` on, of its
 * updated-at column. Each page is one statement, and one more a joined table; no page costs more than the first.
 * A row that changes during the walk is read as it was or as it is, and, where walks go by updates, again the next time.
 */
export async function* tablePages(
  tables: ShopTables,
  plan: TablePlan,
  { place, updatedAt }: { readonly place: TablePlace; readonly updatedAt: string | undefined },
): AsyncGenerator<TablePage> {
  const { main } = plan;
  const isByUpdate = updatedAt !== undefined && place.since !== null;
  const orderBy = isByUpdate ? [updatedAt, ...main.table.primaryKey] : main.table.primaryKey;
  const columns = [...orderBy, main.idColumn, ...main.columns.map(({ column }) => column.name)];
  let after = place.after ?? undefined;
  for (;;) {
    const rows = await tables.page({
      table: main.table.name,
      columns,
      orderBy,
      after,
      atLeast: isByUpdate ? { column: updatedAt, value: place.since } : undefined,
      limit: ROWS_PER_PAGE,
    });
    const last = rows.at(-1);
    if (last === undefined) return;
    after = last.slice(0, orderBy.length);
    const members = rows.map((row) => ({
      id: row[orderBy.length] ?? null,
      line: { memberId: textOf(row[orderBy.length] ?? null), ...fieldsOf(main.columns, row.slice(orderBy.length + 1)) },
    }));
    for (const joined of plan.joined) await join(tables, joined, members);
    yield { lines: members.map(({ line }) => JSON.stringify(line)), after };
    if (rows.length < ROWS_PER_PAGE) return;
  }
}

interface MemberLine {
  readonly id: ShopValue;
  line: Record<string, unknown>;
}

/** Adds what a joined table says. Of several rows of a member the last by the table's key stands. */
async function join(tables: ShopTables, joined: ReadTable, members: readonly MemberLine[]): Promise<void> {
  const rows = await tables.rowsOf({
    table: joined.table.name,
    columns: [joined.idColumn, ...joined.columns.map(({ column }) => column.name)],
    keyColumn: joined.idColumn,
    // As texts: a number would make a server compare a column of texts as numbers.
    keys: members.flatMap(({ id }) => (id === null ? [] : [String(id)])),
    orderBy: joined.table.primaryKey,
  });
  const byId = new Map(rows.map((row) => [textOf(row[0] ?? null), row.slice(1)]));
  for (const member of members) {
    const row = byId.get(textOf(member.id));
    if (row !== undefined) member.line = { ...member.line, ...fieldsOf(joined.columns, row) };
  }
}

const fieldsOf = (columns: readonly ReadColumn[], row: ShopRow): Record<string, unknown> =>
  Object.fromEntries(columns.map((column, index) => [column.key, fieldOf(column, row[index] ?? null)]));

/** As the cells of a file are, but numbers of attributes stay numbers, and lists and objects are read. */
function fieldOf({ target, column }: ReadColumn, value: ShopValue): unknown {
  if (value === null) return null;
  if (column.kind === 'time') return instantOf(String(value));
  if (target.kind === 'attribute' && column.kind === 'number' && Number.isSafeInteger(Math.trunc(Number(value)))) {
    return Number(value);
  }
  const isStructured = target.kind === 'field' && ['tags', 'attributes', 'consent'].includes(target.field);
  return isStructured ? (parsed(String(value)) ?? String(value)) : String(value);
}

const textOf = (value: ShopValue): string => (value === null ? '' : String(value));

function parsed(text: string): unknown {
  if (!/^\s*[[{]/.test(text)) return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined; // the import says what is wrong with it
  }
}

/** `2026-11-11 00:00:00.5`, in UTC, as RFC 3339; what databases write for "never" is nothing. */
function instantOf(text: string): string | null {
  if (text.startsWith('0000-00-00')) return null;
  const [date = '', time = '00:00:00'] = text.split(' ');
  return `${date}T${time}Z`;
}
