/** Words of the live progress, and of channels and outcomes in short. */
import type { Phrase, Wording } from '../../cli/wording.js';
import type { Channel } from '../../core/channels.js';
import type { OutcomeName } from '../../ledger/cell-code.js';

export const CHANNEL_WORDS: Readonly<Record<Channel, Wording>> = {
  inbox: { en: 'Inbox', 'zh-CN': '站内信' },
  sms: { en: 'SMS', 'zh-CN': '短信' },
  email: { en: 'E-mail', 'zh-CN': '邮件' },
  app: { en: 'App push', 'zh-CN': 'APP 推送' },
};

/** Short: they stand beside a figure. */
export const OUTCOME_WORDS: Readonly<Record<OutcomeName, Wording>> = {
  sent: { en: 'accepted', 'zh-CN': '已受理' },
  sentPossiblyDoubled: { en: 'accepted, possibly twice', 'zh-CN': '已受理（可能重复）' },
  delivered: { en: 'delivered', 'zh-CN': '已送达' },
  bounced: { en: 'bounced', 'zh-CN': '已退回' },
  failedAddress: { en: 'address refused', 'zh-CN': '地址被拒' },
  failedMessage: { en: 'message refused', 'zh-CN': '内容被拒' },
  failedExhausted: { en: 'every try failed', 'zh-CN': '多次失败' },
  failedPoison: { en: 'stopped the sender', 'zh-CN': '使发送中断' },
  unknown: { en: 'unknown', 'zh-CN': '不明' },
  suppressedNoConsent: { en: 'no consent', 'zh-CN': '未同意' },
  suppressedNoContactPoint: { en: 'no address', 'zh-CN': '无联系方式' },
  suppressedByList: { en: 'on the suppression list', 'zh-CN': '禁发名单' },
  suppressedErased: { en: 'erased', 'zh-CN': '已删除' },
  suppressedCovered: { en: 'told elsewhere', 'zh-CN': '已另行通知' },
  suppressedCancelled: { en: 'cancelled', 'zh-CN': '已取消' },
  suppressedExpired: { en: 'expired', 'zh-CN': '已过期' },
  suppressedSoldOut: { en: 'coupon given out', 'zh-CN': '优惠券已领完' },
  suppressedCouponEnded: { en: 'coupon ended', 'zh-CN': '优惠券已结束' },
};

export const PROGRESS_TEXT = {
  heldBack: { en: (why) => `paused: ${why}`, 'zh-CN': (why) => `已暂停：${why}` } satisfies Phrase<[string]>,
  doneOf: {
    en: (done, total) => `${done} of ${total}`,
    'zh-CN': (done, total) => `${done} / ${total}`,
  } satisfies Phrase<[string, string]>,
  rate: { en: (rate) => `${rate}/s`, 'zh-CN': (rate) => `${rate}/秒` } satisfies Phrase<[string]>,
  left: { en: (span) => `${span} left`, 'zh-CN': (span) => `还需 ${span}` } satisfies Phrase<[string]>,
  atOnce: { en: 'at once', 'zh-CN': '一次完成' },
  tookAt: {
    en: (span, rate) => `in ${span} (${rate})`,
    'zh-CN': (span, rate) => `用时 ${span}（${rate}）`,
  } satisfies Phrase<[string, string]>,
} as const;
