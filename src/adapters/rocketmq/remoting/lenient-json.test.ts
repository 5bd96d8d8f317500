import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { parseLenientJson } from './lenient-json.js';

it('reads maps whose keys are numbers or objects', () => {
  expect(parseLenientJson('{"a":{0:"127.0.0.1:10911",1:"x"}}')).toEqual({ a: { '0': '127.0.0.1:10911', '1': 'x' } });
  expect(parseLenientJson('{{"topic":"T","queueId":3}:{"n":1}}')).toEqual({ '{"topic":"T","queueId":3}': { n: 1 } });
});

it('reads what every reader of JSON reads, and nothing else', () => {
  fc.assert(
    fc.property(fc.json(), (text) => {
      expect(parseLenientJson(text)).toEqual(JSON.parse(text));
    }),
  );
  for (const text of ['', '{', '{"a"}', '[1', '"x', 'nonsense', '{} {}'])
    expect(() => parseLenientJson(text)).toThrow();
});
