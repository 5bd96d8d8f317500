/** The tables of a shop's own database, as an import reads them: described, by pages of a key, and by other keys. */
export interface ShopTables {
  /** Undefined where there is no such table. */
  describe(table: string): Promise<ShopTable | undefined>;
  tableNames(): Promise<readonly string[]>;
  /** The largest value of a column; null where there is none. */
  highest(table: string, column: string): Promise<ShopValue>;
  /** Rows in the order of `orderBy`, each with its values in the order of `columns`. */
  page(question: PageQuestion): Promise<readonly ShopRow[]>;
  /** Rows whose `keyColumn` is one of `keys`, in the order of `orderBy`. */
  rowsOf(question: KeyQuestion): Promise<readonly ShopRow[]>;
  close(): Promise<void>;
}

/** Numbers too large for JavaScript, decimals, dates and JSON come as texts. */
export type ShopValue = string | number | null;
export type ShopRow = readonly ShopValue[];

export interface ShopTable {
  readonly name: string;
  readonly columns: readonly ShopColumn[];
  /** Its columns in the order of the key; empty where there is none. */
  readonly primaryKey: readonly string[];
}

export interface ShopColumn {
  readonly name: string;
  readonly kind: 'number' | 'time' | 'text';
}

export interface PageQuestion {
  readonly table: string;
  readonly columns: readonly string[];
  readonly orderBy: readonly string[];
  /** Values of `orderBy` behind which the page begins. */
  readonly after?: ShopRow | undefined;
  /** Only rows whose column is not below the value. */
  readonly atLeast?: { readonly column: string; readonly value: ShopValue } | undefined;
  readonly limit: number;
}

export interface KeyQuestion {
  readonly table: string;
  readonly columns: readonly string[];
  readonly keyColumn: string;
  readonly keys: readonly ShopValue[];
  readonly orderBy: readonly string[];
}

/** Why tables cannot be read. Neither text holds the password. */
export class ShopTablesError extends Error {
  override readonly name = 'ShopTablesError';

  constructor(
    /**
     * `address`: no mysql:// URL with a database; `login`: user or password refused; `database`: there is none of that
     * name, or the user may not see it; `forbidden`: the user may not read a table; `away`: no answer, or the connection
     * broke; `failed`: the server refused a statement.
     */
    readonly kind: 'address' | 'login' | 'database' | 'forbidden' | 'away' | 'failed',
    /** User, server and database. */
    readonly where: string,
    /** The server's own code. */
    readonly code: string,
  ) {
    super(`${where}: ${kind} (${code})`);
  }
}
