import type { MysqlStore } from '../../src/adapters/mysql/mysql-store.js';
import type { EraseDeps } from '../../src/membership/erase-member.js';
import { membershipOver } from './membership.js';
import { temporaryMysqlStore } from './temporary-mysql.js';

/** Membership over a real store in a database of its own. */
export async function temporaryMysqlMembership() {
  const { store, clock, database, remove } = await temporaryMysqlStore();
  const membership = membershipOver({ store: withoutWords(store), clock, emptyLog: () => store.truncate(), remove });
  return { ...membership, database, stats: () => store.stats() };
}

/** Nothing was ever sent here, so that no vendor's words are to be forgotten with a member. */
function withoutWords(store: MysqlStore): EraseDeps['store'] {
  const ledger = { forgetVendorWords: async () => {} };
  return {
    bulkBodyMs: store.bulkBodyMs,
    transaction: (body, options) => store.transaction((tx) => body({ ...tx, ledger }), options),
    read: (body) => store.read((tx) => body({ ...tx, ledger })),
  };
}
