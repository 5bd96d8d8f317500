/** Words of the commands for whoever runs nodes. */
import type { Phrase, Wording } from '../wording.js';

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

  doctor: { en: "Read the servers' settings that promises rest on", 'zh-CN': '检查承诺所依赖的服务器设置' },
  doctorDetails: {
    en:
      'Connects to the MySQL, Redis and RocketMQ of the configuration and says of each setting whether it is ok, leaves ' +
      'a promise weaker (with what can be lost then), or breaks it, and what to set. Changes nothing. Ends with 1 when ' +
      'anything is broken; a server that does not answer is.',
    'zh-CN':
      '连接配置中的 MySQL、Redis、RocketMQ，逐项说明设置是正常、使承诺打折扣（以及可能丢失什么）还是无法工作，并给出应设的值。' +
      '不作任何改动。有无法工作的项（包括没有响应的服务器）时退出码为 1。',
  },
  fieldJudgement: { en: 'judgement', 'zh-CN': '结论' },
  fieldServer: { en: 'server', 'zh-CN': '服务器' },
  fieldSetting: { en: 'setting', 'zh-CN': '设置' },
  fieldValue: { en: 'value', 'zh-CN': '值' },
  fieldMeaning: { en: 'what it means', 'zh-CN': '含义' },
  examined: {
    en: (good: string, weaker: string, broken: string) => `ok ${good}, weaker ${weaker}, broken ${broken}`,
    'zh-CN': (good: string, weaker: string, broken: string) => `正常 ${good}，打折扣 ${weaker}，无法工作 ${broken}`,
  } satisfies Phrase<[string, string, string]>,

  migrate: { en: "Bring a store's tables to the version of this program", 'zh-CN': '将存储的表结构升级到当前程序版本' },
  migrateDetails: {
    en:
      'Run it before nodes of a new version start, while those of the version before go on. Takes the database of the ' +
      'configuration, or else its data folder, which nobody may serve meanwhile. Prints the steps it did. May be run ' +
      'by several at once: one works, the others wait. With --check it changes nothing, prints the steps that are ' +
      'pending, and ends with 1 when there are any.',
    'zh-CN':
      '在启动新版本节点之前运行，上一版本的节点可继续工作。默认处理配置中的数据库；未配置集群时处理数据目录，此时该目录不能有服务器使用。' +
      '输出已执行的步骤。可以同时运行多个：一个执行，其余等待。加 --check 时不作改动，只列出待执行的步骤，有待执行的步骤时退出码为 1。',
  },
  check: { en: 'only say which steps are pending', 'zh-CN': '只列出待执行的步骤' },
  mysqlUrl: {
    en: 'database to migrate, as mysql://user:password@host:3306/database (that of the configuration otherwise)',
    'zh-CN': '要升级的数据库，如 mysql://user:password@host:3306/database（默认取自配置）',
  },
  pending: {
    en: (steps: string) => `Pending: ${steps} steps. fanfare migrate does them.`,
    'zh-CN': (steps: string) => `待执行 ${steps} 步，运行 fanfare migrate 即可完成。`,
  } satisfies Phrase<[string]>,
  migrated: {
    en: (steps: string) => `Done: ${steps} steps.`,
    'zh-CN': (steps: string) => `已执行 ${steps} 步。`,
  } satisfies Phrase<[string]>,
  upToDate: { en: 'The tables are those of this program.', 'zh-CN': '表结构已是当前程序的版本。' },
} as const;

export const JUDGEMENT_WORDS = {
  ok: { en: 'ok', 'zh-CN': '正常' },
  weaker: { en: 'weaker', 'zh-CN': '打折扣' },
  broken: { en: 'broken', 'zh-CN': '无法工作' },
} as const satisfies Readonly<Record<string, Wording>>;

export const NODE_STATE_WORDS: Readonly<Record<string, Wording>> = {
  working: { en: 'working', 'zh-CN': '运行中' },
  leaving: { en: 'leaving', 'zh-CN': '正在退出' },
  missed: { en: 'missed', 'zh-CN': '失联' },
};
