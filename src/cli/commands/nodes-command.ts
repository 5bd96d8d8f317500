import { z } from 'zod';
import { ROLES } from '../../nodes/role.js';
import type { CliContext } from '../cli-context.js';
import { command } from '../command-spec.js';
import { formatCount, formatDuration } from '../format-values.js';
import { showPage } from '../show-page.js';
import { renderTable } from '../tables.js';
import { GENERAL_TEXT } from '../text/general-text.js';
import { NODE_STATE_WORDS, NODE_TEXT as T } from '../text/node-text.js';

const nodeAnswer = z.object({
  name: z.string(),
  host: z.string(),
  state: z.string(),
  roles: z.array(z.string()),
  channels: z.array(z.string()),
  version: z.string(),
  leasedBuckets: z.int(),
  lastSeenMs: z.int(),
});
type NodeAnswer = z.output<typeof nodeAnswer>;

export const nodes = command({
  name: 'nodes',
  summary: T.list,
  details: T.listDetails,
  args: {},
  options: {},
  examples: ['fanfare nodes'],
  run: async (context) => {
    const answer = await context.api().get('/v1/nodes');
    await showPage(context, {
      document: answer.document,
      page: answer.read(z.object({ items: z.array(nodeAnswer) })),
      line: 'fanfare nodes',
      render: (listed) => renderNodes(listed, context),
      next: ['fanfare campaign list'],
    });
  },
});

const renderNodes = (listed: readonly NodeAnswer[], { say, language }: CliContext): string =>
  renderTable(
    [
      { title: say(T.fieldName), value: ({ name }) => name },
      { title: say(T.fieldHost), value: ({ host }) => host },
      { title: say(T.fieldState), value: ({ state }) => stateWords(state, say) },
      {
        title: say(T.fieldRoles),
        value: ({ roles }) => (roles.length === ROLES.length ? say(T.all) : roles.join(', ')),
      },
      {
        title: say(T.fieldChannels),
        value: ({ channels }) => (channels.length === 0 ? say(GENERAL_TEXT.none) : channels.join(', ')),
      },
      { title: say(T.fieldVersion), value: ({ version }) => version },
      { title: say(T.fieldLeases), value: ({ leasedBuckets }) => formatCount(leasedBuckets), isNumber: true },
      { title: say(T.fieldSeen), value: ({ lastSeenMs }) => formatDuration(lastSeenMs, language), isNumber: true },
    ],
    listed,
  );

function stateWords(state: string, say: CliContext['say']): string {
  const words = NODE_STATE_WORDS[state];
  return words === undefined ? state : say(words);
}
