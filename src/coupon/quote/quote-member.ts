import type { CouponId, Ordinal } from '../../core/ids.js';
import type { EpochMs } from '../../core/time.js';
import type { Promotion } from '../../promotion/promotion.js';
import type { WalletItem, WalletQuery } from '../grant/wallet.js';
import type { Basket } from './basket.js';
import { quoteBest, type FreeBudgets, type Quote } from './quote.js';

export interface QuoteSources {
  readonly runningPromotions: () => Promise<readonly Promotion[]>;
  /** Puts in what is due first. */
  readonly wallet: (query: Omit<WalletQuery, 'live'>) => Promise<readonly WalletItem[]>;
  /** What is left by now of the budgets of those of these coupons that have one. */
  readonly freeBudgets: (ids: readonly CouponId[]) => Promise<FreeBudgets>;
}

/**
 * What a basket costs a member now, with the grants that are available to her; somebody who is not known yet has the
 * promotions only. Grants that another order holds are named with that reason, and so is what a lock would be refused
 * because its budget is spent; what is used, revoked or over is not.
 * @throws DomainError `INVALID_INPUT` as `basketAmountMinor` does.
 */
export async function quoteMember(
  { runningPromotions, wallet, freeBudgets }: QuoteSources,
  { basket, member, now }: { readonly basket: Basket; readonly member: Ordinal | undefined; readonly now: EpochMs },
): Promise<Quote<Promotion, WalletItem>> {
  const promotions = await runningPromotions();
  const items = member === undefined ? [] : await wallet({ ...WHOLE_WALLET, ordinal: member });
  const ofState = (state: WalletItem['state']): readonly WalletItem[] => items.filter((item) => item.state === state);
  const grants = ofState('available');
  const budgeted = grants.filter(({ coupon }) => coupon.budgetMinor !== undefined).map(({ coupon }) => coupon.id);
  const free = budgeted.length === 0 ? undefined : await freeBudgets([...new Set(budgeted)]);
  const quote = quoteBest({ basket, promotions, grants, now, freeBudgets: free });
  const locked = ofState('locked').map((offer) => ({ offer, reason: 'locked', missingMinor: 0n }) as const);
  return { ...quote, couponsNotApplied: [...quote.couponsNotApplied, ...locked] };
}

/** Bounded by the live coupons and what one member may hold of each. */
const WHOLE_WALLET = { state: undefined, after: undefined, limit: Number.MAX_SAFE_INTEGER } as const;
