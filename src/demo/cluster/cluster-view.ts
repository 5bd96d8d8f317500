/** Nodes and topics as two small tables, in 79 columns. Pure. */
import { padEnd, padStart } from '../../cli/display-width.js';
import { formatCount } from '../../cli/format-values.js';
import { cutText } from '../cut-text.js';
import type { ProgressStyle } from '../progress-view.js';
import { CLUSTER_TEXT as T } from '../text/cluster-text.js';
import { CHANNEL_WORDS } from '../text/progress-text.js';
import type { VendorChannel } from '../vendors-of-demo.js';
import type { TopicFigures } from './broker-watch.js';
import type { NodeFigures, WorkFigures } from './node-figures.js';

export interface ClusterFigures extends WorkFigures {
  /** Undefined while the broker does not answer. */
  readonly topics: readonly TopicFigures[] | undefined;
}

const CHANNELS = ['sms', 'email', 'app'] as const satisfies readonly VendorChannel[];
const NODE_COLUMNS = 27;
const FIGURE_COLUMNS = 11;
const SHARE_COLUMNS = 8;
const TOPIC_COLUMNS = 29;
const MESSAGES_COLUMNS = 11;
const GROUP_COLUMNS = 24;
const BACKLOG_COLUMNS = 11;

export function renderCluster(figures: ClusterFigures, style: ProgressStyle): readonly string[] {
  return [...renderNodes(figures, style), ...renderTopics(figures.topics, style)];
}

function renderNodes({ nodes, requests }: WorkFigures, { say, ink }: ProgressStyle): readonly string[] {
  const total = nodes.reduce((sum, node) => sum + deliveredOf(node), 0);
  const heads = CHANNELS.map((channel) => padStart(say(CHANNEL_WORDS[channel]), FIGURE_COLUMNS));
  const head = `${padEnd(say(T.nodes), NODE_COLUMNS)}${heads.join('')}${padStart(say(T.share), SHARE_COLUMNS)}${padStart(say(T.holds), SHARE_COLUMNS)}`;
  const cells = (figures: Readonly<Record<VendorChannel, number>>): string =>
    CHANNELS.map((channel) => padStart(formatCount(figures[channel]), FIGURE_COLUMNS)).join('');
  const lines = nodes.map((node) => {
    const share = total === 0 ? '–' : `${((deliveredOf(node) / total) * 100).toFixed(0)} %`;
    const isUp = node.heldBuckets !== undefined;
    const label = padEnd(isUp ? say(T.process, node.name, node.pid) : say(T.down, node.name), NODE_COLUMNS);
    const held = padStart(node.heldBuckets === undefined ? '–' : formatCount(node.heldBuckets), SHARE_COLUMNS);
    return `  ${isUp ? label : ink('red', label)}${cells(node.delivered)}${padStart(share, SHARE_COLUMNS)}${held}`;
  });
  return [
    '',
    `  ${ink('bold', head)}`,
    ...lines,
    ink('dim', `  ${padEnd(say(T.requests), NODE_COLUMNS)}${cells(requests)}`),
  ];
}

const deliveredOf = ({ delivered }: NodeFigures): number => delivered.sms + delivered.email + delivered.app;

function renderTopics(topics: ClusterFigures['topics'], { say, ink }: ProgressStyle): readonly string[] {
  if (topics === undefined) return ['', `  ${ink('yellow', say(T.brokerSilent))}`];
  if (topics.length === 0) return [];
  const row = (topic: string, messages: string, group: string, backlog: string): string =>
    `${padEnd(cutText(topic, TOPIC_COLUMNS), TOPIC_COLUMNS)}${padStart(messages, MESSAGES_COLUMNS)}  ${padEnd(cutText(group, GROUP_COLUMNS), GROUP_COLUMNS)}${padStart(backlog, BACKLOG_COLUMNS)}`;
  const lines = topics.flatMap(({ topic, messages, groups }) => {
    const read = groups.length === 0 ? [{ group: say(T.nobody), backlog: undefined }] : groups;
    return read.map(({ group, backlog }, index) =>
      row(
        index === 0 ? topic : '',
        index === 0 ? formatCount(messages) : '',
        group,
        backlog === undefined ? '–' : formatCount(backlog),
      ),
    );
  });
  const head = row(say(T.topics), say(T.messages), say(T.group), say(T.backlog));
  return ['', `  ${ink('bold', head)}`, ...lines.map((line) => `  ${line}`)];
}
