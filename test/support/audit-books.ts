import type { EngineStore } from '../../src/compose.js';
import type { Clock } from '../../src/core/ports/clock.js';
import { couponId, orderId, ordinal } from '../../src/core/ids.js';
import { TOPICS } from '../../src/core/topics.js';
import { giveGrants } from '../../src/coupon/grant/give-grants.js';
import { grantName, newGrant } from '../../src/coupon/grant/grant.js';
import { fetchToMove } from '../../src/coupon/grant/held-grants.js';
import { startIssueRun } from '../../src/coupon/issue/issue-runs.js';
import { issueSlice } from '../../src/coupon/issue/issue-slice.js';
import { lockCoupons } from '../../src/coupon/order/lock-coupons.js';
import { tellOrders } from '../../src/coupon/order/tell-orders.js';
import { epochMs } from '../../src/core/time.js';
import { OUTCOME_CODES, pendingCode, toInFlight } from '../../src/ledger/cell-code.js';
import type { AuditDeps } from '../../src/ledger/audit/audit-run.js';
import { subjectHasher } from '../../src/membership/suppression.js';
import { aCoupon } from './coupon-builder.js';
import { openBooks, settleCells } from './books.js';
import { addMembers } from './members.js';

/** Campaign 1 ended, campaign 2 is half sent with members in flight, campaign 3 is all pending; a group that reads. */
export async function writeBooks(store: EngineStore): Promise<void> {
  const dense = Array.from({ length: 3_000 }, (_, ordinal) => ordinal);
  const first = await openBooks(store, { ordinals: dense, channels: ['inbox', 'sms'] });
  await settleCells(store, first, {
    channel: 'inbox',
    codeOf: (ordinal) => (ordinal % 100 === 7 ? OUTCOME_CODES.suppressedNoConsent : OUTCOME_CODES.sent),
  });
  await settleCells(store, first, {
    channel: 'sms',
    codeOf: (ordinal) => (ordinal % 50 === 3 ? OUTCOME_CODES.failedAddress : OUTCOME_CODES.sent),
  });
  const second = await openBooks(store, {
    ordinals: dense.map((ordinal) => ordinal * 3).slice(0, 1_000),
    channels: ['sms'],
  });
  await settleCells(store, second, {
    channel: 'sms',
    codeOf: (ordinal) =>
      ordinal % 2 === 0 ? toInFlight(pendingCode({ definite: 0, ambiguous: 0 })) : OUTCOME_CODES.sent,
  });
  await openBooks(store, {
    ordinals: dense.map((ordinal) => ordinal * 2 + (ordinal % 2)).slice(0, 1_500),
    channels: ['sms'],
  });
  await addMembers(store, [{ ordinal: 0, memberId: 'li-wei' }]);
  await store.transaction(async (tx) => {
    await tx.ids.take('ordinal', 10_000);
    const group = { topic: 'campaign.launched', group: 'mailer' };
    await tx.events.ensureGroup({ ...group, now: epochMs(0) });
    await tx.events.lease({ ...group, maxMessages: 2, leaseMs: 1_000 }, epochMs(0));
  });
}

/** Coupon 1: two each for 600 members, so that books are more than one slice, one paid and one locked; coupon 2 has none. */
export async function writeCoupons(store: EngineStore): Promise<void> {
  const now = epochMs(1_800_000_000_000);
  const granted = 1_200;
  const coupon = aCoupon(now, 1, { limitPerMember: 2, storedState: 'active' });
  const keys = Array.from({ length: granted }, (_, index) => ({
    couponId: coupon.id,
    ordinal: ordinal(Math.floor(index / 2)),
    n: 1 + (index % 2),
  }));
  await store.transaction(async (tx) => {
    await tx.coupons.insert(coupon);
    await tx.coupons.insert({ ...coupon, id: couponId(2) });
    const grants = keys.map((key) => newGrant(key, now, undefined));
    await giveGrants(tx, coupon, { grants, giver: { actor: 'claim', topic: TOPICS.couponClaimed }, now });
  });
  await store.transaction(async (tx) => {
    const lock = (order: string, member: number) =>
      lockCoupons(tx, () => now, {
        orderId: orderId(order),
        ordinal: ordinal(member),
        grants: [{ couponId: coupon.id, ordinal: ordinal(member), n: 1 }],
        request: new Uint8Array(16),
        lockMs: 1_000,
        price: (grants) => new Map(grants.map(({ grant }) => [grantName(grant), { discountMinor: 500n }])),
        actor: 'shop',
      });
    await lock('o-1', 5);
    await lock('o-2', 6);
    const paid = { kind: 'paid', orderId: orderId('o-1'), version: 1, grants: undefined } as const;
    await tellOrders(tx, () => now, { news: [paid], actor: 'order.paid' });
  });
}

/** Coupon 3, given to the member of `writeBooks` and ten more by run 1: eleven bits, one of which became a row. */
export async function writeIssued(store: EngineStore): Promise<void> {
  const now = epochMs(1_800_000_000_000);
  const members = Array.from({ length: 10 }, (_, index) => ({ ordinal: 10 + index, memberId: `i-${index}` }));
  await addMembers(store, members);
  const coupon = aCoupon(now, 3, { issue: 'platform', storedState: 'active' });
  await store.transaction((tx) => tx.coupons.insert(coupon));
  const { run } = await store.transaction((tx) =>
    startIssueRun(tx, now, { couponId: coupon.id, createdBy: 'alice', cause: 'person' }),
  );
  await store.transaction((tx) => issueSlice(tx, () => now, run.id));
  await store.transaction((tx) => fetchToMove(tx, coupon.id, [{ couponId: coupon.id, ordinal: ordinal(14), n: 1 }]));
}

/** What the audit needs beside a store: suppressions are found under a key. */
export const auditOf = ({ store, clock }: { readonly store: EngineStore; readonly clock: Clock }): AuditDeps => ({
  store,
  clock,
  hashSubject: subjectHasher(new Uint8Array(32).fill(7)),
});
