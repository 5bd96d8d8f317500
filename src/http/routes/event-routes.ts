import { z } from 'zod';
import { DomainError } from '../../core/errors.js';
import type { Queue } from '../../core/ports/queue.js';
import type { Store } from '../../core/ports/store.js';
import { formatInstant } from '../../core/time.js';
import { ALL_TOPICS, type Topic } from '../../core/topics.js';
import { BACKLOG_COUNT_LIMIT, type EventTx } from '../../events/event-repository.js';
import { RELAY_GROUP } from '../../events/relay-group.js';
import { toPage, type CursorCodec } from '../cursor.js';
import type { HttpApp } from '../http-app.js';
import { cursorQuery, instantOutput, limitQuery, pageOf } from '../schemas.js';

const MAX_LEASE_MS = 3_600_000;

const groupName = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/, 'A group has 1 to 100 letters, digits, dots, dashes.')
  .refine((name) => name !== RELAY_GROUP, `The group ${RELAY_GROUP} hands events to the broker; take another name.`);
const byGroup = z.strictObject({ topic: z.enum(ALL_TOPICS as readonly [Topic, ...Topic[]]), group: groupName });
const receiptInput = z.strictObject({ messageId: z.string().regex(/^\d{1,16}$/), receipt: z.string().max(100) });

const leaseBody = z
  .strictObject({
    maxMessages: z.int().min(1).max(500).optional().describe('Default 100'),
    leaseMs: z.int().min(1_000).max(MAX_LEASE_MS).optional().describe('Default 30000'),
  })
  .optional()
  .transform((body) => ({ maxMessages: body?.maxMessages ?? 100, leaseMs: body?.leaseMs ?? 30_000 }));

const groupOutput = z
  .object({
    topic: z.string(),
    group: z.string(),
    backlog: z.int().describe(`Events not yet given to the group; counted up to ${BACKLOG_COUNT_LIMIT}`),
    outstanding: z.int().describe('Events given to it and not finished'),
    deadLetters: z.int(),
    oldestBacklogAt: instantOutput.nullable(),
  })
  .meta({ id: 'ConsumerGroup' });

const messageOutput = z
  .object({
    messageId: z.string(),
    topic: z.string(),
    key: z.string().describe('Events of one key come one after another, in their order'),
    body: z.record(z.string(), z.unknown()),
    sentAt: instantOutput,
    attempt: z.int().positive(),
    receipt: z.string().describe('Names this delivery; send it with the acknowledgement'),
  })
  .meta({ id: 'EventMessage' });

const deadLetterOutput = z
  .object({
    messageId: z.string(),
    topic: z.string(),
    key: z.string(),
    body: z.record(z.string(), z.unknown()),
    reason: z.string(),
    attempts: z.int(),
  })
  .meta({ id: 'DeadLetter' });

interface EventRoutesDeps {
  readonly queue: Queue;
  readonly store: Store<EventTx>;
  readonly cursors: CursorCodec;
}

/** Events out: consumer groups that other systems read by HTTP, their backlog and their dead letters. */
export function registerEventRoutes(app: HttpApp, deps: EventRoutesDeps): void {
  registerGroups(app, deps);
  registerReading(app, deps);
  registerDeadLetters(app, deps);
}

function registerGroups(app: HttpApp, { queue, store }: EventRoutesDeps): void {
  app.get(
    '/v1/events/groups',
    {
      config: { scope: 'read' },
      schema: {
        tags: ['events'],
        summary: 'List consumer groups and their backlog',
        response: { 200: z.object({ items: z.array(groupOutput) }) },
      },
    },
    async () => {
      const groups = await store.read((tx) => tx.events.groups());
      return {
        items: groups.map(({ oldestBacklogAt, ...group }) => ({
          ...group,
          oldestBacklogAt: oldestBacklogAt === undefined ? null : formatInstant(oldestBacklogAt),
        })),
      };
    },
  );

  app.put(
    '/v1/events/topics/:topic/groups/:group',
    {
      config: { scope: 'admin' },
      schema: {
        tags: ['events'],
        summary: 'Create a consumer group',
        description: 'It reads the topic from its beginning, whatever other groups have read. Safe to repeat.',
        params: byGroup,
        response: { 200: byGroup },
      },
    },
    async ({ params }) => {
      await queue.ensureGroup(params);
      return params;
    },
  );

  app.delete(
    '/v1/events/topics/:topic/groups/:group',
    {
      config: { scope: 'admin' },
      schema: {
        tags: ['events'],
        summary: 'Remove a consumer group',
        description: 'Events are no longer kept for it. Its dead letters stay.',
        params: byGroup,
        response: { 200: byGroup },
      },
    },
    async ({ params }) => {
      const wasThere = await store.transaction((tx) => tx.events.removeGroup(params));
      if (wasThere) return params;
      throw new DomainError('NOT_FOUND', `Topic ${params.topic} has no consumer group ${params.group}.`, params);
    },
  );
}

