import type { Phrase, Wording } from '../wording.js';

export const SERVER_TEXT = {
  serve: { en: 'Serve a data folder', 'zh-CN': '启动服务器' },
  serveDetails: {
    en:
      'Makes the folder where there is none. Settings come from options, then FANFARE_DATA, FANFARE_CONFIG, FANFARE_HOST ' +
      'and FANFARE_PORT, then the configuration file (fanfare.config.json in the folder), then defaults. Ctrl-C lets ' +
      'what was handed over be answered, and stops. The log goes to stderr as JSON lines.',
    'zh-CN':
      '目录不存在时会新建。设置依次取自选项，FANFARE_DATA、FANFARE_CONFIG、FANFARE_HOST、FANFARE_PORT，配置文件' +
      '（目录内的 fanfare.config.json），默认值。Ctrl-C 会等待已提交的消息得到结果后停止。日志以 JSON 行写到标准错误。',
  },
  configGroup: { en: 'Configuration', 'zh-CN': '配置' },
  check: { en: 'Check a configuration, its secrets and templates', 'zh-CN': '检查配置及其中的密钥和模板' },
  checkDetails: {
    en: 'Reads the same sources as serve. Connects to nothing.',
    'zh-CN': '读取的来源与 serve 相同，不连接任何服务。',
  },
  audit: { en: 'Recompute the books and name every difference', 'zh-CN': '重新核算账目，指出每一处差异' },
  auditDetails: {
    en:
      'Audiences, ledger, counts, inboxes, events and members against each other; ends with 1 when something differs. ' +
      'Asks the server; with --data it reads a folder that nobody serves, with --mysql-url the database of a cluster, ' +
      'also while nodes work on it.',
    'zh-CN':
      '受众、台账、计数、站内信、事件、会员互相核对；有差异时退出码为 1。默认请服务器核算；加 --data 时直接读取没有运行的数据目录，' +
      '加 --mysql-url 时直接读取集群的数据库，节点运行时也可以。',
  },
  data: {
    en: 'data folder (or FANFARE_DATA; ./data otherwise)',
    'zh-CN': '数据目录（也可用 FANFARE_DATA；默认 ./data）',
  },
  auditData: { en: 'audit this folder, which no server uses', 'zh-CN': '核算这个没有服务器使用的目录' },
  auditMysqlUrl: {
    en: 'audit the database of a cluster, mysql://user:password@host:3306/database',
    'zh-CN': '核算集群的数据库，形如 mysql://user:password@host:3306/database',
  },
  auditOneSide: {
    en: 'give --data or --mysql-url, not both',
    'zh-CN': '--data 和 --mysql-url 只能给一个',
  },
  auditLimit: {
    en: 'differences to name, up to 10,000 (1,000 otherwise)',
    'zh-CN': '最多列出多少处差异，至多 10,000（默认 1,000）',
  },
  config: { en: 'configuration file (or FANFARE_CONFIG)', 'zh-CN': '配置文件（也可用 FANFARE_CONFIG）' },
  host: {
    en: 'address to listen on; other than loopback needs API keys',
    'zh-CN': '监听地址；本机以外必须使用 API 密钥',
  },
  port: {
    en: 'port to listen on, 0 for any free one (7070 otherwise)',
    'zh-CN': '监听端口，0 为任意空闲端口（默认 7070）',
  },
  log: {
    en: 'least level that is logged: debug, info, warn, error, silent (info otherwise)',
    'zh-CN': '日志级别：debug、info、warn、error、silent（默认 info）',
  },

  serving: {
    en: (url: string, folder: string) =>
      `Fanfare serves ${folder} at ${url} (API reference at the same address). Ctrl-C stops it.`,
    'zh-CN': (url: string, folder: string) =>
      `Fanfare 已在 ${url} 启动，数据在 ${folder}（同一地址可查看 API 文档）。按 Ctrl-C 停止。`,
  } satisfies Phrase<[string, string]>,
  stopping: { en: 'Stopping…', 'zh-CN': '正在停止……' },
  stopped: { en: 'Stopped; every answer was recorded.', 'zh-CN': '已停止，所有结果均已记录。' },
  stoppedOpen: {
    en: (members: string) =>
      `Stopped; ${members} members had been handed over without an answer, and are taken up at the next start.`,
    'zh-CN': (members: string) => `已停止；${members} 名会员已提交但没有结果，下次启动时继续处理。`,
  } satisfies Phrase<[string]>,
  good: {
    en: (file: string) => `The configuration is good (${file}).`,
    'zh-CN': (file: string) => `配置正确（${file}）。`,
  } satisfies Phrase<[string]>,
  balanced: { en: 'Nothing differs.', 'zh-CN': '没有差异。' },
  differs: {
    en: (count: string) => `${count} differences.`,
    'zh-CN': (count: string) => `${count} 处差异。`,
  } satisfies Phrase<[string]>,
  lookedAt: {
    en: (audiences: string, campaigns: string, cells: string, blocks: string) =>
      `Looked at: audiences ${audiences}, campaigns ${campaigns}, cells ${cells}, blocks of members ${blocks}.`,
    'zh-CN': (audiences: string, campaigns: string, cells: string, blocks: string) =>
      `已核对 ${audiences} 个受众、${campaigns} 个活动、${cells} 个会员格、${blocks} 个会员块。`,
  } satisfies Phrase<[string, string, string, string]>,
  auditing: { en: 'Recomputing the books…', 'zh-CN': '正在核算……' },

  fieldChannel: { en: 'channel', 'zh-CN': '渠道' },
  fieldMode: { en: 'mode', 'zh-CN': '投递方式' },
  fieldWindow: { en: 'window', 'zh-CN': '窗口' },
  fieldPace: { en: 'pace', 'zh-CN': '速度' },
  fieldPrice: { en: 'price', 'zh-CN': '单价' },
  fieldKind: { en: 'what', 'zh-CN': '种类' },
  fieldWhere: { en: 'where', 'zh-CN': '位置' },
  fieldExpected: { en: 'expected', 'zh-CN': '应为' },
  fieldFound: { en: 'found', 'zh-CN': '实为' },
  perMember: {
    en: (amount: string) => `${amount} a member`,
    'zh-CN': (amount: string) => `每人 ${amount}`,
  } satisfies Phrase<[string]>,
  minorUnits: (amount: number, currency: string): Wording => ({
    en: `${amount} minor units of ${currency}`,
    'zh-CN': `${amount}（${currency} 最小单位）`,
  }),
} as const;
