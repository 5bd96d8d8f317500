/**
 * The filter's short text, as people write it on the command line:
 *
 *   level in (3, 4) and points >= 1000 and tag = 'vip' and not consent.sms and has(email)
 *   coupon.5.told and not coupon.5.held or coupon.5.state in ('available', 'locked') and coupon.5.daysLeft <= 3
 *   attributes.city = '上海' or points between 100 and 500 or lastActiveAt >= '2026-11-01T00:00:00+08:00'
 *
 *   filter     := both { "or" both }
 *   both       := single { "and" single }
 *   single     := "not" single | "(" filter ")" | "everybody" | "has" "(" channel ")" | test
 *   test       := field [ ("=" | "!=" | "<>" | "<" | "<=" | ">" | ">=") value | ["not"] "in" "(" value {"," value} ")" | ["not"] "between" value "and" value ]
 *   field      := name {"." name | "." quoted} | "coupon" "." number "." name
 *   value      := number | quoted | "true" | "false"
 *
 * Words of the language are read in any case; texts are in single or double quotes, a quote inside is doubled.
 * Every error names the position (from 1). O(length); depth and size as FILTER_LIMITS.
 */
import { CHANNELS, type Channel } from '../core/channels.js';
import { EVERYBODY, type MemberFilter } from '../core/member-filter.js';
import { nearestWord } from '../core/nearest.js';
import {
  bothOf,
  checkFilterSize,
  eitherOf,
  FILTER_LIMITS,
  filterField,
  isBooleanField,
  tooDeep,
  type FilterField,
} from './filter-fields.js';
import { excerpt, invalidFilter, quoted, type FilterPlace } from './filter-refusal.js';
import { listTest, rangeTest, type RangeOperator } from './filter-test.js';
import { readTokens, type Token } from './filter-tokens.js';

/** @throws DomainError `INVALID_FILTER` with the position of what is wrong and the nearest known word. */
export function parseFilterText(text: string): MemberFilter {
  if (text.length > FILTER_LIMITS.textCharacters) {
    const limit = FILTER_LIMITS.textCharacters;
    throw invalidFilter('tooLong', `The filter is longer than ${limit} characters.`, { limit });
  }
  const filter = new FilterTextParser(readTokens(text)).parse();
  checkFilterSize(filter);
  return filter;
}

const CHANNEL_BY_WORD: ReadonlyMap<string, Channel> = new Map<string, Channel>([
  ...CHANNELS.map((channel) => [channel, channel] as const),
  ['phone', 'sms'],
  ['push', 'app'],
]);
const RANGE_BY_SIGN: ReadonlyMap<string, RangeOperator> = new Map([
  ['<', 'below'],
  ['<=', 'atMost'],
  ['>', 'above'],
  ['>=', 'atLeast'],
]);

/** Bound of the recursion; redundant parentheses count here, and the tree is measured once it is whole. */
const MAX_NESTING = 3 * FILTER_LIMITS.depth;

class FilterTextParser {
  readonly #tokens: readonly Token[];
  #next = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  parse(): MemberFilter {
    const filter = this.#either(1);
    if (this.#token.kind !== 'end') throw this.#unexpected('joinOrEnd');
    return filter;
  }

