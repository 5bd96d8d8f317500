import type { SqliteStore, StoreStats } from '../../src/adapters/sqlite/sqlite-store.js';
import type { SqliteTx } from '../../src/adapters/sqlite/sqlite-tx.js';
import type { EngineStore } from '../../src/compose.js';
import type { ReadOptions, TransactionOptions } from '../../src/core/ports/store.js';
import type { Random } from '../../src/core/ports/random.js';
import type { Life } from './life.js';
import type { Trace } from './trace.js';

export interface StoreWorld {
  readonly trace: Trace;
  readonly random: Random;
  readonly nowMs: number;
  /** A call of a repository that was answered, for whoever counts what was met. */
  onCall(
    life: Life,
    call: { readonly name: string; readonly args: readonly unknown[]; readonly result: unknown },
  ): void;
}

/** Waits of the queue of transactions; whole steps of 5 ms, so that some meet and share a commit. */
const STEP_MS = 5;

/**
 * The real store as one process reaches it: every call passes the trace and may be where the process dies, and
 * transactions take their time before they run and until they are answered.
 */
export class SimulatedStore implements EngineStore {
  private readonly known = new WeakMap<SqliteTx, SqliteTx>();

  constructor(
    private readonly inner: SqliteStore,
    private readonly life: Life,
    private readonly world: StoreWorld,
    /** Stands between the engine and the repositories; for planted defects. */
    private readonly around: (tx: SqliteTx) => SqliteTx = (tx) => tx,
  ) {}

  async transaction<Result>(body: (tx: SqliteTx) => Promise<Result>, options?: TransactionOptions): Promise<Result> {
    const { life, world } = this;
    life.openTransactions++;
    await life.wait(STEP_MS * Math.floor(world.random.next() * 3));
    const outcome = await this.outcomeOf(() => this.inner.transaction((tx) => body(this.seen(tx)), options));
    if (!life.isDead) world.trace.note(world.nowMs, `${life.number} transaction`, outcome.error ?? 'committed');
    await life.wait(STEP_MS * Math.floor(world.random.next() * 3));
    life.openTransactions--;
    if ('error' in outcome) throw outcome.error;
    return outcome.result;
  }

  async read<Result>(body: (tx: SqliteTx) => Promise<Result>, options?: ReadOptions): Promise<Result> {
    const outcome = await this.outcomeOf(() => this.inner.read((tx) => body(this.seen(tx)), options));
    if (this.life.isDead) await this.life.wait(0);
    if ('error' in outcome) throw outcome.error;
    return outcome.result;
  }

  async truncate(): Promise<void> {
    const outcome = await this.outcomeOf(() => this.inner.truncate());
    await this.life.wait(STEP_MS);
    if ('error' in outcome) throw outcome.error;
  }

  stats(): StoreStats {
    return this.inner.stats();
  }

  get isAvailable(): boolean {
    return this.inner.isAvailable;
  }

  close(): Promise<void> {
    return this.inner.close();
  }

  private async outcomeOf<Result>(run: () => Promise<Result>): Promise<Outcome<Result>> {
    try {
      return { result: await run() };
    } catch (error) {
      return { error };
    }
  }

  private seen(tx: SqliteTx): SqliteTx {
    let seen = this.known.get(tx);
    if (seen === undefined) {
      seen = this.around(mapRepositories(tx, (name, repository) => this.watch(name, repository)));
      this.known.set(tx, seen);
    }
    return seen;
  }

  private watch(repositoryName: string, repository: object): object {
    const { life, world } = this;
    const methods = new Map<PropertyKey, unknown>();
    return new Proxy(repository, {
      get: (target, property, receiver) => {
        const known = methods.get(property);
        if (known !== undefined) return known;
        const method: unknown = Reflect.get(target, property, receiver);
        if (typeof method !== 'function') return method;
        const name = `${repositoryName}.${String(property)}`;
        const watched = async (...args: unknown[]): Promise<unknown> => {
          life.pass('transaction');
          const result: unknown = await Reflect.apply(method, target, args);
          world.trace.note(world.nowMs, `${life.number} ${name}`, args, result);
          world.onCall(life, { name, args, result });
          return result;
        };
        methods.set(property, watched);
        return watched;
      },
    });
  }
}

type Outcome<Result> = { readonly result: Result; readonly error?: never } | { readonly error: unknown };

/** A transaction with each of its repositories replaced. */
export function mapRepositories(tx: SqliteTx, replace: (name: string, repository: object) => object): SqliteTx {
  const replaced = Object.entries(tx).map(([name, repository]) => [name, replace(name, repository as object)] as const);
  return Object.fromEntries(replaced) as unknown as SqliteTx; // the same names, each with what it stands for
}
