/** Words of the demo as a whole. */
import type { Phrase } from '../../cli/wording.js';
import { formatSpan } from '../format-span.js';

export const DEMO_TEXT = {
  title: {
    en: 'Fanfare: tell everybody, and prove who got what',
    'zh-CN': 'Fanfare：通知每一位会员，并能证明谁收到了什么',
  },
  subtitle: {
    en: (folder) => `On this machine alone, through the public HTTP API. Data folder: ${folder}`,
    'zh-CN': (folder) => `全部在本机进行，只用公开的 HTTP API。数据目录：${folder}`,
  } satisfies Phrase<[string]>,
  keepsMembers: {
    en: (members) => `This folder has ${members} members already and keeps them; --members is for a new folder.`,
    'zh-CN': (members) => `该目录已有 ${members} 名会员，保持不变；--members 只用于新目录。`,
  } satisfies Phrase<[string]>,
  agrees: {
    en: (spanMs) => `Books and vendors agree. The whole demo took ${formatSpan(spanMs)}.`,
    'zh-CN': (spanMs) => `账目与服务商的记录一致。整个演示用时 ${formatSpan(spanMs)}。`,
  } satisfies Phrase<[number]>,
  differs: {
    en: (count) => (count === 1 ? 'One thing does not agree.' : `${count} things do not agree.`),
    'zh-CN': (count) => `有 ${count} 处不一致。`,
  } satisfies Phrase<[number]>,
  next: { en: 'Where to look next', 'zh-CN': '接下来可以看' },
  nextApi: { en: 'the API, to read and to try', 'zh-CN': 'API 文档，可直接试用' },
  nextMetrics: { en: 'metrics', 'zh-CN': '指标' },
  nextAudit: { en: 'recompute every cell of the books', 'zh-CN': '重新计算账目的每一个单元' },
  nextLogs: { en: "the vendors' own logs", 'zh-CN': '服务商自己的记录' },
  serving: {
    en: (pid) =>
      `The server goes on (process ${pid}; end it with kill -9 and see it come back). Ctrl-C stops everything.`,
    'zh-CN': (pid) => `服务器继续运行（进程 ${pid}；可用 kill -9 结束它，看它恢复）。按 Ctrl-C 全部停止。`,
  } satisfies Phrase<[number]>,
  stopping: { en: 'Stopping; run the demo again to go on from here.', 'zh-CN': '正在停止；再次运行演示会从这里继续。' },
  interrupted: {
    en: 'Stopped half-way; run the demo again to go on from here.',
    'zh-CN': '已中途停止；再次运行演示会从这里继续。',
  },
  failurePrefix: { en: 'demo: ', 'zh-CN': '演示：' },
  unreachable: {
    en: (url) => `The server at ${url} no longer answers as it should.`,
    'zh-CN': (url) => `${url} 的服务器不再正常响应。`,
  } satisfies Phrase<[string]>,
  defect: { en: 'something went wrong in the demo itself:', 'zh-CN': '演示程序内部出错：' },
} as const;
