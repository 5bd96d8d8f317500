import type { EngineStore } from '../../src/compose.js';
import type { EngineTx } from '../../src/compose/engine-tx.js';
import type { ManualClock } from './manual-clock.js';

/** A store in whose transactions each lock of a coupon is had `waitMs` after it was asked for; nobody changes it meanwhile. */
export function waitingForCoupons({
  store,
  clock,
  waitMs,
}: {
  readonly store: EngineStore;
  readonly clock: ManualClock;
  readonly waitMs: number;
}): Pick<EngineStore, 'read' | 'transaction'> {
  return {
    read: (body) => store.read(body),
    transaction: (body, options) =>
      store.transaction((tx) => {
        const lock: EngineTx['coupons']['lock'] = async (id) => {
          const coupon = await tx.coupons.lock(id);
          clock.advance(waitMs);
          return coupon;
        };
        return body({ ...tx, coupons: { ...tx.coupons, lock } });
      }, options),
  };
}
