import type { Language } from '../core/language.js';
import type { OutcomeName } from './cell-code.js';

/** What became of a member, as the API names it; the two states before an outcome included. */
export type MemberOutcome = OutcomeName | 'pending' | 'inFlight';

/** Why, in words: what people read beside the name of an outcome. */
const WORDS: Readonly<Record<MemberOutcome, Readonly<Record<Language, string>>>> = {
  pending: { en: 'waiting for its turn', 'zh-CN': '等待发送' },
  inFlight: { en: 'handed over, no answer yet', 'zh-CN': '已提交，等待结果' },
  sent: { en: 'accepted', 'zh-CN': '已受理' },
  sentPossiblyDoubled: {
    en: 'accepted after a try whose answer was lost; may have arrived twice',
    'zh-CN': '此前一次发送结果不明后再次受理，可能收到两次',
  },
  delivered: { en: 'delivered, by receipt', 'zh-CN': '回执：已送达' },
  bounced: { en: 'accepted, then bounced, by receipt', 'zh-CN': '回执：已退回' },
  failedAddress: { en: 'the vendor refused the address', 'zh-CN': '服务商拒绝该地址' },
  failedMessage: { en: 'the vendor refused the message', 'zh-CN': '服务商拒绝该内容' },
  failedExhausted: { en: 'every try failed', 'zh-CN': '多次尝试均失败' },
  failedPoison: { en: 'sending it stopped the sender every time', 'zh-CN': '每次发送都导致发送进程中断' },
  unknown: { en: 'it may have arrived; no answer came', 'zh-CN': '结果不明，可能已收到' },
  suppressedNoConsent: { en: 'no consent for this channel', 'zh-CN': '未同意通过该渠道接收' },
  suppressedNoContactPoint: { en: 'no address for this channel', 'zh-CN': '没有该渠道的联系方式' },
  suppressedByList: { en: 'on the suppression list', 'zh-CN': '在禁发名单中' },
  suppressedErased: { en: 'the member was erased', 'zh-CN': '会员资料已删除' },
  suppressedCovered: {
    en: 'told on another channel or by an earlier campaign',
    'zh-CN': '已通过其他渠道或此前活动通知',
  },
  suppressedCancelled: { en: 'the campaign was cancelled', 'zh-CN': '活动已取消' },
  suppressedExpired: { en: 'the campaign ended before its turn came', 'zh-CN': '轮到之前活动已截止' },
  suppressedSoldOut: { en: 'the coupon was given out before its turn came', 'zh-CN': '轮到之前优惠券已领完' },
  suppressedCouponEnded: { en: 'the coupon ended before its turn came', 'zh-CN': '轮到之前优惠券已结束' },
};

export const outcomeWords = (outcome: MemberOutcome, language: Language): string => WORDS[outcome][language];
