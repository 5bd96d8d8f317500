import mysql, { type Connection, type RowDataPacket } from 'mysql2/promise';
import {
  ShopTablesError,
  type KeyQuestion,
  type PageQuestion,
  type ShopColumn,
  type ShopRow,
  type ShopTable,
  type ShopTables,
  type ShopValue,
} from '../../membership/import/shop-tables.js';

const CONNECT_MS = 10_000;
/** A page by key takes milliseconds; one without an index of its order reads the table. */
const STATEMENT_MS = 120_000;
/** Text of a join's answer stays within the driver's packet. */
const KEYS_AT_ONCE = 500;

const TABLES = 'SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE() ORDER BY table_name';
const COLUMNS = `SELECT column_name, data_type FROM information_schema.columns
   WHERE table_schema = DATABASE() AND table_name = ? ORDER BY ordinal_position`;
const KEY = `SELECT column_name FROM information_schema.key_column_usage
   WHERE table_schema = DATABASE() AND table_name = ? AND constraint_name = 'PRIMARY' ORDER BY ordinal_position`;

const NUMBERS = new Set([
  'tinyint',
  'smallint',
  'mediumint',
  'int',
  'bigint',
  'decimal',
  'float',
  'double',
  'year',
  'bit',
]);
const TIMES = new Set(['date', 'datetime', 'timestamp']);

/**
 * Reads the tables of a shop's own MySQL or MariaDB, over one connection that never writes. Times are read in UTC.
 * @throws ShopTablesError
 */
export async function openShopTables(url: string, password: string | undefined): Promise<ShopTables> {
  const address = readAddress(url);
  const where = `${address.user}@${address.host}:${address.port}/${address.database}`;
  const connection = await mysql
    .createConnection({
      ...address,
      password: address.password === '' ? (password ?? '') : address.password,
      connectTimeout: CONNECT_MS,
      charset: 'utf8mb4_bin',
      timezone: 'Z',
      dateStrings: true,
      jsonStrings: true,
      supportBigNumbers: true,
      bigNumberStrings: true,
      flags: ['-LOCAL_FILES'],
    })
    .catch((error: unknown) => {
      throw translated(error, where);
    });
  // A broken connection is told by the statement that meets it.
  connection.on('error', () => undefined);
  const tables = new MysqlShopTables(connection, where);
  await tables.begin();
  return tables;
}

class MysqlShopTables implements ShopTables {
  constructor(
    private readonly connection: Connection,
    private readonly where: string,
  ) {}

  async begin(): Promise<void> {
    await this.ask("SET SESSION time_zone = '+00:00'", []);
    await this.ask('SET SESSION TRANSACTION READ ONLY', []);
  }

  async describe(table: string): Promise<ShopTable | undefined> {
    const columns = await this.ask(COLUMNS, [table]);
    if (columns.length === 0) return undefined;
    const key = await this.ask(KEY, [table]);
    return {
      name: table,
      columns: columns.map(([name, type]): ShopColumn => ({ name: String(name), kind: kindOf(String(type)) })),
      primaryKey: key.map(([name]) => String(name)),
    };
  }

  async tableNames(): Promise<readonly string[]> {
    return (await this.ask(TABLES, [])).map(([name]) => String(name));
  }

  async highest(table: string, column: string): Promise<ShopValue> {
    const [row] = await this.ask(`SELECT MAX(${quoted(column)}) FROM ${quoted(table)}`, []);
    return row?.[0] ?? null;
  }

