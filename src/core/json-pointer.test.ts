import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { followPointer, formatPointer, parsePointer } from './json-pointer.js';

/** The document of RFC 6901, section 5, with what each pointer names. */
const DOCUMENT = {
  foo: ['bar', 'baz'],
  '': 0,
  'a/b': 1,
  'c%d': 2,
  'e^f': 3,
  'g|h': 4,
  'i\\j': 5,
  'k"l': 6,
  ' ': 7,
  'm~n': 8,
};
const NAMED: Readonly<Record<string, unknown>> = {
  '': DOCUMENT,
  '/foo': ['bar', 'baz'],
  '/foo/0': 'bar',
  '/': 0,
  '/a~1b': 1,
  '/c%d': 2,
  '/e^f': 3,
  '/g|h': 4,
  '/i\\j': 5,
  '/k"l': 6,
  '/ ': 7,
  '/m~0n': 8,
};

const follow = (document: unknown, text: string) => followPointer(document, parsePointer(text) ?? []);

/** Every value of a document with the steps that lead to it. */
function* places(value: unknown, steps: readonly string[] = []): Iterable<readonly [readonly string[], unknown]> {
  yield [steps, value];
  if (typeof value !== 'object' || value === null) return;
  for (const [name, inner] of Object.entries(value)) yield* places(inner, [...steps, name]);
}

const documents = fc.jsonValue({ maxDepth: 4 });

describe('a JSON pointer', () => {
  it.each(Object.entries(NAMED))('%j names what RFC 6901 says', (text, value) => {
    expect(follow(DOCUMENT, text)).toEqual({ isFound: true, value });
  });

  it.each(['foo', 'a/b', '/m~n', '/m~', '/~2'])('%j is none', (text) => {
    expect(parsePointer(text)).toBeUndefined();
  });

  it.each(['/foo/2', '/foo/-', '/foo/00', '/foo/length', '/constructor', '/__proto__', '/toString/name', '/foo/0/0'])(
    '%s leads nowhere',
    (text) => {
      expect(follow(DOCUMENT, text).isFound).toBe(false);
    },
  );

  it('says where the way ends', () => {
    expect(follow({ account: { name: 'Li' } }, '/account/id/x')).toEqual({ isFound: false, missing: '/account/id' });
  });

  it('finds every value of every document, and is written as it was read', () => {
    fc.assert(
      fc.property(documents, (document) => {
        for (const [steps, value] of places(document)) {
          const text = formatPointer(steps);
          expect(parsePointer(text)).toEqual(steps);
          expect(followPointer(document, steps)).toEqual({ isFound: true, value });
        }
      }),
    );
  });

  it('finds only what a document has itself, and never throws', () => {
    fc.assert(
      fc.property(
        documents,
        fc.array(fc.oneof(fc.string(), fc.constantFrom('0', '-', 'length', '__proto__'))),
        (document, steps) => {
          const known = new Map([...places(document)].map(([path, value]) => [formatPointer(path), value]));
          const text = formatPointer(steps);
          const pointed = followPointer(document, steps);
          expect(pointed.isFound).toBe(known.has(text));
          if (!pointed.isFound) expect(text.startsWith(pointed.missing)).toBe(true);
        },
      ),
    );
  });
});
