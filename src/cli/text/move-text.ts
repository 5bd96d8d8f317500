import type { Phrase } from '../wording.js';

/** Words of the move from a folder into a cluster's database. */
export const MOVE_TEXT = {
  move: { en: 'Move a data folder into the database of a cluster', 'zh-CN': '把数据目录迁入集群的数据库' },
  moveDetails: {
    en:
      'Copies everything that the folder holds into an empty MySQL database: members with the same ordinals, campaigns ' +
      'in the middle of their run, books, inboxes, events, keys. The folder must not be served; it is audited before, the ' +
      'database after. Interrupted at any moment, the same command goes on. At the end the folder is marked: no ' +
      'server works on it any more, and nodes may start over the database.',
    'zh-CN':
      '把目录中的全部数据复制到一个空的 MySQL 数据库：会员（序号不变）、进行中的活动、台账、站内信、事件、密钥。' +
      '迁移时目录不能有服务器运行；迁移前核算目录，迁移后核算数据库。任何时候中断，再次运行同一命令即可继续。' +
      '完成后目录带上标记，不再有服务器使用它，节点可以在数据库上启动。',
  },
  to: {
    en: 'mysql://user:password@host:3306/database, empty (or FANFARE_MYSQL_URL)',
    'zh-CN': '空的目标库 mysql://user:password@host:3306/database（也可用 FANFARE_MYSQL_URL）',
  },
  toMissing: {
    en: 'name the database with --to mysql://user:password@host:3306/database, or set FANFARE_MYSQL_URL',
    'zh-CN': '请用 --to mysql://user:password@host:3306/database 指定数据库，或设置 FANFARE_MYSQL_URL',
  },
  auditFolder: { en: 'Auditing the folder…', 'zh-CN': '正在核算数据目录……' },
  auditDatabase: { en: 'Auditing the database…', 'zh-CN': '正在核算数据库……' },
  rows: { en: 'rows', 'zh-CN': '行' },
  perSecond: {
    en: (rows: string) => `${rows} rows/s`,
    'zh-CN': (rows: string) => `每秒 ${rows} 行`,
  } satisfies Phrase<[string]>,
  interrupted: {
    en: 'Interrupted; the same command goes on where it was.',
    'zh-CN': '已中断；再次运行同一命令即可继续。',
  },
  moved: {
    en: (to: string, span: string) => `Moved to ${to}; the copy took ${span}. Start nodes over that database.`,
    'zh-CN': (to: string, span: string) => `已迁入 ${to}，复制用时 ${span}。请在该数据库上启动节点。`,
  } satisfies Phrase<[string, string]>,
  movedBefore: {
    en: (to: string) => `Had moved to ${to} before; nothing was done.`,
    'zh-CN': (to: string) => `此前已迁入 ${to}，没有做任何改动。`,
  } satisfies Phrase<[string]>,
  fieldRows: { en: 'rows', 'zh-CN': '行数' },
  fieldRowsNow: { en: 'copied by this run', 'zh-CN': '本次复制' },
  fieldCampaigns: { en: 'campaigns audited', 'zh-CN': '已核算活动' },
  fieldCells: { en: 'cells audited', 'zh-CN': '已核算会员格' },
} as const;
