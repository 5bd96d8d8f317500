/**
 * The store of a cluster: many transactions at once, over MySQL.
 *
 *   transaction:  place ─► START TRANSACTION ─► body ─► mark of the commit ─► COMMIT ─► answer
 *                   ▲          │ deadlock, lock wait, duplicate key, connection lost: ROLLBACK, wait, run again
 *                   └──────────┘
 *
 * **The reply to COMMIT may be lost.** Each place counts its commits in a row of its own, written last in the
 * transaction. When the connection breaks after COMMIT was sent, that row is read under a lock, which waits until the
 * server has made up its mind: it holds the new number (committed), or the old one (run again), or it cannot be read
 * for 20 s (`STORE_UNAVAILABLE`: the caller asks by its key).
 *
 * Bodies run side by side, so what a body reads in order to change it is read FOR UPDATE; docs/CLUSTER.md lists which
 * lock protects which use case. Cost beside the body: four round trips and one sync, which commits of that moment share.
 */
import type { PoolConnection } from 'mysql2/promise';
import { endsWithin } from '../../core/ends-within.js';
import { DomainError } from '../../core/errors.js';
import type { Clock } from '../../core/ports/clock.js';
import type { Random } from '../../core/ports/random.js';
import type { ReadOptions, Store, TransactionOptions } from '../../core/ports/store.js';
import { BulkLine } from '../stored/bulk-line.js';
import { systemClock } from '../system/system-clock.js';
import { systemRandom } from '../system/system-random.js';
import { begin, forgetPlaces, lastCommitOf, markCommit, rollBack, type Place } from './commit-record.js';
import { ReadSession, TransactionSession, type OnStatement } from './connection.js';
import { ConnectionPool, inTime, kill, SHORT_MS } from './connection-pool.js';
import { withDatabaseSchema } from './database-schema.js';
import { createIdAllocator, refuseIds } from './id-allocator.js';
import {
  faultCode,
  isConflict,
  isConnectionLost,
  isDuplicateKey,
  isRefusal,
  outcomeUnknown,
  retryReason,
  type RetryReason,
  toCallerError,
} from './mysql-errors.js';
import { createMysqlTx, type MysqlTx } from './mysql-tx.js';
import { Slots, type Slot } from './slots.js';

const DEFAULT_MAX_TRANSACTIONS = 8;
const DEFAULT_MAX_READS = 8;
/** Connections that a store opens at most, by default. */
export const CONNECTIONS_OF_A_NODE = DEFAULT_MAX_TRANSACTIONS + DEFAULT_MAX_READS;

const MAX_CONFLICT_TRIES = 12;
/** The first run and two more: whoever inserted the key has committed by then, or is gone. */
const MAX_DUPLICATE_TRIES = 3;
const MAX_AWAY_MS = 5_000;
const MAX_SETTLE_MS = 20_000;
const FIRST_PAUSE_MS = 2;
const MAX_PAUSE_MS = 200;
const PROBE_EVERY_MS = 200;
/** A statement of a body without an answer for this long is given up. */
const STATEMENT_MS = 30_000;
/** What a close gives to what was asked before; then connections are cut, and it counts as it would after a crash. */
const CLOSE_GRACE_MS = 3_000;
/** For the bodies that are told so. */
const CUT_GRACE_MS = 1_000;
export interface MysqlStoreOptions {
  /** `mysql://user:password@host:port/database`. */
  readonly url: string;
  /** Time of the domain: what events and rows are stamped with. Waiting and retrying go by the machine's clock. */
  readonly clock: Clock;
  readonly random?: Random;
  /** Transactions at once, and so connections that write. Default 8. */
  readonly maxTransactions?: number;
  /** Statements of reads at once, and so connections that read. Default 8. */
  readonly maxReads?: number;
  /** A statement without an answer for this long is given up, and the server told to. Default 30 s. */
  readonly statementMs?: number;
  /** Nodes hear of due buckets through a queue, and the relay takes tasks there. Default false: they look for themselves. */
  readonly queuesTasks?: boolean;
  readonly onEvent?: (event: MysqlStoreEvent) => void;
  readonly onStatement?: OnStatement | undefined;
  /** Told of each commit that wrote something. */
  readonly onCommit?: ((durationMs: number) => void) | undefined;
  /** Told of each body that is run again. */
  readonly onRetry?: ((reason: RetryReason) => void) | undefined;
}

