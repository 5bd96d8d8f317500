/** The settings of incoming events: which topics of others are read, and where in their messages our fields stand. */
import * as z from 'zod';
import { parsePointer } from '../../core/json-pointer.js';
import { isTopic } from '../../core/topics.js';
import { fieldsOfKind, INCOMING_KIND_NAMES, type IncomingKindName } from './incoming-kinds.js';
import type { IncomingMapping } from './map-message.js';

/** What a queue and a broker take as the name of a topic or a group. */
export const TOPIC_NAME = /^[A-Za-z0-9%|._-]{1,127}$/;
const GROUP_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/;
/** Who reads incoming topics, unless said otherwise: the name under which dead letters are found. */
export const DEFAULT_GROUP = 'fanfare';

const pointer = z
  .string()
  .refine((text) => parsePointer(text) !== undefined, 'Write a JSON pointer (RFC 6901), such as "/account/id".');

const topicSchemas = INCOMING_KIND_NAMES.map((kind) =>
  z.strictObject({
    kind: z.literal(kind),
    group: z.string().regex(GROUP_NAME, 'A group has 1 to 100 letters, digits, dots, dashes.').default(DEFAULT_GROUP),
    fields: z.strictObject(
      Object.fromEntries(
        fieldsOfKind(kind).map(({ name, isOptional }) => [name, isOptional ? pointer.optional() : pointer]),
      ),
    ),
  }),
);

const topicSchema = z.discriminatedUnion('kind', topicSchemas as [(typeof topicSchemas)[number]]); // there is one kind at least

export const incomingSchema = z.record(z.string(), topicSchema).superRefine((topics, context) => {
  for (const topic of Object.keys(topics)) {
    const reason = TOPIC_NAME.test(topic)
      ? 'This is a topic of events that go out; nothing comes in by it.'
      : 'A topic has 1 to 127 letters, digits, and %|._-.';
    if (isTopic(topic) || !TOPIC_NAME.test(topic)) context.addIssue({ code: 'custom', path: [topic], message: reason });
  }
});
export type IncomingConfig = Readonly<z.output<typeof incomingSchema>>;

/** A topic whose messages are understood. */
export interface IncomingTopic extends IncomingMapping {
  readonly topic: string;
  /** Undefined for a kind's own name, which is for HTTP alone: no queue is read for it. */
  readonly group: string | undefined;
}

/** Topics by name: each kind under its own name, with fields of the same names, and those that are configured. */
export function incomingTopics(config: IncomingConfig): ReadonlyMap<string, IncomingTopic> {
  const own = INCOMING_KIND_NAMES.map((kind): [string, IncomingTopic] => [kind, ownTopic(kind)]);
  const configured = Object.entries(config).map(([topic, { kind, group, fields }]): [string, IncomingTopic] => [
    topic,
    { topic, kind, group, pointers: pointersOf(fields) },
  ]);
  return new Map([...own, ...configured]);
}

const ownTopic = (kind: IncomingKindName): IncomingTopic => ({
  topic: kind,
  kind,
  group: undefined,
  pointers: Object.fromEntries(fieldsOfKind(kind).map(({ name }) => [name, [name]])),
});

const pointersOf = (fields: Readonly<Record<string, string | undefined>>): IncomingMapping['pointers'] =>
  Object.fromEntries(
    Object.entries(fields).flatMap(([name, text]) => {
      const tokens = text === undefined ? undefined : parsePointer(text);
      return tokens === undefined ? [] : [[name, tokens]];
    }),
  );
