/**
 * One numbered step of the schema: one statement of DDL, which the server does whole or not at all, never changed after
 * a release. It may meet its own effect, left by a node that died before it had noted the step: it creates only what
 * does not exist, or says in `isThere` how to see that.
 */
export interface Migration {
  /** Steps run in the order of their numbers: 1 to 99 books and events, 101 to 199 members, 301 nodes, 401 moves, 501 coupons. */
  readonly number: number;
  readonly name: string;
  readonly sql: string;
  /** A select that answers a row where the step has taken effect; for statements without IF NOT EXISTS. */
  readonly isThere?: string;
  /** The schema's level that the step belongs to: counts releases that changed the schema. */
  readonly level: number;
  /** The lowest level whose programs can still work beside it. Default: the level before, so that nodes can be rolled. */
  readonly oldestLevel?: number;
}
