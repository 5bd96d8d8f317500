/** Members out of a shop's own tables: read here, sent to the server as an import, part by part. */
import { existsSync, readFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import { z } from 'zod';
import { nearestWord } from '../core/nearest.js';
import { ShopTablesError, type ShopTable, type ShopTables } from '../membership/import/shop-tables.js';
import { joinedTables, planTables, type TablePlan } from '../membership/import/table-plan.js';
import { tablePages, type TablePlace } from '../membership/import/table-rows.js';
import type { CliContext } from './cli-context.js';
import { UsageError } from './cli-errors.js';
import { saveFile } from './save-file.js';
import { SOURCE_TEXT as T } from './text/source-text.js';

export interface TableSource {
  /** `mysql://user@host:3306/database`. */
  readonly url: string;
  readonly table: string | undefined;
  readonly map: readonly string[];
  readonly updatedAt: string | undefined;
  /** File that keeps the place between runs. */
  readonly state: string | undefined;
}

/** What the server holds before the place is noted: a run that is broken off repeats at most this. */
const ROWS_PER_PART = 100_000;
/** Rows are read again that were updated so shortly before the end of the last run: they may have been committed after it. */
const OVERLAP_MS = 60_000;

export const isTableSource = (source: string): boolean => /^mysql:\/\//i.test(source);

/**
 * Sends all members of the tables by `send`, which resolves once the server has them; answers the columns that were left out.
 * @throws UsageError, DomainError `INVALID_INPUT`
 */
export async function sendTables(
  context: CliContext,
  source: TableSource,
  send: (lines: Readable) => Promise<void>,
): Promise<readonly string[]> {
  const { openShopTables } = await import('../compose.js');
  try {
    const tables = await openShopTables(source.url, context.environment['FANFARE_IMPORT_PASSWORD']);
    try {
      const plan = await planOf(tables, source);
      await new TableWalk(tables, plan, source).run(send, context.signal);
      return plan.ignored;
    } finally {
      await tables.close();
    }
  } catch (error) {
    if (error instanceof ShopTablesError) throw new UsageError(T[error.kind](error.where, error.code));
    throw error;
  }
}

async function planOf(tables: ShopTables, { table, map, updatedAt }: TableSource): Promise<TablePlan> {
  if (table === undefined) throw new UsageError(T.needsTable(await listOf(tables)));
  const byColumn = Object.fromEntries(map.map(assignmentOf));
  const main = await require(tables, table);
  const joined: ShopTable[] = [];
  for (const name of joinedTables(byColumn, main)) joined.push(await require(tables, name));
  if (updatedAt !== undefined && !main.columns.some(({ name }) => name === updatedAt)) {
    const names = main.columns.map(({ name }) => name);
    throw new UsageError(T.noColumn(main.name, updatedAt, nearestWord(updatedAt, names) ?? names.join(', ')));
  }
  return planTables(main, joined, byColumn);
}

async function require(tables: ShopTables, name: string): Promise<ShopTable> {
  const table = await tables.describe(name);
  if (table !== undefined) return table;
  throw new UsageError(T.noTable(name, nearestWord(name, await tables.tableNames()) ?? (await listOf(tables))));
}

const MAX_LISTED = 30;
const listOf = async (tables: ShopTables): Promise<string> =>
  (await tables.tableNames()).slice(0, MAX_LISTED).join(', ');

function assignmentOf(text: string): readonly [column: string, field: string] {
  const equals = text.lastIndexOf('=');
  return [text.slice(0, equals).trim(), text.slice(equals + 1).trim()];
}

const stateSchema = z.strictObject({
  table: z.string(),
  updatedAt: z.string().nullable(),
  /** The run under way. */
  after: z.array(z.union([z.string(), z.number(), z.null()])).nullable(),
  since: z.union([z.string(), z.number(), z.null()]),
  /** From where the next run goes on, once this one has ended. */
  next: z.union([z.string(), z.number(), z.null()]),
});
type State = z.output<typeof stateSchema>;

/** One walk, in parts; the place is noted after each. */
class TableWalk {
  constructor(
    private readonly tables: ShopTables,
    private readonly plan: TablePlan,
    private readonly source: TableSource,
  ) {}

  async run(send: (lines: Readable) => Promise<void>, signal: AbortSignal): Promise<void> {
    let state = await this.begin();
    const place: TablePlace = { after: state.after, since: state.since };
    const pages = tablePages(this.tables, this.plan, { place, updatedAt: this.source.updatedAt });
    for (;;) {
      signal.throwIfAborted();
      const part = new Part(pages);
      const first = await part.begin();
      if (!first) break;
      await send(part.stream());
      state = { ...state, after: [...(part.after ?? [])] };
      await this.keep(state);
    }
    await this.keep({ ...state, after: null, since: state.next });
  }

  private async begin(): Promise<State> {
    const { table } = this.plan.main;
    const { updatedAt, state: file } = this.source;
    const kept = file === undefined || !existsSync(file) ? undefined : readState(file);
    if (kept !== undefined && (kept.table !== table.name || kept.updatedAt !== (updatedAt ?? null))) {
      throw new UsageError(T.otherState(file ?? '', kept.table));
    }
    if (kept?.after != null) return kept;
    const highest = updatedAt === undefined ? null : await this.tables.highest(table.name, updatedAt);
    const next = highest === null ? (kept?.next ?? null) : withOverlap(highest);
    return { table: table.name, updatedAt: updatedAt ?? null, after: null, since: kept?.since ?? null, next };
  }

  private async keep(state: State): Promise<void> {
    if (this.source.state === undefined) return;
    await saveFile(this.source.state, Readable.from([Buffer.from(`${JSON.stringify(state)}\n`)]));
  }
}

function readState(file: string): State {
  try {
    return stateSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    throw new UsageError(T.badState(file));
  }
}

/** A time a little before; numbers stay. */
function withOverlap(value: string | number): string | number {
  const instant = typeof value === 'string' ? Date.parse(`${value.replace(' ', 'T')}Z`) : NaN;
  if (Number.isNaN(instant)) return value;
  return new Date(instant - OVERLAP_MS).toISOString().replace('T', ' ').replace('Z', '');
}

type Pages = ReturnType<typeof tablePages>;

/** The lines of up to so many rows, as one upload. */
class Part {
  after: readonly (string | number | null)[] | null = null;
  private page: Awaited<ReturnType<Pages['next']>> | undefined;

  constructor(private readonly pages: Pages) {}

  /** Reads the first page; false where there is none. */
  async begin(): Promise<boolean> {
    this.page = await this.pages.next();
    return this.page.done !== true;
  }

  stream(): Readable {
    return Readable.from(this.texts(), { objectMode: false });
  }

  private async *texts(): AsyncGenerator<Buffer> {
    let rows = 0;
    for (let page = this.page; page !== undefined && page.done !== true; page = await this.pages.next()) {
      yield Buffer.from(`${page.value.lines.join('\n')}\n`);
      this.after = page.value.after;
      rows += page.value.lines.length;
      if (rows >= ROWS_PER_PART) return;
    }
  }
}
