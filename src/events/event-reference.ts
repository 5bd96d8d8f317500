/** The parts of docs/EVENTS.md that list topics and kinds, out of `outgoing-events.ts` and `incoming-kinds.ts`. */
import { ALL_TOPICS, type Topic } from '../core/topics.js';
import { INCOMING_KIND_NAMES, INCOMING_KINDS, type IncomingKindName } from './incoming/incoming-kinds.js';
import { bodySchema, OUTGOING_EVENTS } from './outgoing-events.js';

/** A section a topic, in Markdown. */
export const renderTopics = (): string => ALL_TOPICS.map(renderTopic).join('\n');

function renderTopic(topic: Topic): string {
  const { summary, sentWhen, key, body, example } = OUTGOING_EVENTS[topic];
  return [
    `### ${topic}\n`,
    `${summary}\n`,
    `- Sent: ${firstLower(sentWhen)}.`,
    `- Key: \`${key}\`.`,
    `- Schema: [${topic}.schema.json](events/${topic}.schema.json).\n`,
    renderFields(bodySchema(body)),
    '```json',
    JSON.stringify(example),
    '```\n',
  ].join('\n');
}

/** A section a kind that comes in. */
export const renderKinds = (): string => INCOMING_KIND_NAMES.map(renderKind).join('\n');

function renderKind(kind: IncomingKindName): string {
  const { summary, effect, schema, example } = INCOMING_KINDS[kind];
  return [
    `### ${kind}\n`,
    `${summary} ${effect}\n`,
    renderFields(bodySchema(schema, 'input')),
    '```json',
    JSON.stringify(example),
    '```\n',
  ].join('\n');
}

interface FieldSchema {
  readonly type?: string | readonly string[];
  readonly enum?: readonly string[];
  readonly anyOf?: readonly FieldSchema[];
  readonly description?: string;
}

/** The table of a body's fields. */
export function renderFields(schema: Readonly<Record<string, unknown>>): string {
  const { properties = {}, required = [] } = schema as {
    readonly properties?: Readonly<Record<string, FieldSchema>>; // as bodySchema makes it
    readonly required?: readonly string[];
  };
  const rows = Object.entries(properties).map(([name, field]) => {
    const presence = required.includes(name) ? '' : ' (optional)';
    return `| \`${name}\`${presence} | ${typeText(field)} | ${field.description ?? ''} |`;
  });
  return ['| field | type | meaning |', '| --- | --- | --- |', ...rows, ''].join('\n');
}

function typeText({ type, enum: values, anyOf }: FieldSchema): string {
  if (anyOf !== undefined) return anyOf.map(typeText).join(' or ');
  return values === undefined ? [type].flat().join(' or ') : values.map((value) => `\`${value}\``).join(', ');
}

const firstLower = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1);
