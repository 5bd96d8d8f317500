/** Ways to be wrong: values of another type, huge, odd, hostile; and texts that are hardly JSON. */
import fc from 'fast-check';
import { pick, type Draw } from './draw-value.js';

const DEEP_LEVELS = 80;
const HUGE_CHARACTERS = 120_000;

const ODD_TEXTS = [
  '',
  ' ',
  '\u0000',
  '\ud800',
  '\udfff\ud800',
  '\u202e\u200b\ufeff',
  '👩‍👩‍👧‍👦'.repeat(40),
  'ﷺ'.repeat(300),
  'e\u0301'.repeat(200),
  "' or 1=1; drop table member --",
  '{{constructor.constructor}}{{#each}}',
  '${7*7}<%= 7 %>',
  '../../../etc/passwd',
  '\r\nBcc: a@b.example\r\n\r\n',
  '=cmd|x!A1',
  '<script>x</script>',
  '9'.repeat(400),
  '-0',
  'NaN',
  '__proto__',
] as const;
const ODD_NUMBERS = [0, -1, -0, 1.5, 2 ** 31, 2 ** 53, -(2 ** 53), 1e308, 5e-324, -(2 ** 63)] as const;

/** Something that hardly any field wants. */
export function oddValue(draw: Draw): unknown {
  switch (draw(fc.nat, 8)) {
    case 0:
      return pick(draw, ODD_TEXTS);
    case 1:
      return pick(draw, ODD_NUMBERS);
    case 2:
      return pick(draw, [null, true, false]);
    case 3:
      return pick(draw, [[], {}, [[]], [null], { '': '' }]);
    case 4:
      return 'x'.repeat(draw(fc.nat, HUGE_CHARACTERS));
    case 5:
      return Array.from({ length: draw(fc.nat, 3_000) }, (_, index) => index);
    case 6:
      return deep(draw(fc.nat, DEEP_LEVELS));
    case 7:
      return draw(fc.string, { unit: 'binary', maxLength: 40 });
    default:
      return draw(fc.jsonValue, { maxDepth: 4 });
  }
}

/** The value with one place in it changed: replaced, left out, or given a neighbour that nobody asked for. */
export function mangleValue(draw: Draw, value: unknown): unknown {
  const goesDeeper = draw(fc.nat, 9) < 7;
  if (Array.isArray(value) && value.length > 0 && goesDeeper) {
    const at = draw(fc.nat, value.length - 1);
    return value.map((item: unknown, index) => (index === at ? mangleValue(draw, item) : item));
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    const entries = Object.entries(value);
    if (goesDeeper && entries.length > 0) return mangleEntry(draw, entries);
    return Object.fromEntries([...entries, [pick(draw, ['id', 'status', 'issued', 'x', '']), oddValue(draw)]]);
  }
  return oddValue(draw);
}

function mangleEntry(draw: Draw, entries: readonly (readonly [string, unknown])[]): Record<string, unknown> {
  const at = draw(fc.nat, entries.length - 1);
  const isLeftOut = draw(fc.nat, 4) === 0;
  return Object.fromEntries(
    entries.flatMap(([name, item], index): (readonly [string, unknown])[] => {
      if (index !== at) return [[name, item]];
      return isLeftOut ? [] : [[name, mangleValue(draw, item)]];
    }),
  );
}

/** The text of a body, no longer quite JSON, or JSON that says something twice. */
export function mangleText(draw: Draw, text: string): string | Buffer {
  switch (draw(fc.nat, 9)) {
    case 0:
      return text.slice(0, draw(fc.nat, text.length));
    case 1:
      return `\ufeff${text}`;
    case 2:
      return `${text}${text}`;
    case 3:
      return '['.repeat(draw(fc.nat, 100_000));
    case 4:
      return text.replace(/"(\w+)":/, (key) => `${key}"first",${key}`); // a key that is there twice
    case 5:
      return text.replace('{', `{"__proto__":{"isAdmin":true},`);
    case 6:
      return text.replace('{', `{"constructor":{"prototype":{}},`);
    case 7:
      return text.replace(/:("[^"]*"|\d+)/, ':1e999');
    case 8:
      return Buffer.concat([Buffer.from(text), Buffer.from([0xff, 0xfe, 0xc0, 0x80])]);
    default:
      return draw(fc.string, { unit: 'binary', maxLength: 60 });
  }
}

/** `levels` arrays and objects, one in another. */
function deep(levels: number): unknown {
  let node: unknown = 1;
  for (let level = 0; level < levels; level++) node = level % 2 === 0 ? [node] : { a: node };
  return node;
}