function registerReading(app: HttpApp, { queue }: EventRoutesDeps): void {
  app.post(
    '/v1/events/topics/:topic/groups/:group/lease',
    {
      config: { scope: 'write' },
      schema: {
        tags: ['events'],
        summary: 'Take the next events of a group',
        description: 'Each comes at least once: what is not acknowledged before its lease ends comes again.',
        params: byGroup,
        body: leaseBody,
        response: { 200: z.object({ items: z.array(messageOutput) }) },
      },
    },
    async ({ params, body }) => {
      const messages = await queue.lease({ ...params, ...body });
      return {
        items: messages.map((message) => ({
          ...message,
          body: parseBody(message.body),
          sentAt: formatInstant(message.sentAt),
        })),
      };
    },
  );

  app.post(
    '/v1/events/topics/:topic/groups/:group/ack',
    {
      config: { scope: 'write' },
      schema: {
        tags: ['events'],
        summary: 'Acknowledge events',
        description: 'Answers for each whether its receipt still held; false: it was given to somebody again.',
        params: byGroup,
        body: z.strictObject({ messages: z.array(receiptInput).min(1).max(500) }),
        response: { 200: z.object({ acknowledged: z.array(z.boolean()) }) },
      },
    },
    async ({ params, body }) => ({
      acknowledged: [
        ...(await queue.ack(
          params.group,
          body.messages.map((message) => ({ ...message, topic: params.topic })),
        )),
      ],
    }),
  );

  app.post(
    '/v1/events/topics/:topic/groups/:group/retry',
    {
      config: { scope: 'write' },
      schema: {
        tags: ['events'],
        summary: 'Give an event back for later',
        description: 'After `maxAttempts` deliveries it becomes a dead letter with the reason.',
        params: byGroup,
        body: receiptInput.extend({
          delayMs: z.int().min(0).max(MAX_LEASE_MS).default(1_000),
          maxAttempts: z.int().min(1).max(1_000).default(10),
          reason: z.string().min(1).max(500),
        }),
        response: { 204: z.undefined() },
      },
    },
    async ({ params, body }, reply) => {
      const { delayMs, maxAttempts, reason, ...message } = body;
      await queue.retryLater(params.group, { ...message, topic: params.topic }, { delayMs, maxAttempts, reason });
      return reply.code(204).send();
    },
  );
}

function registerDeadLetters(app: HttpApp, { queue, cursors }: EventRoutesDeps): void {
  app.get(
    '/v1/events/groups/:group/dead-letters',
    {
      config: { scope: 'read' },
      schema: {
        tags: ['events'],
        summary: 'List events that a group gave up on',
        params: z.strictObject({ group: groupName }),
        querystring: z.strictObject({ limit: limitQuery, cursor: cursorQuery }),
        response: { 200: pageOf(deadLetterOutput) },
      },
    },
    async ({ params, query }) => {
      const list = ['dead-letters', params.group];
      const after = cursors.readNumber(list, query.cursor);
      const rows = await queue.deadLetters(params.group, {
        limit: query.limit + 1,
        ...(after === undefined ? {} : { afterMessageId: String(after) }),
      });
      return toPage(rows, query.limit, {
        item: (letter) => ({ ...letter, body: parseBody(letter.body) }),
        cursorAfter: ({ messageId }) => cursors.write(list, Number(messageId)),
      });
    },
  );
}

/** Bodies are JSON objects by contract; anything else is shown as what it is. */
function parseBody(text: string): Record<string, unknown> {
  try {
    const body: unknown = JSON.parse(text);
    return typeof body === 'object' && body !== null && !Array.isArray(body) ? { ...body } : { value: body };
  } catch {
    return { text };
  }
}
