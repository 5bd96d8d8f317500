/**
 * The grants that one transaction moves: fetched once under the locks of their coupons, moved in memory one after the
 * other, written together with counts, journal and events. Coupons are locked ascending, after all orders.
 */
import { assert } from '../../core/assert.js';
import type { CouponId, OrderId } from '../../core/ids.js';
import type { ReadNow } from '../../core/ports/clock.js';
import type { OutboxEvent } from '../../core/ports/outbox.js';
import type { EpochMs } from '../../core/time.js';
import { conflictEvent, moveEvent } from '../coupon-event.js';
import type { CouponTx } from '../coupon-repository.js';
import { changeCounts } from '../change-counts.js';
import { NO_COUNTS, type Coupon, type CouponCounts } from '../coupon.js';
import { lockCoupon } from '../get-coupon.js';
import { decideMoves, GRANT_MOVES, type GrantSignal, type MadeMove, type MoveDecision } from './grant-moves.js';
import type { JournalEntry } from './grant-repository.js';
import { grantName, type Grant, type GrantKey, type StoredGrantState } from './grant.js';
import { fetchToMove } from './held-grants.js';

type BookTx = Pick<CouponTx, 'coupons' | 'grants' | 'grantBits' | 'outbox' | 'campaigns' | 'tasks'>;

/** What keeps a signal from its effect: the state of the grant, or a budget that is spent. */
export type Obstacle = StoredGrantState | 'budgetSpent';

type Changes = { -readonly [Count in keyof CouponCounts]: CouponCounts[Count] };

interface CouponPage {
  readonly coupon: Coupon;
  readonly grants: Map<string, Grant>;
  readonly changed: Set<string>;
  readonly changes: Changes;
}

export class GrantBook {
  private readonly pages = new Map<CouponId, CouponPage>();
  private readonly journal: JournalEntry[] = [];
  private readonly events: OutboxEvent[] = [];

  private constructor(
    private readonly tx: BookTx,
    /** Of all that it does. */
    readonly now: EpochMs,
  ) {}

  /**
   * Locks the coupons of these grants and others, and fetches the grants. The clock is read once they are locked, so that
   * a journal never goes back in time by waiting.
   * @throws DomainError `NOT_FOUND` for a coupon that does not exist.
   */
  static async open(
    tx: BookTx,
    now: EpochMs | ReadNow,
    keys: readonly GrantKey[],
    others: readonly CouponId[] = [],
  ): Promise<GrantBook> {
    const ids = [...new Set([...keys.map(({ couponId }) => couponId), ...others])].sort((left, right) => left - right);
    const coupons: Coupon[] = [];
    for (const id of ids) coupons.push(await lockCoupon(tx, id));
    const book = new GrantBook(tx, typeof now === 'number' ? now : now());
    for (const coupon of coupons) {
      const { id } = coupon;
      book.pages.set(id, { coupon, grants: new Map(), changed: new Set(), changes: { ...NO_COUNTS } });
      await book.fetch(
        id,
        keys.filter(({ couponId }) => couponId === id),
      );
    }
    return book;
  }

  /** More grants of a coupon that is locked already. */
  async fetch(id: CouponId, keys: readonly GrantKey[]): Promise<void> {
    const { grants } = this.page(id);
    const unknown = keys.filter((key) => !grants.has(grantName(key)));
    for (const [name, grant] of await fetchToMove(this.tx, id, unknown)) grants.set(name, grant);
  }

  /** As it is by now; undefined where there is no such grant. */
  grant(key: GrantKey): Grant | undefined {
    return this.page(key.couponId).grants.get(grantName(key));
  }

  coupon(id: CouponId): Coupon {
    return this.page(id).coupon;
  }

  /** What the budget has left for more discount; undefined = without limit. */
  freeMinor(id: CouponId): bigint | undefined {
    const { coupon, changes } = this.page(id);
    if (coupon.budgetMinor === undefined) return undefined;
    const { lockedMinor, redeemedMinor } = coupon.counts;
    return coupon.budgetMinor - lockedMinor - redeemedMinor - changes.lockedMinor - changes.redeemedMinor;
  }

