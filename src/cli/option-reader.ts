import { nearestWord } from '../core/nearest.js';
import type { EpochMs } from '../core/time.js';
import { UsageError } from './cli-errors.js';
import { PARSE_TEXT } from './text/parse-text.js';
import type { Wording } from './wording.js';

/** What reading a value may need to know. */
export interface ReadContext {
  readonly now: EpochMs;
}

/** Reads one text; refuses by throwing what `refuse` makes. */
export type Parse<Value> = (text: string, context: ReadContext) => Value;

/** Reads all texts that were given for an option or argument, in their order. */
export interface Reader<Value> {
  readonly isFlag: boolean;
  readonly isRequired: boolean;
  readonly read: (texts: readonly string[], context: ReadContext) => Value;
}

/** A value that is wrong; whoever knows the option's name puts it in front. */
export class BadValue extends Error {
  override readonly name = 'BadValue';

  constructor(readonly wording: Wording) {
    super(wording.en);
  }
}

export function refuse(wording: Wording): never {
  throw new BadValue(wording);
}

/** At most once; undefined when it is not given. */
export const single = <Value>(parse: Parse<Value>): Reader<Value | undefined> => ({
  isFlag: false,
  isRequired: false,
  read: (texts, context) => {
    const text = onlyOne(texts);
    return text === undefined ? undefined : parse(text, context);
  },
});

/** At most once; `fallback` when it is not given. */
export const singleOr = <Value>(parse: Parse<Value>, fallback: Value): Reader<Value> => {
  const reader = single(parse);
  return { ...reader, read: (texts, context) => reader.read(texts, context) ?? fallback };
};

/** Exactly once. */
export const required = <Value>(parse: Parse<Value>): Reader<Value> => ({
  isFlag: false,
  isRequired: true,
  read: (texts, context) => {
    const text = onlyOne(texts);
    return text === undefined ? refuse(PARSE_TEXT.missing) : parse(text, context);
  },
});

/** Any number of times. */
export const many = <Value>(parse: Parse<Value>): Reader<readonly Value[]> => ({
  isFlag: false,
  isRequired: false,
  read: (texts, context) => texts.map((text) => parse(text, context)),
});

/** Given or not, without a value. */
export const flag = (): Reader<boolean> => ({ isFlag: true, isRequired: false, read: (texts) => texts.length > 0 });

function onlyOne(texts: readonly string[]): string | undefined {
  return texts.length > 1 ? refuse(PARSE_TEXT.twice) : texts[0];
}

export const text: Parse<string> = (value) => (value.trim() === '' ? refuse(PARSE_TEXT.empty) : value);

export const wholeNumber =
  (min: number, max: number): Parse<number> =>
  (value) => {
    const number = /^\d{1,16}$/.test(value.replaceAll(/[,_]/g, '')) ? Number(value.replaceAll(/[,_]/g, '')) : undefined;
    return number === undefined || number < min || number > max
      ? refuse(PARSE_TEXT.wholeNumber(value, min, max))
      : number;
  };

export const decimalNumber =
  (min: number, max: number): Parse<number> =>
  (value) => {
    const number = /^\d+(?:\.\d+)?$/.test(value) ? Number(value) : undefined;
    return number === undefined || number < min || number > max ? refuse(PARSE_TEXT.number(value, min, max)) : number;
  };

/** The number of a promotion or campaign. */
export const rowId: Parse<number> = (value, context) =>
  wholeNumber(1, Number.MAX_SAFE_INTEGER)(value.replace(/^#/, ''), context);

export const choice =
  <Value extends string>(known: readonly Value[]): Parse<Value> =>
  (value) =>
    known.find((candidate) => candidate === value) ??
    refuse(PARSE_TEXT.unknownChoice(value, known, nearestWord(value, known)));

/** Values with commas between them. */
export const commaList =
  <Value>(parse: Parse<Value>): Parse<readonly Value[]> =>
  (value, context) =>
    value
      .split(/[,，]/)
      .map((part) => part.trim())
      .filter((part) => part !== '')
      .map((part) => parse(part, context));

/** `NAME=VALUE`. */
export const assignment =
  <Name, Value>(readName: Parse<Name>, readValue: Parse<Value>): Parse<readonly [Name, Value]> =>
  (value, context) => {
    const at = value.indexOf('=');
    if (at < 1) refuse(PARSE_TEXT.assignment(value));
    return [readName(value.slice(0, at), context), readValue(value.slice(at + 1), context)];
  };

/** Turns a bad value into a usage error that names the option. */
export function readNamed<Value>(
  reader: Reader<Value>,
  name: string,
  given: { readonly texts: readonly string[]; readonly context: ReadContext },
): Value {
  try {
    return reader.read(given.texts, given.context);
  } catch (error) {
    if (!(error instanceof BadValue)) throw error;
    throw new UsageError({ en: `${name} ${error.wording.en}`, 'zh-CN': `${name} ${error.wording['zh-CN']}` });
  }
}
