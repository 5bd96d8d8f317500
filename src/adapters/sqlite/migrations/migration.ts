/** One numbered step of the schema; its SQL runs once, in a transaction of its own, and is never changed after a release. */
export interface Migration {
  readonly number: number;
  readonly name: string;
  readonly sql: string;
}
