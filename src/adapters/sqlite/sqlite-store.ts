/**
 * The embedded store: one file, one writer, transactions one after another, those that wait share a commit.
 *
 *   drain:  BEGIN IMMEDIATE ─► per job: SAVEPOINT ─► body ─► RELEASE (or ROLLBACK TO) ─► … ─► COMMIT ─► answer all
 *
 * A group ends after 512 jobs or 10 ms. Nobody of a group is answered before its COMMIT has returned; when that fails
 * nobody is told "done". After any failed sync the store refuses everything until the file was reopened and a
 * TRUNCATE checkpoint went through: SQLite itself would go on, over pages the kernel may have dropped.
 * Cost: a savepoint is about 10 µs, a commit one sync.
 */
import Database from 'better-sqlite3';
import { DomainError, isDomainError } from '../../core/errors.js';
import type { Clock } from '../../core/ports/clock.js';
import type { Store, TransactionOptions } from '../../core/ports/store.js';
import { Checkpointer } from './checkpointer.js';
import { openReader, openWriter, truncateLog } from './connection.js';
import { migrate } from './migrate.js';
import { createSqliteTx, type SqliteTx } from './sqlite-tx.js';

const MAX_GROUP_JOBS = 512;
const MAX_GROUP_MS = 10;
const IDLE_TRUNCATE_MS = 1_000;
const REOPEN_EVERY_MS = 200;

interface Job {
  readonly body: (tx: SqliteTx) => Promise<unknown>;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

interface Connections {
  readonly writer: Database.Database;
  readonly reader: Database.Database;
  readonly writerTx: SqliteTx;
  readonly readerTx: SqliteTx;
  readonly checkpointer: Checkpointer;
  readonly begin: Database.Statement;
  readonly commit: Database.Statement;
  readonly savepoint: Database.Statement;
  readonly release: Database.Statement;
  readonly rollbackTo: Database.Statement;
}

export interface SqliteStoreOptions {
  readonly file: string;
  readonly clock: Clock;
  /** Told of everything that made the store refuse writes, and of its return. */
  readonly onEvent?: (event: StoreEvent) => void;
}

export type StoreEvent =
  | { readonly kind: 'store.poisoned'; readonly code: string }
  | { readonly kind: 'store.reopened' }
  | { readonly kind: 'store.full' }
  | { readonly kind: 'store.checkpointFailed'; readonly code: string };

export interface StoreStats {
  readonly commits: number;
  readonly transactions: number;
  readonly walBytes: number;
  readonly lastCommitMs: number;
}

export class SqliteStore implements Store<SqliteTx> {
  private connections: Connections | undefined;
  private readonly urgent: Job[] = [];
  private readonly bulk: Job[] = [];
  private state: 'open' | 'poisoned' | 'closing' | 'closed' = 'open';
  private isDraining = false;
  private drained: Promise<void> = Promise.resolve();
  private idleTimer: NodeJS.Timeout | undefined;
  private commits = 0;
  private transactions = 0;
  private lastCommitMs = 0;

  /** Opens the file, creating and migrating it as needed. */
  constructor(private readonly options: SqliteStoreOptions) {
    this.connections = this.connect();
  }

  transaction<Result>(body: (tx: SqliteTx) => Promise<Result>, options: TransactionOptions = {}): Promise<Result> {
    if (this.state !== 'open') return Promise.reject(this.refusal());
    return new Promise<Result>((resolve, reject) => {
      // The queue is untyped: each job's resolve takes exactly what its own body answered.
      const job: Job = { body, resolve: resolve as (value: unknown) => void, reject };
      (options.isBulk === true ? this.bulk : this.urgent).push(job);
      this.schedule();
    });
  }

  async read<Result>(body: (tx: SqliteTx) => Promise<Result>): Promise<Result> {
    if (this.connections === undefined) throw this.refusal();
    return body(this.connections.readerTx);
  }

  stats(): StoreStats {
    return {
      commits: this.commits,
      transactions: this.transactions,
      walBytes: this.connections?.checkpointer.walBytes() ?? 0,
      lastCommitMs: this.lastCommitMs,
    };
  }

  /** True while a call can be answered. */
  get isAvailable(): boolean {
    return this.state === 'open';
  }

  /** Empties the write-ahead log into the file, so that nothing deleted is left in it. Waits for jobs before it. */
  async truncate(): Promise<void> {
    await this.transaction(async () => Promise.resolve());
    const connections = this.connections;
    if (connections === undefined) throw this.refusal();
    while (connections.checkpointer.isBusy) await new Promise((resolve) => setImmediate(resolve));
    this.emptyLog(connections);
  }

