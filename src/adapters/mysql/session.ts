/**
 * What the repositories of this folder see of a connection: four ways to say a statement, and nothing of the driver.
 *
 * Values are bound, never put into the text. Whole numbers are sent as BIGINT, so that a key is compared as an integer
 * and `LIMIT ?` is taken by MySQL 8 as well; BIGINT columns come back as numbers (all of ours are safe integers),
 * blobs as Buffers. A locking clause is added by the session, so that one statement serves a transaction, which
 * locks, and a read, which never does.
 */

/** A value of a statement. Text statements also take a list (`IN (?)`) or a list of rows (`VALUES ?`). */
export type Bound = string | number | bigint | boolean | Uint8Array | null | readonly Bound[];

/**
 * What a select inside a transaction holds until its end, on rows that it found:
 * `change`: nobody else changes or locks them (FOR UPDATE); `keep`: nobody changes them, others may keep them too.
 * In a read there is no lock at all.
 */
export type RowLock = 'change' | 'keep';

export interface StatementOptions {
  readonly lock?: RowLock;
  /**
   * Sent as text, not prepared: for lists of changing length (`IN (?)`, `VALUES ?`) and bulk. Default false: prepared
   * once a connection and name of its text.
   */
  readonly isText?: boolean;
}

export interface MysqlSession {
  /** False in a read: then nothing is locked, and `execute` is refused. */
  readonly isTransaction: boolean;
  /** Rows as objects. */
  selectRows<Row>(sql: string, values?: readonly Bound[], options?: StatementOptions): Promise<readonly Row[]>;
  /** Rows as arrays in the order of the columns: half the cost where there are many. */
  selectArrays<Row extends readonly unknown[]>(
    sql: string,
    values?: readonly Bound[],
    options?: StatementOptions,
  ): Promise<readonly Row[]>;
  /**
   * Answers how many rows were *matched* (an UPDATE that finds a row as it shall be counts it): what decides stands in
   * the WHERE. `INSERT … ON DUPLICATE KEY UPDATE` counts 1 for a new row and 1 or 2 for an old one.
   */
  execute(sql: string, values?: readonly Bound[], options?: Pick<StatementOptions, 'isText'>): Promise<number>;
}

/** The first row of a select by key, or undefined. */
export async function selectOne<Row>(
  session: MysqlSession,
  sql: string,
  values: readonly Bound[],
  options?: StatementOptions,
): Promise<Row | undefined> {
  const [row] = await session.selectRows<Row>(sql, values, options);
  return row;
}

/** The first column of every row. */
export async function selectValues<Value>(
  session: MysqlSession,
  sql: string,
  values: readonly Bound[],
  options?: StatementOptions,
): Promise<readonly Value[]> {
  const rows = await session.selectArrays<readonly [Value]>(sql, values, options);
  return rows.map(([value]) => value);
}

/** The only column of the first row, or undefined. */
export async function selectValue<Value>(
  session: MysqlSession,
  sql: string,
  values: readonly Bound[],
  options?: StatementOptions,
): Promise<Value | undefined> {
  const [value] = await selectValues<Value>(session, sql, values, options);
  return value;
}
