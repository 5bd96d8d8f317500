/**
 * The embedded store: one file, one writer, transactions one after another, those that wait share a commit.
 *
 *   drain:  BEGIN IMMEDIATE ─► per job: SAVEPOINT ─► body ─► RELEASE (or ROLLBACK TO) ─► … ─► COMMIT ─► answer all
 *
 * A group ends after 512 jobs or 10 ms. Nobody of a group is answered before its COMMIT has returned; when that fails
 * nobody is told "done". After any failed sync the store refuses all writes until the file was reopened and a TRUNCATE
 * checkpoint went through: SQLite itself would go on, over pages the kernel may have dropped. Reading goes on meanwhile:
 * what readers see was synced before.
 * Cost: a savepoint is about 10 µs, a commit one sync.
 */
import type Database from 'better-sqlite3';
import { DomainError } from '../../core/errors.js';
import type { Clock } from '../../core/ports/clock.js';
import type { ReadOptions, Store, TransactionOptions } from '../../core/ports/store.js';
import { BulkLine } from '../stored/bulk-line.js';
import { Checkpointer, type LogCopier } from './checkpointer.js';
import { logFrames, openReader, openWriter, restartLog, truncateLog } from './connection.js';
import { migrate } from './migrate.js';
import { checkSchema } from './schema-check.js';
import { createSqliteTx, type SqliteTx } from './sqlite-tx.js';
import {
  faultCode,
  isDamaged,
  isFull,
  isStorageFault,
  storeDamaged,
  storeFull,
  toCallerError,
  toOpenError,
  unavailable,
} from './storage-faults.js';
import { ThreadedLogCopier } from './threaded-log-copier.js';

const MAX_GROUP_JOBS = 512;
const MAX_GROUP_MS = 10;
const IDLE_TRUNCATE_MS = 1_000;
const REOPEN_EVERY_MS = 200;
const TRUNCATE_RETRY_MS = 20;
const MAX_TRUNCATE_WAIT_MS = 5_000;

interface Job {
  readonly body: (tx: SqliteTx) => Promise<unknown>;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

interface Reading {
  readonly database: Database.Database;
  readonly tx: SqliteTx;
}

interface Connections {
  readonly writer: Database.Database;
  readonly writerTx: SqliteTx;
  readonly checkpointer: Checkpointer;
  readonly pageBytes: number;
  readonly begin: Database.Statement;
  readonly commit: Database.Statement;
  readonly savepoint: Database.Statement;
  readonly release: Database.Statement;
  readonly rollbackTo: Database.Statement;
}

/** How a store reaches its file: what is opened there, and who copies the log back. */
export interface FileAccess {
  openWriter(file: string): Database.Database;
  /** A connection that sees committed state only. */
  openReader(file: string): Database.Database;
  /** `onFailed` is told when it can copy no more although nobody asked it to. */
  startCopier(file: string, onFailed: (code: string) => void): LogCopier;
}

const FILE_ACCESS: FileAccess = {
  openWriter,
  openReader,
  startCopier: (file, onFailed) => new ThreadedLogCopier(file, onFailed),
};

export interface SqliteStoreOptions {
  readonly file: string;
  readonly clock: Clock;
  /** The machine's own files, the log copied in a thread, unless said otherwise. */
  readonly access?: FileAccess;
  /** Told of everything that made the store refuse writes, and of its return. */
  readonly onEvent?: (event: StoreEvent) => void;
  /** Told of each commit, its sync included. */
  readonly onCommit?: ((durationMs: number) => void) | undefined;
}

export type StoreEvent =
  | { readonly kind: 'store.poisoned'; readonly code: string }
  | { readonly kind: 'store.reopened' }
  | { readonly kind: 'store.full' }
  | { readonly kind: 'store.damaged'; readonly code: string }
  | { readonly kind: 'store.checkpointFailed'; readonly code: string };

export interface StoreStats {
  readonly commits: number;
  readonly transactions: number;
  readonly walBytes: number;
  readonly lastCommitMs: number;
}

export class SqliteStore implements Store<SqliteTx> {
  /** The writing side; undefined while the store refuses writes. */
  private connections: Connections | undefined;
  private reading: Reading | undefined;
  private readonly urgent: Job[] = [];
  private readonly bulk: Job[] = [];
  private readonly bulkReads = new BulkLine();
  private state: 'open' | 'poisoned' | 'closing' | 'closed' = 'open';
  private isDraining = false;
  private drained: Promise<void> = Promise.resolve();
  private readonly idling = new AbortController();
  private isWatchingIdle = false;
  private commits = 0;
  private transactions = 0;
  private lastCommitMs = 0;

