/**
 * Promotions that run, without a scan for each who asks. The list of those that run or will is good for one version of
 * all offers, which is asked for each time; filled by reads of committed state only, so that what a transaction rolls
 * back is never remembered. Starts and ends come by the clock.
 */
import type { Clock } from '../core/ports/clock.js';
import type { Store } from '../core/ports/store.js';
import type { PromotionRepository } from './promotion-repository.js';
import { promotionState, type Promotion } from './promotion.js';

interface RunningTx {
  readonly promotions: Pick<PromotionRepository, 'setVersion' | 'notOverAt'>;
}

interface Known {
  readonly version: number;
  readonly promotions: readonly Promotion[];
}

export class RunningPromotions {
  private known: Known | undefined;
  private refreshing: Promise<unknown> | undefined;

  constructor(private readonly deps: { readonly store: Store<RunningTx>; readonly clock: Clock }) {}

  /** As last committed. */
  async now(): Promise<readonly Promotion[]> {
    const { promotions } = await this.deps.store.read(async (tx) => {
      const version = await tx.promotions.setVersion();
      if (this.known?.version === version) return this.known;
      const read = await this.readAll(tx, version);
      // A change between the two reads would make an old version stand for a new list.
      if ((await tx.promotions.setVersion()) === version) this.known = read;
      return read;
    });
    return this.running(promotions);
  }

  /** The same as a transaction sees them. */
  async in(tx: RunningTx): Promise<readonly Promotion[]> {
    const version = await tx.promotions.setVersion();
    if (this.known?.version === version) return this.running(this.known.promotions);
    this.refreshSoon();
    return this.running((await this.readAll(tx, version)).promotions);
  }

  private async readAll(tx: RunningTx, version: number): Promise<Known> {
    return { version, promotions: await tx.promotions.notOverAt(this.deps.clock.now()) };
  }

  private running(promotions: readonly Promotion[]): readonly Promotion[] {
    const now = this.deps.clock.now();
    return promotions.filter((promotion) => promotionState(promotion, now) === 'running');
  }

  private refreshSoon(): void {
    this.refreshing ??= this.deps.clock
      .sleep(0)
      .then(() => this.now())
      .catch(() => undefined) // it only saves time
      .finally(() => (this.refreshing = undefined));
  }
}
