/** Settings of Redis that promises rest on: few, for nothing in it is the truth. Pure. */
import { broken, ok, weaker, type Rule, type Words } from './finding.js';

/** The lines of INFO, which managed servers answer too. */
export type RedisSettings = Readonly<Record<string, string>>;

const LEAST_MAJOR = 6;
/** A pace is one key of about a hundred bytes. */
const LEAST_MEMORY_BYTES = 16 * 1_048_576;

/** What is left when scripts are refused. */
const ALONE: Words = {
  en: 'It refuses our scripts: every node keeps to its share of each pace, as if Redis were away.',
  'zh-CN': '脚本会被拒绝：各节点只按自己的份额发送，与 Redis 不可用时相同。',
};

const line = (name: string) => ({ setting: name, read: (settings: RedisSettings) => settings[name] });

export const REDIS_RULES: readonly Rule<RedisSettings>[] = [
  {
    ...line('redis_version'),
    judge: (value) =>
      Number(value.split('.')[0]) >= LEAST_MAJOR
        ? ok('It speaks our protocol; 7.0 is the one tested.', '支持所用协议；测试所用为 7.0。')
        : broken(
            { en: 'It does not know RESP3: no connection comes about.', 'zh-CN': '不支持 RESP3：无法建立连接。' },
            { en: 'Use Redis 6 or newer.', 'zh-CN': '请使用 Redis 6 及以上。' },
          ),
  },
  {
    ...line('redis_mode'),
    judge: (value) =>
      value === 'standalone'
        ? ok('All nodes share every pace here.', '所有节点在此共享速度。')
        : weaker(ALONE, {
            en: 'Name a single server in cluster.redis.url.',
            'zh-CN': '在 cluster.redis.url 中填写单台服务器。',
          }),
  },
  {
    ...line('role'),
    judge: (value) =>
      value === 'master'
        ? ok('It takes writes.', '可以写入。')
        : weaker(ALONE, {
            en: 'Name its master in cluster.redis.url.',
            'zh-CN': '在 cluster.redis.url 中填写主节点。',
          }),
  },
  {
    ...line('maxmemory'),
    judge: (value) => {
      const sizeBytes = Number(value);
      if (sizeBytes === 0 || sizeBytes >= LEAST_MEMORY_BYTES) {
        return ok('There is room for every pace.', '足以容纳所有速度数据。');
      }
      return weaker(
        {
          en: 'When it is full, paces are evicted or refused: sending pauses for a chunk, or goes by shares.',
          'zh-CN': '写满后速度数据会被淘汰或拒绝写入：发送会停顿一批，或改按份额进行。',
        },
        { en: 'Set maxmemory to 16mb or more.', 'zh-CN': '将 maxmemory 设为 16mb 以上。' },
      );
    },
  },
  {
    ...line('maxmemory_policy'),
    judge: (value, settings) => {
      if (value === 'noeviction') {
        return ok('Nothing of ours is evicted.', '数据不会被淘汰。');
      }
      if (settings['maxmemory'] === '0') {
        return ok('Nothing is evicted while maxmemory is 0.', 'maxmemory 为 0 时不会淘汰。');
      }
      return weaker(
        {
          en: 'A pace that is evicted pauses sending for one chunk; it never lets more out than its limit.',
          'zh-CN': '速度数据被淘汰时发送会停顿一批，但绝不会超过上限。',
        },
        {
          en: 'Set maxmemory-policy noeviction, or use a server of its own.',
          'zh-CN': '设置 maxmemory-policy noeviction，或使用单独的服务器。',
        },
      );
    },
  },
  {
    ...line('aof_enabled'),
    judge: () =>
      ok(
        'Nothing in it is the truth: it needs no persistence and may be emptied.',
        '其中没有权威数据：无需持久化，可随时清空。',
      ),
  },
];
