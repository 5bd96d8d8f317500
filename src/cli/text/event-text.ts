import type { Phrase } from '../wording.js';

export const EVENT_TEXT = {
  group: { en: 'Events for other systems: consumer groups, dead letters', 'zh-CN': '对外事件：消费组、死信' },
  groups: { en: 'List consumer groups and their backlog', 'zh-CN': '列出消费组及其积压' },
  addGroup: { en: 'Create a consumer group', 'zh-CN': '创建消费组' },
  addGroupDetails: {
    en: 'It reads the topic from its beginning, whatever other groups have read. Safe to repeat.',
    'zh-CN': '从主题开头读起，与其他消费组互不影响。可重复执行。',
  },
  removeGroup: { en: 'Remove a consumer group; its dead letters stay', 'zh-CN': '删除消费组（死信保留）' },
  deadLetters: { en: 'List events that a group gave up on', 'zh-CN': '列出消费组放弃处理的事件' },
  topic: { en: 'topic, such as promotion.created', 'zh-CN': '主题，例如 promotion.created' },
  groupName: { en: 'name of the consumer group', 'zh-CN': '消费组名称' },
  added: {
    en: (group: string, topic: string) => `The group ${group} reads ${topic} from its beginning.`,
    'zh-CN': (group: string, topic: string) => `消费组 ${group} 从头读取 ${topic}。`,
  } satisfies Phrase<[string, string]>,
  removed: {
    en: (group: string, topic: string) => `The group ${group} no longer reads ${topic}.`,
    'zh-CN': (group: string, topic: string) => `消费组 ${group} 不再读取 ${topic}。`,
  } satisfies Phrase<[string, string]>,
  fieldTopic: { en: 'topic', 'zh-CN': '主题' },
  fieldGroup: { en: 'group', 'zh-CN': '消费组' },
  fieldBacklog: { en: 'backlog', 'zh-CN': '积压' },
  fieldOutstanding: { en: 'outstanding', 'zh-CN': '处理中' },
  fieldDeadLetters: { en: 'dead letters', 'zh-CN': '死信' },
  fieldOldest: { en: 'oldest', 'zh-CN': '最早' },
  fieldMessage: { en: 'message', 'zh-CN': '消息' },
  fieldKey: { en: 'key', 'zh-CN': '键' },
  fieldAttempts: { en: 'attempts', 'zh-CN': '次数' },
  fieldReason: { en: 'reason', 'zh-CN': '原因' },
} as const;
