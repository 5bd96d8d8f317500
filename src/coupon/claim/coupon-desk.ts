import { couponId, type CouponId, type Ordinal } from '../../core/ids.js';
import type { MemberFilter } from '../../core/member-filter.js';
import { Coalescer } from '../../core/coalescer.js';
import type { Clock } from '../../core/ports/clock.js';
import type { Store } from '../../core/ports/store.js';
import { couponFiltersOf, unknownCoupon } from '../audience/coupon-masks.js';
import { claimCoupons, type Claim, type ClaimAnswer } from './claim-coupons.js';
import { budgetLeft, type Coupon } from '../coupon.js';
import type { CouponTx } from '../coupon-repository.js';
import { CouponShelf } from '../coupon-shelf.js';
import type { ClaimOutcome } from './decide-claim.js';
import { refuseUnknown } from '../get-coupon.js';
import { grantDue, isAnythingDue } from '../grant/grant-due.js';
import { RunningPromotions } from '../../promotion/running-promotions.js';
import type { Promotion } from '../../promotion/promotion.js';
import type { Basket } from '../quote/basket.js';
import { quoteMember } from '../quote/quote-member.js';
import type { Quote } from '../quote/quote.js';
import { readWallet, type WalletItem, type WalletQuery } from '../grant/wallet.js';
import { SoldOutCoupons } from './sold-out.js';

/** Claims of one transaction: more would hold up the others, fewer would pay for more commits. */
const MAX_CLAIMS_PER_BATCH = 1_000;

/** What was answered from memory has no grant, and no coupon. */
export type DeskAnswer = ClaimAnswer | { readonly outcome: 'soldOut'; readonly grant?: undefined };

/** Where a process's work on coupons meets: changes that its memory must learn of, and claims that share transactions. */
export class CouponDesk<Tx extends CouponTx> {
  readonly shelf: CouponShelf;
  readonly runningPromotions: RunningPromotions;
  private readonly soldOut: SoldOutCoupons;
  private readonly claims: Coalescer<Claim, ClaimAnswer>;
  private readonly counts = new Map<ClaimOutcome | 'refusedFromMemory', number>();
  private readonly wallets: Coalescer<Ordinal, true>;
  private readonly members: Coalescer<string, number | undefined>;

  /** `onChanged` is called after each change: campaigns that tell of the coupon may go on, or end. */
  constructor(
    private readonly deps: { readonly store: Store<Tx>; readonly clock: Clock; readonly onChanged?: () => void },
  ) {
    const { store, clock } = deps;
    this.shelf = new CouponShelf(deps);
    this.runningPromotions = new RunningPromotions(deps);
    this.soldOut = new SoldOutCoupons(deps);
    this.claims = new Coalescer({
      maxItems: MAX_CLAIMS_PER_BATCH,
      keyOf: ({ couponId, ordinal, request }) =>
        request === undefined ? undefined : `${couponId}/${ordinal}/${Buffer.from(request).toString('hex')}`,
      run: (claims) => store.transaction((tx) => claimCoupons(tx, () => clock.now(), claims)),
    });
    this.members = new Coalescer<string, number | undefined>({
      maxItems: MAX_CLAIMS_PER_BATCH,
      keyOf: String,
      run: (ids) => store.read((tx) => tx.members.findOrdinals(ids)),
    });
    this.wallets = new Coalescer<Ordinal, true>({
      maxItems: MAX_CLAIMS_PER_BATCH,
      keyOf: String,
      run: async (ordinals) => {
        await store.transaction(async (tx) => {
          const members = await tx.members.keepExisting(ordinals);
          const live = await this.shelf.liveIn(tx);
          const here = ordinals.filter((each) => members.has(each));
          await grantDue(tx, () => clock.now(), { live, ordinals: here, occasion: 'wallet' });
        });
        return ordinals.map(() => true as const);
      },
    });
  }

  /** Makes or changes a coupon in a transaction of its own; from here on this process acts by what it left. */
  async change(body: (tx: Tx) => Promise<Coupon>): Promise<Coupon> {
    const refusals = new Set<unknown>();
    try {
      const coupon = await this.deps.store.transaction((tx) =>
        body(tx).catch((error: unknown) => {
          refusals.add(error);
          throw error;
        }),
      );
      this.soldOut.changed(coupon.id);
      this.shelf.changed(coupon.id);
      this.deps.onChanged?.();
      return coupon;
    } catch (error) {
      // What the body refused was rolled back; anything else may have committed all the same.
      if (!refusals.has(error)) this.soldOut.forgetAll();
      throw error;
    } finally {
      await this.shelf.liveNow().catch(() => undefined); // so that logins find it there; else they read it themselves
    }
  }

