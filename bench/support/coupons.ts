/** Coupons that benches claim and give over an engine in this process, and what became of them by the store itself. */
import type { EngineNode } from '../../src/compose/engine.js';
import { addMs, DAY_MS } from '../../src/core/time.js';
import { ordinal, type CouponId } from '../../src/core/ids.js';
import type { CouponIssue } from '../../src/coupon/coupon.js';
import { createCoupon } from '../../src/coupon/create-coupon.js';
import { getCoupon } from '../../src/coupon/get-coupon.js';
import { moveCoupon } from '../../src/coupon/move-coupon.js';
import { EMPTY_FIELDS } from '../../src/membership/member.js';
import { toRow } from '../../src/membership/member-row.js';

export type CouponEngine = Pick<EngineNode, 'store' | 'clock' | 'coupons'>;

const HOLDERS_PER_READ = 5_000;
const MEMBERS_AT_ONCE = 5_000;

/** A coupon of five yuan for everybody, one each, that is given from now on. */
export async function makeCoupon(
  { clock, coupons }: CouponEngine,
  { issue, stock }: { readonly issue: CouponIssue; readonly stock?: number | undefined },
): Promise<CouponId> {
  const now = clock.now();
  const { id } = await coupons.change((tx) =>
    createCoupon(tx, now, {
      name: 'Bench',
      description: undefined,
      promotionId: undefined,
      issue,
      rule: { kind: 'directCut', cutMinor: 500n },
      currency: 'CNY',
      scope: { kind: 'wholeShop' },
      validity: { kind: 'days', days: 7 },
      opensAt: addMs(now, -DAY_MS),
      closesAt: addMs(now, DAY_MS),
      audience: { kind: 'everybody' },
      limitPerMember: 1,
      stacking: 'alone',
      afterRefund: 'available',
      sweepAtClose: false,
      byCodeOnly: false,
      stock,
      budgetMinor: undefined,
      createdBy: 'bench',
    }),
  );
  await coupons.change((tx) => moveCoupon(tx, now, { id, move: 'activate' }));
  return id;
}

/** The first members of an engine, who may claim; nothing is known of them. */
export async function addClaimants({ store, clock }: CouponEngine, count: number): Promise<void> {
  for (let left = count; left > 0; left -= MEMBERS_AT_ONCE) {
    const added = Math.min(left, MEMBERS_AT_ONCE);
    await store.transaction(async (tx) => {
      const first = await tx.ids.take('ordinal', added);
      const rows = Array.from({ length: added }, (_, index) => toRow(`m-${first + index}`, EMPTY_FIELDS));
      await tx.members.insert(first, rows, clock.now());
    });
  }
}

/** Everybody asks once, so many at the same time; answers how many a second were answered, and what by outcome. */
export async function claimAll(
  { coupons }: CouponEngine,
  {
    id,
    members,
    callers,
    from = 0,
  }: { readonly id: CouponId; readonly members: number; readonly callers: number; readonly from?: number },
): Promise<{ readonly perSecond: number; readonly outcomes: ReadonlyMap<string, number> }> {
  const outcomes = new Map<string, number>();
  const perSecond = await rateOf(members, callers, async (number) => {
    const [answer] = await coupons.claim(id, [{ ordinal: ordinal(from + number), request: undefined }]);
    const outcome = answer?.outcome ?? 'nothing';
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
  });
  return { perSecond, outcomes };
}

/** Calls a second of `total`, `callers` of them at the same time; each is told its number from 0. */
export async function rateOf(
  total: number,
  callers: number,
  call: (number: number) => Promise<unknown>,
): Promise<number> {
  let next = 0;
  const caller = async (): Promise<void> => {
    while (next < total) await call(next++);
  };
  const startedMs = performance.now();
  await Promise.all(Array.from({ length: callers }, caller));
  return (total / (performance.now() - startedMs)) * 1_000;
}

/** Counts the rows themselves; `counted` is what the coupon says of them. */
export async function grantsOf(
  { store }: Pick<CouponEngine, 'store'>,
  id: CouponId,
): Promise<{ readonly holders: number; readonly counted: number }> {
  let holders = 0;
  for (let after = -1; ;) {
    const slice = await store.read((tx) => tx.grants.holdersAfter(id, { after, limit: HOLDERS_PER_READ }));
    holders += slice.length;
    const last = slice.at(-1);
    if (last === undefined) break;
    after = last;
  }
  const { counts } = await store.read((tx) => getCoupon(tx, id));
  return { holders, counted: counts.granted };
}
