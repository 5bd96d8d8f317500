import { z } from 'zod';
import { ALL_TOPICS } from '../../core/topics.js';
import { path } from '../api-client.js';
import { argument, command, group } from '../command-spec.js';
import { cursorOption, limitOption } from '../common-options.js';
import { formatCount, formatTime } from '../format-values.js';
import { choice, required, text } from '../option-reader.js';
import { showPage } from '../show-page.js';
import { renderTable } from '../tables.js';
import { EVENT_TEXT as T } from '../text/event-text.js';
import { GENERAL_TEXT } from '../text/general-text.js';

const groupsAnswer = z.object({
  items: z.array(
    z.object({
      topic: z.string(),
      group: z.string(),
      backlog: z.int(),
      outstanding: z.int(),
      deadLetters: z.int(),
      oldestBacklogAt: z.string().nullable(),
    }),
  ),
});

const deadLettersAnswer = z.object({
  items: z.array(
    z.object({
      messageId: z.string(),
      topic: z.string(),
      key: z.string(),
      reason: z.string(),
      attempts: z.int(),
    }),
  ),
  nextCursor: z.string().nullable(),
});

const topicArgument = argument('<topic>', T.topic, required(choice(ALL_TOPICS)));
const groupArgument = argument('<group>', T.groupName, required(text));

const listGroups = command({
  name: 'groups',
  summary: T.groups,
  args: {},
  options: {},
  examples: ['fanfare events groups'],
  run: async (context) => {
    const { say } = context;
    const answer = await context.api().get('/v1/events/groups');
    const page = answer.read(groupsAnswer);
    const withLetters = page.items.find(({ deadLetters }) => deadLetters > 0);
    await showPage(context, {
      document: answer.document,
      page,
      line: 'fanfare events groups',
      render: (groups) =>
        renderTable(
          [
            { title: say(T.fieldTopic), value: ({ topic }) => topic },
            { title: say(T.fieldGroup), value: (row) => row.group },
            { title: say(T.fieldBacklog), value: ({ backlog }) => formatCount(backlog), isNumber: true },
            { title: say(T.fieldOutstanding), value: ({ outstanding }) => formatCount(outstanding), isNumber: true },
            { title: say(T.fieldDeadLetters), value: ({ deadLetters }) => formatCount(deadLetters), isNumber: true },
            {
              title: say(T.fieldOldest),
              value: ({ oldestBacklogAt }) =>
                oldestBacklogAt === null ? say(GENERAL_TEXT.none) : formatTime(oldestBacklogAt),
            },
          ],
          groups,
        ),
      next: [
        withLetters === undefined
          ? `fanfare events add-group ${ALL_TOPICS[0] ?? ''} GROUP`
          : `fanfare events dead-letters ${withLetters.group}`,
      ],
    });
  },
});

const addGroup = command({
  name: 'add-group',
  summary: T.addGroup,
  details: T.addGroupDetails,
  args: { topic: topicArgument, group: groupArgument },
  options: {},
  examples: ['fanfare events add-group promotion.created search-index'],
  run: async (context, { args }) => {
    const answer = await context.api().put(path`/v1/events/topics/${args.topic}/groups/${args.group}`);
    await context.result(answer.document, () => `${context.say(T.added, args.group, args.topic)}\n`);
    context.next('fanfare events groups');
  },
});

const removeGroup = command({
  name: 'remove-group',
  summary: T.removeGroup,
  args: { topic: topicArgument, group: groupArgument },
  options: {},
  examples: ['fanfare events remove-group promotion.created search-index'],
  run: async (context, { args }) => {
    const answer = await context.api().delete(path`/v1/events/topics/${args.topic}/groups/${args.group}`);
    await context.result(answer.document, () => `${context.say(T.removed, args.group, args.topic)}\n`);
    context.next('fanfare events groups');
  },
});

const listDeadLetters = command({
  name: 'dead-letters',
  summary: T.deadLetters,
  args: { group: groupArgument },
  options: { limit: limitOption, cursor: cursorOption },
  examples: ['fanfare events dead-letters search-index', 'fanfare events dead-letters search-index --json'],
  run: async (context, { args, options }) => {
    const { say } = context;
    const answer = await context.api().get(path`/v1/events/groups/${args.group}/dead-letters`, options);
    const page = answer.read(deadLettersAnswer);
    await showPage(context, {
      document: answer.document,
      page,
      line: `fanfare events dead-letters ${args.group}`,
      render: (letters) =>
        renderTable(
          [
            { title: say(T.fieldMessage), value: ({ messageId }) => messageId, isNumber: true },
            { title: say(T.fieldTopic), value: ({ topic }) => topic },
            { title: say(T.fieldKey), value: ({ key }) => key },
            { title: say(T.fieldAttempts), value: ({ attempts }) => `${attempts}`, isNumber: true },
            { title: say(T.fieldReason), value: ({ reason }) => reason },
          ],
          letters,
        ),
      next: ['fanfare events groups'],
    });
  },
});

export const eventCommands = group('events', T.group, [listGroups, addGroup, removeGroup, listDeadLetters]);