  /**
   * Opens the file, creating and migrating it as needed.
   * @throws DomainError `STORE_TOO_NEW`, `STORE_CORRUPT`, `STORE_FULL`, `DATA_FOLDER_UNUSABLE`; then nothing is open.
   */
  constructor(private readonly options: SqliteStoreOptions) {
    try {
      this.connect({ emptiesLog: false });
    } catch (error) {
      throw toOpenError(options.file, error);
    }
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

  async read<Result>(body: (tx: SqliteTx) => Promise<Result>, options: ReadOptions = {}): Promise<Result> {
    if (options.isBulk === true) return this.bulkReads.run(() => this.read(body));
    if (this.reading === undefined) throw this.refusal();
    try {
      return await body(this.reading.tx);
    } catch (error) {
      if (isDamaged(error)) this.options.onEvent?.({ kind: 'store.damaged', code: faultCode(error) });
      throw toCallerError(error);
    }
  }

  stats(): StoreStats {
    return {
      commits: this.commits,
      transactions: this.transactions,
      walBytes: this.connections?.checkpointer.walBytes() ?? 0,
      lastCommitMs: this.lastCommitMs,
    };
  }

  /** True while all calls can be answered; reading may go on without. */
  get isAvailable(): boolean {
    return this.state === 'open';
  }

  /**
   * Empties the write-ahead log into the file, so that nothing deleted is left in it. Waits for jobs before it and for
   * the log's copying, and up to 5 s for whoever reads, such as a backup; after that the log is emptied once that one
   * has ended.
   */
  async truncate(): Promise<void> {
    await this.transaction(async () => Promise.resolve());
    const untilMs = this.options.clock.monotonicMs() + MAX_TRUNCATE_WAIT_MS;
    for (;;) {
      await this.connections?.checkpointer.whenIdle();
      const connections = this.connections;
      if (connections === undefined) throw this.refusal();
      if (!connections.checkpointer.isBusy && this.emptyLog(connections, truncateLog)) return;
      if (this.options.clock.monotonicMs() >= untilMs) return;
      await this.options.clock.sleep(TRUNCATE_RETRY_MS);
    }
  }

  /** Finishes what was asked for, empties the log and closes the file. Safe to call twice. */
  async close(): Promise<void> {
    if (this.state === 'closed' || this.state === 'closing') return this.drained;
    const wasOpen = this.state === 'open';
    this.state = 'closing';
    this.idling.abort();
    while (wasOpen && this.isDraining) await this.drained;
    this.rejectWaiting(this.refusal());
    await this.disconnect({ isClean: wasOpen });
    this.reading?.database.close();
    this.reading = undefined;
    this.state = 'closed';
  }

  private schedule(): void {
    if (this.isDraining) return;
    this.isDraining = true;
    this.drained = new Promise((resolve) => {
      setImmediate(() => {
        void this.drain().finally(resolve);
      });
    });
  }

  private async drain(): Promise<void> {
    while ((this.urgent.length > 0 || this.bulk.length > 0) && this.connections !== undefined) {
      try {
        await this.commitGroup(this.connections);
      } catch (error) {
        await this.poison([], error); // a fault after the commit: those of the group were answered
      }
      await new Promise((resolve) => setImmediate(resolve)); // people's requests and sockets get their turn
    }
    this.isDraining = false;
    if (this.state === 'open') void this.truncateWhenIdle();
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
      this.options.onCommit?.(this.lastCommitMs);
    } catch (error) {
      await this.failGroup(connections, members, error);
      return;
    } finally {
      stray.end();
    }
    this.commits++;
    this.transactions += members.length;
    for (const answer of answered) answer();
    const { writer, checkpointer } = connections;
    if (checkpointer.afterCommit(logFrames(writer) * connections.pageBytes)) this.emptyLog(connections, restartLog);
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
      if (isDamaged(error)) throw new DamagedJobError(job, error);
      if (error instanceof StrayBodyError || !connections.writer.inTransaction || isStorageFault(error)) throw error;
      connections.rollbackTo.run();
      connections.release.run();
      return () => {
        job.reject(error);
      };
    }
  }

  private async failGroup(connections: Connections, members: readonly Job[], error: unknown): Promise<void> {
    try {
      if (error instanceof StrayBodyError) {
        // Its body may still run, on prepared statements we cannot take back: a new connection makes those useless.
        error.job.reject(new Error(error.message));
        this.putBack(members, error.job);
        await this.disconnect({ isClean: false });
        this.connect({ emptiesLog: false });
        return;
      }
      rollBack(connections.writer);
    } catch (fault) {
      await this.poison(members, fault);
      return;
    }
    if (error instanceof DamagedJobError) {
      this.options.onEvent?.({ kind: 'store.damaged', code: faultCode(error.cause) });
      error.job.reject(storeDamaged(error.cause));
      this.putBack(members, error.job); // they may have nothing to do with the damaged place
      return;
    }
    if (isFull(error) && members.length > 0) {
      this.options.onEvent?.({ kind: 'store.full' });
      for (const job of members) job.reject(storeFull(error));
      return;
    }
    await this.poison(members, error);
  }

