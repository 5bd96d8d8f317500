/**
 * Topics of events that go out. One payload type each; bodies are JSON with ids and instants only, never personal data.
 * Names are public: append only.
 */
export const TOPICS = {
  promotionCreated: 'promotion.created',
  promotionEdited: 'promotion.edited',
  promotionEnded: 'promotion.ended',
  campaignCreated: 'campaign.created',
  campaignLaunched: 'campaign.launched',
  campaignPaused: 'campaign.paused',
  campaignResumed: 'campaign.resumed',
  campaignCancelled: 'campaign.cancelled',
  campaignCompleted: 'campaign.completed',
  couponCreated: 'coupon.created',
  couponEdited: 'coupon.edited',
  couponActivated: 'coupon.activated',
  couponPaused: 'coupon.paused',
  couponEnded: 'coupon.ended',
  couponGranted: 'coupon.granted',
  couponIssued: 'coupon.issued',
  couponClaimed: 'coupon.claimed',
  couponSoldOut: 'coupon.soldout',
  couponLocked: 'coupon.locked',
  couponRedeemed: 'coupon.redeemed',
  couponReleased: 'coupon.released',
  couponRevoked: 'coupon.revoked',
  couponConflict: 'coupon.conflict',
  couponExpired: 'coupon.expired',
  couponRecalled: 'coupon.recalled',
} as const;
export type Topic = (typeof TOPICS)[keyof typeof TOPICS];
export const ALL_TOPICS: readonly Topic[] = Object.values(TOPICS);

export const isTopic = (name: string): name is Topic => ALL_TOPICS.some((topic) => topic === name);
