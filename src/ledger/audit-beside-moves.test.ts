import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import { auditOf, writeCoupons } from '../../test/support/audit-books.js';
import { temporaryStore, type TemporaryStore } from '../../test/support/temporary-store.js';
import { couponId, orderId, ordinal } from '../core/ids.js';
import { addMs } from '../core/time.js';
import { GrantBook } from '../coupon/grant/grant-book.js';
import type { GrantSignal } from '../coupon/grant/grant-moves.js';
import type { GrantKey } from '../coupon/grant/grant.js';
import { auditMoves } from './audit/audit-moves.js';
import { AuditRun, type AuditDeps, type AuditTx } from './audit/audit-run.js';

const COUPON = couponId(1);
const isOverMysql = inject('mysqlDatabases') !== undefined;

/** An audit with work of others between its slices, or at the start of each. */
class DisturbedRun extends AuditRun {
  constructor(
    deps: AuditDeps,
    private readonly work: {
      readonly before?: (slice: number) => Promise<void>;
      readonly inside?: (slice: number) => Promise<void>;
    },
  ) {
    super(deps, undefined);
  }

  private slices = 0;

  override async slice<Result>(body: (tx: AuditTx) => Promise<Result>): Promise<Result> {
    const slice = this.slices++;
    await this.work.before?.(slice);
    return super.slice(async (tx) => {
      await this.work.inside?.(slice);
      return body(tx);
    });
  }
}

describe('the audit of grants beside their moves', () => {
  let temporary: TemporaryStore;
  beforeEach(async () => {
    temporary = await temporaryStore();
    await writeCoupons(temporary.store);
  });
  afterEach(() => temporary.remove());

  const grant = (member: number): GrantKey => ({ couponId: COUPON, ordinal: ordinal(member), n: 1 });
  const move = async (key: GrantKey, kind: 'lock' | 'pay', order: string): Promise<void> => {
    const now = temporary.clock.now();
    const about = { orderId: orderId(order), amountMinor: 500n };
    const signal: GrantSignal =
      kind === 'lock' ? { kind, ...about, lockEndsAt: addMs(now, 60_000) } : { kind, ...about };
    await temporary.store.transaction(async (tx) => {
      const book = await GrantBook.open(tx, now, [key]);
      expect(book.apply(key, signal, 'shop')).toBeUndefined();
      await book.close();
    });
  };
  const audited = async (work: ConstructorParameters<typeof DisturbedRun>[1]) => {
    const found: unknown[] = [];
    for await (const each of auditMoves(new DisturbedRun(auditOf(temporary), work), COUPON)) found.push(each);
    return found;
  };

  // Of coupon 1 three slices of journal and three of rows are read: 1,200 grants, 500 a slice.
  const SECOND_OF_ROWS = 4;

  it('finds nothing when grants move whose rows it has compared', async () => {
    let moves = 0;
    const before = async (slice: number): Promise<void> => {
      if (slice !== SECOND_OF_ROWS) return;
      await move(grant(7), 'lock', 'o-7'); // compared as available
      await move(grant(8), 'lock', 'o-8');
      await move(grant(8), 'pay', 'o-8');
      await move(grant(590), 'lock', 'o-9'); // not compared yet
      moves++;
    };
    expect(await audited({ before })).toEqual([]);
    expect(moves).toBe(1);
  });

  it('names one whose row is not what those moves lead to', async () => {
    const before = async (slice: number): Promise<void> => {
      if (slice !== SECOND_OF_ROWS) return;
      await move(grant(7), 'lock', 'o-7');
      await temporary.query("UPDATE coupon_grant SET order_id = 'o-5' WHERE coupon_id = 1 AND order_id = 'o-7'");
      await move(grant(8), 'lock', 'o-8');
      await temporary.query("DELETE FROM coupon_grant WHERE coupon_id = 1 AND order_id = 'o-8'");
    };
    expect(await audited({ before })).toMatchObject([
      { kind: 'coupon.state', what: 'grant 1-7-1', expected: expect.stringContaining('by o-7') as string },
      { kind: 'coupon.state', what: 'grant 1-8-1', found: 'no row' },
    ]);
  });

  // The embedded store has one writer: nothing commits while a slice reads.
  it.runIf(isOverMysql)('reads counts of the moment of its journal, and waits for nobody', async () => {
    let moves = 0;
    const inside = async (slice: number): Promise<void> => {
      if (slice === SECOND_OF_ROWS - 1) await move(grant(30 + moves++), 'lock', 'o-30');
    };
    expect(await audited({ inside })).toEqual([]);
    expect(moves).toBe(1);
  });
});
