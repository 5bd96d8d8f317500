/** Coupons, members who hold them and orders over a real store, with the books that must agree after everything. */
import { expect } from 'vitest';
import { couponId, orderId, ordinal, type CouponId } from '../../src/core/ids.js';
import { MINUTE_MS } from '../../src/core/time.js';
import type { Coupon } from '../../src/coupon/coupon.js';
import { CouponDesk } from '../../src/coupon/claim/coupon-desk.js';
import type { OrderNewsKind } from '../../src/coupon/order/coupon-order.js';
import type { CreateCoupon } from '../../src/coupon/create-coupon.js';
import { expireLocks } from '../../src/coupon/order/expire-locks.js';
import { GRANT_MOVES } from '../../src/coupon/grant/grant-moves.js';
import { grantName, parseGrantName, type GrantKey } from '../../src/coupon/grant/grant.js';
import { grantStateAt } from '../../src/coupon/grant/grant-state.js';
import { LockDesk } from '../../src/coupon/order/lock-desk.js';
import { tellOrders } from '../../src/coupon/order/tell-orders.js';
import { auditOrders } from '../../src/ledger/audit/audit-orders.js';
import { AuditRun } from '../../src/ledger/audit/audit-run.js';
import { auditOf } from './audit-books.js';
import { activeCoupon } from './coupon-builder.js';
import { addMembers } from './members.js';
import { temporaryStore } from './temporary-store.js';

export const LOCK_MS = 15 * MINUTE_MS;
/** Of a basket that everything is in; prices are in the minor unit. */
export const BASKET = {
  currency: 'CNY',
  lines: [{ productId: 'p-1', shopNumber: undefined, categoryIds: [], quantity: 2, unitPriceMinor: 10_000n }],
};

export async function lockRig() {
  const opened = await temporaryStore();
  const { store, clock } = opened;
  const desk = new CouponDesk({ store, clock });
  const locks = new LockDesk({ store, clock, runningPromotions: () => Promise.resolve([]) });
  const known = new Set<number>();
  const now = () => clock.now();
  const key = (name: string): GrantKey => {
    const parsed = parseGrantName(name);
    if (parsed === undefined) throw new Error(`${name} is no grant`);
    return parsed;
  };
  const state = (name: string) =>
    store.read(async (tx) => {
      const grant = await tx.grants.find(key(name));
      const coupon = await tx.coupons.find(key(name).couponId);
      if (grant === undefined || coupon === undefined) throw new Error(`there is no ${name}`);
      const at = grantStateAt(grant, coupon, now());
      return at === 'locked' || at === 'redeemed' ? `${at} by ${grant.use?.orderId ?? 'nobody'}` : at;
    });
  return {
    ...opened,
    desk,
    locks,
    now,
    key,
    /** Active, with a grant for each of these members; the names of those. */
    coupon: async (members: readonly number[], changes: Partial<CreateCoupon> = {}) => {
      const { id } = await activeCoupon((body) => desk.change(body), now(), { stacking: 'withOthers', ...changes });
      const missing = members.filter((member) => !known.has(member));
      for (const member of missing) known.add(member);
      await addMembers(
        store,
        missing.map((each) => ({ ordinal: each, memberId: `m-${each}` })),
      );
      const claims = members.map((member) => ({ ordinal: ordinal(member), request: undefined }));
      const answers = await desk.claim(id, claims);
      return { id, names: answers.map(({ grant }) => (grant === undefined ? '' : grantName(grant))) };
    },
    lock: (order: string, ...names: readonly string[]) =>
      locks.lock({
        orderId: orderId(order),
        ordinal: key(names[0] ?? '').ordinal,
        grants: names.map(key),
        basket: BASKET,
        lockMs: LOCK_MS,
        actor: 'shop',
      }),
    release: (order: string) => locks.release({ orderId: orderId(order), actor: 'shop' }),
    revoke: (name: string) => locks.revoke({ key: key(name), actor: 'alice' }),
    tell: async (order: string, kind: OrderNewsKind, version?: number, grants?: readonly string[]) => {
      const news = [{ kind, orderId: orderId(order), version, grants: grants?.map(key) }];
      const [outcome] = await store.transaction((tx) => tellOrders(tx, now, { news, actor: `order.${kind}` }));
      return outcome;
    },
    expire: (limit = 1_000) => store.transaction((tx) => expireLocks(tx, now, limit)),
    state,
    journal: (id: CouponId) =>
      store.read(async (tx) => {
        const entries = await tx.grants.journalAfter(id, { after: 0, limit: 1_000_000 });
        return entries.filter(({ move }) => move !== 'granted').map(({ move, why }) => `${move} ${why ?? ''}`.trim());
      }),
    coupons: (id: number) => store.read((tx) => tx.coupons.find(couponId(id))),
    checkBooks: async () => {
      for (const id of await store.read((tx) => tx.coupons.allIds())) await checkBooks(id);
      const found: unknown[] = [];
      for await (const each of auditOrders(new AuditRun(auditOf({ store, clock }), undefined))) found.push(each);
      expect(found).toEqual([]);
    },
  };

  /** Rows, journal and counts of a coupon tell the same. */
  async function checkBooks(id: CouponId): Promise<void> {
    const { coupon, rows, journal } = await store.read(async (tx) => ({
      coupon: await tx.coupons.find(id),
      rows: await tx.grants.rowsAfter(id, { after: undefined, limit: 1_000_000 }),
      journal: await tx.grants.journalAfter(id, { after: 0, limit: 1_000_000 }),
    }));
    const rebuilt = new Map<string, string>();
    for (const entry of journal) {
      if (entry.move === 'conflict') continue;
      const { from, to } = GRANT_MOVES[entry.move];
      const [before] = rebuilt.get(grantName(entry))?.split(' ') ?? [];
      expect(before).toBe(from);
      rebuilt.set(grantName(entry), to === 'locked' || to === 'redeemed' ? `${to} ${String(entry.orderId)}` : to);
    }
    const stored = rows.map((row) => {
      const holder = row.state === 'locked' || row.state === 'redeemed' ? ` ${String(row.use?.orderId)}` : '';
      return [grantName(row), `${row.state}${holder}`] as const;
    });
    expect(new Map(stored)).toEqual(rebuilt);
    const of = (wanted: string) => rows.filter((row) => row.state === wanted);
    const sum = (wanted: string) => of(wanted).reduce((total, { use }) => total + (use?.amountMinor ?? 0n), 0n);
    expect(coupon?.counts).toEqual({
      granted: rows.length,
      locked: of('locked').length,
      redeemed: of('redeemed').length,
      forfeited: of('forfeited').length,
      revoked: of('revoked').length,
      lockedMinor: sum('locked'),
      redeemedMinor: sum('redeemed'),
    } satisfies Coupon['counts']);
  }
}

export type LockRig = Awaited<ReturnType<typeof lockRig>>;
