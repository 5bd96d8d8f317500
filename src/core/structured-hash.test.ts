import fc from 'fast-check';
import { expect, it } from 'vitest';
import { canonicalJson } from './canonical-json.js';
import { equalBytes, structuredHash } from './structured-hash.js';

it('tells apart parts that read the same when joined', () => {
  expect(structuredHash(['双11', '1'])).not.toEqual(structuredHash(['双1', '11']));
  expect(structuredHash(['1'])).not.toEqual(structuredHash([1]));
  expect(structuredHash(['a', ''])).not.toEqual(structuredHash(['a']));
});

it('is equal for equal parts only', () => {
  const parts = fc.array(fc.oneof(fc.string({ maxLength: 6 }), fc.integer()), { maxLength: 4 });
  fc.assert(
    fc.property(parts, parts, (left, right) => {
      const isSame = left.length === right.length && left.every((part, index) => part === right[index]);
      expect(equalBytes(structuredHash(left), structuredHash(right))).toBe(isSame);
    }),
  );
});

it('writes equal values alike, whatever the order of their keys', () => {
  expect(canonicalJson({ b: [1, { d: 1n, c: undefined }], a: null })).toBe('{"a":null,"b":[1,{"d":"1"}]}');
  expect(canonicalJson(undefined)).toBe('undefined');
});
