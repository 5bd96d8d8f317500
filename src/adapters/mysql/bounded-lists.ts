import type { MysqlSession, StatementOptions } from './session.js';

/**
 * Keys of one `IN (…)`. Above 1,000 MariaDB turns the list into a join with a table of its own, and reads the other
 * table whole.
 */
const KEYS_AT_ONCE = 500;
/** Rows and bytes of one `VALUES …`: well below the server's packet, and short enough for others to come between. */
const ROWS_AT_ONCE = 1_000;
const BYTES_AT_ONCE = 1_048_576;

/** Slices of at most so many keys. */
export function* keySlices<Key>(keys: readonly Key[], size = KEYS_AT_ONCE): Generator<readonly Key[]> {
  for (let start = 0; start < keys.length; start += size) yield keys.slice(start, start + size);
}

/** Slices of rows for one statement each, by their number and by their size as text. */
export function* rowSlices<Row>(rows: readonly Row[], sizeOf: (row: Row) => number): Generator<readonly Row[]> {
  let start = 0;
  let bytes = 0;
  for (const [index, row] of rows.entries()) {
    const size = sizeOf(row);
    if (index > start && (index - start >= ROWS_AT_ONCE || bytes + size > BYTES_AT_ONCE)) {
      yield rows.slice(start, index);
      start = index;
      bytes = 0;
    }
    bytes += size;
  }
  if (start < rows.length) yield rows.slice(start);
}

/** Rows of a select whose text ends in `IN (?)`, for any number of keys. */
export async function selectIn<Row extends readonly unknown[]>(
  session: MysqlSession,
  sql: string,
  keys: readonly (number | string | Uint8Array)[],
  options: Pick<StatementOptions, 'lock'> = {},
): Promise<Row[]> {
  const rows: Row[] = [];
  for (const slice of keySlices(keys)) {
    rows.push(...(await session.selectArrays<Row>(sql, [slice], { ...options, isText: true })));
  }
  return rows;
}

/** The same for a statement that changes rows. */
export async function executeIn(session: MysqlSession, sql: string, keys: readonly number[]): Promise<void> {
  for (const slice of keySlices(keys)) await session.execute(sql, [slice], { isText: true });
}
