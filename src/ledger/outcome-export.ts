import { stringify } from 'csv-stringify/sync';
import { guardFormula } from '../core/formula-guard.js';
import type { Language } from '../core/language.js';
import type { Store } from '../core/ports/store.js';
import { formatInstant } from '../core/time.js';
import { readOutcomeSlice, type ListedMember, type OutcomeListTx, type OutcomeQuery } from './outcome-list.js';
import { outcomeWords } from './outcome-words.js';

export const EXPORT_COLUMNS = ['memberId', 'ordinal', 'channel', 'outcome', 'reason', 'time', 'vendorCode'] as const;

/** Some 2 ms of work: what everybody else waits for while exports go on. */
const MEMBERS_PER_SLICE = 200;

/** Spreadsheets take a file without it for their own 8-bit alphabet. */
const BYTE_ORDER_MARK = '\ufeff';

export type ExportQuery = Omit<OutcomeQuery, 'fromPlace' | 'limit'>;

/**
 * The members of a campaign on a channel by outcome, as CSV (RFC 4180, CRLF, UTF-8), piece by piece: the next slice is
 * read, as bulk, when the one before was taken, so a slow reader holds no more than 200 members in memory, no read
 * transaction and no place in any line. What moves meanwhile appears as it was when its slice was read, each member once at most.
 * A cell that a spreadsheet would run as a formula begins with an apostrophe.
 * @throws DomainError `NOT_FOUND` as `readOutcomeSlice`, before the first piece.
 */
export async function* exportOutcomes(
  store: Store<OutcomeListTx>,
  query: ExportQuery,
  { language }: { readonly language: Language },
): AsyncGenerator<string, void, undefined> {
  let isFirst = true;
  let fromPlace: number | null = 0;
  while (fromPlace !== null) {
    const wanted: OutcomeQuery = { ...query, fromPlace, limit: MEMBERS_PER_SLICE };
    const { members, nextPlace } = await store.read((tx) => readOutcomeSlice(tx, wanted), { isBulk: true });
    fromPlace = nextPlace;
    if (isFirst) yield (language === 'en' ? '' : BYTE_ORDER_MARK) + toCsv([EXPORT_COLUMNS]);
    isFirst = false;
    if (members.length > 0) yield toCsv(members.map((member) => toCells(member, query, language)));
  }
}

const toCsv = (records: readonly (readonly string[])[]): string =>
  stringify(
    records.map((cells) => cells.map(guardFormula)),
    { record_delimiter: 'windows' },
  );

const toCells = (member: ListedMember, { channel }: ExportQuery, language: Language): readonly string[] => [
  member.memberId ?? '',
  String(member.ordinal),
  channel,
  member.outcome,
  outcomeWords(member.outcome, language),
  member.at === null ? '' : formatInstant(member.at),
  member.vendorCode ?? '',
];
