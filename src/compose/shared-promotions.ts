/** How a node of a cluster reads promotions: many ask for few of them. */
import { RedisEntries } from '../adapters/redis/redis-entries.js';
import type { RedisConnection } from '../adapters/redis/redis-connection.js';
import { fromPromotionRow, toPromotionRow, type PromotionRow } from '../adapters/stored/promotion-rows.js';
import { EntryReader, unsharedEntries, type SharedEntries } from '../core/entry-reader.js';
import { promotionId } from '../core/ids.js';
import { KnownIds } from '../core/known-ids.js';
import type { Clock } from '../core/ports/clock.js';
import type { Random } from '../core/ports/random.js';
import type { PromotionReader } from '../promotion/promotion-reader.js';
import type { Promotion } from '../promotion/promotion.js';
import type { EngineStore } from './engine-tx.js';

/** Changes with the row: nodes of two versions do not read each other's. */
const KIND = 'promotion.1';

export function sharedPromotions({
  store,
  clock,
  random,
  shared,
}: {
  readonly store: EngineStore;
  readonly clock: Clock;
  readonly random: Random;
  /** Undefined: each node reads for itself. */
  readonly shared: { readonly redis: RedisConnection; readonly prefix: string } | undefined;
}): PromotionReader {
  const entries: SharedEntries<Promotion> =
    shared === undefined
      ? unsharedEntries()
      : new RedisEntries({
          ...shared,
          clock,
          random,
          kind: KIND,
          encode: (promotion) => JSON.stringify(toPromotionRow(promotion)),
          decode: (text) => fromPromotionRow(JSON.parse(text) as PromotionRow), // written by encode, under this kind
        });
  return new EntryReader({
    knownIds: new KnownIds({ clock, readAll: () => store.read((tx) => tx.promotions.allIds()) }),
    load: async (ids) => {
      const promotions = await store.read((tx) => tx.promotions.findAll(ids.map(promotionId)));
      return new Map(promotions.map((promotion) => [promotion.id, promotion]));
    },
    shared: entries,
  });
}