  private putBack(members: readonly Job[], except: Job): void {
    this.urgent.unshift(...members.filter((job) => job !== except));
  }

  /** After a failed sync: nobody is acknowledged until the file was reopened and its log emptied. */
  private async poison(members: readonly Job[], error: unknown): Promise<void> {
    const isFirst = this.state === 'open';
    if (isFirst) this.state = 'poisoned';
    this.options.onEvent?.({ kind: 'store.poisoned', code: faultCode(error) });
    for (const job of members) job.reject(unavailable(error));
    this.rejectWaiting(unavailable(error));
    await this.disconnect({ isClean: false });
    if (isFirst) void this.reopen();
  }

  private async reopen(): Promise<void> {
    while (this.state === 'poisoned') {
      try {
        this.connect({ emptiesLog: true });
        this.state = 'open';
        this.options.onEvent?.({ kind: 'store.reopened' });
        return;
      } catch {
        await this.options.clock.sleep(REOPEN_EVERY_MS); // still broken: stay closed and try again
      }
    }
  }

  /** Opens both sides, or leaves everything as it was. */
  private connect({ emptiesLog }: { readonly emptiesLog: boolean }): void {
    const { file, clock, access = FILE_ACCESS } = this.options;
    const opened: Database.Database[] = [];
    const keep = (database: Database.Database): Database.Database => {
      opened.push(database);
      return database;
    };
    try {
      const writer = keep(access.openWriter(file));
      migrate(writer);
      checkSchema(writer);
      if (emptiesLog && !truncateLog(writer)) throw new Error('the log is in use');
      const reader = keep(access.openReader(file));
      const reading = { database: reader, tx: createSqliteTx(reader, clock) };
      const writing = { writer, writerTx: createSqliteTx(writer, clock), ...groupStatements(writer) };
      const pageBytes = Number(writer.pragma('page_size', { simple: true }));
      this.connections = { ...writing, pageBytes, checkpointer: this.createCheckpointer(access) };
      this.reading?.database.close();
      this.reading = reading;
    } catch (error) {
      for (const database of opened) database.close();
      throw error;
    }
  }

  private createCheckpointer(access: FileAccess): Checkpointer {
    const { file, onEvent } = this.options;
    const onCopyFailed = (code: string): void => {
      onEvent?.({ kind: 'store.checkpointFailed', code });
      if (this.state === 'open' && !/^SQLITE_(BUSY|FULL)/.test(code)) void this.poison([], new Error(code));
    };
    return new Checkpointer(file, access.startCopier(file, onCopyFailed), onCopyFailed);
  }

  /** Closes the writing side. */
  private async disconnect(options: { readonly isClean: boolean }): Promise<void> {
    const connections = this.connections;
    this.connections = undefined;
    if (connections === undefined) return;
    await connections.checkpointer.close();
    if (options.isClean) this.emptyLog(connections, truncateLog);
    connections.writer.close();
  }

  /** False when it could not be emptied now. */
  private emptyLog(connections: Connections, empty: (writer: Database.Database) => boolean): boolean {
    try {
      const isEmptied = empty(connections.writer);
      if (isEmptied) connections.checkpointer.afterRestart();
      return isEmptied;
    } catch (error) {
      // No room to copy the log back: the log still has it all, reads go on, and the next idle moment tries again.
      if (isFull(error)) this.options.onEvent?.({ kind: 'store.full' });
      else void this.poison([], error);
      return false;
    }
  }

  /** Empties the log once a second has passed without a commit, or when whoever read then has ended. */
  private async truncateWhenIdle(): Promise<void> {
    if (this.isWatchingIdle) return;
    this.isWatchingIdle = true;
    const isClosing = (): boolean => this.idling.signal.aborted;
    for (let isEmptied = false; !isEmptied && !isClosing();) {
      const commits = this.commits;
      await this.options.clock.sleep(IDLE_TRUNCATE_MS, this.idling.signal);
      if (isClosing() || this.isDraining || this.commits > commits) continue;
      const connections = this.connections;
      if (connections === undefined) break; // reopening empties it
      isEmptied =
        !connections.checkpointer.isBusy &&
        (connections.checkpointer.walBytes() === 0 || this.emptyLog(connections, truncateLog));
    }
    this.isWatchingIdle = false;
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

/** A body met damage of the file itself; it alone is refused. */
class DamagedJobError extends Error {
  constructor(
    readonly job: Job,
    cause: unknown,
  ) {
    super('the store is damaged', { cause });
  }
}

const groupStatements = (writer: Database.Database) => ({
  begin: writer.prepare('BEGIN IMMEDIATE'),
  commit: writer.prepare('COMMIT'),
  savepoint: writer.prepare('SAVEPOINT job'),
  release: writer.prepare('RELEASE job'),
  rollbackTo: writer.prepare('ROLLBACK TO job'),
});

function rollBack(database: Database.Database): void {
  if (database.open && database.inTransaction) database.exec('ROLLBACK');
}
