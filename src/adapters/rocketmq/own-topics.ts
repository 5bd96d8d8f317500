import { ALL_TASK_TOPICS, parseTaskTopic } from '../../core/task-topics.js';
import { ALL_TOPICS } from '../../core/topics.js';
import { CLASSIC_TOPICS } from './classic-names.js';
import type { GroupDefinition } from './remoting/rocketmq-admin.js';
import type { RocketmqNames } from './rocketmq-names.js';
import { groupOf, topicsOf, type SetUpPlan } from './set-up.js';

/** The group in which pushers share the tasks of a topic: each topic has one of its own, so that none waits for another. */
export const pusherGroup = (taskTopic: string): string => taskTopic;

/**
 * All that a cluster needs from its start: topics of events and of tasks, the groups of pushers, those that the
 * settings name, and, with the classic names, what comes in. Groups that other systems make for themselves are not in it.
 */
export function ownPlan(
  names: RocketmqNames,
  settings: {
    readonly isClassic: boolean;
    readonly names: {
      readonly topics: Readonly<Record<string, string>>;
      readonly groups: Readonly<Record<string, string>>;
    };
  },
): SetUpPlan {
  const classic = settings.isClassic ? Object.keys(CLASSIC_TOPICS) : [];
  const topics = new Set([...ALL_TOPICS, ...ALL_TASK_TOPICS, ...classic, ...Object.keys(settings.names.topics)]);
  const ofTasks = ALL_TASK_TOPICS.flatMap((topic) => groupOf(names, { topic, group: pusherGroup(topic) }));
  const named = Object.keys(settings.names.groups)
    .filter((group) => parseTaskTopic(group) === undefined)
    .map((group): GroupDefinition => ({ name: names.group(group), isOrdered: true }));
  return { topics: [...topics].flatMap((topic) => topicsOf(names, topic)), groups: [...ofTasks, ...named] };
}
