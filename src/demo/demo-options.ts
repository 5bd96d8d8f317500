/** What the demo was asked for on its command line. */
import { resolve } from 'node:path';
import { DEFAULT_PORT } from '../config.js';
import { readFlags, wholeNumber } from './read-flags.js';
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
  const given = readFlags(argv, FLAGS);
  return {
    members: wholeNumber(given.text('members'), { from: 1, to: MAX_MEMBERS }, OPTION_TEXT.members),
    isOnce: given.isSet('once'),
    dataFolder: resolve(given.text('data') ?? DEFAULT_FOLDER),
    port: wholeNumber(given.text('port'), { from: 0, to: 65_535 }, OPTION_TEXT.port) ?? DEFAULT_PORT,
    scenarioName: given.text('scenario') ?? DEFAULT_SCENARIO,
    isHelp: given.isSet('help'),
  };
}
