import type { Phrase } from '../wording.js';

export const RECORD_TEXT = {
  inboxGroup: { en: "A member's inbox", 'zh-CN': '会员的站内信' },
  inboxList: { en: "Read a member's inbox, newest first", 'zh-CN': '查看会员的站内信，最新的在前' },
  inboxRead: { en: 'Mark messages of a member as read', 'zh-CN': '把会员的站内信标为已读' },
  inboxReadDetails: {
    en: 'The message of one campaign, or all of them with --all.',
    'zh-CN': '某个活动的消息，或用 --all 标记全部。',
  },
  all: { en: 'everything in the inbox', 'zh-CN': '全部消息' },
  campaign: { en: 'campaign whose message is read', 'zh-CN': '消息所属活动' },
  oneOrAll: { en: 'Name one campaign, or give --all.', 'zh-CN': '请写一个活动编号，或加 --all。' },
  unread: {
    en: (count: string) => `Unread: ${count}.`,
    'zh-CN': (count: string) => `${count} 条未读。`,
  } satisfies Phrase<[string]>,
  marked: {
    en: (count: string) => `Marked as read: ${count}.`,
    'zh-CN': (count: string) => `${count} 条消息已标为已读。`,
  } satisfies Phrase<[string]>,
  record: {
    en: 'What every campaign did with a member, newest first',
    'zh-CN': '每个活动对某会员做了什么，最新的在前',
  },
  recordDetails: {
    en:
      'When, on what channel, with what outcome, and what the vendor answered where that was kept. The text is rendered ' +
      'again from the version of the message; it says so when the member has changed since.',
    'zh-CN':
      '何时、哪个渠道、什么结果，以及保留下来的服务商回答。文字按当时的消息版本重新生成；会员资料之后有变化时会说明。',
  },
  changedSince: {
    en: 'the member has changed since: the text may have read otherwise',
    'zh-CN': '会员资料之后有变化，当时的文字可能不同',
  },
  handedOver: { en: (at: string) => `handed over ${at}`, 'zh-CN': (at: string) => `提交于 ${at}` } satisfies Phrase<
    [string]
  >,
  tries: {
    en: (failed: number, unclear: number) => `${failed} definite failures, ${unclear} unclear answers`,
    'zh-CN': (failed: number, unclear: number) => `明确失败 ${failed} 次，结果不明 ${unclear} 次`,
  } satisfies Phrase<[number, number]>,
  vendorSaid: {
    en: (at: string, outcome: string, words: string) => `${at} ${outcome}: ${words}`,
    'zh-CN': (at: string, outcome: string, words: string) => `${at} ${outcome}：${words}`,
  } satisfies Phrase<[string, string, string]>,
  isNew: { en: 'new', 'zh-CN': '未读' },
} as const;
