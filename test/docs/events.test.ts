import { Ajv } from 'ajv';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { format } from 'prettier';
import { describe, expect, it } from 'vitest';
import { RocketmqNames } from '../../src/adapters/rocketmq/rocketmq-names.js';
import { ALL_TOPICS } from '../../src/core/topics.js';
import { asyncApiDocument, schemaDocument } from '../../src/events/async-api.js';
import { renderKinds, renderTopics } from '../../src/events/event-reference.js';
import { INCOMING_KIND_NAMES, INCOMING_KINDS } from '../../src/events/incoming/incoming-kinds.js';
import { bodySchema, OUTGOING_EVENTS } from '../../src/events/outgoing-events.js';
import { ROOT, readPage } from '../support/sources.js';

// `npm test -- test/docs/events.test.ts -u` renews all of them.
const PRETTIER = { printWidth: 120, singleQuote: true };
const json = (document: object): Promise<string> => format(JSON.stringify(document), { ...PRETTIER, parser: 'json' });
const { version } = JSON.parse(readPage('package.json')) as { readonly version: string };

function replacePart(page: string, name: string, text: string): string {
  const [before = '', rest = ''] = page.split(`<!-- ${name} -->`);
  const [, after = ''] = rest.split(`<!-- /${name} -->`);
  return `${before}<!-- ${name} -->\n\n${text}\n<!-- /${name} -->${after}`;
}

describe('docs/EVENTS.md', () => {
  it('has a section for each topic and each kind, as the contract says', async () => {
    const withTopics = replacePart(readPage('docs/EVENTS.md'), 'topics', renderTopics());
    const whole = replacePart(withTopics, 'kinds', renderKinds());
    const markdown = await format(whole, { ...PRETTIER, parser: 'markdown' });
    await expect(markdown).toMatchFileSnapshot('../../docs/EVENTS.md');
  });
});

describe('docs/EVENTS.md, of RocketMQ', () => {
  const nameOf = (topic: string, isClassic: boolean): string =>
    new RocketmqNames({ prefix: undefined, names: { topics: {}, groups: {} }, isClassic }).topic(topic).name;

  it.each(ALL_TOPICS)('names %s as the adapter does', (topic) => {
    const [, row = ''] = new RegExp(`^\\| \`${topic}\` +\\|(.*)\\|$`, 'm').exec(readPage('docs/EVENTS.md')) ?? [];
    const names = row.split('|').map((cell) => cell.replaceAll('`', '').trim());
    expect(names).toEqual([nameOf(topic, false), nameOf(topic, true)]);
  });
});

describe('docs/events', () => {
  it.each(ALL_TOPICS)('has the schema of %s', async (topic) => {
    await expect(await json(schemaDocument(topic))).toMatchFileSnapshot(`../../docs/events/${topic}.schema.json`);
  });

  it('has no schema of a topic that does not exist', () => {
    const files = readdirSync(join(ROOT, 'docs/events'));
    expect(files.sort()).toEqual(ALL_TOPICS.map((topic) => `${topic}.schema.json`).sort());
  });

  it.each(ALL_TOPICS)(
    'takes the example of %s, by its schema and strictly, and refuses one without its ids',
    (topic) => {
      const { body, example } = OUTGOING_EVENTS[topic];
      expect(body.parse(example)).toEqual(example);
      const validate = new Ajv({ strict: true, formats: { 'date-time': true } }).compile(schemaDocument(topic));
      expect(validate(example), JSON.stringify(validate.errors)).toBe(true);
      expect(validate({ ...example, addedLater: 1 })).toBe(true);
      expect(validate({})).toBe(false);
    },
  );
});

describe('docs/asyncapi.json', () => {
  const document = asyncApiDocument(version);

  it('is what the contract says', async () => {
    await expect(await json(document)).toMatchFileSnapshot('../../docs/asyncapi.json');
  });

  it.each(INCOMING_KIND_NAMES)('has an example of %s that is taken', (kind) => {
    const { schema, example } = INCOMING_KINDS[kind];
    expect(schema.safeParse(example).success).toBe(true);
    const validate = new Ajv({ allowUnionTypes: true }).compile(bodySchema(schema, 'input'));
    expect(validate(example), JSON.stringify(validate.errors)).toBe(true);
  });

  it('refers only to what it has', () => {
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g)].map(([, path]) => path ?? '');
    expect(references.length).toBe((ALL_TOPICS.length + INCOMING_KIND_NAMES.length) * 3);
    const find = (path: string): unknown =>
      path.split('/').reduce<unknown>((node, name) => (node as Record<string, unknown> | undefined)?.[name], document);
    expect(references.filter((path) => find(path) === undefined)).toEqual([]);
  });
});
