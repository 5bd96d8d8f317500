/** The sessions of bodies, over connections. */
import mysql, { type PoolConnection, type ResultSetHeader, type RowDataPacket } from 'mysql2/promise';
import type { Clock } from '../../core/ports/clock.js';
import { inTime, type ConnectionPool } from './connection-pool.js';
import { isConnectionLost, isGivenUp } from './mysql-errors.js';
import type { Bound, MysqlSession, RowLock, StatementOptions } from './session.js';

/** Told of each statement, when it has been answered. */
export type OnStatement = (statement: { readonly durationMs: number; readonly hasFailed: boolean }) => void;

interface SessionOptions {
  readonly clock: Clock;
  /** A statement without an answer for this long is given up, and its connection with it. */
  readonly statementMs: number;
  readonly onStatement: OnStatement | undefined;
}

abstract class Session {
  constructor(protected readonly options: SessionOptions) {}

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
    const { lock, ...rest } = options;
    return inTime(this.connection, this.options.statementMs, () =>
      ask(this.connection, withLock(sql, lock), values, rest),
    );
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
    private readonly pool: ConnectionPool,
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
        // What the server was too slow for once it is too slow for again, and may still be at.
        if (!isConnectionLost(error) || isGivenUp(error) || attempt === READ_TRIES) throw error;
      }
    }
  }

  private async askOnce(sql: string, values: readonly Bound[], options: AskOptions): Promise<RowDataPacket[]> {
    const { statementMs } = this.options;
    const connection = await this.pool.take(statementMs);
    try {
      return await inTime(connection, statementMs, () => ask(connection, sql, values, options));
    } finally {
      connection.release(); // one that was given up is the pool's no more
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
  const statement = { sql, rowsAsArray: areArrays };
  const [answer] = isText
    ? await connection.query<RowDataPacket[]>(statement, values.map(toText))
    : await connection.execute<RowDataPacket[]>(statement, values.map(toParameter));
  return answer;
}

/** A value of a text statement: bytes as the driver knows them. */
function toText(value: Bound): unknown {
  if (value instanceof Uint8Array) return toBuffer(value);
  return isList(value) ? value.map(toText) : value;
}

/** A value of a prepared statement; a number is a DOUBLE to the driver unless it is told. */
function toParameter(value: Bound) {
  if (typeof value === 'boolean') return mysql.TypedParameter.LONGLONG(value ? 1 : 0);
  if (typeof value === 'bigint') return mysql.TypedParameter.LONGLONG(value);
  if (typeof value === 'number') return Number.isInteger(value) ? mysql.TypedParameter.LONGLONG(value) : value;
  if (value instanceof Uint8Array) return toBuffer(value);
  if (isList(value)) throw new Error('A prepared statement takes no list: send it as text.');
  return value;
}

const isList = (value: Bound): value is readonly Bound[] => Array.isArray(value);

const toBuffer = (bytes: Uint8Array): Buffer =>
  Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
