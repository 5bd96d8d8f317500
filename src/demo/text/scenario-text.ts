/** Words of the promotion scenario: what members read of it, and what the demo says about its steps. */
import type { Phrase, Wording } from '../../cli/wording.js';

export const SCENARIO_TEXT = {
  summary: {
    en: 'a promotion is told to every member, and the books are compared with the vendors',
    'zh-CN': '把一个促销告诉每一位会员，并与服务商核对账目',
  },
  promotionName: { en: '11.11 sale: 40 off every 300', 'zh-CN': '双11全场满300减40' },
  everybodyName: { en: '11.11 to everybody', 'zh-CN': '双11·全体会员' },
  topLevelsName: { en: '11.11 to levels 4 and 5', 'zh-CN': '双11·四五级会员' },

  promotionStage: { en: 'Promotion', 'zh-CN': '促销' },
  promotionStored: {
    en: (name) => `“${name}” is stored, with its campaign to everybody, in one transaction`,
    'zh-CN': (name) => `“${name}”与通知全体会员的活动已在同一事务中保存`,
  } satisfies Phrase<[string]>,
  eventStage: { en: 'Event', 'zh-CN': '事件' },
  eventRead: {
    en: (topic, group) => `${topic} was read by the consumer group “${group}”`,
    'zh-CN': (topic, group) => `消费组“${group}”已读到 ${topic}`,
  } satisfies Phrase<[string, string]>,
  eventMissing: {
    en: 'The event of the new promotion did not come within 30 s.',
    'zh-CN': '新促销的事件 30 秒内没有到达。',
  } satisfies Wording,
  dryRunStage: { en: 'Dry run', 'zh-CN': '试算' },
  dryRunCounted: {
    en: (members, { email, app }) =>
      `levels 4 and 5 are ${members} members; e-mail will reach ${email} of them, app push ${app}`,
    'zh-CN': (members, { email, app }) => `四五级会员共 ${members} 人；邮件可达 ${email} 人，APP 推送可达 ${app} 人`,
  } satisfies Phrase<[string, { email: string; app: string }]>,

  nextFailed: { en: 'whom SMS could not reach, and why', 'zh-CN': '短信没有送到谁，为什么' },
  nextRecord: { en: 'what this member was told', 'zh-CN': '这位会员收到了什么' },
  nextAgain: { en: 'tell those who failed again', 'zh-CN': '向失败的会员重发' },
} as const;
