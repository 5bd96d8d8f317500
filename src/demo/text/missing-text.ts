/** What the demo of a cluster needs and may not find, and how to get it. */
import type { Wording } from '../../cli/wording.js';

export const MISSING_TEXT = {
  all: (missing: readonly Wording[]): Wording => ({
    en: ['The cluster was not started; this is missing:', ...missing.map(({ en }) => `  ${en}`)].join('\n'),
    'zh-CN': ['集群没有启动，缺少以下条件：', ...missing.map((each) => `  ${each['zh-CN']}`)].join('\n'),
  }),
  java: (version: number | undefined): Wording => ({
    en: `Java: ${version === undefined ? 'not found' : `this is ${version}`}; RocketMQ needs 17 or newer (Debian: apt-get install openjdk-17-jdk-headless).`,
    'zh-CN': `Java：${version === undefined ? '未找到' : `当前为 ${version}`}；RocketMQ 需要 17 或更新版本（Debian：apt-get install openjdk-17-jdk-headless）。`,
  }),
  maven: {
    en: 'Maven: not found; it fetches RocketMQ the first time (Debian: apt-get install maven).',
    'zh-CN': 'Maven：未找到；首次运行时用它下载 RocketMQ（Debian：apt-get install maven）。',
  },
  mysql: (place: string, reason: string): Wording => ({
    en: `MySQL: ${place} cannot be used (${reason}); start one (Debian: apt-get install mariadb-server), or name another, with a user who may create a database, in FANFARE_MYSQL_URL (mysql://user:password@host:3306/).`,
    'zh-CN': `MySQL：${place} 无法使用（${reason}）；请启动一个（Debian：apt-get install mariadb-server），或用 FANFARE_MYSQL_URL 指定其他服务器和可建库的用户（mysql://user:password@host:3306/）。`,
  }),
  redis: (place: string, reason: string): Wording => ({
    en: `Redis: ${place} cannot be used (${reason}); start one (Debian: apt-get install redis-server), or name another in FANFARE_REDIS_URL (redis://host:6379).`,
    'zh-CN': `Redis：${place} 无法使用（${reason}）；请启动一个（Debian：apt-get install redis-server），或用 FANFARE_REDIS_URL 指定其他服务器（redis://host:6379）。`,
  }),
} as const;
