import type { GroupDefinition, RocketmqAdmin, TopicDefinition } from './remoting/rocketmq-admin.js';
import { QUEUES_PER_BROKER } from './remoting/rocketmq-admin.js';
import type { RocketmqNames } from './rocketmq-names.js';

/** What is to exist in RocketMQ. */
export interface SetUpPlan {
  readonly topics: readonly TopicDefinition[];
  readonly groups: readonly GroupDefinition[];
}

/** Its topics and those where the dead letters of its groups go. */
export const allTopicsOf = ({ topics, groups }: SetUpPlan): readonly TopicDefinition[] => [
  ...topics,
  ...groups.map(deadLetterTopicOf),
];

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

/** What of a plan does not exist, the topics of dead letters included. */
export async function missingOf(admin: RocketmqAdmin, plan: SetUpPlan): Promise<SetUpPlan> {
  const topics: TopicDefinition[] = [];
  const groups: GroupDefinition[] = [];
  for (const topic of allTopicsOf(plan)) if (!(await admin.hasTopic(topic.name))) topics.push(topic);
  for (const group of plan.groups) if (!(await admin.hasGroup(group))) groups.push(group);
  return { topics, groups };
}

/** Creates what does not exist, and leaves alone what does. Safe to repeat, and from many nodes at once. */
export async function setUp(admin: RocketmqAdmin, plan: SetUpPlan): Promise<SetUpReport> {
  const missing = await missingOf(admin, plan);
  for (const topic of missing.topics) await admin.createTopic(topic);
  for (const group of missing.groups) await admin.createGroup(group);
  const created = [...missing.topics, ...missing.groups].map(({ name }) => name);
  const all = [...allTopicsOf(plan), ...plan.groups].map(({ name }) => name);
  return { created, existing: all.filter((name) => !created.includes(name)) };
}
