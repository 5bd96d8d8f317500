import type { GroupDefinition, RocketmqAdmin, TopicDefinition } from './remoting/rocketmq-admin.js';
import { QUEUES_PER_BROKER } from './remoting/rocketmq-admin.js';
import type { RocketmqNames } from './rocketmq-names.js';

/** What is to exist in RocketMQ. */
export interface SetUpPlan {
  readonly topics: readonly TopicDefinition[];
  readonly groups: readonly GroupDefinition[];
}

export interface SetUpReport {
  readonly created: readonly string[];
  readonly existing: readonly string[];
}

/** One of our topics: the topic itself, and the one for its messages with an instant. */
export function topicsOf(names: RocketmqNames, topic: string): readonly TopicDefinition[] {
  const { name, delayedName, isOrdered } = names.topic(topic);
  return [
    { name, type: isOrdered ? 'FIFO' : 'NORMAL', queues: QUEUES_PER_BROKER },
    { name: delayedName, type: 'DELAY', queues: QUEUES_PER_BROKER },
  ];
}

export const groupOf = (
  names: RocketmqNames,
  { topic, group }: { readonly topic: string; readonly group: string },
): readonly GroupDefinition[] => [{ name: names.group(group), isOrdered: names.topic(topic).isOrdered }];

/** Where a group's dead letters go; one queue, so that they stand in their order. */
export const deadLetterTopicOf = (group: GroupDefinition): TopicDefinition => ({
  name: `%DLQ%${group.name}`,
  type: 'NORMAL',
  queues: 1,
});

/** Creates what does not exist, and leaves alone what does. Safe to repeat, and from many nodes at once. */
export async function setUp(admin: RocketmqAdmin, { topics, groups }: SetUpPlan): Promise<SetUpReport> {
  const created: string[] = [];
  const existing: string[] = [];
  for (const topic of [...topics, ...groups.map(deadLetterTopicOf)]) {
    const isThere = await admin.hasTopic(topic.name);
    if (!isThere) await admin.createTopic(topic);
    (isThere ? existing : created).push(topic.name);
  }
  for (const group of groups) {
    const isThere = await admin.hasGroup(group);
    if (!isThere) await admin.createGroup(group);
    (isThere ? existing : created).push(group.name);
  }
  return { created, existing };
}