  /** Finishes what was asked for, empties the log and closes the file. Safe to call twice. */
  async close(): Promise<void> {
    if (this.state === 'closed' || this.state === 'closing') return this.drained;
    const wasOpen = this.state === 'open';
    this.state = 'closing';
    clearTimeout(this.idleTimer);
    while (wasOpen && this.isDraining) await this.drained;
    this.rejectWaiting(this.refusal());
    await this.disconnect({ isClean: wasOpen });
    this.state = 'closed';
  }

  private schedule(): void {
    if (this.isDraining) return;
    this.isDraining = true;
    clearTimeout(this.idleTimer);
    this.drained = new Promise((resolve) => {
      setImmediate(() => {
        void this.drain().finally(resolve);
      });
    });
  }

  private async drain(): Promise<void> {
    while ((this.urgent.length > 0 || this.bulk.length > 0) && this.connections !== undefined) {
      await this.commitGroup(this.connections);
      await new Promise((resolve) => setImmediate(resolve)); // people's requests and sockets get their turn
    }
    this.isDraining = false;
    if (this.state === 'open') this.armIdleTruncate();
  }

  private takeJob(): Job | undefined {
    return this.urgent.shift() ?? this.bulk.shift();
  }

  /** Runs one group. Every job taken is answered, or put back when it must run again on a new connection. */
  private async commitGroup(connections: Connections): Promise<void> {
    const startedMs = this.options.clock.monotonicMs();
    const answered: (() => void)[] = [];
    const members: Job[] = [];
    const stray = new StrayBodyGuard();
    try {
      connections.begin.run();
      for (let job = this.takeJob(); job !== undefined; job = this.takeJob()) {
        members.push(job);
        const outcome = await this.runJob(connections, job, stray);
        answered.push(outcome);
        if (members.length >= MAX_GROUP_JOBS || this.options.clock.monotonicMs() - startedMs > MAX_GROUP_MS) break;
      }
      const commitStartedMs = this.options.clock.monotonicMs();
      connections.commit.run();
      this.lastCommitMs = this.options.clock.monotonicMs() - commitStartedMs;
    } catch (error) {
      await this.failGroup(connections, members, error);
      return;
    } finally {
      stray.end();
    }
    this.commits++;
    this.transactions += members.length;
    for (const answer of answered) answer();
    if (connections.checkpointer.afterCommit()) this.emptyLog(connections);
  }

  /** Runs one body in its savepoint; answers what to tell its caller once the group is durable. */
  private async runJob(connections: Connections, job: Job, stray: StrayBodyGuard): Promise<() => void> {
    connections.savepoint.run();
    try {
      const value = await stray.watch(job, job.body(connections.writerTx));
      connections.release.run();
      return () => {
        job.resolve(value);
      };
    } catch (error) {
      if (error instanceof StrayBodyError || !connections.writer.inTransaction || isStorageFault(error)) throw error;
      connections.rollbackTo.run();
      connections.release.run();
      return () => {
        job.reject(error);
      };
    }
  }

  private async failGroup(connections: Connections, members: readonly Job[], error: unknown): Promise<void> {
    if (error instanceof StrayBodyError) {
      // Its body may still run, on prepared statements we cannot take back: a new connection makes those useless.
      error.job.reject(new Error(error.message));
      this.urgent.unshift(...members.filter((job) => job !== error.job));
      await this.disconnect({ isClean: false });
      this.connections = this.connect();
      return;
    }
    rollBack(connections.writer);
    if (isFull(error)) {
      this.options.onEvent?.({ kind: 'store.full' });
      const refusal = new DomainError(
        'STORE_FULL',
        'The disk of the data folder is full: nothing of this request was written. Free space and try again.',
        {},
        { cause: error },
      );
      for (const job of members) job.reject(refusal);
      return;
    }
    await this.poison(members, error);
  }

  /** After a failed sync: nobody is acknowledged until the file was reopened and its log emptied. */
  private async poison(members: readonly Job[], error: unknown): Promise<void> {
    if (this.state === 'open') this.state = 'poisoned';
    const code = error instanceof Database.SqliteError ? error.code : String(error);
    this.options.onEvent?.({ kind: 'store.poisoned', code });
    for (const job of members) job.reject(unavailable(error));
    this.rejectWaiting(unavailable(error));
    await this.disconnect({ isClean: false });
    if (this.state === 'poisoned') void this.reopen();
  }

