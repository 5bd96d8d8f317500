import * as z from 'zod';
import { DomainError } from '../../../core/errors.js';
import { parseLenientJson } from './lenient-json.js';
import { RemotingConnection, RemotingError, type RemotingAnswer, type RemotingRequest } from './remoting-connection.js';
import { decodeStoredMessages, type StoredMessage } from './stored-message.js';

const CODE = {
  pullMessage: 11,
  updateTopic: 17,
  getBrokerConfig: 26,
  getRoute: 105,
  getCluster: 106,
  updateGroup: 200,
  getTopicStats: 202,
  getConsumeStats: 208,
  deleteTopic: 215,
  deleteTopicAtNameServer: 216,
  deleteGroup: 207,
  getGroups: 201,
} as const;
const TOPIC_NOT_EXIST = 17;
const PULL_NOT_FOUND = 19;
const PULL_RETRY_IMMEDIATELY = 20;
const PULL_OFFSET_MOVED = 21;

/** Queues of a topic on each broker: as many consumers of an ordered topic can work at once. */
export const QUEUES_PER_BROKER = 8;
/**
 * How often the broker brings a message before it makes a dead letter of it by itself. Only what nobody ends counts:
 * tries by `retryLater` are counted by us. So this is for what kills whoever takes it.
 */
export const MAX_REDELIVERIES = 128;

export type TopicType = 'NORMAL' | 'FIFO' | 'DELAY';
export interface TopicDefinition {
  readonly name: string;
  readonly type: TopicType;
  readonly queues: number;
}
export interface GroupDefinition {
  readonly name: string;
  readonly isOrdered: boolean;
}
export interface Broker {
  readonly name: string;
  /** Of its master. */
  readonly address: string;
  readonly replicas: number;
}
export interface QueueBacklog {
  readonly topic: string;
  readonly broker: string;
  readonly queueId: number;
  readonly messages: number;
}

const brokerTable = z.record(
  z.string(),
  z.object({ brokerName: z.string(), brokerAddrs: z.record(z.string(), z.string()) }),
);
const clusterAnswer = z.object({ brokerAddrTable: brokerTable });
const routeAnswer = z.object({
  queueDatas: z.array(z.object({ brokerName: z.string(), readQueueNums: z.int() })),
  brokerDatas: z.array(z.object({ brokerName: z.string(), brokerAddrs: z.record(z.string(), z.string()) })),
});
const statsAnswer = z.object({
  offsetTable: z.record(z.string(), z.object({ brokerOffset: z.number(), consumerOffset: z.number() })),
});
const topicAnswer = z.object({
  offsetTable: z.record(z.string(), z.object({ minOffset: z.number(), maxOffset: z.number() })),
});
const queueKey = z.object({ topic: z.string(), brokerName: z.string(), queueId: z.int() });
const groupsAnswer = z.object({
  subscriptionGroupTable: z.record(z.string(), z.object({ consumeMessageOrderly: z.boolean().default(false) })),
});

/**
 * What the gRPC protocol has no words for: creating topics and groups, backlogs, reading without consuming. Finds the
 * brokers by the name servers; 5 to 15 ms a call. Connections are made when they are needed.
 */
export class RocketmqAdmin {
  private readonly connections = new Map<string, RemotingConnection>();

  constructor(private readonly nameServers: readonly string[]) {}

  /** Masters of all brokers that the name servers know. */
  async brokers(): Promise<readonly Broker[]> {
    const { body } = await this.askNameServer({ code: CODE.getCluster });
    const { brokerAddrTable } = clusterAnswer.parse(parseLenientJson(body.toString()));
    return Object.values(brokerAddrTable).flatMap(({ brokerName, brokerAddrs }) => {
      const address = brokerAddrs['0'];
      return address === undefined
        ? []
        : [{ name: brokerName, address, replicas: Object.keys(brokerAddrs).length - 1 }];
    });
  }

  async hasTopic(name: string): Promise<boolean> {
    return (await this.route(name)) !== undefined;
  }

  /** On every broker; what is there takes these values. */
  async createTopic({ name, type, queues }: TopicDefinition): Promise<void> {
    await this.onBrokers({
      code: CODE.updateTopic,
      fields: {
        topic: name,
        defaultTopic: 'TBW102',
        readQueueNums: String(queues),
        writeQueueNums: String(queues),
        perm: '6',
        topicFilterType: 'SINGLE_TAG',
        topicSysFlag: '0',
        order: 'false',
        attributes: type === 'NORMAL' ? '' : `+message.type=${type}`,
      },
    });
  }