  async page({ table, columns, orderBy, after, atLeast, limit }: PageQuestion): Promise<readonly ShopRow[]> {
    const conditions: string[] = [];
    const values: ShopValue[] = [];
    if (atLeast !== undefined) {
      conditions.push(`${quoted(atLeast.column)} >= ?`);
      values.push(atLeast.value);
    }
    if (after !== undefined) conditions.push(behind(orderBy, after, values));
    const condition = conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`;
    return this.ask(
      `SELECT ${listed(columns)} FROM ${quoted(table)} ${condition} ORDER BY ${listed(orderBy)} LIMIT ${limit}`,
      values,
    );
  }

  async rowsOf({ table, columns, keyColumn, keys, orderBy }: KeyQuestion): Promise<readonly ShopRow[]> {
    const order = orderBy.length === 0 ? '' : `ORDER BY ${listed(orderBy)}`;
    const rows: ShopRow[] = [];
    for (let start = 0; start < keys.length; start += KEYS_AT_ONCE) {
      const slice = keys.slice(start, start + KEYS_AT_ONCE);
      rows.push(
        ...(await this.ask(
          `SELECT ${listed(columns)} FROM ${quoted(table)} WHERE ${quoted(keyColumn)} IN (?) ${order}`,
          [slice],
        )),
      );
    }
    return rows;
  }

  async close(): Promise<void> {
    await this.connection.end().catch(() => {
      this.connection.destroy(); // nothing was written that an orderly end would keep
    });
  }

  private async ask(sql: string, values: readonly (ShopValue | readonly ShopValue[])[]): Promise<readonly ShopRow[]> {
    try {
      const [rows] = await this.connection.query<RowDataPacket[][]>({
        sql,
        values: [...values],
        rowsAsArray: true,
        timeout: STATEMENT_MS,
      });
      return Array.isArray(rows) ? rows.map((row) => Array.from(row as unknown[], toValue)) : [];
    } catch (error) {
      throw translated(error, this.where);
    }
  }
}

/** Rows that come after these values, spelled out: servers do not find a place in an index by a pair of columns. */
function behind(orderBy: readonly string[], after: ShopRow, values: ShopValue[]): string {
  const ways = orderBy.map((column, index) => {
    const same = orderBy.slice(0, index).map((earlier, position) => {
      values.push(after[position] ?? null);
      return `${quoted(earlier)} = ?`;
    });
    values.push(after[index] ?? null);
    return `(${[...same, `${quoted(column)} > ?`].join(' AND ')})`;
  });
  return `(${ways.join(' OR ')})`;
}

/** Names come from the server's own list of columns; they are quoted all the same. */
const quoted = (name: string): string => `\`${name.replaceAll('`', '``')}\``;
const listed = (names: readonly string[]): string => names.map(quoted).join(', ');

const kindOf = (type: string): ShopColumn['kind'] => {
  const name = type.toLowerCase();
  return NUMBERS.has(name) ? 'number' : TIMES.has(name) ? 'time' : 'text';
};

function toValue(value: unknown): ShopValue {
  if (value === null || value === undefined) return null;
  if (typeof value === 'number' || typeof value === 'string') return value;
  if (!Buffer.isBuffer(value)) return JSON.stringify(value);
  // BIT(1) is a number; other bytes are a text that the table keeps as bytes.
  return value.length === 1 && (value[0] ?? 0) < 32 ? (value[0] ?? 0) : value.toString('utf8');
}

function readAddress(text: string) {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const database = url === undefined ? '' : decodeURIComponent(url.pathname.slice(1));
  if (url?.protocol !== 'mysql:' || url.hostname === '' || database === '' || database.includes('/')) {
    throw new ShopTablesError('address', 'mysql://user@host:3306/database', 'ADDRESS');
  }
  return {
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? 3306 : Number(url.port),
    user: decodeURIComponent(url.username),
    password: decodeURIComponent(url.password),
    database,
    ...(url.searchParams.get('tls') === 'required' ? { ssl: { rejectUnauthorized: true } } : {}),
  };
}

const KIND_BY_CODE: Readonly<Record<string, ShopTablesError['kind']>> = {
  ER_ACCESS_DENIED_ERROR: 'login',
  ER_ACCESS_DENIED_NO_PASSWORD_ERROR: 'login',
  ER_NOT_SUPPORTED_AUTH_MODE: 'login',
  ER_BAD_DB_ERROR: 'database',
  ER_DBACCESS_DENIED_ERROR: 'database',
  ER_TABLEACCESS_DENIED_ERROR: 'forbidden',
  ER_COLUMNACCESS_DENIED_ERROR: 'forbidden',
};

/** Without the cause: the driver's errors carry what was sent. */
function translated(error: unknown, where: string): unknown {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return error;
  const isServers = error.code.startsWith('ER_');
  return new ShopTablesError(KIND_BY_CODE[error.code] ?? (isServers ? 'failed' : 'away'), where, error.code);
}