  private async reopen(): Promise<void> {
    while (this.state === 'poisoned') {
      try {
        const connections = this.connect();
        if (truncateLog(connections.writer)) {
          this.connections = connections;
          this.state = 'open';
          this.options.onEvent?.({ kind: 'store.reopened' });
          return;
        }
        this.connections = connections;
        await this.disconnect({ isClean: false });
      } catch {
        await this.disconnect({ isClean: false }); // still broken: stay closed and try again
      }
      await this.options.clock.sleep(REOPEN_EVERY_MS);
    }
  }

  private connect(): Connections {
    const writer = openWriter(this.options.file);
    migrate(writer);
    const reader = openReader(this.options.file);
    return {
      writer,
      reader,
      writerTx: createSqliteTx(writer, this.options.clock),
      readerTx: createSqliteTx(reader, this.options.clock),
      checkpointer: new Checkpointer(this.options.file, (code) => {
        this.options.onEvent?.({ kind: 'store.checkpointFailed', code });
        if (this.state === 'open' && !/^SQLITE_(BUSY|FULL)/.test(code)) void this.poison([], new Error(code));
      }),
      begin: writer.prepare('BEGIN IMMEDIATE'),
      commit: writer.prepare('COMMIT'),
      savepoint: writer.prepare('SAVEPOINT job'),
      release: writer.prepare('RELEASE job'),
      rollbackTo: writer.prepare('ROLLBACK TO job'),
    };
  }

  private async disconnect(options: { readonly isClean: boolean }): Promise<void> {
    const connections = this.connections;
    this.connections = undefined;
    if (connections === undefined) return;
    await connections.checkpointer.close();
    connections.reader.close();
    if (options.isClean) truncateLog(connections.writer);
    connections.writer.close();
  }

  private emptyLog(connections: Connections): void {
    try {
      if (truncateLog(connections.writer)) connections.checkpointer.afterTruncate();
    } catch (error) {
      // No room to copy the log back: the log still has it all, reads go on, and the next idle moment tries again.
      if (isFull(error)) this.options.onEvent?.({ kind: 'store.full' });
      else void this.poison([], error);
    }
  }

  private armIdleTruncate(): void {
    clearTimeout(this.idleTimer);
    this.idleTimer = setTimeout(() => {
      const connections = this.connections;
      if (connections === undefined || this.isDraining || connections.checkpointer.isBusy) return;
      if (connections.checkpointer.walBytes() > 0) this.emptyLog(connections);
    }, IDLE_TRUNCATE_MS);
    this.idleTimer.unref();
  }

  private rejectWaiting(error: Error): void {
    for (const job of [...this.urgent.splice(0), ...this.bulk.splice(0)]) job.reject(error);
  }

  private refusal(): DomainError {
    if (this.state === 'poisoned') return unavailable(undefined);
    return new DomainError('SHUTTING_DOWN', 'The store is closed or closing; start the server and try again.');
  }
}

/** Stops a body that waits for anything but its transaction: it would hold up everybody behind it. */
class StrayBodyGuard {
  private current: Job | undefined;
  private stop: ((error: StrayBodyError) => void) | undefined;
  private timer: NodeJS.Immediate | undefined;
  private stopped: Promise<never> | undefined;

  watch<Result>(job: Job, running: Promise<Result>): Promise<Result> {
    this.current = job;
    // Bodies over this store finish within one turn of the event loop: all their awaits are microtasks.
    this.stopped ??= new Promise<never>((_, reject) => {
      this.stop = reject;
    });
    this.timer ??= setImmediate(() => {
      if (this.current !== undefined) this.stop?.(new StrayBodyError(this.current));
    });
    return Promise.race([running, this.stopped]);
  }

  end(): void {
    this.current = undefined;
    if (this.timer !== undefined) clearImmediate(this.timer);
  }
}

class StrayBodyError extends Error {
  constructor(readonly job: Job) {
    super('A transaction body waited for something other than its transaction; do that work before or after it.');
  }
}

function rollBack(database: Database.Database): void {
  if (database.open && database.inTransaction) database.exec('ROLLBACK');
}

const isFull = (error: unknown): boolean => error instanceof Database.SqliteError && error.code === 'SQLITE_FULL';

/** Errors of the disk or the file, as opposed to those of one statement (a constraint, a bad value). */
function isStorageFault(error: unknown): boolean {
  if (isDomainError(error) || !(error instanceof Database.SqliteError)) return false;
  return /^SQLITE_(IOERR|FULL|CORRUPT|NOTADB|CANTOPEN|READONLY|NOMEM|BUSY|PROTOCOL)/.test(error.code);
}

const unavailable = (cause: unknown): DomainError =>
  new DomainError(
    'STORE_UNAVAILABLE',
    'The data folder could not be written safely; the store is being reopened. Ask for the outcome by its key, or try again.',
    {},
    { cause },
  );
