import { DomainError } from '../../core/errors.js';
import { parseTaskTopic } from '../../core/task-topics.js';
import type { RocketmqSettings } from '../../settings/rocketmq-settings.js';
import { CLASSIC_GROUP_SUFFIX, CLASSIC_TASKS, CLASSIC_TOPICS } from './classic-names.js';

/** What one of our topics is in RocketMQ. */
export interface TopicNames {
  readonly name: string;
  /** Where its messages with an instant go: a topic of RocketMQ carries one kind of message only. */
  readonly delayedName: string;
  /** Tasks are hints, in no order: they go and come in batches. */
  readonly isOrdered: boolean;
}

const WIRE_NAME = /^[%|A-Za-z0-9_-]{1,120}$/;
const DELAYED_SUFFIX = '_DELAYED';
const DEFAULT_PREFIX = 'FANFARE_';

/** Names of topics and groups, by settings. By default `promotion.created` is `PROMOTION_CREATED` behind the prefix. */
export class RocketmqNames {
  private readonly prefix: string;

  constructor(private readonly settings: Pick<RocketmqSettings, 'prefix' | 'names' | 'isClassic'>) {
    this.prefix = settings.prefix ?? (settings.isClassic ? '' : DEFAULT_PREFIX);
  }

  topic(topic: string): TopicNames {
    const name = this.settings.names.topics[topic] ?? this.prefix + this.defaultTopic(topic);
    assertWireName(name, topic);
    return { name, delayedName: name + DELAYED_SUFFIX, isOrdered: parseTaskTopic(topic) === undefined };
  }

  group(group: string): string {
    const name = this.settings.names.groups[group] ?? this.prefix + this.defaultGroup(group);
    assertWireName(name, group);
    return name;
  }

  /** Where the broker puts what a group could not take. */
  deadLetterTopic(group: string): string {
    return `%DLQ%${this.group(group)}`;
  }

  private defaultTopic(topic: string): string {
    return (this.settings.isClassic ? classicTopic(topic) : undefined) ?? upperSnake(topic);
  }

  /** In the classic design a group is named after its topic; one that reads several keeps its own name. */
  private defaultGroup(group: string): string {
    const classic = this.settings.isClassic ? classicTopic(group) : undefined;
    if (classic !== undefined) return classic.replace(/_?topic$/i, '') + CLASSIC_GROUP_SUFFIX;
    return group.replaceAll('.', '|');
  }
}

function classicTopic(topic: string): string | undefined {
  const task = parseTaskTopic(topic);
  if (task === undefined) return CLASSIC_TOPICS[topic];
  const stem = CLASSIC_TASKS[task.campaignClass];
  return stem === undefined ? undefined : `${stem}_${task.channel.toUpperCase()}`;
}

const upperSnake = (topic: string): string =>
  topic
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replace(/[.\s]/g, '_')
    .toUpperCase();

function assertWireName(name: string, ours: string): void {
  if (WIRE_NAME.test(name)) return;
  throw new DomainError(
    'INVALID_CONFIG',
    `"${name}", for ${ours}, is no name for RocketMQ: it has 1 to 120 letters, digits, "_" or "-". Name it in cluster.rocketmq.names.`,
    { name, ours },
  );
}
