/** JSON pointers, RFC 6901: `/account/id` names the member `id` of the member `account` of a document. */

/** The reference tokens of a pointer, unescaped, or undefined where the text is none. `''` is the document itself. */
export function parsePointer(text: string): readonly string[] | undefined {
  if (text === '') return [];
  if (!text.startsWith('/') || /~(?![01])/.test(text)) return undefined;
  return text
    .slice(1)
    .split('/')
    .map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'));
}

/** The text of a pointer. */
export const formatPointer = (tokens: readonly string[]): string =>
  tokens.map((token) => `/${token.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');

export type Pointed =
  | { readonly isFound: true; readonly value: unknown }
  /** `missing` is the pointer to the first step that leads nowhere. */
  | { readonly isFound: false; readonly missing: string };

/** What a pointer names in a parsed document. Own members and existing elements only; never throws. */
export function followPointer(document: unknown, tokens: readonly string[]): Pointed {
  let value = document;
  for (const [index, token] of tokens.entries()) {
    const next = stepInto(value, token);
    if (next === undefined) return { isFound: false, missing: formatPointer(tokens.slice(0, index + 1)) };
    value = next.value;
  }
  return { isFound: true, value };
}

/** An index has no sign and no leading zero (section 4), so `-`, the element behind the last, is never there. */
const ARRAY_INDEX = /^(?:0|[1-9]\d*)$/;

function stepInto(value: unknown, token: string): { readonly value: unknown } | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  if (Array.isArray(value) && !ARRAY_INDEX.test(token)) return undefined;
  if (!Object.hasOwn(value, token)) return undefined;
  return { value: (value as Readonly<Record<string, unknown>>)[token] }; // a JSON value can be asked for its own member
}
