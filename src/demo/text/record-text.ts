/** Words around one member's own record. */
import type { Phrase } from '../../cli/wording.js';

export const RECORD_TEXT = {
  title: { en: 'One member’s own record', 'zh-CN': '一位会员自己的记录' },
  level: { en: (level) => `level ${level}`, 'zh-CN': (level) => `${level} 级` } satisfies Phrase<[number]>,
  pending: { en: 'pending', 'zh-CN': '待发送' },
  inFlight: { en: 'in flight', 'zh-CN': '已提交' },
} as const;
