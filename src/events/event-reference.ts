/** The part of docs/EVENTS.md that lists topics, out of `outgoing-events.ts`. */
import { ALL_TOPICS, type Topic } from '../core/topics.js';
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

interface FieldSchema {
  readonly type?: string | readonly string[];
  readonly enum?: readonly string[];
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

const typeText = ({ type, enum: values }: FieldSchema): string =>
  values === undefined ? [type].flat().join(' or ') : values.map((value) => `\`${value}\``).join(', ');

const firstLower = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1);
