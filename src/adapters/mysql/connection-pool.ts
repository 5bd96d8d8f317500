/**
 * Connections to one server: how each is set up, and that nobody waits for one without end.
 *
 * The driver's own time-outs leave gaps: none covers PREPARE, and one that ran out leaves a connection of which nobody
 * knows what comes next. So each call has an end of ours. What is given up takes its connection with it, socket and all:
 * the driver's `destroy` says goodbye and waits, which over a dead network takes until TCP gives up.
 */
import type { PoolConnection as DriverConnection } from 'mysql2';
import mysql, { type Pool, type PoolConnection, type ResultSetHeader, type RowDataPacket } from 'mysql2/promise';
import { connect as connectTo, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { DomainError } from '../../core/errors.js';
import { endsWithin } from '../../core/ends-within.js';
import { systemClock } from '../system/system-clock.js';

const CONNECT_MS = 5_000;
/** A statement on few rows by their keys: it waits for one lock at most. */
export const SHORT_MS = 10_000;
/** How long a statement waits for a row that another transaction holds. */
const LOCK_WAIT_SECONDS = 5;
/** The server ends a session that says nothing for this long: what a vanished node held is free again. */
const SILENT_SECONDS = 20;
const SILENT_IN_TRANSACTION_SECONDS = 5;
/** What an aggregate may gather: MariaDB cuts JSON_ARRAYAGG there, and a cut array is none. */
const MAX_GATHERED_BYTES = 67_108_864;
/** Sooner than the server ends it. */
const IDLE_MS = 10_000;
/** The server gives a statement up so much before we do: else it would go on with what nobody waits for. */
const AHEAD_MS = 1_000;
/** A peer that is gone is noticed under a statement without an end, too. */
const KEEP_ALIVE_AFTER_MS = 10_000;
const QUIT_MS = 1_000;

/**
 * READ COMMITTED: each statement sees the newest, and what decides is locked or stands in a WHERE. Strict, so that a
 * value that does not fit is refused and not cut. What only MariaDB or only MySQL knows stands in their comment forms.
 */
const sessionSettings = (maxStatementMs: number): readonly string[] => [
  'SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED',
  `SET SESSION time_zone = '+00:00',
     sql_mode = 'STRICT_TRANS_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION',
     innodb_lock_wait_timeout = ${LOCK_WAIT_SECONDS}, wait_timeout = ${SILENT_SECONDS},
     group_concat_max_len = ${MAX_GATHERED_BYTES}`,
  `SET SESSION /*M! idle_transaction_timeout = ${SILENT_IN_TRANSACTION_SECONDS}, max_statement_time = ${maxStatementMs / 1_000}, */
     /*!80000 max_execution_time = ${maxStatementMs}, */ autocommit = 1`,
];

export interface PoolOptions {
  /** `mysql://user:password@host:port/database`. */
  readonly url: string;
  readonly maxConnections: number;
  /** What callers give a statement at most; absent = as long as it takes, as changes of the schema do. */
  readonly statementMs?: number | undefined;
}

export class ConnectionPool {
  private readonly pool: Pool;
  /** Those that are just being made as well: each would keep the process for as long as connecting may take. */
  private readonly sockets = new Set<Socket>();
  private isCut = false;

  /**
   * Opens nothing yet: connections are made when they are needed.
   * @throws DomainError `INVALID_CONFIG` for a URL that names no MySQL database.
   */
  constructor({ url, maxConnections, statementMs }: PoolOptions) {
    const server = readUrl(url);
    this.pool = mysql.createPool({
      ...server,
      connectionLimit: maxConnections,
      maxIdle: maxConnections - 1, // the driver looks for idle ones only where this is less than the limit
      idleTimeout: IDLE_MS,
      connectTimeout: CONNECT_MS,
      stream: () => this.connect(server),
      charset: 'utf8mb4_bin',
      timezone: 'Z',
      supportBigNumbers: true,
      dateStrings: true,
      stringifyObjects: true,
      jsonStrings: true, // MariaDB tells of a text with CHECK (JSON_VALID(...)) as JSON, which the driver would parse
      flags: ['-LOCAL_FILES'],
    });
    const settings = sessionSettings(statementMs === undefined ? 0 : Math.max(1, statementMs - AHEAD_MS));
    this.pool.pool.on('connection', (connection) => {
      this.setUp(connection, settings);
    });
  }

  /** A connection for the caller alone, who gives it back by `release`, or ends it by `kill`. */
  take(limitMs = SHORT_MS): Promise<PoolConnection> {
    return new Promise((resolve, reject) => {
      let isLate = false;
      const timer = setTimeout(() => {
        isLate = true;
        reject(givenUp());
      }, limitMs);
      const give = (connection: PoolConnection): void => {
        if (isLate) connection.release();
        else resolve(connection);
      };
      this.pool
        .getConnection()
        .then(give, (error: unknown) => {
          reject(this.isCut ? lost() : (error as Error)); // what the driver rejects with
        })
        .finally(() => {
          clearTimeout(timer);
        });
    });
  }

  /** One statement over a connection of its own; its values are written into its text. */
  async ask<Answer extends RowDataPacket[] | ResultSetHeader>(
    sql: string,
    values: readonly (string | number)[] = [],
    limitMs = SHORT_MS,
  ): Promise<Answer> {
    const connection = await this.take(limitMs);
    try {
      const [answer] = await inTime(connection, limitMs, () => connection.query<Answer>(sql, [...values]));
      return answer;
    } finally {
      connection.release(); // one that was given up is the pool's no more
    }
  }

  /** Ends all connections, at the latest in a second. Whoever still waits for one is refused. Never rejects. */
  async end(): Promise<void> {
    if (this.isCut) return;
    await endsWithin(this.pool.end(), QUIT_MS, systemClock);
    this.destroySockets();
  }

  /** Ends all connections at once: what waits for an answer, or for a connection, fails. */
  cut(): void {
    this.isCut = true;
    this.pool.end().catch(() => undefined); // its connections are ended here, whatever became of the goodbye
    this.destroySockets();
  }

  private destroySockets(): void {
    for (const socket of this.sockets) socket.destroy(lost());
  }

  private connect({ host, port }: { readonly host: string; readonly port: number }): Socket {
    const socket = connectTo({
      host,
      port,
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: KEEP_ALIVE_AFTER_MS,
    });
    this.sockets.add(socket);
    return socket.once('close', () => this.sockets.delete(socket));
  }

  private setUp(fresh: DriverConnection, settings: readonly string[]): void {
    const connection = fresh as RawConnection;
    const { stream } = connection;
    connection.on('error', () => undefined); // whoever asked something of it is told
    stream.once('finish', () => stream.destroy()); // the driver said goodbye: nobody waits for the answer
    // Statements of a connection run in order: whoever asked for it comes after these.
    for (const sql of settings) {
      connection.query(sql, (error: unknown) => {
        if (error !== null && error !== undefined) killRaw(connection, lost());
      });
    }
  }
}

/** The driver's own kind, of which its types leave out the socket. */
type RawConnection = DriverConnection & { readonly stream: Duplex };

/** What `call` asks over this connection, unless that takes longer than `limitMs`: then the connection is ended with it. */
export function inTime<Answer>(
  connection: PoolConnection,
  limitMs: number,
  call: () => Promise<Answer>,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      const error = givenUp();
      killRaw(rawOf(connection), error);
      reject(error);
    }, limitMs);
    call()
      .then(resolve, reject)
      .finally(() => {
        clearTimeout(timer);
      });
  });
}

/** Ends a connection of which nobody knows what comes next. Safe to call twice. */
export function kill(connection: PoolConnection): void {
  killRaw(rawOf(connection), lost());
}

const rawOf = (connection: PoolConnection): RawConnection => connection.connection as unknown as RawConnection; // what it wraps

/** With `destroy` the pool knows at once, and gives it to nobody; with its socket nothing is left that could wait. */
function killRaw(connection: RawConnection, error: Error): void {
  connection.destroy();
  connection.stream.destroy(error);
}

const givenUp = (): Error =>
  Object.assign(new Error('No answer in time.'), { code: 'PROTOCOL_SEQUENCE_TIMEOUT', fatal: true });

const lost = (): Error =>
  Object.assign(new Error('Connection lost: it was ended here.'), { code: 'PROTOCOL_CONNECTION_LOST', fatal: true });

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
