/** The examination of a cluster's servers, all at once; what cannot be asked is a finding too. */
import { readServerSettings as readMysql } from '../adapters/mysql/server-settings.js';
import { readServerSettings as readRedis } from '../adapters/redis/server-settings.js';
import { askProxy, readServerSettings as readRocketmq } from '../adapters/rocketmq/server-settings.js';
import { systemClock } from '../adapters/system/system-clock.js';
import type { ClusterConfig } from '../cluster-config.js';
import { examine, ok, unreachable, type Finding } from '../nodes/doctor/finding.js';
import { MYSQL_RULES } from '../nodes/doctor/mysql-rules.js';
import { REDIS_RULES } from '../nodes/doctor/redis-rules.js';
import { BROKER_RULES, cannotRead, judgeExisting } from '../nodes/doctor/rocketmq-rules.js';
import type { RocketmqSettings } from '../settings/rocketmq-settings.js';

/** Reads the settings of every server that the configuration names; changes nothing, rejects for none of them. */
export async function examineServers({ mysql, redis, rocketmq }: ClusterConfig): Promise<readonly Finding[]> {
  const examinations = [
    examineMysql(mysql.url),
    ...(redis === undefined ? [] : [examineRedis(redis.url)]),
    ...(rocketmq === undefined ? [] : [examineProxies(rocketmq), examineBrokers(rocketmq)]),
  ];
  return (await Promise.all(examinations)).flat();
}

async function examineMysql(url: string): Promise<readonly Finding[]> {
  const place = { server: 'mysql', where: hostOf(url) } as const;
  try {
    return examine(MYSQL_RULES, await readMysql(url, systemClock), place);
  } catch (error) {
    return [
      unreachable(place, error, {
        en: 'No node can start; one that runs refuses every change until it answers.',
        'zh-CN': '节点无法启动；运行中的节点在其恢复前拒绝一切改动。',
      }),
    ];
  }
}

async function examineRedis(url: string): Promise<readonly Finding[]> {
  const place = { server: 'redis', where: hostOf(url) } as const;
  try {
    return examine(REDIS_RULES, await readRedis(url), place);
  } catch (error) {
    return [
      unreachable(place, error, {
        en: 'Every node keeps to its share of each pace; nothing is lost or told twice by it.',
        'zh-CN': '各节点只按自己的份额发送；不会因此丢失或重复。',
      }),
    ];
  }
}

const examineProxies = async (settings: RocketmqSettings): Promise<readonly Finding[]> =>
  Promise.all(
    settings.endpoints.map(async (endpoint): Promise<Finding> => {
      const place = { server: 'rocketmq', where: endpoint } as const;
      try {
        await askProxy(endpoint, settings, systemClock);
        return { ...place, setting: 'proxy', value: 'answers', ...ok('Events go through it.', '事件经由它收发。') };
      } catch (error) {
        return unreachable(place, error, {
          en: 'Events go through the other proxies; while none answers they wait in the outbox.',
          'zh-CN': '事件改走其他代理；全部没有响应时，事件留在发件箱中等待。',
        });
      }
    }),
  );

async function examineBrokers(settings: RocketmqSettings): Promise<readonly Finding[]> {
  const where = settings.nameServers.join(', ');
  if (where === '') return [{ ...cannotRead, where: settings.endpoints.join(', ') }];
  try {
    const { brokers, topics, groups } = await readRocketmq(settings);
    const asked = { maxBatchBytes: settings.maxBatchBytes, maxDelayMs: settings.maxDelayMs };
    return [
      ...brokers.flatMap(({ name, ...broker }) =>
        examine(BROKER_RULES, { ...broker, ...asked }, { server: 'rocketmq', where: name }),
      ),
      judgeExisting(where, 'topics', topics),
      judgeExisting(where, 'groups', groups),
    ];
  } catch (error) {
    return [
      unreachable({ server: 'rocketmq', where }, error, {
        en: 'The settings of the brokers cannot be read; events may wait in the outbox.',
        'zh-CN': '无法读取 Broker 的设置；事件可能留在发件箱中等待。',
      }),
    ];
  }
}

/** Without user and password. */
const hostOf = (url: string): string => {
  try {
    return new URL(url).host;
  } catch {
    return '?';
  }
};
