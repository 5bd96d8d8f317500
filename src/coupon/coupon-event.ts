import type { CouponId } from '../core/ids.js';
import type { OutboxEvent } from '../core/ports/outbox.js';
import { formatInstant, type EpochMs } from '../core/time.js';
import type { Topic } from '../core/topics.js';
import type { Coupon } from './coupon.js';
import { grantName, type GrantKey } from './grant.js';

/** An event of the template; those of one coupon keep their order. */
export const couponEvent = (
  topic: Topic,
  coupon: Pick<Coupon, 'id' | 'version' | 'promotionId'>,
  at: EpochMs,
): OutboxEvent => ({
  topic,
  key: couponEventKey(coupon.id),
  body: {
    couponId: coupon.id,
    version: coupon.version,
    promotionId: coupon.promotionId ?? null,
    at: formatInstant(at),
  },
});

export const couponEventKey = (id: CouponId): string => `coupon/${id}`;

/** An event of one grant; those of one grant keep their order. */
export const grantEvent = (topic: Topic, key: GrantKey, at: EpochMs): OutboxEvent => ({
  topic,
  key: `grant/${grantName(key)}`,
  body: { grantId: grantName(key), couponId: key.couponId, at: formatInstant(at) },
});
