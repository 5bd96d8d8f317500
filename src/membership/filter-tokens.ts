import { invalidFilter, quoted } from './filter-refusal.js';

/** A piece of a filter's text; `position` counts characters from 1. */
export interface Token {
  readonly kind: 'word' | 'number' | 'text' | 'sign' | 'end';
  /** Of a quoted text: what is inside, doubled quotes undone. */
  readonly text: string;
  readonly position: number;
}

const PIECES =
  /(?<space>\s+)|(?<number>-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|(?<word>[\p{L}_][\p{L}\p{N}_-]*)|(?<text>'(?:[^']|'')*'|"(?:[^"]|"")*")|(?<sign><=|>=|<>|!=|[=<>().,])/uy;

/** All pieces, the last one `end`. @throws DomainError `INVALID_FILTER` at a character that starts no piece. */
export function readTokens(text: string): readonly Token[] {
  const tokens: Token[] = [];
  PIECES.lastIndex = 0;
  let start = 0;
  while (start < text.length) {
    const groups = PIECES.exec(text)?.groups;
    if (groups === undefined) throw strayCharacter(text, start);
    const token = tokenOf(groups, start + 1);
    if (token !== undefined) tokens.push(token);
    start = PIECES.lastIndex;
  }
  tokens.push({ kind: 'end', text: '', position: text.length + 1 });
  return tokens;
}

function tokenOf(groups: Readonly<Record<string, string | undefined>>, position: number): Token | undefined {
  const { number, word, text, sign } = groups as Readonly<Partial<Record<'number' | 'word' | 'text' | 'sign', string>>>; // the groups of PIECES
  if (number !== undefined) return { kind: 'number', text: number, position };
  if (word !== undefined) return { kind: 'word', text: word, position };
  if (sign !== undefined) return { kind: 'sign', text: sign, position };
  if (text === undefined) return undefined;
  const quote = text.charAt(0);
  return { kind: 'text', text: text.slice(1, -1).replaceAll(quote + quote, quote), position };
}

function strayCharacter(text: string, start: number): Error {
  const found = String.fromCodePoint(text.codePointAt(start) ?? 0);
  const isQuote = found === "'" || found === '"';
  const hint = isQuote ? 'opens a text that is not closed' : 'means nothing in a filter; put texts in quotes';
  return invalidFilter(isQuote ? 'openQuote' : 'strayCharacter', `${quoted(found)} at position ${start + 1} ${hint}.`, {
    position: start + 1,
    found,
  });
}
