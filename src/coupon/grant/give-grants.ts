import { assert } from '../../core/assert.js';
import type { EpochMs } from '../../core/time.js';
import { TOPICS, type Topic } from '../../core/topics.js';
import { changeCounts } from '../change-counts.js';
import { couponEvent, grantEvent } from '../coupon-event.js';
import type { CouponTx } from '../coupon-repository.js';
import { stockLeft, type Coupon } from '../coupon.js';
import type { Grant } from './grant.js';

/** Who put the grants there, as the journal says, and what tells the others. */
export interface Giver {
  readonly actor: string;
  readonly topic: Topic;
}

/**
 * Puts new grants of one coupon, which this transaction has locked, into the books: rows, counts, journal and events.
 * The caller has seen that there is stock for all of them.
 */
export async function giveGrants(
  tx: CouponTx,
  coupon: Coupon,
  { grants, giver, now }: { readonly grants: readonly Grant[]; readonly giver: Giver; readonly now: EpochMs },
): Promise<void> {
  if (grants.length === 0) return;
  const left = stockLeft(coupon);
  assert(
    left === undefined || grants.length <= left,
    `coupon ${coupon.id} has ${String(left)} left, not ${grants.length}`,
  );
  await tx.grants.insert(grants);
  await tx.grants.appendJournal(
    grants.map(({ couponId, ordinal, n, grantedAt }) => ({
      couponId,
      ordinal,
      n,
      move: 'granted',
      at: grantedAt,
      actor: giver.actor,
    })),
  );
  await tx.outbox.appendAll(grants.map((grant) => grantEvent(giver.topic, grant, now)));
  await changeCounts(tx, coupon, { changes: { granted: grants.length }, now });
  if (grants.length === left) await tx.outbox.append(couponEvent(TOPICS.couponSoldOut, coupon, now));
}
