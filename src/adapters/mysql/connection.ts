/** Connections through mysql2: how each is set up, and the sessions over them. */
import mysql, { type Pool, type PoolConnection, type ResultSetHeader, type RowDataPacket } from 'mysql2/promise';
import { DomainError } from '../../core/errors.js';
import type { Clock } from '../../core/ports/clock.js';
import { isConnectionLost } from './mysql-errors.js';
import type { Bound, MysqlSession, RowLock, StatementOptions } from './session.js';

/** A statement without an answer for this long is given up, and its connection with it. */
const STATEMENT_MS = 30_000;
const CONNECT_MS = 5_000;
/** How long a statement waits for a row that another transaction holds. */
const LOCK_WAIT_SECONDS = 5;
/** The server ends a session that says nothing for this long: what a vanished node held is free again. */
const SILENT_SECONDS = 20;
const SILENT_IN_TRANSACTION_SECONDS = 5;
/** What an aggregate may gather: MariaDB cuts JSON_ARRAYAGG there, and a cut array is none. */
const MAX_GATHERED_BYTES = 67_108_864;
/** Sooner than the server ends it. */
const IDLE_MS = 10_000;

/**
 * READ COMMITTED: each statement sees the newest, and what decides is locked or stands in a WHERE. Strict, so that a
 * value that does not fit is refused and not cut. The last one is MariaDB's only, hence its comment form.
 */
const SESSION_SETTINGS = [
  'SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED',
  `SET SESSION time_zone = '+00:00',
     sql_mode = 'STRICT_TRANS_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION',
     innodb_lock_wait_timeout = ${LOCK_WAIT_SECONDS}, wait_timeout = ${SILENT_SECONDS},
     group_concat_max_len = ${MAX_GATHERED_BYTES}`,
  `SET SESSION /*M! idle_transaction_timeout = ${SILENT_IN_TRANSACTION_SECONDS}, */ autocommit = 1`,
];

/** Told of each statement, when it has been answered. */
export type OnStatement = (statement: { readonly durationMs: number; readonly hasFailed: boolean }) => void;

export interface PoolOptions {
  /** `mysql://user:password@host:port/database`. */
  readonly url: string;
  readonly maxConnections: number;
}

/**
 * Opens nothing yet: connections are made when they are needed.
 * @throws DomainError `INVALID_CONFIG` for a URL that names no MySQL database.
 */
export function createPool({ url, maxConnections }: PoolOptions): Pool {
  const pool = mysql.createPool({
    ...readUrl(url),
    connectionLimit: maxConnections,
    maxIdle: maxConnections - 1, // the driver looks for idle ones only where this is less than the limit
    idleTimeout: IDLE_MS,
    connectTimeout: CONNECT_MS,
    charset: 'utf8mb4_bin',
    timezone: 'Z',
    supportBigNumbers: true,
    dateStrings: true,
    stringifyObjects: true,
    jsonStrings: true, // MariaDB tells of a text with CHECK (JSON_VALID(...)) as JSON, which the driver would parse
    flags: ['-LOCAL_FILES'],
  });
  pool.pool.on('connection', (connection) => {
    // Statements of a connection run in order: whoever asked for it comes after these.
    for (const sql of SESSION_SETTINGS) {
      connection.query(sql, (error: unknown) => {
        if (error !== null && error !== undefined) connection.destroy();
      });
    }
  });
  return pool;
}

function readUrl(url: string) {
  const { protocol, hostname, port, username, password, pathname, searchParams } = parseUrl(url);
  const database = decodeURIComponent(pathname.slice(1));
  if (protocol !== 'mysql:' || hostname === '' || database === '') throw badUrl();
  return {
    host: hostname,
    port: port === '' ? 3306 : Number(port),
    user: decodeURIComponent(username),
    password: decodeURIComponent(password),
    database,
    ...(searchParams.get('tls') === 'required' ? { ssl: { rejectUnauthorized: true } } : {}),
  };
}

function parseUrl(url: string): URL {
  try {
    return new URL(url);
  } catch {
    throw badUrl(); // without its cause, whose text holds the password
  }
}

const badUrl = (): DomainError =>
  new DomainError(
    'INVALID_CONFIG',
    'The address of the MySQL database is not of the form mysql://user:password@host:3306/database; correct cluster.mysql.url or FANFARE_MYSQL_URL.',
    { key: 'cluster.mysql.url' },
  );

interface SessionOptions {
  readonly clock: Clock;
  readonly onStatement: OnStatement | undefined;
}

abstract class Session {
  constructor(private readonly options: SessionOptions) {}

  async selectRows<Row>(sql: string, values: readonly Bound[] = [], options: StatementOptions = {}) {
    const rows = await this.measured(sql, values, { ...options, areArrays: false });
    return rows as unknown as readonly Row[]; // the caller names its columns
  }