export type MysqlStoreEvent =
  | { readonly kind: 'store.away'; readonly code: string }
  | { readonly kind: 'store.back' }
  | { readonly kind: 'store.commitUnknown'; readonly isCommitted: boolean };

export interface MysqlStoreStats {
  readonly commits: number;
  readonly transactions: number;
  readonly lastCommitMs: number;
  /** 0: the log belongs to the server. */
  readonly walBytes: number;
  /** Bodies run again: after a deadlock, a lock wait that ran out or a duplicate key; and after a lost connection. */
  readonly conflicts: number;
  readonly reconnects: number;
  /** Commits whose reply was lost and that were looked up. */
  readonly unknownCommits: number;
  readonly waiting: number;
  readonly running: number;
}

export class MysqlStore implements Store<MysqlTx> {
  /** About a thousand members of an import; who needs one of them meanwhile waits for it. */
  readonly bulkBodyMs = 150;
  private readonly machine: Clock = systemClock;
  private readonly writer: string;
  private readonly readTx: MysqlTx;
  private readonly slots: Slots;
  private readonly bulkReads = new BulkLine();
  private readonly closing = new AbortController();
  private isOpen = true;
  private closed: Promise<void> | undefined;
  private watching: Promise<void> | undefined;
  private isAway = false;
  private readonly pending = new Set<Promise<unknown>>();
  private readonly count = { commits: 0, transactions: 0, conflicts: 0, reconnects: 0, unknownCommits: 0 };
  private lastCommitMs = 0;

  private constructor(
    private readonly options: MysqlStoreOptions,
    private readonly random: Random,
    private readonly pools: { readonly writing: ConnectionPool; readonly reading: ConnectionPool },
  ) {
    this.writer = Buffer.from(random.bytes(8)).toString('hex');
    this.slots = new Slots(options.maxTransactions ?? DEFAULT_MAX_TRANSACTIONS);
    const session = new ReadSession(pools.reading, this.sessionOptions);
    this.readTx = createMysqlTx(session, { ...this.txParts, ids: refuseIds });
  }

  /**
   * Connects, and brings the schema to this program's.
   * @throws DomainError `INVALID_CONFIG` for a URL that names no database, `STORE_UNAVAILABLE` when the server does not
   *   answer, `STORE_TOO_NEW` when the schema is beyond this program; then nothing is open.
   */
  static async open(options: MysqlStoreOptions): Promise<MysqlStore> {
    const { url, clock, random = systemRandom, maxTransactions = DEFAULT_MAX_TRANSACTIONS, maxReads } = options;
    const { statementMs = STATEMENT_MS } = options;
    await withDatabaseSchema(url, (schema) => schema.migrate(random));
    const writing = new ConnectionPool({ url, maxConnections: maxTransactions, statementMs });
    const reading = new ConnectionPool({ url, maxConnections: maxReads ?? DEFAULT_MAX_READS, statementMs });
    try {
      await forgetPlaces(writing, clock.now());
    } catch (error) {
      await Promise.all([writing.end(), reading.end()]);
      throw toCallerError(error);
    }
    return new MysqlStore(options, random, { writing, reading });
  }

  private get txParts(): { readonly clock: Clock; readonly queuesTasks: boolean } {
    return { clock: this.options.clock, queuesTasks: this.options.queuesTasks ?? false };
  }

  private get sessionOptions() {
    const { onStatement, statementMs = STATEMENT_MS } = this.options;
    return { clock: this.machine, onStatement, statementMs };
  }

