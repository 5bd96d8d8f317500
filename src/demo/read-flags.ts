/** Reading a command line of a demo: what each may say, and what is wrong with it in words. */
import { parseArgs } from 'node:util';
import type { Wording } from '../cli/wording.js';
import { nearestWord } from '../core/nearest.js';
import { DemoFailure } from './demo-failure.js';
import { OPTION_TEXT } from './text/option-text.js';

type Flags = Readonly<Record<string, { readonly type: 'string' | 'boolean'; readonly short?: string }>>;

export interface GivenFlags<Name extends string> {
  text(name: Name): string | undefined;
  isSet(name: Name): boolean;
}

/** @throws DemoFailure (exit code 2) that names the option and what it takes. */
export function readFlags<Known extends Flags>(
  argv: readonly string[],
  known: Known,
): GivenFlags<keyof Known & string> {
  const { values, tokens } = parseArgs({ args: [...argv], options: known, strict: false, tokens: true });
  for (const token of tokens) {
    if (token.kind === 'positional') refuse(OPTION_TEXT.positional(token.value));
    if (token.kind === 'option') checkFlag(known, token);
  }
  const given: Readonly<Record<string, unknown>> = values;
  const text = (name: string): string | undefined => {
    const value = given[name];
    return typeof value === 'string' ? value : undefined;
  };
  const lang = text('lang');
  if (lang !== undefined && lang !== 'en' && lang !== 'zh-CN') refuse(OPTION_TEXT.lang(lang));
  return { text, isSet: (name) => given[name] === true };
}

function checkFlag(
  known: Flags,
  { name, rawName, value }: { readonly name: string; readonly rawName: string; readonly value?: string | undefined },
): void {
  const flag = Object.hasOwn(known, name) ? known[name] : undefined;
  if (flag === undefined) {
    const nearest = nearestWord(name, Object.keys(known));
    refuse(OPTION_TEXT.unknown(rawName, nearest === undefined ? undefined : `--${nearest}`));
  }
  if (flag.type === 'string' && (value === undefined || value === '')) refuse(OPTION_TEXT.valueMissing(rawName));
  if (flag.type === 'boolean' && value !== undefined) refuse(OPTION_TEXT.valueGiven(rawName));
}

/** Digits, with the commas or underscores that people group them by; undefined where nothing was given. */
export function wholeNumber(
  text: string | undefined,
  range: { readonly from: number; readonly to: number },
  wording: (text: string) => Wording,
): number | undefined {
  if (text === undefined) return undefined;
  const digits = text.replaceAll(/[,_]/g, '');
  const value = /^\d{1,9}$/.test(digits) ? Number(digits) : Number.NaN;
  return value >= range.from && value <= range.to ? value : refuse(wording(text));
}

function refuse(wording: Wording): never {
  throw new DemoFailure(wording, 2);
}