  async deleteTopic(name: string): Promise<void> {
    await this.onBrokers({ code: CODE.deleteTopic, fields: { topic: name } });
    await this.askNameServer({ code: CODE.deleteTopicAtNameServer, fields: { topic: name } });
  }

  /**
   * Whether every broker knows the group, and keeps order for it where that is wanted. Asked by the table of all groups:
   * a question for one group creates it, with the broker's own defaults.
   */
  async hasGroup({ name, isOrdered }: GroupDefinition): Promise<boolean> {
    for (const { address } of await this.brokers()) {
      const { body } = await explained(this.nameServers, () => this.connection(address).call({ code: CODE.getGroups }));
      const { subscriptionGroupTable } = groupsAnswer.parse(parseLenientJson(body.toString()));
      const known = subscriptionGroupTable[name];
      if (known === undefined || (isOrdered && !known.consumeMessageOrderly)) return false;
    }
    return true;
  }

  async createGroup({ name, isOrdered }: GroupDefinition): Promise<void> {
    await this.onBrokers({ code: CODE.updateGroup, body: JSON.stringify(groupFields(name, isOrdered)) });
  }

  async deleteGroup(name: string): Promise<void> {
    await this.onBrokers({ code: CODE.deleteGroup, fields: { groupName: name, cleanOffset: 'true' } });
  }

  /** Messages that a topic holds, read or not; 0 where no broker knows it. */
  async messageCount(topic: string): Promise<number> {
    let messages = 0;
    for (const { address } of await this.brokers()) {
      const answer = await this.connection(address).ask({ code: CODE.getTopicStats, fields: { topic } });
      if (answer.code !== 0) continue;
      const { offsetTable } = topicAnswer.parse(parseLenientJson(answer.body.toString()));
      for (const { minOffset, maxOffset } of Object.values(offsetTable)) messages += maxOffset - minOffset;
    }
    return messages;
  }

  /** What the group has not consumed, by queue; empty before it has consumed for the first time. */
  async backlog(group: string): Promise<readonly QueueBacklog[]> {
    const backlogs: QueueBacklog[] = [];
    for (const { address } of await this.brokers()) {
      const fields = { consumerGroup: group };
      const answer = await this.connection(address).ask({ code: CODE.getConsumeStats, fields });
      if (answer.code !== 0) continue; // a broker that the group has read nothing from knows nothing of it
      const { offsetTable } = statsAnswer.parse(parseLenientJson(answer.body.toString()));
      for (const [key, { brokerOffset, consumerOffset }] of Object.entries(offsetTable)) {
        const { topic, brokerName, queueId } = queueKey.parse(JSON.parse(key));
        backlogs.push({ topic, broker: brokerName, queueId, messages: Math.max(0, brokerOffset - consumerOffset) });
      }
    }
    return backlogs;
  }

  /** A broker's own settings, as it answers them. */
  async brokerConfig(address: string): Promise<Readonly<Record<string, string>>> {
    const { body } = await this.connection(address).call({ code: CODE.getBrokerConfig });
    const config: Record<string, string> = {};
    for (const line of body.toString().split('\n')) {
      const equals = line.indexOf('=');
      if (equals > 0) config[line.slice(0, equals)] = line.slice(equals + 1);
    }
    return config;
  }

  /**
   * Messages of a topic, oldest first, read without consuming them: in the order of storing within a queue, queues one
   * after another. Ends where the topic ended when it was asked.
   */
  async *browse(topic: string, group: string): AsyncGenerator<StoredMessage> {
    const route = await this.route(topic);
    if (route === undefined) return;
    for (const { brokerName, readQueueNums } of route.queueDatas) {
      const address = route.brokerDatas.find((broker) => broker.brokerName === brokerName)?.brokerAddrs['0'];
      if (address === undefined) continue;
      for (let queueId = 0; queueId < readQueueNums; queueId++)
        yield* this.browseQueue({ address, topic, group, queueId });
    }
  }

  close(): void {
    for (const connection of this.connections.values()) connection.close();
    this.connections.clear();
  }

