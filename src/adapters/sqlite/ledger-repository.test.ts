import Database from 'better-sqlite3';
import { audienceConformance } from '../../../test/conformance/audience-repository.js';
import { ledgerConformance } from '../../../test/conformance/ledger-repository.js';
import { temporarySqliteStore } from '../../../test/support/temporary-sqlite.js';

/** A store whose file can be changed beside it. */
async function open() {
  const temporary = temporarySqliteStore();
  const underTest = {
    ...temporary,
    tamper: async (sql: string) => {
      const database = new Database(temporary.file);
      database.pragma('ignore_check_constraints = ON');
      database.exec(sql);
      database.close();
      return Promise.resolve();
    },
    zeroBytes: (count: number) => `zeroblob(${count})`,
    passLeaseTime: async (spanMs: number) => {
      temporary.clock.advance(spanMs);
      return Promise.resolve();
    },
  };
  return Promise.resolve(underTest);
}

ledgerConformance('embedded', open);
audienceConformance('embedded', open);
