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
import { reasonOf } from '../input-file.js';
import { choice, many, refuse, required, single, text, type Parse } from '../option-reader.js';
import { saveFile } from '../save-file.js';
import { renderPairs } from '../tables.js';
import { FAILURE_TEXT } from '../text/general-text.js';
import { MEMBER_TEXT as T } from '../text/member-text.js';
import { PARSE_TEXT } from '../text/parse-text.js';

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
  },
  examples: [
    'fanfare members import customers_export.csv',
    'fanfare members import members.csv --map "Customer ID=memberId" --map "VIP level=level" --map Notes=-',
    'zcat members.ndjson.gz | fanfare members import - --rejects refused.csv',
  ],
  run: async (context, { args: { file }, options: { rejects, format, region, ...settings } }) => {
    const source = await openSource(context, file);
    const startedMs = context.clock.monotonicMs();
    const answer = await upload(context, source, {
      format: format ?? source.format,
      query: { ...settings, defaultRegion: region },
    });
    const job = answer.read(importAnswer);
    await context.result(answer.document, () => renderImport(job, context));
    const { say, language } = context;
    const rows = job.created + job.updated + job.unchanged + job.rejected;
    const spanMs = Math.max(1, context.clock.monotonicMs() - startedMs);
    const rate = formatCount(Math.round((rows / spanMs) * 1_000));
    context.note(say(T.imported, formatCount(rows), formatDuration(spanMs, language), rate));
    if (job.ignoredColumns.length > 0) context.note(say(T.ignored, job.ignoredColumns.join(', ')));
    if (job.rejected > 0) await fetchRejects(context, job, rejects ?? `${file === '-' ? 'stdin' : file}.rejects.csv`);
    context.next('fanfare members count', 'fanfare members sample');
  },
});

interface Source {
  readonly stream: Readable;
  readonly sizeBytes: number | undefined;
  readonly format: ImportFormat;
}

/** @throws UsageError when the file cannot be read. */
async function openSource({ stdin }: CliContext, file: string): Promise<Source> {
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
