/** Words of the coupon scenarios: what members read, and what the demo says about its steps. */
import type { Phrase } from '../../cli/wording.js';
import { formatSpan } from '../format-span.js';

export const COUPON_DEMO_TEXT = {
  everyoneSummary: {
    en: 'a coupon is given to everybody at login, or at the first look at the wallet',
    'zh-CN': '给全体会员发券：登录时发放，或首次查看券包时发放',
  },
  groupSummary: {
    en: 'a coupon for members with no active days, who are told of it and claim it themselves',
    'zh-CN': '给没有活跃天数的会员发券：先通知，再由会员自己领取',
  },
  flashSummary: {
    en: 'twice as many members as there are coupons claim at the same moment',
    'zh-CN': '券少人多：两倍于库存的会员同时抢券',
  },

  orderSummary: {
    en: 'orders lock coupons, give them back, redeem them; their news comes doubled, late and out of order',
    'zh-CN': '订单锁券、退回、核销；订单消息会重复、迟到、乱序',
  },

  everyoneCoupon: { en: '11.11 for everybody: 20 off 99', 'zh-CN': '双11全员券：满99减20' },
  groupCoupon: { en: 'We miss you: 30 off', 'zh-CN': '好久不见：立减30' },
  flashCoupon: { en: 'Flash: 50 off', 'zh-CN': '限量抢：立减50' },
  orderCoupon: { en: '20 off 99, one order', 'zh-CN': '满99减20，一单一张' },
  everyoneCampaign: { en: 'A coupon is in your wallet', 'zh-CN': '一张券已放入您的券包' },
  everyoneBody: {
    en: '{{member.name|Hello}}, log in and find 20 off 99 in your wallet.',
    'zh-CN': '{{member.name|您好}}，登录即可在券包看到满99减20的券。',
  },
  groupCampaign: { en: 'You may claim 30 off', 'zh-CN': '您可以领取立减30的券' },
  groupBody: {
    en: '{{member.name|Hello}}, 30 off is kept for you. First come, first served.',
    'zh-CN': '{{member.name|您好}}，立减30的券等您来领，先到先得。',
  },

  couponStage: { en: 'Coupon', 'zh-CN': '优惠券' },
  couponMade: {
    en: (name) => `“${name}” is active: one row, whatever the number of members`,
    'zh-CN': (name) => `“${name}”已启用：无论会员多少，只写一行`,
  } satisfies Phrase<[string]>,
  couponFound: {
    en: (name) => `“${name}”, as an earlier start left it; everything is asked again`,
    'zh-CN': (name) => `“${name}”之前已创建；以下请求全部重放`,
  } satisfies Phrase<[string]>,
  loginStage: { en: 'Logins', 'zh-CN': '登录' },
  loggedIn: {
    en: (members, messages) => `${members} members logged in; ${messages} messages came, each three times at once`,
    'zh-CN': (members, messages) => `${members} 名会员登录；共收到 ${messages} 条消息，每条同时重复三次`,
  } satisfies Phrase<[string, string]>,
  walletStage: { en: 'Wallets', 'zh-CN': '券包' },
  looked: {
    en: (members) => `${members} who never logged out looked at their wallets instead, twice at once`,
    'zh-CN': (members) => `${members} 名一直在线的会员查看券包，各同时两次`,
  } satisfies Phrase<[string]>,
  earlyStage: { en: 'Too early', 'zh-CN': '未开始' },
  early: {
    en: (outcome) => `a claim before the audience is frozen is answered “${outcome}”`,
    'zh-CN': (outcome) => `受众冻结之前领取，结果为“${outcome}”`,
  } satisfies Phrase<[string]>,
  claimStage: { en: 'Claims', 'zh-CN': '领券' },
  claimed: {
    en: (members, granted) => `${members} members claimed, each twice at once; ${granted} have it`,
    'zh-CN': (members, granted) => `${members} 名会员领券，各同时两次；${granted} 人领到`,
  } satisfies Phrase<[string, string]>,
  strangersStage: { en: 'Others', 'zh-CN': '其他会员' },
  strangersClaimed: {
    en: (members) => `${members} members outside the frozen audience claimed as well`,
    'zh-CN': (members) => `${members} 名不在冻结受众内的会员也来领取`,
  } satisfies Phrase<[string]>,
  stockStage: { en: 'Stock', 'zh-CN': '库存' },
  stockRaised: {
    en: (more) => `${more} more; who had none asks again`,
    'zh-CN': (more) => `增加 ${more} 张；没领到的再来一次`,
  } satisfies Phrase<[string]>,

  lockStage: { en: 'Orders', 'zh-CN': '下单' },
  locked: {
    en: (orders) => `${orders} orders of 120.00 are placed; each has locked its member's coupon`,
    'zh-CN': (orders) => `${orders} 个 120.00 元的订单已下单，各锁定会员的一张券`,
  } satisfies Phrase<[string]>,
  lockedBefore: {
    en: (orders) => `the same ${orders} orders ask again; they have ended, so they lock nothing`,
    'zh-CN': (orders) => `相同的 ${orders} 个订单再次请求；订单已结束，不再锁券`,
  } satisfies Phrase<[string]>,
  cancelStage: { en: 'Cancelled', 'zh-CN': '取消' },
  cancelled: {
    en: (orders, available) => `all ${orders} are cancelled, told three times each; ${available} coupons are back`,
    'zh-CN': (orders, available) => `${orders} 个全部取消，各通知三次；${available} 张券已退回`,
  } satisfies Phrase<[string, string]>,
  cancelledBefore: {
    en: (orders, available) =>
      `all ${orders} cancels come again and change nothing; ${available} members have their coupon`,
    'zh-CN': (orders, available) => `${orders} 条取消消息再次到达，不影响结果；${available} 人的券可用`,
  } satisfies Phrase<[string, string]>,
  paidStage: { en: 'Paid', 'zh-CN': '支付' },
  paid: {
    en: (orders) => `${orders} members order again and pay; then late news of a cancel comes, which changes nothing`,
    'zh-CN': (orders) => `${orders} 名会员重新下单并支付；随后收到迟到的取消消息，不影响结果`,
  } satisfies Phrase<[string]>,
  paidBefore: {
    en: (orders) => `the second ${orders} orders and their payments come again, and change nothing`,
    'zh-CN': (orders) => `第二批 ${orders} 个订单及其支付消息再次到达，不影响结果`,
  } satisfies Phrase<[string]>,
  refundStage: { en: 'Refunded', 'zh-CN': '退款' },
  refunded: {
    en: (orders) => `${orders} of them are refunded; by the rule of this coupon it is available again`,
    'zh-CN': (orders) => `其中 ${orders} 个退款；按此券的规则退回券包`,
  } satisfies Phrase<[string]>,
  refundedBefore: {
    en: (orders) => `${orders} refunds come again, and change nothing`,
    'zh-CN': (orders) => `${orders} 条退款消息再次到达，不影响结果`,
  } satisfies Phrase<[string]>,

  tallyTitle: { en: 'Books and counts', 'zh-CN': '账目与清点' },
  counted: { en: 'counted', 'zh-CN': '清点' },
  inBooks: { en: 'books', 'zh-CN': '账目' },
  granted: { en: 'granted to members', 'zh-CN': '已发放' },
  holders: { en: 'of those looked at, hold one', 'zh-CN': '抽查的会员中，各持一张' },
  stock: { en: 'granted, beside the stock', 'zh-CN': '已发放，对照库存' },
  soldOut: { en: 'without one, beside what was left over', 'zh-CN': '未领到，对照差额' },
  notEligible: { en: 'refused, not in the audience', 'zh-CN': '不在受众内，被拒绝' },
  redeemedCount: { en: 'redeemed', 'zh-CN': '已核销' },
  lockedCount: { en: 'locked', 'zh-CN': '已锁定' },
  redeemedMoney: { en: 'discount of the redeemed', 'zh-CN': '核销优惠总额' },
  availableAgain: { en: 'available in wallets', 'zh-CN': '券包中可用' },
  auditDifferences: { en: 'differences that the audit finds', 'zh-CN': '审计发现的差异' },
  tallyDiffers: {
    en: (what, counted, books) => `${what}: ${counted} were counted, the books say ${books}`,
    'zh-CN': (what, counted, books) => `${what}：清点为 ${counted}，账目为 ${books}`,
  } satisfies Phrase<[string, string, string]>,
  agrees: {
    en: (spanMs) => `Books and counts agree. The whole demo took ${formatSpan(spanMs)}.`,
    'zh-CN': (spanMs) => `账目与清点一致。整个演示用时 ${formatSpan(spanMs)}。`,
  } satisfies Phrase<[number]>,

  nextCoupon: { en: 'the coupon with its counts', 'zh-CN': '优惠券及其数量' },
  nextWallet: { en: "a member's wallet", 'zh-CN': '一位会员的券包' },
} as const;
