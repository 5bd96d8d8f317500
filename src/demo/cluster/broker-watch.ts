/** What the broker itself says of its topics: how many messages each holds, and what each group has not read yet. */
import { ownPlan, RocketmqAdmin, RocketmqNames, type QueueBacklog } from '../../compose.js';
import type { RocketmqSettings } from '../../settings/rocketmq-settings.js';

export interface TopicFigures {
  readonly topic: string;
  readonly messages: number;
  /** Groups that have read from it. */
  readonly groups: readonly { readonly group: string; readonly backlog: number }[];
}

export class BrokerWatch {
  private readonly admin: RocketmqAdmin;
  private readonly topics: readonly string[];
  private readonly groups: readonly string[];

  /** @param groups beside those that a cluster makes for itself. */
  constructor(settings: RocketmqSettings, groups: readonly string[]) {
    const names = new RocketmqNames(settings);
    const plan = ownPlan(names, settings);
    this.admin = new RocketmqAdmin(settings.nameServers);
    this.topics = plan.topics.map(({ name }) => name);
    this.groups = [...groups.map((group) => names.group(group)), ...plan.groups.map(({ name }) => name)];
  }

  /** Topics that hold anything, in the order of their names. @throws DomainError `QUEUE_UNAVAILABLE` */
  async look(): Promise<readonly TopicFigures[]> {
    const counted = await Promise.all(
      this.topics.map(async (topic) => ({ topic, messages: await this.admin.messageCount(topic) })),
    );
    const carrying = counted.filter(({ messages }) => messages > 0);
    if (carrying.length === 0) return [];
    const backlogs = await Promise.all(
      this.groups.map(async (group) => ({ group, queues: await this.admin.backlog(group) })),
    );
    return carrying
      .map(({ topic, messages }) => ({ topic, messages, groups: groupsOf(topic, backlogs) }))
      .sort((left, right) => (left.topic < right.topic ? -1 : 1));
  }

  close(): void {
    this.admin.close();
  }
}

function groupsOf(
  topic: string,
  backlogs: readonly { readonly group: string; readonly queues: readonly QueueBacklog[] }[],
): TopicFigures['groups'] {
  return backlogs.flatMap(({ group, queues }) => {
    const ofTopic = queues.filter((queue) => queue.topic === topic);
    return ofTopic.length === 0 ? [] : [{ group, backlog: ofTopic.reduce((sum, { messages }) => sum + messages, 0) }];
  });
}