  /**
   * Does with a grant what the signal asks for; answers what stands in its way, or undefined. `givenBackAtOnce`: what it
   * takes of the budget is given back before anybody sees it.
   */
  apply(
    key: GrantKey,
    signal: GrantSignal,
    actor: string,
    { givenBackAtOnce = false }: { readonly givenBackAtOnce?: boolean } = {},
  ): Obstacle | undefined {
    const before = this.grant(key);
    assert(before !== undefined, `there is no grant ${grantName(key)}`);
    const decision = decideMoves(before, signal, this.now);
    const obstacle = this.obstacleTo(key.couponId, decision, givenBackAtOnce);
    this.write(key, obstacle === undefined ? decision : decideMoves(before, { kind: 'look' }, this.now), actor);
    return obstacle ?? decision.refusedBy;
  }

  /** What a coupon has against moves that its grant could make. Of one that was recalled, what no order holds is revoked. */
  private obstacleTo(id: CouponId, decision: MoveDecision, givenBackAtOnce: boolean): Obstacle | undefined {
    const isTaken = decision.moves.some(({ move }) => GRANT_MOVES[move].from === 'available' && move !== 'revoked');
    if (isTaken && this.coupon(id).recalledAt !== undefined) return 'revoked';
    return !givenBackAtOnce && this.isOverBudget(id, decision) ? 'budgetSpent' : undefined;
  }

  /** An order was paid for with a grant that it could not have. */
  conflict(
    key: GrantKey,
    told: {
      readonly orderId: OrderId;
      /** Undefined for one that it never locked. */
      readonly amountMinor: bigint | undefined;
      readonly by: Obstacle;
      readonly holder: OrderId | undefined;
    },
    actor: string,
  ): void {
    const { couponId, ordinal, n } = key;
    const { orderId, amountMinor } = told;
    this.journal.push({
      couponId,
      ordinal,
      n,
      move: 'conflict',
      at: this.now,
      actor,
      why: 'paid',
      orderId,
      amountMinor,
    });
    this.events.push(conflictEvent(key, { ...told, at: this.now }));
  }

  /** Writes all of it, once: grants, counts, journal, events. Answers what it has journaled. */
  async close(): Promise<readonly JournalEntry[]> {
    for (const { coupon, grants, changed, changes } of this.pages.values()) {
      if (changed.size === 0) continue;
      await this.tx.grants.update([...changed].flatMap((name) => grants.get(name) ?? []));
      await changeCounts(this.tx, coupon, { changes, now: this.now });
    }
    if (this.journal.length > 0) await this.tx.grants.appendJournal(this.journal);
    if (this.events.length > 0) await this.tx.outbox.appendAll(this.events);
    return this.journal;
  }

  private page(id: CouponId): CouponPage {
    const page = this.pages.get(id);
    assert(page !== undefined, `coupon ${id} is locked`);
    return page;
  }

  private isOverBudget(id: CouponId, { moves }: MoveDecision): boolean {
    const freeMinor = this.freeMinor(id);
    if (freeMinor === undefined) return false;
    const changes: Changes = { ...NO_COUNTS };
    for (const made of moves) addMove(changes, made);
    const moreMinor = changes.lockedMinor + changes.redeemedMinor;
    return moreMinor > 0n && moreMinor > freeMinor;
  }

  private write(key: GrantKey, { grant, moves }: MoveDecision, actor: string): void {
    if (moves.length === 0) return;
    const page = this.page(key.couponId);
    const name = grantName(key);
    page.grants.set(name, grant);
    page.changed.add(name);
    const { couponId, ordinal, n } = key;
    for (const made of moves) {
      addMove(page.changes, made);
      const { move, why, use } = made;
      this.journal.push({ couponId, ordinal, n, move, at: this.now, actor, why, ...use });
      this.events.push(moveEvent(grant, page.coupon, made, this.now));
    }
  }
}

/** What a move changes in the counts: out of one state, into another. */
function addMove(changes: Changes, { move, use }: MadeMove): void {
  const { from, to } = GRANT_MOVES[move];
  const amountMinor = use?.amountMinor ?? 0n;
  if (from !== undefined) count(changes, from, { grants: -1, amountMinor: -amountMinor });
  count(changes, to, { grants: 1, amountMinor });
}

function count(
  changes: Changes,
  state: StoredGrantState,
  { grants, amountMinor }: { readonly grants: number; readonly amountMinor: bigint },
): void {
  if (state === 'available') return; // what is in no other state
  changes[state] += grants;
  if (state === 'locked') changes.lockedMinor += amountMinor;
  if (state === 'redeemed') changes.redeemedMinor += amountMinor;
}
