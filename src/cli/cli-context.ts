import type { Readable } from 'node:stream';
import type { Language } from '../core/language.js';
import type { Clock } from '../core/ports/clock.js';
import type { ApiClient } from './api-client.js';
import type { Terminal } from './terminal.js';
import type { Say } from './wording.js';

/** What a command works with: the server, the terminal, and how to say things. */
export interface CliContext {
  readonly say: Say;
  readonly language: Language;
  readonly terminal: Terminal;
  readonly stdin: Readable;
  readonly clock: Clock;
  /** Results are one JSON document each; nothing but them and errors is written. */
  readonly isJson: boolean;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** The server; opened at its first use. @throws UsageError for a bad address or key file. */
  readonly api: () => ApiClient;
  /** A key that tells a request from every other. */
  readonly newKey: () => string;

  /** Prints a result: the document with `--json`, else what `human` renders. */
  result(document: unknown, human: () => string): Promise<void>;
  /** A sentence on stderr; nothing with `--json`. */
  note(line: string): void;
  /** Names the commands that make sense now. */
  next(...lines: readonly string[]): void;
}
