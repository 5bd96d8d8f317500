import { once } from 'node:events';
import { createReadStream, statSync } from 'node:fs';
import { Readable } from 'node:stream';
import { IMPORT_ENCODINGS, IMPORT_FORMATS, type ImportFormat } from '../../membership/import/import-settings.js';
import { path, type Answer, type QueryValues } from '../api-client.js';
import type { CliContext } from '../cli-context.js';
import { ApiProblem, UsageError } from '../cli-errors.js';
import { argument, command, option } from '../command-spec.js';
import { formatCount, formatDuration } from '../format-values.js';
import { importAnswer, ImportProgress, type ImportAnswer } from '../import-progress.js';
import { isTableSource, sendTables } from '../import-tables.js';
import { reasonOf } from '../input-file.js';
import { choice, many, refuse, required, single, text, type Parse } from '../option-reader.js';
import { saveFile } from '../save-file.js';
import { renderPairs } from '../tables.js';
import { FAILURE_TEXT } from '../text/general-text.js';
import { MEMBER_TEXT as T } from '../text/member-text.js';
import { PARSE_TEXT } from '../text/parse-text.js';
import { SOURCE_TEXT } from '../text/source-text.js';

const delimiter: Parse<string> = (value) =>
  value === 'tab' ? '\t' : Array.from(value).length === 1 ? value : refuse(T.badDelimiter);
const mapping: Parse<string> = (value) => (/^.+=\s*\S/.test(value) ? value : refuse(PARSE_TEXT.assignment(value)));

export const importMembers = command({
  name: 'import',
  summary: T.import,
  details: T.importDetails,
  args: { file: argument('<file>', T.file, required(text)) },
  options: {
    map: option('--map <column=field>', T.map, many(mapping)),
    format: option('--format <format>', T.format, single(choice(IMPORT_FORMATS))),
    encoding: option('--encoding <encoding>', T.encoding, single(choice(IMPORT_ENCODINGS))),
    delimiter: option('--delimiter <character>', T.delimiter, single(delimiter)),
    region: option('--region <country>', T.region, single(text)),
    rejects: option('--rejects <file>', T.rejects, single(text)),
    table: option('--table <table>', SOURCE_TEXT.table, single(text)),
    updatedAt: option('--updated-at <column>', SOURCE_TEXT.updatedAt, single(text)),
    state: option('--state <file>', SOURCE_TEXT.state, single(text)),
  },
  examples: [
    'fanfare members import customers_export.csv',
    'fanfare members import members.csv --map "Customer ID=memberId" --map "VIP level=level" --map Notes=-',
    'zcat members.ndjson.gz | fanfare members import - --rejects refused.csv',
    'fanfare members import mysql://reader@127.0.0.1:3306/shop --table membership_account --map id=memberId --map membership_point.member_level=level --state shop.json --updated-at update_time',
  ],
  run: async (context, { args: { file }, options: { table, updatedAt, state, ...options } }) => {
    const startedMs = context.clock.monotonicMs();
    const ofTables = { table, updatedAt, state };
    if (!isTableSource(file) && Object.values(ofTables).some((value) => value !== undefined)) {
      throw new UsageError(SOURCE_TEXT.needsSource);
    }
    const parts = isTableSource(file)
      ? await importTables(context, { url: file, ...ofTables }, options)
      : [await importFile(context, file, options)];
    const { job, document } = summed(parts);
    await context.result(document, () => renderImport(job, context));
    const { say, language } = context;
    const rows = job.created + job.updated + job.unchanged + job.rejected;
    const spanMs = Math.max(1, context.clock.monotonicMs() - startedMs);
    const rate = formatCount(Math.round((rows / spanMs) * 1_000));
    context.note(say(T.imported, formatCount(rows), formatDuration(spanMs, language), rate));
    if (job.ignoredColumns.length > 0) context.note(say(T.ignored, job.ignoredColumns.join(', ')));
    const rejects =
      options.rejects ?? `${isTableSource(file) ? (table ?? '') : file === '-' ? 'stdin' : file}.rejects.csv`;
    const withRejects = parts.filter((part) => part.job.rejected > 0);
    for (const [index, part] of withRejects.entries()) {
      await fetchRejects(context, part.job, index === 0 ? rejects : `${rejects}.${index + 1}`);
    }
    context.next('fanfare members count', 'fanfare members sample');
  },
});

interface FileOptions {
  readonly map: readonly string[];
  readonly format: ImportFormat | undefined;
  readonly encoding: (typeof IMPORT_ENCODINGS)[number] | undefined;
  readonly delimiter: string | undefined;
  readonly region: string | undefined;
}

/** An import that has ended, and the document that told of it. */
interface Done {
  readonly job: ImportAnswer;
  readonly document: unknown;
}

async function importFile(context: CliContext, file: string, options: FileOptions): Promise<Done> {
  const { format, region, map, encoding, delimiter: separator } = options;
  const source = await openSource(context, file);
  const answer = await upload(context, source, {
    format: format ?? source.format,
    query: { map, encoding, delimiter: separator, defaultRegion: region },
  });
  return { job: answer.read(importAnswer), document: answer.document };
}

