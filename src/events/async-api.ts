/** Events as an AsyncAPI 3 document, out of `outgoing-events.ts` and of the kinds that come in. Pure. */
import { ALL_TOPICS, type Topic } from '../core/topics.js';
import { INCOMING_KIND_NAMES, INCOMING_KINDS, type IncomingKindName } from './incoming/incoming-kinds.js';
import { bodySchema, OUTGOING_EVENTS } from './outgoing-events.js';

const DESCRIPTION = `Events of Fanfare. Each leaves with the transaction that it tells of: readers see it once that has
committed, or never. A consumer group gets every event of a topic at least once, those of one key in the order of their
commits. Bodies hold ids, counts and instants, never personal data, and may grow optional fields: ignore what you do not
know. Events that come in are taken in the form below by POST /v1/events/incoming/{name}, and in any other form from
topics that the configuration maps by JSON pointers.`.replaceAll('\n', ' ');

const CONTENT_TYPE = 'application/json';
const SCHEMA_FORMAT = 'application/schema+json;version=draft-07';

type Json = Readonly<Record<string, unknown>>;

/** The document, for a version of the program. */
export function asyncApiDocument(version: string): Json {
  return {
    asyncapi: '3.0.0',
    info: { title: 'Fanfare', version, description: DESCRIPTION, license: { name: 'Apache-2.0' } },
    defaultContentType: CONTENT_TYPE,
    channels: { ...byTopic(channelOf), ...byKind(incomingChannelOf) },
    operations: { ...byTopic(operationOf), ...byKind(incomingOperationOf) },
    components: { messages: { ...byTopic(messageOf), ...byKind(incomingMessageOf) } },
  };
}

const byTopic = (make: (topic: Topic) => Json): Json =>
  Object.fromEntries(ALL_TOPICS.map((topic) => [topic, make(topic)]));

const byKind = (make: (kind: IncomingKindName) => Json): Json =>
  Object.fromEntries(INCOMING_KIND_NAMES.map((kind) => [kind, make(kind)]));

const channelOf = (topic: Topic): Json => ({
  address: topic,
  summary: OUTGOING_EVENTS[topic].summary,
  description: `Key of an event: ${OUTGOING_EVENTS[topic].key}.`,
  messages: { [topic]: { $ref: `#/components/messages/${topic}` } },
});

const operationOf = (topic: Topic): Json => ({
  action: 'send',
  channel: { $ref: `#/channels/${topic}` },
  summary: OUTGOING_EVENTS[topic].sentWhen,
  messages: [{ $ref: `#/channels/${topic}/messages/${topic}` }],
});

const messageOf = (topic: Topic): Json => ({
  name: topic,
  title: OUTGOING_EVENTS[topic].summary,
  contentType: CONTENT_TYPE,
  payload: { schemaFormat: SCHEMA_FORMAT, schema: bodySchema(OUTGOING_EVENTS[topic].body) },
  examples: [{ payload: OUTGOING_EVENTS[topic].example }],
});

const incomingChannelOf = (kind: IncomingKindName): Json => ({
  address: kind,
  summary: INCOMING_KINDS[kind].summary,
  messages: { [kind]: { $ref: `#/components/messages/${kind}` } },
});

const incomingOperationOf = (kind: IncomingKindName): Json => ({
  action: 'receive',
  channel: { $ref: `#/channels/${kind}` },
  summary: INCOMING_KINDS[kind].effect,
  messages: [{ $ref: `#/channels/${kind}/messages/${kind}` }],
});

const incomingMessageOf = (kind: IncomingKindName): Json => ({
  name: kind,
  title: INCOMING_KINDS[kind].summary,
  contentType: CONTENT_TYPE,
  payload: { schemaFormat: SCHEMA_FORMAT, schema: bodySchema(INCOMING_KINDS[kind].schema, 'input') },
  examples: [{ payload: INCOMING_KINDS[kind].example }],
});

/** The schema of a topic's bodies as a document of its own. */
export const schemaDocument = (topic: Topic): Json => ({
  $schema: 'http://json-schema.org/draft-07/schema#',
  title: topic,
  description: `${OUTGOING_EVENTS[topic].summary} Sent: ${firstLower(OUTGOING_EVENTS[topic].sentWhen)}.`,
  ...bodySchema(OUTGOING_EVENTS[topic].body),
  examples: [OUTGOING_EVENTS[topic].example],
});

const firstLower = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1);
