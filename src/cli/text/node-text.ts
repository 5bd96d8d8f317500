/** Words of the commands for whoever runs nodes. */
import type { Wording } from '../wording.js';

export const NODE_TEXT = {
  list: { en: 'List the nodes that share this store', 'zh-CN': '列出共用同一存储的节点' },
  listDetails: {
    en:
      'What each does, how many buckets it holds, and how long ago it was last seen by the clock of the database. A ' +
      'node that stopped in order is not listed. A process alone lists itself.',
    'zh-CN':
      '显示各节点的职责、持有的分桶数，以及距最近一次出现的时间（以数据库时钟为准）。正常停止的节点不再列出。单进程运行时只列出自身。',
  },
  fieldName: { en: 'node', 'zh-CN': '节点' },
  fieldHost: { en: 'host', 'zh-CN': '主机' },
  fieldState: { en: 'state', 'zh-CN': '状态' },
  fieldRoles: { en: 'roles', 'zh-CN': '职责' },
  fieldChannels: { en: 'channels', 'zh-CN': '渠道' },
  fieldVersion: { en: 'version', 'zh-CN': '版本' },
  fieldLeases: { en: 'buckets', 'zh-CN': '分桶' },
  fieldSeen: { en: 'last seen', 'zh-CN': '最近出现' },
  all: { en: 'all', 'zh-CN': '全部' },
} as const;

export const NODE_STATE_WORDS: Readonly<Record<string, Wording>> = {
  working: { en: 'working', 'zh-CN': '运行中' },
  leaving: { en: 'leaving', 'zh-CN': '正在退出' },
  missed: { en: 'missed', 'zh-CN': '失联' },
};
