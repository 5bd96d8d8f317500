/** A file of grants, as CSV: a header, then a row for each grant that somebody shall have. */
import { DomainError, isDomainError } from '../../core/errors.js';
import { undoFormulaGuard } from '../../core/formula-guard.js';
import type { MemberId } from '../../core/ids.js';
import { parseInstant, type EpochMs } from '../../core/time.js';
import { CsvTokenizer } from '../../membership/import/csv-tokenizer.js';
import type { Reject } from '../../membership/import/import-settings.js';
import { readMemberId } from '../../membership/read-member.js';

/** A row as it asks to be: the `key` tells several grants of one member apart. */
export interface GrantRow {
  readonly line: number;
  readonly memberId: MemberId;
  readonly key: string;
  /** Undefined = when it is imported. */
  readonly grantedAt: EpochMs | undefined;
}

export interface GrantRows {
  readonly rows: readonly GrantRow[];
  readonly rejects: readonly Reject[];
}

const COLUMNS = ['memberId', 'key', 'grantedAt'] as const;
type Column = (typeof COLUMNS)[number];
/** Rows of one transaction. */
const ROWS_PER_BATCH = 1_000;
const MAX_KEY_CHARACTERS = 128;
/** So much of a column's name is repeated in an error. */
const MAX_NAMED_CHARACTERS = 64;

/**
 * The rows of a file while it arrives, in batches; memory holds one batch and one chunk.
 * @throws DomainError `INVALID_INPUT` for a file without a column `memberId`, or with one that is unknown or there twice.
 */
export async function* readGrantRows(input: AsyncIterable<Uint8Array>): AsyncGenerator<GrantRows> {
  const reader = new GrantReader();
  const tokenizer = new CsvTokenizer(reader);
  const decoder = new TextDecoder('utf-8');
  for await (const chunk of input) {
    tokenizer.push(decoder.decode(chunk, { stream: true }));
    yield* reader.take(ROWS_PER_BATCH);
  }
  tokenizer.push(decoder.decode());
  tokenizer.end();
  yield* reader.take(1);
  reader.requireHeader();
}

class GrantReader {
  private places: ReadonlyMap<Column, number> | undefined;
  private rows: GrantRow[] = [];
  private rejects: Reject[] = [];

  row(cells: readonly string[], line: number): void {
    if (this.places === undefined) {
      this.places = placesOf(cells);
      return;
    }
    const memberId = this.cell(cells, 'memberId');
    try {
      this.rows.push({
        line,
        memberId: readMemberId(memberId),
        key: readKey(this.cell(cells, 'key')),
        grantedAt: readTime(this.cell(cells, 'grantedAt')),
      });
    } catch (error) {
      if (!isDomainError(error)) throw error;
      const { field } = error.values;
      const column = typeof field === 'string' ? field : 'memberId';
      this.rejects.push({ line, column, reason: error.message, memberId: column === 'memberId' ? null : memberId });
    }
  }

  bad(line: number, reason: string): void {
    this.rejects.push({ line, column: '', reason, memberId: null });
  }

  /** What has gathered, once it is so many; in batches. */
  *take(least: number): Generator<GrantRows> {
    while (this.rows.length + this.rejects.length >= least) {
      yield { rows: this.rows.slice(0, ROWS_PER_BATCH), rejects: this.rejects };
      this.rows = this.rows.slice(ROWS_PER_BATCH);
      this.rejects = [];
    }
  }

  requireHeader(): void {
    if (this.places === undefined) throw noMemberColumn([]);
  }

  private cell(cells: readonly string[], column: Column): string {
    const place = this.places?.get(column);
    return place === undefined ? '' : undoFormulaGuard(cells[place] ?? '').trim();
  }
}

/** Refuses a column that nobody reads: written otherwise than it is called, `grantedAt` would be now for everybody. */
function placesOf(header: readonly string[]): ReadonlyMap<Column, number> {
  const plain = (name: string): string => name.replaceAll(/[^\p{L}\p{N}]/gu, '').toLowerCase();
  const places = new Map<Column, number>();
  for (const [place, name] of header.entries()) {
    const column = COLUMNS.find((known) => plain(known) === plain(name));
    if (column === undefined) continue;
    if (places.has(column)) throw badColumn(name, 'is there twice; leave one out');
    places.set(column, place);
  }
  if (!places.has('memberId')) throw noMemberColumn(header);
  const unknown = header.find((_, place) => ![...places.values()].includes(place));
  if (unknown !== undefined) throw badColumn(unknown, `is none of ${COLUMNS.join(', ')}; leave it out or rename it`);
  return places;
}

const badColumn = (name: string, problem: string): DomainError => {
  const column = name.slice(0, MAX_NAMED_CHARACTERS);
  return new DomainError('INVALID_INPUT', `The column ${JSON.stringify(column)} ${problem}.`, { field: column });
};

const noMemberColumn = (header: readonly string[]): DomainError =>
  new DomainError(
    'INVALID_INPUT',
    `The first line names the columns, and none of them is memberId (${header.slice(0, 10).join(', ')}); key and grantedAt may stand beside it.`,
    { field: 'memberId' },
  );

function readKey(text: string): string {
  if (text.length <= MAX_KEY_CHARACTERS) return text;
  throw new DomainError('INVALID_INPUT', `has more than ${MAX_KEY_CHARACTERS} characters`, { field: 'key' });
}

function readTime(text: string): EpochMs | undefined {
  if (text === '') return undefined;
  const at = parseInstant(text);
  if (at !== undefined) return at;
  throw new DomainError('INVALID_INPUT', 'is no time with its offset, such as 2027-06-01T09:00:00+08:00', {
    field: 'grantedAt',
  });
}
