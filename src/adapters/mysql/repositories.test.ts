import { audienceConformance } from '../../../test/conformance/audience-repository.js';
import { inboxConformance, type Undone } from '../../../test/conformance/inbox-repository.js';
import { codeConformance } from '../../../test/conformance/code-repository.js';
import { couponConformance } from '../../../test/conformance/coupon-repository.js';
import { grantBitsConformance } from '../../../test/conformance/grant-bits-repository.js';
import { ledgerConformance } from '../../../test/conformance/ledger-repository.js';
import { queueConformance } from '../../../test/conformance/queue.js';
import { roundTripConformance } from '../../../test/conformance/round-trips.js';
import { afterAll, beforeAll, describe } from 'vitest';
import { describeMysql, temporaryMysqlStore } from '../../../test/support/temporary-mysql.js';
import { MysqlQueue } from './mysql-queue.js';
import type { MysqlStore } from './mysql-store.js';

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

const undoneOver =
  (store: MysqlStore): Undone =>
  async (body) => {
    const undo = new Error('nothing of it stays');
    const undone = store.transaction(async (tx) => {
      await body(tx);
      throw undo;
    });
    await undone.catch((error: unknown) => {
      if (error !== undo) throw error;
    });
  };

describeMysql('MySQL', () => {
  ledgerConformance('MySQL', open);
  audienceConformance('MySQL', open);
  describe('one store', () => {
    let shared: Awaited<ReturnType<typeof temporaryMysqlStore>>;
    beforeAll(async () => {
      shared = await temporaryMysqlStore();
    });
    afterAll(() => shared.remove());
    inboxConformance('MySQL', { numRuns: 20, undone: () => undoneOver(shared.store) });
  });
  roundTripConformance('MySQL', () => temporaryMysqlStore());
  couponConformance('MySQL', open);
  codeConformance('MySQL', open);
  grantBitsConformance('MySQL', open);
  queueConformance('MySQL', CAPABILITIES, async () => {
    const { store, clock, database, remove } = await temporaryMysqlStore();
    return {
      queue: new MysqlQueue({ store, clock }),
      now: () => clock.now(),
      advance: async (spanMs: number) => {
        clock.advance(spanMs);
        await database.query('UPDATE delivery SET due_at = due_at - ? WHERE is_leased = 1', [spanMs]);
      },
      close: remove,
    };
  });
});
