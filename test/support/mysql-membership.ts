import { membershipOver } from './membership.js';
import { temporaryMysqlStore } from './temporary-mysql.js';

/** Membership over a real store in a database of its own. */
export async function temporaryMysqlMembership() {
  const { store, clock, database, remove } = await temporaryMysqlStore();
  const membership = membershipOver({ store, clock, emptyLog: () => store.truncate(), remove });
  return { ...membership, database, stats: () => store.stats() };
}