  /** @throws DomainError `NOT_FOUND`, from memory: made-up ids do not reach the store. */
  async checkExists(couponId: CouponId): Promise<void> {
    if (!(await this.shelf.has(couponId))) refuseUnknown(couponId);
  }

  /** Members by the shop's key, in the order asked; undefined where nobody has it. One look-up for all who ask at this moment. */
  findOrdinals(memberIds: readonly string[]): Promise<readonly (number | undefined)[]> {
    return this.members.ask(memberIds);
  }

  /** @throws DomainError `INVALID_FILTER`, from memory, for a filter that asks for a coupon that does not exist. */
  async checkFilter(filter: MemberFilter): Promise<void> {
    for (const { couponId: id } of couponFiltersOf(filter)) {
      if (!(await this.shelf.has(couponId(id)))) throw unknownCoupon(id);
    }
  }

  /**
   * Claims a coupon for members; together with whoever else claims at this moment. Must not be called inside a
   * transaction of the same store, which stops a body that does.
   * @throws DomainError `NOT_FOUND` for a coupon that does not exist.
   */
  async claim(
    couponId: CouponId,
    members: readonly Pick<Claim, 'ordinal' | 'request'>[],
  ): Promise<readonly DeskAnswer[]> {
    await this.checkExists(couponId);
    const isRefused = members.map(({ ordinal }) => this.soldOut.refuses(couponId, ordinal));
    const asked = members.filter((_, index) => isRefused[index] !== true);
    const answers = asked.length === 0 ? [] : await this.claims.ask(asked.map((member) => ({ couponId, ...member })));
    this.count('refusedFromMemory', members.length - asked.length);
    for (const { outcome } of answers) this.count(outcome, 1);
    const soldOut = answers.find(({ outcome, grant }) => outcome === 'soldOut' && grant === undefined);
    if (soldOut !== undefined) void this.soldOut.met(couponId, soldOut.coupon.version);
    let next = 0;
    return isRefused.map((refused): DeskAnswer => (refused ? SOLD_OUT : (answers[next++] ?? SOLD_OUT)));
  }

  /** Claims since the start, by their answer; those that were refused without asking the store apart. */
  claimFigures(): Iterable<readonly [answer: string, claims: number]> {
    return this.counts;
  }

  /** Gives members who log in what is due to them, inside the transaction that their login is. */
  async loggedIn(tx: Tx, ordinals: readonly Ordinal[]): Promise<void> {
    const live = await this.shelf.liveIn(tx);
    await grantDue(tx, () => this.deps.clock.now(), { live, ordinals, occasion: 'login' });
  }

  /** A page of a wallet, after what was due has been put in. Writes nothing when nothing was. */
  async wallet(query: Omit<WalletQuery, 'live'>): Promise<readonly WalletItem[]> {
    const { store, clock } = this.deps;
    let live = await this.shelf.liveNow();
    const { ordinal } = query;
    if (await store.read((tx) => isAnythingDue(tx, clock.now(), { live, ordinal }))) {
      await this.wallets.ask([ordinal]);
      live = await this.shelf.liveNow(); // an issue run may have begun meanwhile, and given her a bit that is not looked for before
    }
    return store.read((tx) => readWallet(tx, clock.now(), { ...query, live }));
  }

  /**
   * What a basket costs a member, or somebody who is none, now.
   * @throws DomainError `INVALID_INPUT` for a basket beyond its bounds.
   */
  quote(basket: Basket, member: Ordinal | undefined): Promise<Quote<Promotion, WalletItem>> {
    const sources = {
      runningPromotions: () => this.runningPromotions.now(),
      wallet: (query: Omit<WalletQuery, 'live'>) => this.wallet(query),
      freeBudgets: (ids: readonly CouponId[]) => this.deps.store.read((tx) => freeBudgets(tx, ids)),
    };
    return quoteMember(sources, { basket, member, now: this.deps.clock.now() });
  }

  private count(answer: ClaimOutcome | 'refusedFromMemory', claims: number): void {
    if (claims > 0) this.counts.set(answer, (this.counts.get(answer) ?? 0) + claims);
  }
}

/** From the store: the counts of coupons that are remembered are of some moment before. */
async function freeBudgets(
  tx: Pick<CouponTx, 'coupons'>,
  ids: readonly CouponId[],
): Promise<ReadonlyMap<CouponId, bigint>> {
  const free = new Map<CouponId, bigint>();
  for (const id of ids) {
    const coupon = await tx.coupons.find(id);
    const freeMinor = coupon === undefined ? undefined : budgetLeft(coupon);
    if (freeMinor !== undefined) free.set(id, freeMinor);
  }
  return free;
}

const SOLD_OUT: DeskAnswer = { outcome: 'soldOut' };