  transaction<Result>(body: (tx: MysqlTx) => Promise<Result>, options: TransactionOptions = {}): Promise<Result> {
    if (!this.isOpen) return Promise.reject(shuttingDown());
    return this.tracked(this.slots.use(options.isBulk === true, (slot) => this.runUntilCommitted(slot, body, options)));
  }

  async read<Result>(body: (tx: MysqlTx) => Promise<Result>, options: ReadOptions = {}): Promise<Result> {
    if (options.isBulk === true) return this.bulkReads.run(() => this.read(body));
    if (!this.isOpen) throw shuttingDown();
    try {
      return await this.tracked(body(this.readTx));
    } catch (error) {
      if (isConnectionLost(error)) this.noteLoss(error);
      throw toCallerError(error);
    }
  }

  stats(): MysqlStoreStats {
    const { running, waiting } = this.slots;
    return { ...this.count, lastCommitMs: this.lastCommitMs, walBytes: 0, running, waiting };
  }

  /** True while the server answers. */
  get isAvailable(): boolean {
    return this.isOpen && !this.isAway;
  }

  /**
   * The embedded store empties its log here, so that nothing deleted is left in it. The log of a server is the
   * server's: what was deleted leaves it as its purge and its log rotation go on, which this program cannot hasten.
   */
  async truncate(): Promise<void> {
    if (!this.isOpen) throw shuttingDown();
    return Promise.resolve();
  }

  /**
   * Finishes what was asked for, for `graceMs` (3 s where left out); what has no answer by then fails. Ends the
   * connections. Never rejects; safe to call twice.
   */
  close({ graceMs = CLOSE_GRACE_MS }: { readonly graceMs?: number } = {}): Promise<void> {
    this.isOpen = false;
    return (this.closed ??= this.finish(graceMs));
  }

  private async finish(graceMs: number): Promise<void> {
    const { writing, reading } = this.pools;
    const answered = this.allAnswered();
    const isAnswered = await endsWithin(answered, graceMs, this.machine);
    this.closing.abort();
    if (!isAnswered) {
      for (const pool of [writing, reading]) pool.cut();
      await endsWithin(answered, CUT_GRACE_MS, this.machine);
    }
    await Promise.all([writing.end(), reading.end(), this.watching]);
  }

  private async allAnswered(): Promise<void> {
    while (this.pending.size > 0) await Promise.allSettled(this.pending);
  }

  private tracked<Result>(work: Promise<Result>): Promise<Result> {
    this.pending.add(work);
    const forget = (): void => {
      this.pending.delete(work);
    };
    work.then(forget, forget);
    return work;
  }

