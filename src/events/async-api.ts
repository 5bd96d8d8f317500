/** Events as an AsyncAPI 3 document: channels, operations and messages out of `outgoing-events.ts`. Pure. */
import { ALL_TOPICS, type Topic } from '../core/topics.js';
import { bodySchema, OUTGOING_EVENTS } from './outgoing-events.js';

const DESCRIPTION = `Events of Fanfare. Each leaves with the transaction that it tells of: readers see it once that has
committed, or never. A consumer group gets every event of a topic at least once, those of one key in the order of their
commits. Bodies hold ids, counts and instants, never personal data, and may grow optional fields: ignore what you do not
know.`.replaceAll('\n', ' ');

const CONTENT_TYPE = 'application/json';
const SCHEMA_FORMAT = 'application/schema+json;version=draft-07';

type Json = Readonly<Record<string, unknown>>;

/** The document, for a version of the program. */
export function asyncApiDocument(version: string): Json {
  return {
    asyncapi: '3.0.0',
    info: { title: 'Fanfare', version, description: DESCRIPTION, license: { name: 'Apache-2.0' } },
    defaultContentType: CONTENT_TYPE,
    channels: byTopic(channelOf),
    operations: byTopic(operationOf),
    components: { messages: byTopic(messageOf) },
  };
}

const byTopic = (make: (topic: Topic) => Json): Json =>
  Object.fromEntries(ALL_TOPICS.map((topic) => [topic, make(topic)]));

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

/** The schema of a topic's bodies as a document of its own. */
export const schemaDocument = (topic: Topic): Json => ({
  $schema: 'http://json-schema.org/draft-07/schema#',
  title: topic,
  description: `${OUTGOING_EVENTS[topic].summary} Sent: ${firstLower(OUTGOING_EVENTS[topic].sentWhen)}.`,
  ...bodySchema(OUTGOING_EVENTS[topic].body),
  examples: [OUTGOING_EVENTS[topic].example],
});

const firstLower = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1);