/** Each part is an import of its own. */
async function importTables(
  context: CliContext,
  source: { readonly url: string } & Record<'table' | 'updatedAt' | 'state', string | undefined>,
  { map, region, format, encoding, delimiter: separator }: FileOptions,
): Promise<readonly Done[]> {
  if ([format, encoding, separator].some((value) => value !== undefined)) {
    throw new UsageError(SOURCE_TEXT.notWithTables);
  }
  const parts: Done[] = [];
  const ignored = await sendTables(context, { ...source, map }, async (stream) => {
    const answer = await upload(
      context,
      { stream, sizeBytes: undefined, format: 'ndjson' },
      { format: 'ndjson', query: { defaultRegion: region } },
    );
    parts.push({ job: answer.read(importAnswer), document: answer.document });
  });
  const [first, ...others] = parts;
  return first === undefined ? [] : [{ ...first, job: { ...first.job, ignoredColumns: [...ignored] } }, ...others];
}

/** Several imports as one: the last one's document with the counts of all. */
function summed(parts: readonly Done[]): Done {
  const [only] = parts;
  if (only !== undefined && parts.length === 1) return only;
  const sum = (count: 'created' | 'updated' | 'unchanged' | 'rejected'): number =>
    parts.reduce((total, { job }) => total + job[count], 0);
  const counts = {
    created: sum('created'),
    updated: sum('updated'),
    unchanged: sum('unchanged'),
    rejected: sum('rejected'),
  };
  const ignoredColumns = only?.job.ignoredColumns ?? [];
  const job: ImportAnswer = { id: 0, state: 'done', error: null, ...parts.at(-1)?.job, ...counts, ignoredColumns };
  return { job, document: { ...job, imports: parts.map((part) => part.document) } };
}

interface Source {
  readonly stream: Readable;
  readonly sizeBytes: number | undefined;
  readonly format: ImportFormat;
}

/** @throws UsageError when the file cannot be read. */
export async function openSource({ stdin }: CliContext, file: string): Promise<Source> {
  if (file === '-') {
    const { stream, start } = await peek(stdin);
    return { stream, sizeBytes: undefined, format: start.trimStart().startsWith('{') ? 'ndjson' : 'csv' };
  }
  const stream = createReadStream(file, { highWaterMark: 256 * 1_024 });
  await once(stream, 'open').catch((error: unknown) => {
    throw new UsageError(FAILURE_TEXT.file(file, reasonOf(error)));
  });
  const stat = statSync(file);
  if (stat.isDirectory()) throw new UsageError(FAILURE_TEXT.file(file, 'EISDIR'));
  const sizeBytes = stat.isFile() ? stat.size : undefined;
  return { stream, sizeBytes, format: /\.(?:ndjson|jsonl)$/i.test(file) ? 'ndjson' : 'csv' };
}

/** The first piece of a stream, and the whole of it. */
async function peek(stream: Readable): Promise<{ readonly stream: Readable; readonly start: string }> {
  const pieces: AsyncIterator<Uint8Array | string> = stream[Symbol.asyncIterator]();
  const first = await pieces.next();
  const whole = async function* (): AsyncGenerator<Uint8Array | string> {
    for (let piece = first; piece.done !== true; piece = await pieces.next()) yield piece.value;
  };
  const start = first.done === true ? '' : Buffer.from(first.value).subarray(0, 64).toString().replace('\ufeff', '');
  return { stream: Readable.from(whole(), { objectMode: false }), start };
}

interface Reading {
  readonly format: ImportFormat;
  readonly query: QueryValues;
}

async function upload(context: CliContext, { stream, sizeBytes }: Source, { format, query }: Reading): Promise<Answer> {
  const progress = new ImportProgress(context, sizeBytes);
  const body = progress.counter();
  stream.once('error', (error) => body.destroy(error));
  stream.pipe(body);
  progress.start();
  try {
    const contentType = format === 'csv' ? 'text/csv' : 'application/x-ndjson';
    return await context.api().upload('/v1/members/imports', { contentType, body, query });
  } catch (error) {
    if (progress.hasBegun && !(error instanceof ApiProblem)) context.note(context.say(T.importStopped));
    throw error;
  } finally {
    await progress.stop();
    stream.destroy();
  }
}

const renderImport = (job: ImportAnswer, { say }: CliContext): string =>
  renderPairs([
    [say(T.fieldCreated), formatCount(job.created)],
    [say(T.fieldUpdated), formatCount(job.updated)],
    [say(T.fieldUnchanged), formatCount(job.unchanged)],
    [say(T.fieldRejected), formatCount(job.rejected)],
  ]);

async function fetchRejects(context: CliContext, { id, rejected }: ImportAnswer, file: string): Promise<void> {
  await saveFile(file, context.api().download(path`/v1/members/imports/${id}/rejects.csv`, {}, 'text/csv'));
  context.note(context.say(T.rejectsIn, formatCount(rejected), file));
}