  /** Runs the body until it is committed, fails by itself, or has been tried often enough. */
  private async runUntilCommitted<Result>(
    slot: Slot,
    body: (tx: MysqlTx) => Promise<Result>,
    options: TransactionOptions,
  ): Promise<Result> {
    const startedMs = this.machine.monotonicMs();
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.run(slot, body, options);
      } catch (error) {
        if (!this.isWorthAnotherTry(error, attempt, this.machine.monotonicMs() - startedMs)) throw toCallerError(error);
        const pauseMs = Math.min(MAX_PAUSE_MS, FIRST_PAUSE_MS * 2 ** attempt);
        await this.machine.sleep(pauseMs * this.random.next());
      }
    }
  }

  private isWorthAnotherTry(error: unknown, attempt: number, spentMs: number): boolean {
    if (isConnectionLost(error)) {
      this.noteLoss(error);
      this.count.reconnects++;
      if (spentMs >= MAX_AWAY_MS || this.closing.signal.aborted) return false;
      this.options.onRetry?.('connectionLost');
      return true;
    }
    const maxTries = isConflict(error) ? MAX_CONFLICT_TRIES : isDuplicateKey(error) ? MAX_DUPLICATE_TRIES : 0;
    if (attempt >= maxTries) return false;
    this.count.conflicts++;
    this.options.onRetry?.(retryReason(error));
    return true;
  }

  private async run<Result>(
    slot: Slot,
    body: (tx: MysqlTx) => Promise<Result>,
    { isSnapshot = false }: TransactionOptions,
  ): Promise<Result> {
    const connection = await this.pools.writing.take();
    const session = new TransactionSession(connection, this.sessionOptions);
    let result: Result;
    try {
      await begin(connection, isSnapshot);
      const ids = createIdAllocator(this.pools.reading);
      result = await body(createMysqlTx(session, { ...this.txParts, ids }));
      session.end();
      if (session.hasWritten) {
        slot.sequence++;
        await markCommit(connection, this.placeOf(slot), slot.sequence, this.options.clock.now());
      }
    } catch (error) {
      session.end();
      await rollBack(connection, error);
      throw error;
    }
    await this.commit(connection, session.hasWritten ? slot : undefined);
    return result;
  }

  /** Resolves once committed; rejects when it was not. `slot` is undefined where nothing was written. */
  private async commit(connection: PoolConnection, slot: Slot | undefined): Promise<void> {
    const startedMs = this.machine.monotonicMs();
    try {
      await inTime(connection, SHORT_MS, () => connection.query('COMMIT'));
      connection.release();
    } catch (error) {
      if (slot === undefined || isRefusal(error)) {
        await rollBack(connection, error);
        throw error;
      }
      kill(connection);
      if (!(await this.wasCommitted(slot, error))) throw error;
    }
    this.count.transactions++;
    if (slot === undefined) return;
    this.count.commits++;
    this.lastCommitMs = this.machine.monotonicMs() - startedMs;
    this.options.onCommit?.(this.lastCommitMs);
  }

  /** @throws DomainError `STORE_UNAVAILABLE` when the server could not be asked in time. */
  private async wasCommitted(slot: Slot, cause: unknown): Promise<boolean> {
    this.noteLoss(cause);
    this.count.unknownCommits++;
    const endsMs = this.machine.monotonicMs() + MAX_SETTLE_MS;
    for (;;) {
      try {
        const leftMs = endsMs - this.machine.monotonicMs();
        const limitMs = Math.max(1, Math.min(SHORT_MS, leftMs));
        const isCommitted = (await lastCommitOf(this.pools.writing, this.placeOf(slot), limitMs)) >= slot.sequence;
        this.options.onEvent?.({ kind: 'store.commitUnknown', isCommitted });
        return isCommitted;
      } catch (error) {
        if (this.machine.monotonicMs() >= endsMs || this.closing.signal.aborted) throw outcomeUnknown(error);
        await this.machine.sleep(MAX_PAUSE_MS * this.random.next(), this.closing.signal);
      }
    }
  }

  private placeOf(slot: Slot): Place {
    return [this.writer, slot.number];
  }

  /** Looks whether the server is there, until it is: one loop for all who met a broken connection. */
  private noteLoss(error: unknown): void {
    this.watching ??= this.watch(error).finally(() => {
      this.watching = undefined;
    });
  }

  private async watch(error: unknown): Promise<void> {
    const { signal } = this.closing;
    while (!signal.aborted && !(await this.answers())) {
      if (!this.isAway) this.options.onEvent?.({ kind: 'store.away', code: faultCode(error) });
      this.isAway = true;
      await this.machine.sleep(PROBE_EVERY_MS, signal);
    }
    if (this.isAway && !signal.aborted) this.options.onEvent?.({ kind: 'store.back' });
    this.isAway = false;
  }

  private async answers(): Promise<boolean> {
    try {
      await this.pools.reading.ask('SELECT 1');
      return true;
    } catch {
      return false; // told of by the event of the loop that asks
    }
  }
}

const shuttingDown = (): DomainError =>
  new DomainError('SHUTTING_DOWN', 'The store is closed or closing; start the server and try again.');
