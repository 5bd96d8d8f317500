import type { MemberStatement } from '../statement.js';
import { planColumns, targetsOfMap } from './column-plan.js';
import { CsvMapper } from './csv-mapper.js';
import { CsvTokenizer } from './csv-tokenizer.js';
import { invalidImport, type ImportSettings, type Reject } from './import-settings.js';
import { LineSplitter } from './line-splitter.js';
import { NdjsonMapper } from './ndjson-mapper.js';

export interface MemberFileHandler {
  statement(statement: MemberStatement, line: number): void;
  reject(reject: Reject): void;
}

/** Reads a file of members, bytes in, statements and rejects out. Errors are about the file as a whole. */
export interface MemberFileReader {
  /** @throws DomainError `INVALID_INPUT` when the header cannot be used. */
  push(bytes: Uint8Array): void;
  /** @throws DomainError `INVALID_INPUT` for a CSV file without a header. */
  end(): void;
  /** Columns or keys that nobody recognised. */
  readonly ignoredColumns: readonly string[];
}

export function memberFileReader(settings: ImportSettings, handler: MemberFileHandler): MemberFileReader {
  const decoder = new TextDecoder(settings.encoding ?? 'utf-8');
  const reader = settings.format === 'csv' ? new CsvReader(settings, handler) : new NdjsonReader(settings, handler);
  return {
    push: (bytes) => reader.push(decoder.decode(bytes, { stream: true })),
    end: () => {
      reader.push(decoder.decode());
      reader.end();
    },
    get ignoredColumns() {
      return reader.ignoredColumns;
    },
  };
}

/** What bytes that are no text were decoded to. */
const REPLACEMENT = '\ufffd';
const notText = (line: number, settings: ImportSettings): Reject => ({
  line,
  column: '',
  reason: `is not ${settings.encoding ?? 'utf-8'} text`,
  memberId: null,
});

class CsvReader {
  private mapper: CsvMapper | undefined;
  private ignored: readonly string[] = [];
  private isDoubtful = false;
  private readonly tokenizer: CsvTokenizer;

  constructor(
    private readonly settings: ImportSettings,
    private readonly handler: MemberFileHandler,
  ) {
    targetsOfMap(settings.map ?? {}, undefined);
    this.tokenizer = new CsvTokenizer(
      {
        row: (cells, line) => this.row(cells, line),
        bad: (line, reason) => this.bad(line, reason),
      },
      settings.delimiter,
    );
  }

  get ignoredColumns(): readonly string[] {
    return this.ignored;
  }

  push(text: string): void {
    this.isDoubtful ||= text.includes(REPLACEMENT);
    this.tokenizer.push(text);
  }

  end(): void {
    this.tokenizer.end();
    if (this.mapper === undefined) throw invalidImport('The file is empty; its first line must name the columns.');
  }

  private row(cells: readonly string[], line: number): void {
    if (this.mapper === undefined) {
      const plan = planColumns(cells, this.settings.map);
      this.ignored = plan.ignored;
      this.mapper = new CsvMapper(
        plan,
        { receivedAt: this.settings.receivedAt, defaultRegion: this.settings.defaultRegion },
        cells[plan.memberIdIndex]?.trim() ?? 'memberId',
      );
      return;
    }
    if (this.isDoubtful && cells.some((cell) => cell.includes(REPLACEMENT))) {
      this.handler.reject(notText(line, this.settings));
      return;
    }
    const read = this.mapper.read(cells, line);
    if ('row' in read) this.handler.statement(read, line);
    else this.handler.reject(read);
  }

  private bad(line: number, reason: string): void {
    if (this.mapper === undefined) throw invalidImport(`The header of the file (line ${line}) ${reason}.`, { line });
    this.handler.reject({ line, column: '', reason, memberId: null });
  }
}

class NdjsonReader {
  private readonly mapper: NdjsonMapper;
  private readonly splitter: LineSplitter;

  constructor(
    private readonly settings: ImportSettings,
    private readonly handler: MemberFileHandler,
  ) {
    this.mapper = new NdjsonMapper(settings.map ?? {}, {
      receivedAt: settings.receivedAt,
      defaultRegion: settings.defaultRegion,
    });
    this.splitter = new LineSplitter({
      line: (text, line) => this.line(text, line),
      bad: (line, reason) => handler.reject({ line, column: '', reason, memberId: null }),
    });
  }

  get ignoredColumns(): readonly string[] {
    return [...this.mapper.ignored];
  }

  push(text: string): void {
    this.splitter.push(text);
  }

  end(): void {
    this.splitter.end();
  }

  private line(text: string, line: number): void {
    if (text.includes(REPLACEMENT)) {
      this.handler.reject(notText(line, this.settings));
      return;
    }
    const read = this.mapper.read(text, line);
    if ('row' in read) this.handler.statement(read, line);
    else this.handler.reject(read);
  }
}
