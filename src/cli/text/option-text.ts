/** Help of options and arguments that several commands share. */
export const OPTION_TEXT = {
  limit: { en: 'items of a page, 1 to 200 (50 otherwise)', 'zh-CN': '每页条数，1 到 200（默认 50）' },
  cursor: { en: 'go on from here: nextCursor of the page before', 'zh-CN': '从上一页的 nextCursor 继续' },
  idempotencyKey: {
    en: 'the same command with the same key within 24 hours has one effect (random otherwise)',
    'zh-CN': '24 小时内用同一个键重复执行只生效一次（默认随机）',
  },
  yes: { en: 'do it, without asking', 'zh-CN': '确认执行' },
  where: {
    en: "filter of members, as: level in (3,4) and points >= 1000 and tag = 'vip'",
    'zh-CN': "会员筛选条件，例如：level in (3,4) and points >= 1000 and tag = 'vip'",
  },
  promotionId: { en: 'number of the promotion', 'zh-CN': '促销编号' },
  couponId: { en: 'number of the coupon', 'zh-CN': '优惠券编号' },
  campaignId: { en: 'number of the campaign', 'zh-CN': '活动编号' },
  memberId: { en: "the shop's own id of the member", 'zh-CN': '会员编号（商家自己的）' },
} as const;