  #either(depth: number): MemberFilter {
    const children = [this.#both(depth)];
    while (this.#takeWord('or')) children.push(this.#both(depth));
    return eitherOf(children);
  }

  #both(depth: number): MemberFilter {
    const children = [this.#single(depth)];
    while (this.#takeWord('and')) children.push(this.#single(depth));
    return bothOf(children);
  }

  #single(depth: number): MemberFilter {
    if (depth > MAX_NESTING) throw tooDeep();
    if (this.#takeWord('not')) return { kind: 'not', filter: this.#single(depth + 1) };
    if (this.#takeSign('(')) {
      const filter = this.#either(depth + 1);
      this.#expectSign(')');
      return filter;
    }
    if (this.#isWord('everybody')) {
      this.#next += 1;
      return EVERYBODY;
    }
    if (this.#isWord('has') && this.#tokens[this.#next + 1]?.text === '(') return this.#contact();
    return this.#test();
  }

  #contact(): MemberFilter {
    this.#next += 1;
    this.#expectSign('(');
    const token = this.#token;
    const channel = token.kind === 'word' ? CHANNEL_BY_WORD.get(token.text.toLowerCase()) : undefined;
    if (channel === undefined) {
      const known = [...CHANNEL_BY_WORD.keys()];
      const nearest = nearestWord(token.text, known);
      throw invalidFilter(
        'unknownChannel',
        `has() at position ${token.position} takes one of ${known.join(', ')}${nearest === undefined ? '' : `; did you mean ${nearest}?`}`,
        { position: token.position, nearest, known },
      );
    }
    this.#next += 1;
    this.#expectSign(')');
    return { kind: 'contact', channel };
  }

  #test(): MemberFilter {
    const token = this.#token;
    const place = { position: token.position };
    const field = this.#field(place);
    if (this.#takeWord('not')) {
      if (!this.#isWord('in') && !this.#isWord('between')) throw this.#unexpected('wordTest');
      return { kind: 'not', filter: this.#wordTest(field, place) };
    }
    if (this.#isWord('in') || this.#isWord('between')) return this.#wordTest(field, place);
    if (this.#takeSign('=')) return listTest(field, [this.#value()], place);
    if (this.#takeSign('!=') || this.#takeSign('<>'))
      return { kind: 'not', filter: listTest(field, [this.#value()], place) };
    const operator = this.#token.kind === 'sign' ? RANGE_BY_SIGN.get(this.#token.text) : undefined;
    if (operator !== undefined) {
      this.#next += 1;
      return rangeTest(field, { [operator]: this.#value() }, place);
    }
    if (isBooleanField(field)) return listTest(field, [true], place);
    throw this.#unexpected('test');
  }

  #field(place: FilterPlace): FilterField {
    const first = this.#token;
    if (first.kind !== 'word') throw this.#unexpected('condition');
    const parts = [first.text];
    this.#next += 1;
    while (this.#takeSign('.')) {
      const isId = parts[0] === 'coupon' && this.#token.kind === 'number';
      if (this.#token.kind !== 'word' && this.#token.kind !== 'text' && !isId) throw this.#unexpected('name');
      parts.push(this.#token.text);
      this.#next += 1;
    }
    return filterField(parts.join('.'), place);
  }

  #wordTest(field: FilterField, place: FilterPlace): MemberFilter {
    if (this.#takeWord('in')) return this.#list(field, place);
    this.#next += 1; // between
    const atLeast = this.#value();
    if (!this.#takeWord('and')) throw this.#unexpected('and');
    return rangeTest(field, { atLeast, atMost: this.#value() }, place);
  }

  #list(field: FilterField, place: FilterPlace): MemberFilter {
    this.#expectSign('(');
    const values = [this.#value()];
    while (this.#takeSign(',')) values.push(this.#value());
    this.#expectSign(')');
    return listTest(field, values, place);
  }

  #value(): unknown {
    const token = this.#token;
    this.#next += 1;
    if (token.kind === 'text') return token.text;
    if (token.kind === 'number') return Number(token.text);
    if (token.kind === 'word' && token.text.toLowerCase() === 'true') return true;
    if (token.kind === 'word' && token.text.toLowerCase() === 'false') return false;
    this.#next -= 1;
    if (token.kind !== 'word') throw this.#unexpected('value');
    const { position, text } = token;
    throw invalidFilter(
      'unquotedText',
      `${quoted(text)} stands at position ${position} where the filter needs a value; put text in quotes: '${excerpt(text)}'.`,
      { position, found: excerpt(text) },
    );
  }

  get #token(): Token {
    return this.#tokens[this.#next] ?? END;
  }

  #isWord(word: string): boolean {
    return this.#token.kind === 'word' && this.#token.text.toLowerCase() === word;
  }

  #takeWord(word: string): boolean {
    if (!this.#isWord(word)) return false;
    this.#next += 1;
    return true;
  }

  #takeSign(sign: string): boolean {
    if (this.#token.kind !== 'sign' || this.#token.text !== sign) return false;
    this.#next += 1;
    return true;
  }

  #expectSign(sign: '(' | ')'): void {
    if (!this.#takeSign(sign)) throw this.#unexpected(sign);
  }

  #unexpected(expected: ExpectedPiece): Error {
    const { kind, text, position } = this.#token;
    const found = kind === 'end' ? 'The filter ends' : `${quoted(text)} stands`;
    return invalidFilter(
      'unexpected',
      `${found} at position ${position} where the filter needs ${EXPECTED_PIECES[expected]}.`,
      { position, expected, found: kind === 'end' ? null : excerpt(text) },
    );
  }
}

/** What the language wants at a place where something else stands, in words. */
const EXPECTED_PIECES = {
  joinOrEnd: 'and, or, or the end',
  condition: 'a field, not, has( or (',
  test: '=, !=, <, <=, >, >=, in or between',
  wordTest: 'in or between',
  name: 'a name',
  value: 'a value',
  and: 'and',
  '(': '(',
  ')': ')',
} as const;
export type ExpectedPiece = keyof typeof EXPECTED_PIECES;

const END: Token = { kind: 'end', text: '', position: 0 };
