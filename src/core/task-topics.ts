import { CHANNELS, type Channel } from './channels.js';

/** Classes of campaigns: a topic each, so that ten million bulk messages do not stand before twenty reminders. */
export const TASK_CLASSES = ['bulk', 'scheduled', 'reminder'] as const;
export type TaskClass = (typeof TASK_CLASSES)[number];

export interface TaskTopic {
  readonly channel: Channel;
  readonly campaignClass: TaskClass;
}

/** The topic of bucket tasks of a channel and class: `task.sms.bulk`. Its messages are hints and stand in no order. */
export const taskTopic = ({ channel, campaignClass }: TaskTopic): string => `task.${channel}.${campaignClass}`;

export const ALL_TASK_TOPICS: readonly string[] = CHANNELS.flatMap((channel) =>
  TASK_CLASSES.map((campaignClass) => taskTopic({ channel, campaignClass })),
);

/** Channel and class of a task topic; undefined for every other topic. */
export function parseTaskTopic(topic: string): TaskTopic | undefined {
  const [first, channel, campaignClass, ...rest] = topic.split('.');
  const known = CHANNELS.find((name) => name === channel);
  const knownClass = TASK_CLASSES.find((name) => name === campaignClass);
  if (first !== 'task' || rest.length > 0 || known === undefined || knownClass === undefined) return undefined;
  return { channel: known, campaignClass: knownClass };
}
