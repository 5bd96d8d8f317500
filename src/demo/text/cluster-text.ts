/** Words of the demo of a cluster. */
import type { Phrase, Wording } from '../../cli/wording.js';

export const CLUSTER_TEXT = {
  help: {
    en: `npm run demo:cluster -- [options]

Does the main job of Fanfare on two nodes that share a MySQL, a RocketMQ and a Redis. It needs a JDK and Maven (RocketMQ
is fetched once), and a MariaDB or MySQL and a Redis that run; it makes a database of its own, topics and consumer groups,
starts both nodes and the vendors' stand-ins, kills a node halfway and starts it again, compares the books with what the
vendors say, and leaves nothing behind.

  --members N        members to generate, 1 to 10,000,000 (200,000)
  --once             end when all is done: exit code 0 when books and vendors agree, 1 and what is wrong when not
  --keep             leave database, configurations and logs where they are
  --port N           port of the first node on 127.0.0.1, the second has the next one; 0 for any free ones (7070)
  --lang LANG        en or zh-CN (by the locale)
  -h, --help         show this

FANFARE_MYSQL_URL    server, with a user who may create a database (mysql://root@127.0.0.1:3306/)
FANFARE_REDIS_URL    server (redis://127.0.0.1:6379)
`,
    'zh-CN': `npm run demo:cluster -- [选项]

用共享 MySQL、RocketMQ 和 Redis 的两个节点演示 Fanfare 的主要工作。需要 JDK 和 Maven（RocketMQ 只下载一次），以及正在
运行的 MariaDB（或 MySQL）和 Redis；演示自建数据库、主题和消费组，启动两个节点和各服务商，中途强制结束一个节点并重新
启动，最后把账目与服务商的记录逐一核对，并清理干净。

  --members N        生成的会员数，1 到 10,000,000（默认 200,000）
  --once             完成后自动结束：账目与服务商一致时退出码为 0，否则为 1 并说明差异
  --keep             保留数据库、配置和日志
  --port N           第一个节点在 127.0.0.1 上的端口，第二个节点用下一个；0 表示任意空闲端口（默认 7070）
  --lang LANG        en 或 zh-CN（默认按系统区域）
  -h, --help         显示本帮助

FANFARE_MYSQL_URL    服务器地址，用户需有建库权限（mysql://root@127.0.0.1:3306/）
FANFARE_REDIS_URL    服务器地址（redis://127.0.0.1:6379）
`,
  },
  subtitle: {
    en: (folder) => `Two nodes over MySQL, RocketMQ and Redis. Logs of this run: ${folder}`,
    'zh-CN': (folder) => `两个节点，共享 MySQL、RocketMQ 和 Redis。本次运行的日志：${folder}`,
  } satisfies Phrase<[string]>,

  database: { en: 'Database', 'zh-CN': '数据库' },
  databaseMade: {
    en: (name, place, version) => `${name} at ${place} (${version})`,
    'zh-CN': (name, place, version) => `${place} 上的 ${name}（${version}）`,
  } satisfies Phrase<[string, string, string]>,
  broker: { en: 'RocketMQ', 'zh-CN': 'RocketMQ' },
  brokerRuns: {
    en: (endpoint, nameServer) => `proxy with broker at ${endpoint}, name server at ${nameServer}`,
    'zh-CN': (endpoint, nameServer) => `代理与 Broker 在 ${endpoint}，NameServer 在 ${nameServer}`,
  } satisfies Phrase<[string, string]>,
  topicsStage: { en: 'Topics', 'zh-CN': '主题' },
  topicsMade: {
    en: (topics, groups) => `${topics} topics and ${groups} consumer groups created`,
    'zh-CN': (topics, groups) => `已创建 ${topics} 个主题和 ${groups} 个消费组`,
  } satisfies Phrase<[string, string]>,
  node: { en: 'Node', 'zh-CN': '节点' },
  nodeRuns: {
    en: (name, url, pid) => `${name}: ${url}, fanfare serve, process ${pid}`,
    'zh-CN': (name, url, pid) => `${name}：${url}，fanfare serve，进程 ${pid}`,
  } satisfies Phrase<[string, string, number]>,
  pace: { en: 'Pace', 'zh-CN': '速率' },
  paceShared: {
    en: (rate) => `SMS: ${rate} members a second for both nodes together, shared through Redis`,
    'zh-CN': (rate) => `短信：两个节点合计每秒 ${rate} 人，经 Redis 共享`,
  } satisfies Phrase<[string]>,
  killed: { en: 'Killed', 'zh-CN': '强制结束' },
  killedHalfWay: {
    en: (name, pid) => `${name}, process ${pid}, by SIGKILL with half of the SMS done; it is started again`,
    'zh-CN': (name, pid) => `短信完成一半时以 SIGKILL 结束 ${name}（进程 ${pid}）；正在重新启动`,
  } satisfies Phrase<[string, number]>,
  died: {
    en: (name, pid, how) => `${name}, process ${pid}, was ended from outside (${how}); it is started again`,
    'zh-CN': (name, pid, how) => `${name}（进程 ${pid}）被外部结束（${how}）；正在重新启动`,
  } satisfies Phrase<[string, number, string]>,
  back: { en: 'Back', 'zh-CN': '已恢复' },
  backAs: {
    en: (name, pid) => `${name} is there again as process ${pid}, counted from the kill`,
    'zh-CN': (name, pid) => `${name} 已恢复为进程 ${pid}，自结束时起算`,
  } satisfies Phrase<[string, number]>,
  notKilled: {
    en: 'the campaigns were over before half of one could be seen; take more members',
    'zh-CN': '活动在观察到一半之前就已结束；请增加会员数',
  },

  nodes: { en: 'Nodes (vendors’ count)', 'zh-CN': '节点（服务商统计）' },
  process: {
    en: (name, pid) => `${name}, process ${pid}`,
    'zh-CN': (name, pid) => `${name}，进程 ${pid}`,
  } satisfies Phrase<[string, number]>,
  down: { en: (name) => `${name}, not running`, 'zh-CN': (name) => `${name}，未运行` } satisfies Phrase<[string]>,
  share: { en: 'share', 'zh-CN': '占比' },
  holds: { en: 'holds', 'zh-CN': '持有' },
  requests: { en: 'batches to the vendors', 'zh-CN': '发给服务商的批次' },
  brokerSilent: { en: 'RocketMQ does not answer at the moment', 'zh-CN': 'RocketMQ 暂时没有响应' },
  topics: { en: 'RocketMQ topic', 'zh-CN': 'RocketMQ 主题' },
  messages: { en: 'messages', 'zh-CN': '消息数' },
  group: { en: 'consumer group', 'zh-CN': '消费组' },
  backlog: { en: 'backlog', 'zh-CN': '积压' },
  nobody: { en: 'nobody reads it', 'zh-CN': '无人消费' },

  serving: {
    en: (pid) => `Both nodes go on (kill -9 ${pid} and see it come back). Ctrl-C stops everything.`,
    'zh-CN': (pid) => `两个节点继续运行（可执行 kill -9 ${pid}，看它恢复）。按 Ctrl-C 全部停止。`,
  } satisfies Phrase<[number]>,
  stopping: { en: 'Stopping.', 'zh-CN': '正在停止。' },
  interrupted: { en: 'Stopped; nothing was left running.', 'zh-CN': '已停止，没有留下任何进程。' },
  keptDatabase: {
    en: (name, place) => `Kept: the database ${name} at ${place}`,
    'zh-CN': (name, place) => `已保留：${place} 上的数据库 ${name}`,
  } satisfies Phrase<[string, string]>,
  keptFolder: {
    en: (folder) => `Kept: ${folder}`,
    'zh-CN': (folder) => `已保留：${folder}`,
  } satisfies Phrase<[string]>,
  databaseRefused: (place: string, reason: string): Wording => ({
    en: `MySQL at ${place} creates no database (${reason}); give the user that right, or name another in FANFARE_MYSQL_URL.`,
    'zh-CN': `${place} 的 MySQL 无法建库（${reason}）；请授予该用户权限，或用 FANFARE_MYSQL_URL 指定其他用户。`,
  }),
  brokerFailed: (reason: string): Wording => ({
    en: `RocketMQ did not start: ${reason}`,
    'zh-CN': `RocketMQ 未能启动：${reason}`,
  }),
} as const;
