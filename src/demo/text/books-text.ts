/** Words of the books, and of what may be wrong with them. */
import type { Phrase } from '../../cli/wording.js';

export const BOOKS_TEXT = {
  title: { en: 'Books', 'zh-CN': '账目' },
  audience: { en: 'audience', 'zh-CN': '受众' },
  balanced: { en: 'balanced', 'zh-CN': '账目平衡' },
  vendorAccepted: { en: "vendor's log: accepted", 'zh-CN': '服务商记录：已受理' },
  unique: { en: 'different members', 'zh-CN': '不同会员' },
  doubled: { en: 'doubled', 'zh-CN': '重复' },
  agrees: { en: 'agree', 'zh-CN': '两边一致' },
  unbalanced: {
    en: (campaign, channel) => `“${campaign}”, ${channel}: the five figures do not add up to the audience.`,
    'zh-CN': (campaign, channel) => `“${campaign}”，${channel}：五项之和不等于受众人数。`,
  } satisfies Phrase<[string, string]>,
  pending: {
    en: (campaign, channel) => `“${campaign}”, ${channel}: members are still pending.`,
    'zh-CN': (campaign, channel) => `“${campaign}”，${channel}：仍有会员在等待。`,
  } satisfies Phrase<[string, string]>,
  vendorDiffers: {
    en: (campaign, channel, { books, vendor }) =>
      `“${campaign}”, ${channel}: the books say ${books} sent, the vendor's log has ${vendor} members.`,
    'zh-CN': (campaign, channel, { books, vendor }) =>
      `“${campaign}”，${channel}：账目为已发送 ${books} 人，服务商记录中有 ${vendor} 人。`,
  } satisfies Phrase<[string, string, { books: string; vendor: string }]>,
  vendorDoubled: {
    en: (campaign, channel, { doubled, listed }) =>
      `“${campaign}”, ${channel}: the vendor's log has ${doubled} doubled, the books list ${listed} as possibly doubled.`,
    'zh-CN': (campaign, channel, { doubled, listed }) =>
      `“${campaign}”，${channel}：服务商记录中重复 ${doubled} 次，账目中列为可能重复的有 ${listed} 人。`,
  } satisfies Phrase<[string, string, { doubled: string; listed: string }]>,
  strangers: {
    en: (channel, lines) => `${channel}: ${lines} in the vendor's log under a key that is not ours.`,
    'zh-CN': (channel, lines) => `${channel}：服务商记录中有 ${lines} 条的键不是我们的。`,
  } satisfies Phrase<[string, string]>,
} as const;
