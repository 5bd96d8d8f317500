/** One row for all coupons and promotions: its version rises with every change of any, in the same transaction. */
import type Database from 'better-sqlite3';

export interface OfferSet {
  raise(): void;
  version(): number;
}

export function offerSet(database: Database.Database): OfferSet {
  const raise = database.prepare(
    'INSERT INTO coupon_set VALUES (1, 1) ON CONFLICT DO UPDATE SET version = version + 1',
  );
  const version = database.prepare<[], number>('SELECT version FROM coupon_set').pluck();
  return {
    raise: () => {
      raise.run();
    },
    version: () => version.get() ?? 0,
  };
}
