/**
 * What this process remembers of coupons. The store holds the truth; an empty shelf costs time and changes nothing.
 *
 *   the live ones   good for one version of the set, which is asked for each time; filled by reads of committed state
 *                   only, so that what a transaction rolls back is never remembered
 *   which exist     so that a million made-up ids do not reach the store (`KnownIds`)
 */
import type { CouponId } from '../core/ids.js';
import type { Clock } from '../core/ports/clock.js';
import type { Store } from '../core/ports/store.js';
import { KnownIds } from '../core/known-ids.js';
import { addMs, DAY_MS } from '../core/time.js';
import { lastValidUntil, type Coupon } from './coupon.js';
import type { CouponTx } from './coupon-repository.js';

/** How long what is over is still shown in wallets. */
const SHOWN_AFTER_END_MS = 90 * DAY_MS;
const MAX_TRIES = 3;

type ShelfTx = Pick<CouponTx, 'coupons'>;

interface LiveCoupons {
  readonly version: number;
  readonly coupons: readonly Coupon[];
}

export class CouponShelf {
  private live: LiveCoupons | undefined;
  private readonly ids: KnownIds;
  private refreshing: Promise<void> | undefined;
  private reading: Promise<LiveCoupons> | undefined;

  constructor(private readonly deps: { readonly store: Store<ShelfTx>; readonly clock: Clock }) {
    const { store, clock } = deps;
    this.ids = new KnownIds({ clock, readAll: () => store.read((tx) => tx.coupons.allIds()) });
  }

  /** To be called after each commit that made or changed a coupon. */
  changed(id: CouponId): void {
    this.ids.add(id);
  }

  /** Whether there is such a coupon. */
  has(id: CouponId): Promise<boolean> {
    return this.ids.has(id);
  }

  /**
   * Coupons that are no drafts and still give, or whose grants were valid in the last 90 days, as last committed. Their
   * counts are of some moment before.
   */
  async liveNow(): Promise<readonly Coupon[]> {
    const version = await this.deps.store.read((tx) => tx.coupons.setVersion());
    for (;;) {
      // Whoever reads already may have begun before this caller's own change: then once more.
      const { live } = this;
      const known = live?.version === version ? live : await this.readOnce();
      if (known.version >= version) return this.withoutLongOver(known.coupons);
    }
  }

  /** One reader at a time, for all who ask meanwhile: a change makes everybody ask at once. */
  private readOnce(): Promise<LiveCoupons> {
    this.reading ??= this.readAll().finally(() => (this.reading = undefined));
    return this.reading;
  }

  /** As old as `version` at most; kept when nothing changed meanwhile. */
  private async readAll(): Promise<LiveCoupons> {
    for (let tries = 0; ; tries++) {
      const { before, coupons, after } = await this.deps.store.read(async (tx) => ({
        before: await tx.coupons.setVersion(),
        coupons: await this.readLive(tx),
        after: await tx.coupons.setVersion(),
      }));
      const read = { version: before, coupons };
      if (before === after) this.live = read;
      if (before === after || tries === MAX_TRIES) return read;
    }
  }

  /** The same as a transaction sees them; never remembered, because the transaction may not commit. */
  async liveIn(tx: ShelfTx): Promise<readonly Coupon[]> {
    const { live } = this;
    if (live?.version === (await tx.coupons.setVersion())) return this.withoutLongOver(live.coupons);
    this.refreshSoon();
    return this.withoutLongOver(await this.readLive(tx));
  }

  /** Another node has made a change: the next transaction finds the list, where this one has to read it. */
  private refreshSoon(): void {
    this.refreshing ??= this.deps.clock
      .sleep(0)
      .then(() => this.liveNow())
      .then(
        () => undefined,
        () => undefined, // it only saves time
      )
      .finally(() => (this.refreshing = undefined));
  }

  private readLive(tx: ShelfTx): Promise<readonly Coupon[]> {
    return tx.coupons.liveAfter(this.shownSince());
  }

  /** They leave by the clock alone, without a change of the set. */
  private withoutLongOver(coupons: readonly Coupon[]): readonly Coupon[] {
    const since = this.shownSince();
    return coupons.filter((coupon) => lastValidUntil(coupon) > since);
  }

  private shownSince() {
    return addMs(this.deps.clock.now(), -SHOWN_AFTER_END_MS);
  }
}
