/** Values that a schema of the API document allows, drawn from one random source. */
import fc from 'fast-check';
import { assert } from '../../../src/core/assert.js';
import type { ApiDocument, Schema } from './api-operations.js';
import type { RememberedValues } from './remembered-values.js';

export type Draw = fc.GeneratorValue;

/** One of the items: much cheaper than an arbitrary made for each list. */
export function pick<Item>(draw: Draw, items: readonly Item[]): Item {
  const item = items[draw(fc.nat, items.length - 1)];
  assert(item !== undefined || items.length > 0, 'there is something to pick');
  return item as Item; // may be undefined only where an item is
}

export interface DrawContext {
  readonly draw: Draw;
  readonly document: Pick<ApiDocument, 'resolve'>;
  readonly known: Pick<RememberedValues, 'of'>;
}

const MAX_DEPTH = 6;

/** What a schema cannot say: what a field's text means, and how much of it a test can bear. */
const FITTING: Readonly<Record<string, readonly unknown[]>> = {
  currency: ['CNY', 'EUR', 'JPY'],
  startsAt: ['2026-01-01T00:00:00Z', '2027-03-28T02:30:00+01:00'],
  endsAt: ['2031-06-19T00:00:00+08:00', '2030-12-31T23:59:59.999Z'],
  launchAt: ['2031-01-01T00:00:00Z', null],
  deliverUntil: ['2031-02-01T00:00:00Z', '2030-01-01T00:00:00Z'],
  expiresAt: ['2031-01-01T00:00:00Z'],
  lastActiveAt: ['2026-10-01T00:00:00Z', null],
  where: ['level in (3,4) and points >= 1000', 'has(sms)', "tag = 'vip' or not (level < 2)", 'points < 50', ''],
  filter: [
    { field: 'level', in: [1, 2, 3] },
    { and: [{ field: 'points', atLeast: 10 }, { not: { field: 'level', equals: 9 } }] },
    { or: [{ field: 'tag', equals: 'vip' }, { field: 'contact.email' }] },
  ],
  memberId: ['m-1', 'm-2', '李-7', 'a/b', 'x y'],
  memberIds: [['m-1', 'm-2'], ['m-3']],
  body: ['Hello {{member.name|friend}}', '您好 {{member.name}}', 'x'],
  title: ['{{campaign.name}}', 'Sale'],
  subject: ['Sale', '{{promotion.name|none}}'],
  html: ['<b>{{member.name}}</b>'],
  link: ['https://shop.example/{{member.memberId}}'],
  email: ['li@example.com', null],
  phone: ['+8613800138000', '13900139000', null],
  address: ['li@example.com', '+8613800138000'],
  timeZone: ['Asia/Shanghai', 'UTC', null],
  locale: ['zh-CN', 'en', null],
  level: [0, 3, 9],
  points: [0, 5_000],
  activeDays: [0, 30],
  count: [1, 40],
  discountBps: [2_000],
  quantity: [1, 3],
  thresholdMinor: ['30000', 500],
  reductionMinor: ['4000', 40],
  cutMinor: ['500'],
  group: ['readers', 'g.1'],
  topic: ['promotion.created', 'campaign.launched'],
  map: ['Customer ID=memberId', 'x=-'],
  defaultRegion: ['CN', 'US'],
  consent: [{ sms: 'granted' }, { email: { state: 'denied', at: '2026-01-01T00:00:00Z', source: 'form' } }],
  attributes: [{ city: 'Köln', visits: 3 }],
  token: ['x'],
  lang: ['en', 'zh-CN'],
};

/** A value of the schema; now and then one that an answer held under the same name. */
export function drawValue(context: DrawContext, given: Schema, name: string, depth = 0): unknown {
  const { draw, document, known } = context;
  const schema = document.resolve(given);
  const remembered = known.of(name);
  if (remembered.length > 0 && draw(fc.nat, 9) < 6) return pick(draw, remembered);
  const fitting = FITTING[name];
  if (fitting !== undefined && draw(fc.nat, 9) < 7) return pick(draw, fitting);
  if ('const' in schema) return schema['const'];
  const choices = schema['enum'] ?? schema['anyOf'] ?? schema['oneOf'];
  if (Array.isArray(choices) && choices.length > 0) {
    const choice: unknown = pick(draw, choices as readonly unknown[]);
    return schema['enum'] === undefined ? drawValue(context, choice as Schema, name, depth + 1) : choice; // of anyOf: a schema
  }
  switch (schema['type']) {
    case 'object':
      return drawObject(context, schema, depth);
    case 'array':
      return drawArray(context, schema, { name, depth });
    case 'string':
      return drawText(draw, schema);
    case 'integer': {
      const min = numberOf(schema, 'minimum', 0);
      return draw(fc.integer, { min, max: Math.min(numberOf(schema, 'maximum', min + 50), min + 50) });
    }
    case 'number':
      return draw(fc.integer, { min: 1, max: 1_000 });
    case 'boolean':
      return draw(fc.boolean);
    case 'null':
      return null;
    default:
      return draw(fc.jsonValue, { maxDepth: 3 });
  }
}

function drawObject(context: DrawContext, schema: Schema, depth: number): Record<string, unknown> {
  const { draw } = context;
  const properties = (schema['properties'] ?? {}) as Record<string, Schema>; // JSON Schema says so
  const required = new Set((schema['required'] ?? []) as readonly string[]); // likewise
  const object: Record<string, unknown> = {};
  for (const [name, property] of Object.entries(properties)) {
    const isWanted = required.has(name) || (depth < MAX_DEPTH && draw(fc.nat, 9) < 4);
    if (isWanted) object[name] = drawValue(context, property, name, depth + 1);
  }
  return object;
}

function drawArray(
  context: DrawContext,
  schema: Schema,
  at: { readonly name: string; readonly depth: number },
): unknown[] {
  const min = numberOf(schema, 'minItems', 0);
  const length = min + context.draw(fc.nat, Math.max(0, Math.min(2, numberOf(schema, 'maxItems', 2) - min)));
  const items = (schema['items'] ?? {}) as Schema; // JSON Schema says so
  return Array.from({ length }, () => drawValue(context, items, at.name, at.depth + 1));
}

function drawText(draw: Draw, schema: Schema): string {
  if (typeof schema['pattern'] === 'string') return draw(fc.stringMatching, new RegExp(schema['pattern']));
  if (schema['format'] === 'date-time') return pick(draw, ['2026-12-01T00:00:00Z', '2030-02-28T23:59:59+05:30']);
  const maxLength = Math.min(numberOf(schema, 'maxLength', 30), 30);
  return draw(fc.string, { unit: 'grapheme', minLength: numberOf(schema, 'minLength', 0), maxLength });
}

function numberOf(schema: Schema, name: string, otherwise: number): number {
  const value = schema[name] ?? (name === 'minimum' ? schema['exclusiveMinimum'] : undefined);
  const margin = name === 'minimum' && schema['exclusiveMinimum'] !== undefined ? 1 : 0;
  return typeof value === 'number' && Number.isSafeInteger(value) && Math.abs(value) < 2 ** 40
    ? value + margin
    : otherwise;
}
