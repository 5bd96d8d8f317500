import type { Phrase, Wording } from '../wording.js';

export const ORDER_TEXT = {
  quote: {
    en: "Price a basket: promotions, then the best of a member's coupons",
    'zh-CN': '试算一篮商品：先减促销，再减该会员最优的券组合',
  },
  quoteDetails: {
    en:
      'The basket is a JSON file as the API takes it: {"currency": "CNY", "lines": [{"productId": "SKU-1", ' +
      '"unitPriceMinor": "12000"}]}. A quote holds nothing.',
    'zh-CN':
      '购物篮为 JSON 文件，格式同 API：{"currency": "CNY", "lines": [{"productId": "SKU-1", "unitPriceMinor": "12000"}]}。' +
      '试算不占用任何券。',
  },
  basket: { en: 'the basket, a JSON file (- is stdin)', 'zh-CN': '购物篮 JSON 文件（- 为标准输入）' },
  member: { en: 'whose coupons are looked at (promotions alone otherwise)', 'zh-CN': '查看谁的券（默认只算促销）' },

  fieldBasket: { en: 'basket', 'zh-CN': '原价' },
  fieldOffer: { en: 'offer', 'zh-CN': '优惠' },
  fieldDiscount: { en: 'off', 'zh-CN': '减免' },
  fieldPayable: { en: 'to pay', 'zh-CN': '应付' },
  fieldReason: { en: 'why', 'zh-CN': '原因' },
  promotionOffer: {
    en: (id: number, name: string) => `promotion ${id}, ${name}`,
    'zh-CN': (id: number, name: string) => `促销 ${id}，${name}`,
  } satisfies Phrase<[number, string]>,
  couponOffer: {
    en: (grantId: string, name: string) => `coupon ${grantId}, ${name}`,
    'zh-CN': (grantId: string, name: string) => `券 ${grantId}，${name}`,
  } satisfies Phrase<[string, string]>,
  gift: {
    en: (quantity: number, productId: string) => `${quantity} × ${productId} for nothing`,
    'zh-CN': (quantity: number, productId: string) => `赠 ${quantity} × ${productId}`,
  } satisfies Phrase<[number, string]>,
  notTaken: { en: 'Not taken off:', 'zh-CN': '未使用：' },
  notExact: {
    en: 'More than twelve coupons may be used together: not every combination was tried.',
    'zh-CN': '可叠加的券超过十二张，没有逐一比较所有组合。',
  },
  reasons: {
    otherCurrency: { en: 'another currency', 'zh-CN': '币种不符' },
    outOfScope: { en: 'none of its lines are in the basket', 'zh-CN': '不在范围' },
    belowThreshold: { en: 'the basket is too small', 'zh-CN': '未达门槛' },
    nothingLeft: { en: 'nothing is left to pay', 'zh-CN': '无可优惠' },
    notYetValid: { en: 'not valid yet', 'zh-CN': '未生效' },
    expired: { en: 'expired', 'zh-CN': '已过期' },
    locked: { en: 'locked by another order', 'zh-CN': '已锁定' },
    budgetSpent: { en: 'its budget is spent', 'zh-CN': '预算用尽' },
    sameCoupon: { en: 'another of the same coupon is used', 'zh-CN': '同券限一张' },
    usedAlone: { en: 'not beside others', 'zh-CN': '不可叠加' },
    betterWithout: { en: 'others together take off more', 'zh-CN': '不用更优' },
    tooMany: { en: 'more coupons than an order takes', 'zh-CN': '超过张数' },
  } as Readonly<Record<string, Wording>>,

  locksGroup: { en: 'Coupons of orders: lock, show, release', 'zh-CN': '订单的券：锁定、查看、释放' },
  lock: { en: 'Lock coupons for an order, all of them or none', 'zh-CN': '为订单锁券：全部成功或全部不锁' },
  lockDetails: {
    en:
      'At the price that the server derives from the basket, as in a quote. Asked again with the same basket and coupons ' +
      'it is answered as it stands. Without news of the order the lock ends by itself.',
    'zh-CN':
      '价格由服务器根据购物篮重新计算，与试算相同。用相同的购物篮和券重复请求，按现状应答。若没有订单的后续消息，锁定到时自动失效。',
  },
  lockShow: { en: 'Show what an order holds', 'zh-CN': '查看订单持有的券' },
  lockRelease: { en: 'Release what an order has locked', 'zh-CN': '释放订单锁定的券' },
  order: { en: "the shop's own key of the order", 'zh-CN': '订单编号（商家自己的）' },
  lockMember: { en: 'whose order and whose coupons', 'zh-CN': '谁的订单、谁的券' },
  grants: { en: 'the coupons, by their grants, as 5-1204-1,7-1204-1', 'zh-CN': '券编号，例如 5-1204-1,7-1204-1' },
  seconds: {
    en: 'how long the lock holds, 1 to 604,800 (900 otherwise)',
    'zh-CN': '锁定时长（秒），1 到 604,800（默认 900）',
  },
  released: {
    en: (order: string) => `Order ${order} has nothing locked.`,
    'zh-CN': (order: string) => `订单 ${order} 没有锁定的券。`,
  } satisfies Phrase<[string]>,

  fieldOrder: { en: 'order', 'zh-CN': '订单' },
  fieldLockEnds: { en: 'lock ends', 'zh-CN': '锁定至' },
  fieldHolding: { en: 'holding', 'zh-CN': '持有' },
  orderStates: {
    open: { en: 'not told of yet', 'zh-CN': '尚无消息' },
    created: { en: 'created', 'zh-CN': '已下单' },
    paid: { en: 'paid', 'zh-CN': '已支付' },
    cancelled: { en: 'cancelled', 'zh-CN': '已取消' },
    refunded: { en: 'refunded', 'zh-CN': '已退款' },
  } as Readonly<Record<string, Wording>>,
  holdings: {
    locked: { en: 'locked', 'zh-CN': '已锁定' },
    redeemed: { en: 'redeemed', 'zh-CN': '已核销' },
    none: { en: 'nothing', 'zh-CN': '无' },
  } as Readonly<Record<string, Wording>>,

  grantShow: { en: 'Show one coupon of one member', 'zh-CN': '查看某会员的一张券' },
  grant: { en: 'the grant, as 5-1204-1', 'zh-CN': '券编号，例如 5-1204-1' },
  revoke: { en: 'Take a coupon out of a wallet, for good', 'zh-CN': '从券包永久撤销一张券' },
  revokeDetails: {
    en: 'One that is available: an order keeps what it holds. The stock stays used.',
    'zh-CN': '只能撤销可用的券，订单持有的不受影响。库存不退回。',
  },
  revokeCannotBeUndone: { en: 'Taking a coupon away cannot be undone.', 'zh-CN': '撤销后无法恢复。' },
  revoked: {
    en: (grant: string) => `Coupon ${grant} is revoked.`,
    'zh-CN': (grant: string) => `券 ${grant} 已撤销。`,
  } satisfies Phrase<[string]>,
  journal: {
    en: 'List everything that happened to the grants of a coupon, oldest first',
    'zh-CN': '列出某优惠券的全部流水，最早的在前',
  },
  fieldMove: { en: 'what', 'zh-CN': '变动' },
  fieldAmount: { en: 'amount', 'zh-CN': '金额' },
  fieldActor: { en: 'who', 'zh-CN': '操作者' },
  fieldAt: { en: 'when', 'zh-CN': '时间' },
} as const;