  private async *browseQueue(queue: {
    readonly address: string;
    readonly topic: string;
    readonly group: string;
    readonly queueId: number;
  }): AsyncGenerator<StoredMessage> {
    for (let offset = 0; ;) {
      const answer = await this.connection(queue.address).ask(pullRequest(queue, offset));
      const nextOffset = Number(answer.extFields['nextBeginOffset'] ?? offset);
      const isMoved = answer.code === PULL_OFFSET_MOVED || answer.code === PULL_RETRY_IMMEDIATELY;
      if (answer.code === 0) yield* decodeStoredMessages(answer.body);
      else if (answer.code === PULL_NOT_FOUND || !isMoved) return;
      if (nextOffset <= offset) return;
      offset = nextOffset;
    }
  }

  private async route(topic: string): Promise<z.output<typeof routeAnswer> | undefined> {
    const fields = { topic, acceptStandardJsonOnly: 'true' };
    const answer = await this.askNameServer({ code: CODE.getRoute, fields }, [TOPIC_NOT_EXIST]);
    return answer.code === 0 ? routeAnswer.parse(parseLenientJson(answer.body.toString())) : undefined;
  }

  private async onBrokers(request: RemotingRequest): Promise<void> {
    const brokers = await this.brokers();
    if (brokers.length === 0) {
      throw unreachable('The name servers know no broker yet; wait until one has registered.', this.nameServers);
    }
    await explained(this.nameServers, () =>
      Promise.all(brokers.map(({ address }) => this.connection(address).call(request))),
    );
  }

  /** The first name server that answers. */
  private async askNameServer(request: RemotingRequest, accepted: readonly number[] = []): Promise<RemotingAnswer> {
    if (this.nameServers.length === 0) {
      throw new DomainError(
        'INVALID_CONFIG',
        'There is no name server in cluster.rocketmq.nameServers; name one, or create topics and groups with the script of "fanfare rocketmq setup --print".',
      );
    }
    return explained(this.nameServers, async () => {
      let failure: unknown;
      for (const address of this.nameServers) {
        try {
          const answer = await this.connection(address).ask(request);
          if (answer.code === 0 || accepted.includes(answer.code)) return answer;
          throw new RemotingError(`${address} answers code ${answer.code}: ${answer.remark}`, answer.code);
        } catch (error) {
          failure = error;
        }
      }
      throw failure;
    });
  }

  private connection(address: string): RemotingConnection {
    const known = this.connections.get(address);
    if (known !== undefined) return known;
    const made = new RemotingConnection(address);
    this.connections.set(address, made);
    return made;
  }
}

async function explained<Result>(nameServers: readonly string[], work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof RemotingError)) throw error;
    const what = error.code === 0 ? 'cannot be reached' : 'refuses';
    throw unreachable(`RocketMQ ${what} (${error.message}).`, nameServers, error);
  }
}

const unreachable = (what: string, nameServers: readonly string[], cause?: unknown): DomainError =>
  new DomainError(
    'QUEUE_UNAVAILABLE',
    `${what} Its name servers are ${nameServers.join(', ')}; look whether they and the brokers run.`,
    { nameServers },
    { cause },
  );

const groupFields = (groupName: string, isOrdered: boolean): object => ({
  groupName,
  consumeEnable: true,
  consumeFromMinEnable: true,
  consumeBroadcastEnable: false,
  consumeMessageOrderly: isOrdered,
  retryQueueNums: 1,
  retryMaxTimes: MAX_REDELIVERIES,
  brokerId: 0,
  whichBrokerWhenConsumeSlowly: 1,
  notifyConsumerIdsChangedEnable: true,
  groupSysFlag: 0,
  consumeTimeoutMinute: 15,
});

const SUBSCRIPTION_GIVEN = '4';

const pullRequest = (
  queue: { readonly topic: string; readonly group: string; readonly queueId: number },
  offset: number,
): RemotingRequest => ({
  code: CODE.pullMessage,
  fields: {
    consumerGroup: queue.group,
    topic: queue.topic,
    queueId: String(queue.queueId),
    queueOffset: String(offset),
    maxMsgNums: '32',
    sysFlag: SUBSCRIPTION_GIVEN,
    commitOffset: '0',
    suspendTimeoutMillis: '0',
    subscription: '*',
    subVersion: '0',
    expressionType: 'TAG',
  },
});
