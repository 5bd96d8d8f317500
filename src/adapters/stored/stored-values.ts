import { DomainError } from '../../core/errors.js';
import { epochMs, type EpochMs } from '../../core/time.js';

/** Readers of stored columns: what the program did not write itself is not trusted. */

export const instantOrNull = (value: number | null): EpochMs | null => (value === null ? null : epochMs(value));

/** @throws DomainError `STORE_CORRUPT` naming `what` when the text is none of the words. */
export function oneOf<Word extends string>(words: readonly Word[], text: string, what: string): Word {
  const word = words.find((candidate) => candidate === text);
  if (word === undefined) throw corrupt(what, `is "${text}", not one of ${words.join(', ')}`);
  return word;
}

/** A JSON list of known words. @throws DomainError `STORE_CORRUPT` naming `what`. */
export function listOf<Word extends string>(words: readonly Word[], json: string, what: string): readonly Word[] {
  const list = parseJson(json, what);
  if (!Array.isArray(list)) throw corrupt(what, 'is no list');
  return list.map((item) => oneOf(words, String(item), what));
}

/** A JSON object of texts. @throws DomainError `STORE_CORRUPT` naming `what`. */
export function textsByName(json: string, what: string): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(parseObject(json, what)).map(([name, value]) => {
      if (typeof value !== 'string') throw corrupt(what, `holds something other than text under "${name}"`);
      return [name, value];
    }),
  );
}

/** @throws DomainError `STORE_CORRUPT` naming `what` when the text is no JSON object. */
export function parseObject(json: string, what: string): Readonly<Record<string, unknown>> {
  const value = parseJson(json, what);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw corrupt(what, 'is no JSON object');
  return value as Readonly<Record<string, unknown>>; // a JSON object, checked just above
}

export function corrupt(what: string, problem: string, cause?: unknown): DomainError {
  return new DomainError(
    'STORE_CORRUPT',
    `${what} in the store ${problem}. Run "fanfare audit" and restore it from a backup.`,
    { what },
    { cause },
  );
}

function parseJson(json: string, what: string): unknown {
  try {
    return JSON.parse(json);
  } catch (error) {
    throw corrupt(what, 'is no JSON', error);
  }
}