  async selectArrays<Row extends readonly unknown[]>(
    sql: string,
    values: readonly Bound[] = [],
    options: StatementOptions = {},
  ) {
    const rows = await this.measured(sql, values, { ...options, areArrays: true });
    return rows as unknown as readonly Row[]; // as above
  }

  protected abstract ask(sql: string, values: readonly Bound[], options: AskOptions): Promise<RowDataPacket[]>;

  protected async measured(sql: string, values: readonly Bound[], options: AskOptions): Promise<RowDataPacket[]> {
    const { clock, onStatement } = this.options;
    const startedMs = clock.monotonicMs();
    let hasFailed = true;
    try {
      const answer = await this.ask(sql, values, options);
      hasFailed = false;
      return answer;
    } finally {
      onStatement?.({ durationMs: clock.monotonicMs() - startedMs, hasFailed });
    }
  }
}

/** The session of one transaction, over its connection. */
export class TransactionSession extends Session implements MysqlSession {
  readonly isTransaction = true;
  /** True once something was written that a commit would keep. */
  hasWritten = false;
  private isEnded = false;

  constructor(
    private readonly connection: PoolConnection,
    options: SessionOptions,
  ) {
    super(options);
  }

  async execute(sql: string, values: readonly Bound[] = [], options: Pick<StatementOptions, 'isText'> = {}) {
    this.hasWritten = true;
    const answer = await this.measured(sql, values, { ...options, areArrays: false });
    return (answer as unknown as ResultSetHeader).affectedRows; // what a statement without rows answers
  }

  /** From here on the connection serves somebody else: what a body still asks is refused. */
  end(): void {
    this.isEnded = true;
  }

  protected ask(sql: string, values: readonly Bound[], options: AskOptions): Promise<RowDataPacket[]> {
    if (this.isEnded) return Promise.reject(new Error('The transaction has ended: its body must await all it asks.'));
    return ask(this.connection, withLock(sql, options.lock), values, options);
  }
}

/** Tries of a read over connections that broke: it changes nothing, so that asking again is safe. */
const READ_TRIES = 3;

/**
 * Committed state: a connection of its own for each statement, nothing locked, nothing written. A read may ask
 * another store or this one in between without holding a connection.
 */
export class ReadSession extends Session implements MysqlSession {
  readonly isTransaction = false;

  constructor(
    private readonly pool: Pool,
    options: SessionOptions,
  ) {
    super(options);
  }

  execute(): Promise<never> {
    return Promise.reject(new Error('A read writes nothing: use a transaction.'));
  }

  protected async ask(sql: string, values: readonly Bound[], options: AskOptions): Promise<RowDataPacket[]> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.askOnce(sql, values, options);
      } catch (error) {
        if (!isConnectionLost(error) || attempt === READ_TRIES) throw error;
      }
    }
  }

  private async askOnce(sql: string, values: readonly Bound[], options: AskOptions): Promise<RowDataPacket[]> {
    const connection = await this.pool.getConnection();
    try {
      return await ask(connection, sql, values, options);
    } finally {
      connection.release();
    }
  }
}

interface AskOptions extends StatementOptions {
  readonly areArrays: boolean;
}

const withLock = (sql: string, lock: RowLock | undefined): string => {
  if (lock === undefined) return sql;
  return lock === 'change' ? `${sql} FOR UPDATE` : `${sql} LOCK IN SHARE MODE`;
};

async function ask(
  connection: PoolConnection,
  sql: string,
  values: readonly Bound[],
  { areArrays, isText = false }: AskOptions,
): Promise<RowDataPacket[]> {
  const statement = { sql, rowsAsArray: areArrays, timeout: STATEMENT_MS };
  try {
    const [answer] = isText
      ? await connection.query<RowDataPacket[]>(statement, values.map(toText))
      : await connection.execute<RowDataPacket[]>(statement, values.map(toParameter));
    return answer;
  } catch (error) {
    // Given up by us: the server may still be at it, so nobody else gets this connection.
    if (error instanceof Error && 'code' in error && error.code === 'PROTOCOL_SEQUENCE_TIMEOUT') connection.destroy();
    throw error;
  }
}

/** A value of a text statement: bytes as the driver knows them. */
function toText(value: Bound): unknown {
  if (value instanceof Uint8Array) return toBuffer(value);
  return isList(value) ? value.map(toText) : value;
}

/** A value of a prepared statement; a number is a DOUBLE to the driver unless it is told. */
function toParameter(value: Bound) {
  if (typeof value === 'boolean') return mysql.TypedParameter.LONGLONG(value ? 1 : 0);
  if (typeof value === 'number') return Number.isInteger(value) ? mysql.TypedParameter.LONGLONG(value) : value;
  if (value instanceof Uint8Array) return toBuffer(value);
  if (isList(value)) throw new Error('A prepared statement takes no list: send it as text.');
  return value;
}

const isList = (value: Bound): value is readonly Bound[] => Array.isArray(value);

const toBuffer = (bytes: Uint8Array): Buffer =>
  Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
