/** Requests out of the API document: right ones, and ones that are wrong in one of many ways. */
import fc from 'fast-check';
import type { ApiOperation, Parameter } from './api-operations.js';
import { drawValue, pick, type DrawContext } from './draw-value.js';
import { mangleText, mangleValue, oddValue } from './mangle.js';
import type { Suggestion } from './next-steps.js';

export interface ApiRequest {
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Buffer | undefined;
}

/** How a request is meant; what the server makes of it is its own affair. */
export const MANNERS = ['fitting', 'wrongBody', 'wrongText', 'wrongParameter', 'wrongQuery', 'wrongHeader'] as const;
export type Manner = (typeof MANNERS)[number];

export interface RequestPlan {
  readonly manner: Manner;
  /** What would be right, where that is known: values of the path, and a body. */
  readonly suggestion: Suggestion | undefined;
}

export function drawRequest(context: DrawContext, operation: ApiOperation, plan: RequestPlan): ApiRequest {
  const { manner } = plan;
  const { body, type } = drawBody(context, operation, plan);
  return {
    method: operation.method,
    target: drawPath(context, operation, plan) + drawQuery(context, operation, plan),
    headers: { ...(type === undefined ? {} : { 'content-type': type }), ...drawHeaders(context, operation, manner) },
    body,
  };
}

function drawBody(
  context: DrawContext,
  operation: ApiOperation,
  { manner, suggestion }: RequestPlan,
): { readonly body: string | Buffer | undefined; readonly type: string | undefined } {
  const { draw } = context;
  const { body } = operation;
  if (body === undefined) {
    const isOdd = manner === 'wrongBody' || manner === 'wrongText';
    return isOdd
      ? { body: JSON.stringify(oddValue(draw)), type: 'application/json' }
      : { body: undefined, type: undefined };
  }
  const type = pick(draw, Object.keys(body.schemas));
  if (type !== 'application/json') return { type, body: drawFile(context, type, manner) };
  if (!body.isRequired && draw(fc.nat, 3) === 0) return { body: undefined, type: undefined };
  const fitting = suggestion?.body ?? drawValue(context, body.schemas[type] ?? {}, 'body of the request');
  const value = manner === 'wrongBody' ? mangleValue(draw, fitting) : fitting;
  const text = JSON.stringify(value);
  return { type, body: manner === 'wrongText' ? mangleText(draw, text) : text };
}

/** A small file of members; half of those in CSV have only their ids, which files of grants can be as well. */
function drawFile(context: DrawContext, type: string, manner: Manner): string | Buffer {
  const { draw } = context;
  const ids = Array.from({ length: draw(fc.nat, 5) }, () => `f-${draw(fc.nat, 50)}`);
  const member = (id: string) => `${id},${pick(draw, [0, 3, 9, 999])},"${draw(fc.string, { maxLength: 9 })}"`;
  const csv = () => (draw(fc.boolean) ? ['memberId', ...ids] : ['memberId,level,name', ...ids.map(member)]);
  const json = () => ids.map((id) => JSON.stringify({ memberId: id, points: draw(fc.integer, { min: -2, max: 90 }) }));
  const lines = type === 'text/csv' ? csv() : json();
  const text = `${lines.join('\n')}\n`;
  return manner === 'wrongText' || manner === 'wrongBody' ? mangleText(draw, text) : text;
}

function drawPath(context: DrawContext, operation: ApiOperation, { manner, suggestion }: RequestPlan): string {
  const { draw } = context;
  const collection = operation.path.split('/')[2] ?? '';
  return operation.path.replace(/\{([^}]+)\}/g, (_, name: string) => {
    if (manner === 'wrongParameter' && draw(fc.nat, 2) > 0) return pick(draw, ODD_SEGMENTS);
    const parameter = operation.parameters.find((each) => each.in === 'path' && each.name === name);
    const known = name === 'id' ? `${collection} id` : name; // an id means another thing in each collection
    const value = suggestion?.parameters[name] ?? drawValue(context, parameter?.schema ?? {}, known);
    return encodeURIComponent(wellFormed(value)) || 'x';
  });
}

const ODD_SEGMENTS = [
  '0',
  '-1',
  '1e3',
  '1.5',
  '9007199254740993',
  '99999999999999999999999',
  '%00',
  '%ff',
  '%',
  '%25',
  '..%2f..%2fetc',
  '%F0%9F%92%A5',
  '%ED%A0%80',
  'x'.repeat(299),
  'x'.repeat(2_000),
  '%27%20or%201=1',
  'null',
  ':id',
  '*',
];

function drawQuery(context: DrawContext, operation: ApiOperation, { manner, suggestion }: RequestPlan): string {
  const { draw } = context;
  const parameters = operation.parameters.filter((each) => each.in === 'query');
  const query = new URLSearchParams();
  for (const parameter of parameters) {
    const suggested = suggestion?.parameters[parameter.name];
    if (suggested === undefined && !parameter.isRequired && draw(fc.nat, 9) > 2) continue;
    const isWrong = manner === 'wrongQuery' && draw(fc.boolean);
    const value = isWrong ? oddValue(draw) : (suggested ?? drawValue(context, parameter.schema, parameter.name));
    query.append(parameter.name, wellFormed(value).slice(0, 6_000));
    if (isWrong && draw(fc.nat, 3) === 0) query.append(parameter.name, 'again');
  }
  if (manner === 'wrongQuery' && draw(fc.nat, 2) === 0) {
    query.append(pick(draw, ['__proto__', 'limit[]', 'a', '', 'where']), wellFormed(oddValue(draw)).slice(0, 3_000));
  }
  const text = query.toString();
  return text === '' ? '' : `?${text}`;
}

function drawHeaders(context: DrawContext, operation: ApiOperation, manner: Manner): Record<string, string> {
  const { draw } = context;
  const known = operation.parameters.filter((each) => each.in === 'header' && draw(fc.nat, 9) < 2);
  const headers: Record<string, string> = {};
  for (const parameter of known) headers[parameter.name] = headerText(drawValueOfHeader(context, parameter));
  if (manner === 'wrongHeader') {
    const name = pick(draw, [
      'idempotency-key',
      'fanfare-operator',
      'content-type',
      'authorization',
      'accept',
      'last-event-id',
      'x-forwarded-for',
      'accept-language',
    ]);
    headers[name] = draw(
      fc.constantFrom,
      'x'.repeat(300),
      '%ff',
      'text/plain',
      'Bearer ffk_x',
      '*/*;q=9',
      'ü',
      '0',
      '1,2',
    );
  }
  return headers;
}

const drawValueOfHeader = (context: DrawContext, { schema, name }: Parameter): unknown =>
  name === 'fanfare-operator' ? 'li%20wei' : drawValue(context, schema, name);

const headerText = (value: unknown): string => wellFormed(value).replace(/[^\x21-\x7e]/g, '') || 'x';

/** As text that can be percent-encoded: a lone surrogate becomes the replacement character. */
const wellFormed = (value: unknown): string =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString();
