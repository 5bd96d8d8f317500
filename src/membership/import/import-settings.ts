import { DomainError } from '../../core/errors.js';
import { nearestWord } from '../../core/nearest.js';
import type { EpochMs } from '../../core/time.js';
import type { Region } from '../phone-number.js';

export const IMPORT_FORMATS = ['csv', 'ndjson'] as const;
export type ImportFormat = (typeof IMPORT_FORMATS)[number];

/** Text encodings of files; UTF-8 and UTF-16 byte order marks are taken off. */
export const IMPORT_ENCODINGS = ['utf-8', 'gb18030', 'utf-16le'] as const;
export type ImportEncoding = (typeof IMPORT_ENCODINGS)[number];

/** How a file is read. Plain data: it goes to the thread that parses. */
export interface ImportSettings {
  readonly format: ImportFormat;
  /** Default utf-8. */
  readonly encoding?: ImportEncoding | undefined;
  /** Of CSV; one character, default a comma. */
  readonly delimiter?: string | undefined;
  /**
   * Column of the file → field of a member (see field-target.ts), or "-" to leave it out. Columns that are not in it are
   * recognised by their names; those that nobody recognises are left out and named in the result.
   */
  readonly map?: Readonly<Record<string, string>> | undefined;
  /** Country in whose national format phone numbers without `+` are read. */
  readonly defaultRegion?: Region | undefined;
  readonly receivedAt: EpochMs;
}

/** A row that was not taken. It holds no more of the person than the id. */
export interface Reject {
  /** Physical line on which the row starts, from 1. */
  readonly line: number;
  /** As the file names it; empty where the whole row is meant. */
  readonly column: string;
  readonly reason: string;
  readonly memberId: string | null;
}

/** Wrong settings or a file without usable columns: nothing was read. */
export const invalidImport = (message: string, values: Readonly<Record<string, unknown>> = {}): DomainError =>
  new DomainError('INVALID_INPUT', message, values);

export const suggestion = (word: string, known: Iterable<string>): string => {
  const nearest = nearestWord(word, known);
  return nearest === undefined ? '.' : `; did you mean ${nearest}?`;
};
