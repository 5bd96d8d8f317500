/** Words around one member's own record. */
import type { Phrase } from '../../cli/wording.js';

export const RECORD_TEXT = {
  title: { en: 'One member’s own record', 'zh-CN': '一位会员自己的记录' },
  level: { en: (level) => `level ${level}`, 'zh-CN': (level) => `${level} 级` } satisfies Phrase<[number]>,
  mail: { en: 'A mail as it arrived', 'zh-CN': '收到的一封邮件原文' },
  unsubscribe: { en: 'its one-click unsubscribe link', 'zh-CN': '其中的一键退订链接' },
  pending: { en: 'pending', 'zh-CN': '待发送' },
  inFlight: { en: 'in flight', 'zh-CN': '已提交' },
} as const;
