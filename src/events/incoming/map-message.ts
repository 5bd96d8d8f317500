/** A shop's own message into an event of ours, by JSON pointers. Pure. */
import { assert } from '../../core/assert.js';
import { followPointer, formatPointer } from '../../core/json-pointer.js';
import { INCOMING_KINDS, type IncomingKindName } from './incoming-kinds.js';

/** Where in a topic's messages the fields of a kind stand. */
export interface IncomingMapping {
  readonly kind: IncomingKindName;
  /** Reference tokens of the pointer, by field; an optional field may be left out. */
  readonly pointers: Readonly<Record<string, readonly string[]>>;
}

/** Why a message does not fit. It says what kind of value was found, never the value: that may be a person's. */
export interface Misfit {
  readonly pointer: string;
  readonly found: string;
  readonly expected: string;
}

export type MappedMessage =
  | { readonly kind: 'event'; readonly fields: Readonly<Record<string, unknown>> }
  | { readonly kind: 'misfit'; readonly misfit: Misfit };

/** Reads the fields of a message. A field that is optional counts as left out where there is nothing, or null. */
export function mapMessage(mapping: IncomingMapping, message: unknown): MappedMessage {
  if (typeof message !== 'object' || message === null || Array.isArray(message)) {
    return misfit({ pointer: '', found: describeValue(message), expected: 'a JSON object' });
  }
  const { shape } = INCOMING_KINDS[mapping.kind].schema;
  const fields: Record<string, unknown> = {};
  for (const [name, tokens] of Object.entries(mapping.pointers)) {
    const pointed = followPointer(message, tokens);
    const value = pointed.isFound ? (pointed.value ?? undefined) : undefined;
    const parsed = shape[name]?.safeParse(value === '' ? undefined : value);
    assert(parsed !== undefined, `${mapping.kind} has the field ${name}`);
    if (!parsed.success) {
      const found = pointed.isFound ? describeValue(pointed.value) : `nothing: there is no ${pointed.missing}`;
      return misfit({ pointer: formatPointer(tokens), found, expected: parsed.error.issues[0]?.message ?? '' });
    }
    if (parsed.data !== undefined) fields[name] = parsed.data;
  }
  return { kind: 'event', fields };
}

const misfit = (found: Misfit): MappedMessage => ({ kind: 'misfit', misfit: found });

/** A misfit in a sentence. */
export const misfitText = ({ pointer, found, expected }: Misfit): string =>
  `${pointer === '' ? 'The message' : pointer}: found ${found}; expected ${expected}.`;

/** The kind of a value, without the value. */
export function describeValue(value: unknown): string {
  if (value === undefined) return 'no JSON';
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'string') return value === '' ? 'an empty text' : 'a text';
  if (typeof value === 'number')
    return Number.isSafeInteger(value) ? 'a whole number' : 'a number that is not whole or not exact';
  return typeof value === 'object' ? 'an object' : 'a boolean';
}
