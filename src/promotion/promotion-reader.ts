import type { PromotionId } from '../core/ids.js';
import type { Store } from '../core/ports/store.js';
import type { PromotionTx } from './promotion-repository.js';
import type { Promotion } from './promotion.js';

/** Reads single promotions for whoever asks, as often as they ask. */
export interface PromotionReader {
  find(id: PromotionId): Promise<Promotion | undefined>;
  /** To be called after the commit that changed one. */
  changed(id: PromotionId): Promise<void>;
}

/** Straight from the store, where that is as quick as anything. */
export const storedPromotions = (store: Store<Pick<PromotionTx, 'promotions'>>): PromotionReader => ({
  find: (id) => store.read((tx) => tx.promotions.find(id)),
  changed: () => Promise.resolve(),
});
