import type { Wording } from '../wording.js';

/** Of an import from a shop's own tables. */
export const SOURCE_TEXT = {
  table: {
    en: 'with mysql://: the table that has a row per member',
    'zh-CN': '配合 mysql://：每个会员一行的数据表',
  },
  updatedAt: {
    en: 'with mysql://: a column of it that grows with every change; with --state only changed rows are read again',
    'zh-CN': '配合 mysql://：该表中随每次修改而增大的列；与 --state 同用时只读取变更过的行',
  },
  state: {
    en: 'with mysql://: a file that keeps the place between runs',
    'zh-CN': '配合 mysql://：用于在多次运行之间记住进度的文件',
  },
  needsTable: (tables: string): Wording => ({
    en: `Say which table has a row per member: --table. Its tables: ${tables}.`,
    'zh-CN': `请用 --table 指定每个会员一行的数据表。现有的表：${tables}。`,
  }),
  needsSource: {
    en: '--table, --updated-at and --state go with a database: fanfare members import mysql://user@host/database --table TABLE.',
    'zh-CN':
      '--table、--updated-at、--state 只用于数据库：fanfare members import mysql://用户@主机/数据库 --table 表名。',
  },
  notWithTables: {
    en: '--format, --encoding and --delimiter are about files; a database needs none of them.',
    'zh-CN': '--format、--encoding、--delimiter 只用于文件，从数据库导入时无需指定。',
  },
  noTable: (table: string, known: string): Wording => ({
    en: `The database has no table ${table}. Known: ${known}.`,
    'zh-CN': `数据库中没有表 ${table}。可选：${known}。`,
  }),
  noColumn: (table: string, column: string, known: string): Wording => ({
    en: `The table ${table} has no column ${column}. Known: ${known}.`,
    'zh-CN': `表 ${table} 没有列 ${column}。可选：${known}。`,
  }),
  badState: (file: string): Wording => ({
    en: `${file} is no state of an import. Name another file, or delete it to begin anew.`,
    'zh-CN': `${file} 不是导入进度文件。请换一个文件，或删除后重新开始。`,
  }),
  otherState: (file: string, table: string): Wording => ({
    en: `${file} keeps the place of another import (table ${table}). Name another file.`,
    'zh-CN': `${file} 保存的是另一个导入的进度（表 ${table}）。请换一个文件。`,
  }),
  address: (where: string): Wording => ({
    en: `The address of the database must be of the form ${where}.`,
    'zh-CN': `数据库地址应为 ${where} 的形式。`,
  }),
  login: (where: string): Wording => ({
    en: `The database refused the login of ${where}. Give the password in FANFARE_IMPORT_PASSWORD, or in the address.`,
    'zh-CN': `数据库拒绝了 ${where} 的登录。请用 FANFARE_IMPORT_PASSWORD 或在地址中提供密码。`,
  }),
  database: (where: string): Wording => ({
    en: `There is no database ${where}, or this user may not see it.`,
    'zh-CN': `数据库 ${where} 不存在，或该用户无权访问。`,
  }),
  forbidden: (where: string): Wording => ({
    en: `The user of ${where} may not read one of the tables; grant it SELECT on them.`,
    'zh-CN': `${where} 的用户无权读取其中的表，请授予 SELECT 权限。`,
  }),
  away: (where: string, code: string): Wording => ({
    en: `The database ${where} does not answer (${code}). What was written stays: run the same import again.`,
    'zh-CN': `数据库 ${where} 没有响应（${code}）。已写入的内容保留，重新执行同样的导入即可。`,
  }),
  failed: (where: string, code: string): Wording => ({
    en: `The database ${where} refused a question (${code}).`,
    'zh-CN': `数据库 ${where} 拒绝了查询（${code}）。`,
  }),
} as const;
