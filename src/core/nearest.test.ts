import fc from 'fast-check';
import { expect, it } from 'vitest';
import { nearestWord } from './nearest.js';

const FIELDS = ['level', 'points', 'activeDays', 'lastActiveAt', 'timeZone', 'locale', 'tags'];

it.each([
  ['levle', 'level'],
  ['LEVEL', 'level'],
  ['point', 'points'],
  ['activedays', 'activeDays'],
  ['timezone', 'timeZone'],
  ['tag', 'tags'],
])('takes "%s" for "%s"', (word, expected) => {
  expect(nearestWord(word, FIELDS)).toBe(expected);
});

it.each(['', 'shoeSize', 'zzzzz', 'birthday'])('has no guess for "%s"', (word) => {
  expect(nearestWord(word, FIELDS)).toBeUndefined();
});

it('prefers the word itself to any other', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ minLength: 1 }), { minLength: 1 }), fc.nat(), (known, pick) => {
      const word = known[pick % known.length] ?? '';
      expect(nearestWord(word, known)?.toLowerCase()).toBe(word.toLowerCase());
    }),
  );
});

it('finds a word with one character changed, left out or put in', () => {
  const word = 'activeDays';
  fc.assert(
    fc.property(fc.nat({ max: word.length - 1 }), fc.constantFrom('', 'x', 'xe'), (at, instead) => {
      expect(nearestWord(word.slice(0, at) + instead + word.slice(at + 1), FIELDS)).toBe(word);
    }),
  );
});

it('knows nothing when nothing is known', () => {
  expect(nearestWord('level', [])).toBeUndefined();
});
