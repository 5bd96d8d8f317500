/**
 * Transactions over the truth. `Tx` is what a use case needs of it: each feature declares its own repository
 * interface, and a store that offers more is assignable to one that is asked for less.
 */
export interface Store<Tx> {
  /**
   * Runs `body` in one transaction: what it wrote is durable when this resolves, and gone when it rejects.
   * Waiting transactions may share a commit; none of them is answered before it.
   * The body awaits nothing but `tx` (the embedded store stops one that does), and may be run again by stores
   * that retry, so it has no effect outside `tx`.
   * @throws DomainError `STORE_UNAVAILABLE` after a failed sync, until the store has been reopened (the outcome of
   *   the call that met it is not known: ask by its key); `STORE_FULL` when the disk is full, nothing was written;
   *   `SHUTTING_DOWN` after close.
   */
  transaction<Result>(body: (tx: Tx) => Promise<Result>, options?: TransactionOptions): Promise<Result>;

  /**
   * How long the body of bulk work should take at most, so that others do not wait for it: what works in slices cuts
   * them to this. Default 10 ms; more where transactions run side by side and each costs round trips.
   */
  readonly bulkBodyMs?: number;

  /** Runs `body` over committed state; each statement sees the newest. It writes nothing and holds no lock between awaits. */
  read<Result>(body: (tx: Tx) => Promise<Result>, options?: ReadOptions): Promise<Result>;
}

export interface ReadOptions {
  /**
   * A slice of a long answer: such reads go one at a time, however many are asked for, with sockets and other work
   * between any two. Default false.
   */
  readonly isBulk?: boolean;
}

export interface TransactionOptions {
  /** Bulk work (buckets, imports) waits while people's requests are waiting. Default false. */
  readonly isBulk?: boolean;
  /** All that the body reads is of one moment, whoever commits meanwhile; it writes nothing, and locks nothing. Default false. */
  readonly isSnapshot?: boolean;
}
