import { audienceConformance } from '../../../test/conformance/audience-repository.js';
import { ledgerConformance } from '../../../test/conformance/ledger-repository.js';
import { queueConformance } from '../../../test/conformance/queue.js';
import { describeMysql, temporaryMysqlStore } from '../../../test/support/temporary-mysql.js';
import { MysqlQueue } from './mysql-queue.js';

const CAPABILITIES = {
  ordersAcrossKeys: true,
  givesAllAtOnce: true,
  leaseMs: 10_000,
  shortLeaseMs: 10_000,
  toleranceMs: 0,
} as const;

/** A store whose rows can be changed beside it. */
async function open() {
  const temporary = await temporaryMysqlStore();
  return {
    ...temporary,
    tamper: async (sql: string) => {
      await temporary.database.query('/*M! SET SESSION check_constraint_checks = 0 */');
      await temporary.database.query(sql);
    },
    zeroBytes: (count: number) => `REPEAT(CHAR(0), ${count})`,
    passLeaseTime: async (spanMs: number) => {
      await temporary.database.query('UPDATE ledger_bucket SET leased_until = leased_until - ?', [spanMs]);
    },
  };
}

describeMysql('MySQL', () => {
  ledgerConformance('MySQL', open);
  audienceConformance('MySQL', open);
  queueConformance('MySQL', CAPABILITIES, async () => {
    const { store, clock, remove } = await temporaryMysqlStore();
    return {
      queue: new MysqlQueue({ store, clock }),
      now: () => clock.now(),
      advance: async (spanMs: number) => {
        clock.advance(spanMs);
        return Promise.resolve();
      },
      close: remove,
    };
  });
});
