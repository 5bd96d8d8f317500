/** What the demo was asked for on its command line. */
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { Wording } from '../cli/wording.js';
import { DEFAULT_PORT } from '../config.js';
import { nearestWord } from '../core/nearest.js';
import { DemoFailure } from './demo-failure.js';
import { OPTION_TEXT } from './text/option-text.js';

export interface DemoOptions {
  /** Members of a new folder; undefined = 1,000,000, or what the folder has. */
  readonly members: number | undefined;
  /** Ends by itself once books and vendors have been compared. */
  readonly isOnce: boolean;
  /** Absolute path. */
  readonly dataFolder: string;
  /** 0 = any free one. */
  readonly port: number;
  readonly scenarioName: string;
  readonly isHelp: boolean;
}

export const DEFAULT_MEMBERS = 1_000_000;
export const MAX_MEMBERS = 10_000_000;
const DEFAULT_FOLDER = 'demo-data';
const DEFAULT_SCENARIO = 'promotion';

const FLAGS = {
  members: { type: 'string' },
  once: { type: 'boolean' },
  data: { type: 'string' },
  port: { type: 'string' },
  scenario: { type: 'string' },
  lang: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const;

/** @throws DemoFailure (exit code 2) that names the option and what it takes. */
export function readDemoOptions(argv: readonly string[]): DemoOptions {
  const { values, tokens } = parseArgs({ args: [...argv], options: FLAGS, strict: false, tokens: true });
  for (const token of tokens) {
    if (token.kind === 'positional') refuse(OPTION_TEXT.positional(token.value));
    if (token.kind === 'option') checkFlag(token.name, token.rawName, token.value);
  }
  const text = (name: keyof typeof FLAGS): string | undefined => {
    const value = values[name];
    return typeof value === 'string' ? value : undefined;
  };
  const lang = text('lang');
  if (lang !== undefined && lang !== 'en' && lang !== 'zh-CN') refuse(OPTION_TEXT.lang(lang));
  const members = text('members');
  const port = text('port');
  return {
    members:
      members === undefined ? undefined : wholeNumber(members, { from: 1, to: MAX_MEMBERS }, OPTION_TEXT.members),
    isOnce: values.once === true,
    dataFolder: resolve(text('data') ?? DEFAULT_FOLDER),
    port: port === undefined ? DEFAULT_PORT : wholeNumber(port, { from: 0, to: 65_535 }, OPTION_TEXT.port),
    scenarioName: text('scenario') ?? DEFAULT_SCENARIO,
    isHelp: values.help === true,
  };
}

function checkFlag(name: string, rawName: string, value: string | undefined): void {
  if (!Object.hasOwn(FLAGS, name)) {
    const nearest = nearestWord(name, Object.keys(FLAGS));
    refuse(OPTION_TEXT.unknown(rawName, nearest === undefined ? undefined : `--${nearest}`));
  }
  const { type } = FLAGS[name as keyof typeof FLAGS]; // an own key, looked at above
  if (type === 'string' && (value === undefined || value === '')) refuse(OPTION_TEXT.valueMissing(rawName));
  if (type === 'boolean' && value !== undefined) refuse(OPTION_TEXT.valueGiven(rawName));
}

/** Digits, with the commas or underscores that people group them by. */
function wholeNumber(
  text: string,
  range: { readonly from: number; readonly to: number },
  wording: (text: string) => Wording,
): number {
  const digits = text.replaceAll(/[,_]/g, '');
  const value = /^\d{1,9}$/.test(digits) ? Number(digits) : Number.NaN;
  return value >= range.from && value <= range.to ? value : refuse(wording(text));
}

function refuse(wording: Wording): never {
  throw new DemoFailure(wording, 2);
}
