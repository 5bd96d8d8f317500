import * as z from 'zod';
import { DomainError } from '../core/errors.js';
import { nearestWord } from '../core/nearest.js';

/**
 * Checks settings against their schema and fills in the defaults.
 * @param source what the settings are called in errors: a file's name, `--pace`.
 * @throws DomainError `INVALID_CONFIG` that names the key, what is wrong with it and, for an unknown key, the nearest
 *   known one. Values are not repeated: they may be secrets put in the wrong place.
 */
export function parseSettings<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  source: string,
): z.output<Schema> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.slice(0, MAX_PROBLEMS).map((issue) => describe(issue, schema));
  throw new DomainError('INVALID_CONFIG', `${source}: ${problems.join('; ').replace(/([^?])$/, '$1.')}`, {
    source,
    problems,
  });
}

const MAX_PROBLEMS = 10;

function describe(issue: z.core.$ZodIssue, schema: z.ZodType): string {
  if (issue.code === 'unrecognized_keys') {
    const known = knownKeys(schema, issue.path);
    return issue.keys.map((key) => describeUnknownKey(key, issue.path, known)).join('; ');
  }
  const where = issue.path.length === 0 ? 'the settings' : pathText(issue.path);
  const [{ message } = issue] = issue.code === 'invalid_key' ? issue.issues : []; // of a record: what its key should be
  return `${where}: ${firstLower(message).replace(/\.$/, '')}`;
}

function describeUnknownKey(key: string, path: readonly PropertyKey[], known: readonly string[]): string {
  const nearest = nearestWord(key, known);
  const hint = nearest === undefined ? `known are ${known.join(', ')}` : `did you mean "${nearest}"?`;
  return `${pathText([...path, key])} is not a known key, ${hint}`;
}

const pathText = (path: readonly PropertyKey[]): string =>
  path
    .map((step, index) => (typeof step === 'number' ? `[${step}]` : `${index === 0 ? '' : '.'}${String(step)}`))
    .join('');

const firstLower = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1);

/** Keys that the schema knows at a path: of every branch, where there are several. */
function knownKeys(schema: z.ZodType, path: readonly PropertyKey[]): readonly string[] {
  let nodes: readonly unknown[] = branches(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }));
  for (const step of path) nodes = nodes.flatMap((node) => branches(stepInto(node, step)));
  return [...new Set(nodes.flatMap((node) => Object.keys(memberOf(node, 'properties') ?? {})))];
}

function stepInto(node: unknown, step: PropertyKey): unknown {
  if (typeof step === 'number') return memberOf(node, 'items');
  return memberOf(memberOf(node, 'properties'), String(step)) ?? memberOf(node, 'additionalProperties');
}

function branches(node: unknown): readonly unknown[] {
  const alternatives = ['anyOf', 'oneOf', 'allOf'].flatMap((kind) => {
    const list = memberOf(node, kind);
    return Array.isArray(list) ? list.flatMap((branch: unknown) => branches(branch)) : [];
  });
  return [node, ...alternatives];
}

function memberOf(node: unknown, name: string): object | undefined {
  if (typeof node !== 'object' || node === null) return undefined;
  const member: unknown = (node as Readonly<Record<string, unknown>>)[name]; // any object can be asked for a name
  return typeof member === 'object' && member !== null ? member : undefined;
}
