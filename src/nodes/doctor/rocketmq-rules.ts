/** Settings of a RocketMQ broker that promises rest on, and what has to exist in it. Pure. */
import { broken, ok, set, weaker, type Finding, type Rule } from './finding.js';

export interface BrokerSettings {
  /** As the broker answers them. */
  readonly config: Readonly<Record<string, string>>;
  readonly replicas: number;
  /** What our own settings ask of it. */
  readonly maxBatchBytes: number;
  readonly maxDelayMs: number;
}

const ONE_MESSAGE_BYTES = 4 * 1_048_576;

const key = (setting: string) => ({ setting, read: ({ config }: BrokerSettings) => config[setting] });

export const BROKER_RULES: readonly Rule<BrokerSettings>[] = [
  {
    ...key('flushDiskType'),
    judge: (value) =>
      value === 'SYNC_FLUSH'
        ? ok('An event that was relayed survives a power cut.', '已转发的事件断电后仍在。')
        : weaker(
            {
              en: 'A power cut loses events of the last moments that count as relayed: other systems never hear of them. Members and books are not touched.',
              'zh-CN': '断电会丢失最后时刻已算作转发的事件，其他系统收不到；会员与账目不受影响。',
            },
            set('flushDiskType=SYNC_FLUSH'),
          ),
  },
  {
    ...key('brokerRole'),
    judge: (value, { replicas }) => {
      if (value === 'SYNC_MASTER')
        return ok('An event that was relayed is on a replica too.', '已转发的事件副本上也有。');
      if (replicas === 0) {
        return ok('It has no replica: what it stores is on its disk only.', '没有副本：所存内容只在它的磁盘上。');
      }
      return weaker(
        {
          en: 'A broker whose disk is lost takes events with it that its replicas had not received, though they count as relayed.',
          'zh-CN': 'Broker 磁盘损坏时，副本尚未收到而已算作转发的事件会丢失。',
        },
        set('brokerRole=SYNC_MASTER'),
      );
    },
  },
  {
    ...key('maxMessageSize'),
    judge: (value, { maxBatchBytes }) => {
      const sizeBytes = Number(value);
      if (sizeBytes >= ONE_MESSAGE_BYTES) return ok('The largest events fit.', '最大的事件也能容纳。');
      const advice = set(`maxMessageSize=${ONE_MESSAGE_BYTES}`);
      if (sizeBytes >= maxBatchBytes) {
        return weaker(
          {
            en: 'An event larger than this is refused, and stays in the outbox.',
            'zh-CN': '超过此大小的事件会被拒绝，留在发件箱中。',
          },
          advice,
        );
      }
      return broken(
        {
          en: `Batches of up to cluster.rocketmq.maxBatchBytes (${maxBatchBytes}) are refused, and what is in them is not relayed.`,
          'zh-CN': `不超过 cluster.rocketmq.maxBatchBytes（${maxBatchBytes}）的批次会被拒绝，其中的事件无法转发。`,
        },
        advice,
      );
    },
  },
  {
    ...key('timerMaxDelaySec'),
    judge: (value, { maxDelayMs }) =>
      Number(value) * 1_000 >= maxDelayMs
        ? ok('Delays up to cluster.rocketmq.maxDelayMs are taken.', '可接受不超过 cluster.rocketmq.maxDelayMs 的延时。')
        : broken(
            {
              en: `Messages with an instant further away than this are refused; cluster.rocketmq.maxDelayMs (${maxDelayMs}) says they are not.`,
              'zh-CN': `超过此时长的延时消息会被拒绝，而 cluster.rocketmq.maxDelayMs（${maxDelayMs}）允许更长。`,
            },
            {
              en: `Set timerMaxDelaySec=${Math.ceil(maxDelayMs / 1_000)}, or a smaller cluster.rocketmq.maxDelayMs.`,
              'zh-CN': `设置 timerMaxDelaySec=${Math.ceil(maxDelayMs / 1_000)}，或减小 cluster.rocketmq.maxDelayMs。`,
            },
          ),
  },
  {
    ...key('autoCreateTopicEnable'),
    judge: (value) =>
      value === 'false'
        ? ok('A wrong name is refused.', '错误的名称会被拒绝。')
        : weaker(
            {
              en: 'A wrong name becomes a topic without order, into which messages vanish unseen.',
              'zh-CN': '错误的名称会自动成为无序主题，消息进入其中而无人察觉。',
            },
            set('autoCreateTopicEnable=false'),
          ),
  },
];

/** What `fanfare rocketmq setup` would create, by what exists. */
export function judgeExisting(
  where: string,
  kind: 'topics' | 'groups',
  { planned, missing }: { readonly planned: number; readonly missing: readonly string[] },
): Finding {
  const finding = {
    server: 'rocketmq',
    where,
    setting: kind,
    value: `${planned - missing.length}/${planned}`,
  } as const;
  if (missing.length === 0) return { ...finding, ...ok('All that we need exist.', '所需的都已存在。') };
  const names = missing.join(', ');
  return {
    ...finding,
    ...broken(
      {
        en: `Missing, so that nothing can be sent to or read from them: ${names}.`,
        'zh-CN': `缺少以下各项，无法收发：${names}。`,
      },
      { en: 'Run fanfare rocketmq setup.', 'zh-CN': '运行 fanfare rocketmq setup。' },
    ),
  };
}

/** Without a name server a broker cannot be asked for its settings. */
export const cannotRead: Omit<Finding, 'where'> = {
  server: 'rocketmq',
  setting: 'nameServers',
  value: '',
  ...weaker(
    {
      en: 'The settings, topics and groups of the brokers cannot be read; nor can backlogs and dead letters.',
      'zh-CN': '无法读取 Broker 的设置、主题与消费组，也无法查看积压与死信。',
    },
    {
      en: 'Name the name servers in cluster.rocketmq.nameServers.',
      'zh-CN': '在 cluster.rocketmq.nameServers 中填写名字服务。',
    },
  ),
};
