import { expect } from 'vitest';
import { audienceId, campaignId, ordinal, type CouponId, type IssueRunId } from '../../src/core/ids.js';
import type { Coupon } from '../../src/coupon/coupon.js';
import { CouponDesk } from '../../src/coupon/claim/coupon-desk.js';
import type { CreateCoupon } from '../../src/coupon/create-coupon.js';
import { changeStock } from '../../src/coupon/edit-coupon.js';
import { heldGrants } from '../../src/coupon/grant/held-grants.js';
import { issueRunBooks, type IssueRunBooks } from '../../src/coupon/issue/issue-run-books.js';
import type { IssueRun } from '../../src/coupon/issue/issue-run.js';
import { getIssueRun, moveIssueRun, startIssueRun, type IssueRunMove } from '../../src/coupon/issue/issue-runs.js';
import { issueSlice, type SliceOutcome } from '../../src/coupon/issue/issue-slice.js';
import { moveCoupon, type CouponMove } from '../../src/coupon/move-coupon.js';
import { recallCoupon } from '../../src/coupon/issue/recall-coupon.js';
import { reportAudit } from '../../src/ledger/audit.js';
import { BUCKET_SIZE, encodeBucket } from '../../src/ledger/bucket-members.js';
import { insertCampaign } from './campaign-builder.js';
import { auditOf } from './audit-books.js';
import { activeCoupon } from './coupon-builder.js';
import { addMembers } from './members.js';
import { temporaryStore } from './temporary-store.js';

/** A store with a desk over it, and everything that happens to a coupon that is given to many at once. */
export async function issueWorld() {
  const opened = await temporaryStore();
  const { store, clock } = opened;
  const desk = new CouponDesk({ store, clock });
  const now = () => clock.now();
  const key = (id: CouponId, run: IssueRunId) => ({ couponId: id, id: run });
  const find = (id: CouponId): Promise<Coupon> =>
    store.read(async (tx) => {
      const coupon = await tx.coupons.find(id);
      if (coupon === undefined) throw new Error(`no coupon ${id}`);
      return coupon;
    });
  const slice = (run: IssueRun): Promise<SliceOutcome> =>
    store.transaction((tx) => issueSlice(tx, now, run.id), { isBulk: true });
  return {
    ...opened,
    desk,
    now,
    find,
    join: (...ordinals: readonly number[]) =>
      addMembers(
        store,
        ordinals.map((each) => ({ ordinal: each, memberId: `m-${each}` })),
      ),
    active: (changes: Partial<CreateCoupon> = {}) =>
      activeCoupon((body) => desk.change(body), now(), { issue: 'platform', ...changes }),
    stock: (id: CouponId, stock: number | undefined) => desk.change((tx) => changeStock(tx, now(), { id, stock })),
    moveCoupon: (id: CouponId, move: CouponMove) => desk.change((tx) => moveCoupon(tx, now(), { id, move })),
    recall: (id: CouponId) => desk.change((tx) => recallCoupon(tx, now(), id)),
    login: (...ordinals: readonly number[]) => store.transaction((tx) => desk.loggedIn(tx, ordinals.map(ordinal))),
    start: async (id: CouponId): Promise<IssueRun> => {
      const { run } = await store.transaction((tx) =>
        startIssueRun(tx, now(), { couponId: id, createdBy: 'alice', cause: 'person' }),
      );
      return run;
    },
    move: (run: IssueRun, move: IssueRunMove) =>
      store.transaction((tx) => moveIssueRun(tx, now(), { ...key(run.couponId, run.id), move })),
    slice,
    /** Slices until there is nothing more to do. */
    finish: async (run: IssueRun): Promise<SliceOutcome> => {
      for (;;) {
        const outcome = await slice(run);
        if (outcome !== 'more') return outcome;
      }
    },
    books: (run: IssueRun): Promise<IssueRunBooks & Pick<IssueRun, 'state'>> =>
      store.read(async (tx) => {
        const found = await getIssueRun(tx, key(run.couponId, run.id));
        return { ...(await issueRunBooks(tx, found)), state: found.state };
      }),
    /** Who of these holds the coupon; each at most once. */
    holders: async (id: CouponId, among: readonly number[]): Promise<number[]> => {
      const coupon = await find(id);
      const held = await store.read((tx) => heldGrants(tx, coupon, among.map(ordinal)));
      expect(held.filter((grants) => grants.length > 1)).toEqual([]);
      return among.filter((_, index) => held[index]?.length === 1);
    },
    /** Nothing in the books contradicts anything else. */
    audit: async () => {
      const { differences } = await reportAudit(auditOf(opened));
      // Of other books there are only parts, and grants move here without the rows of their orders.
      const without = ['coupon.order', 'coupon.use'];
      const own = differences.filter(({ kind }) => kind.startsWith('coupon.') && !without.includes(kind));
      expect(own).toEqual([]);
    },
    /** A campaign whose audience is frozen to these members, ascending. */
    frozen: (ordinals: readonly number[]) =>
      store.transaction(async (tx) => {
        const campaign = await insertCampaign(tx, {
          campaignId: campaignId(await tx.ids.take('campaign', 1)),
          audienceId: audienceId(await tx.ids.take('audience', 1)),
          definition: { kind: 'list', memberCount: ordinals.length },
          state: 'running',
        });
        const buckets = Array.from({ length: Math.ceil(ordinals.length / BUCKET_SIZE) }, (_, index) =>
          encodeBucket(ordinals.slice(index * BUCKET_SIZE, (index + 1) * BUCKET_SIZE)),
        );
        await tx.audiences.append(campaign.audienceId, { firstBucket: 0, buckets, cursor: (ordinals.at(-1) ?? 0) + 1 });
        await tx.audiences.markFrozen(campaign.audienceId, now());
        return campaign;
      }),
  };
}

export type IssueWorld = Awaited<ReturnType<typeof issueWorld>>;
