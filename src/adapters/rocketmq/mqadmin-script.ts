import { MAX_REDELIVERIES, type GroupDefinition, type TopicDefinition } from './remoting/rocketmq-admin.js';
import { deadLetterTopicOf, type SetUpPlan } from './set-up.js';

/**
 * The same as a shell script of `mqadmin`, for whoever may administer the brokers where we may not. It takes the name
 * servers and the cluster from its environment; creating what is there already changes nothing.
 */
export function mqadminScript({ topics, groups }: SetUpPlan, nameServers: readonly string[]): string {
  const lines = [
    '#!/bin/sh',
    '# Topics and consumer groups of Fanfare. Run it where mqadmin of RocketMQ 5 is.',
    'set -e',
    `NAME_SERVERS="\${NAME_SERVERS:-${nameServers.join(';')}}"`,
    'CLUSTER="${CLUSTER:-DefaultCluster}"',
    ...topics.map(topicLine),
    ...groups.map((group) => topicLine(deadLetterTopicOf(group))),
    ...groups.map(groupLine),
  ];
  return `${lines.join('\n')}\n`;
}

const WHERE = '-n "$NAME_SERVERS" -c "$CLUSTER"';

const topicLine = ({ name, type, queues }: TopicDefinition): string =>
  `mqadmin updateTopic ${WHERE} -t ${quoted(name)} -r ${queues} -w ${queues}${type === 'NORMAL' ? '' : ` -a +message.type=${type}`}`;

const groupLine = ({ name, isOrdered }: GroupDefinition): string =>
  `mqadmin updateSubGroup ${WHERE} -g ${quoted(name)} -s true -m true -o ${isOrdered ? 'true' : 'false'} -r ${MAX_REDELIVERIES}`;

/** Names hold "%" and "|", which a shell would take for its own. */
const quoted = (name: string): string => `'${name}'`;
