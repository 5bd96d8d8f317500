import type { FastifyRequest } from 'fastify';
import { Readable } from 'node:stream';
import { z } from 'zod';
import { ERRORS, DomainError, type ErrorCode } from '../../core/errors.js';
import type { Clock } from '../../core/ports/clock.js';
import { formatInstant } from '../../core/time.js';
import type { ImportJob, ImportJobs } from '../../membership/import/import-jobs.js';
import { IMPORT_ENCODINGS, IMPORT_FORMATS, type ImportFormat } from '../../membership/import/import-settings.js';
import { readRegion, type Region } from '../../membership/phone-number.js';
import { actorOf, operatorHeaders } from '../actor.js';
import { disconnectSignal } from '../disconnect-signal.js';
import type { EventStreams, StreamEvent } from '../event-stream.js';
import type { HttpApp } from '../http-app.js';
import { idOutput, idParameter, instantOutput } from '../schemas.js';

const PROGRESS_EVERY_MS = 250;
const FORMAT_BY_TYPE: Readonly<Record<string, ImportFormat>> = { 'text/csv': 'csv', 'application/x-ndjson': 'ndjson' };

const count = z.int().nonnegative();
const errorCode = z.enum(Object.keys(ERRORS) as [ErrorCode, ...ErrorCode[]]); // keys of a const object

const importQuery = z.strictObject({
  map: z
    .union([z.string(), z.array(z.string())])
    .optional()
    .describe('COLUMN=field, or COLUMN=- to leave it out; may stand several times'),
  encoding: z.enum(IMPORT_ENCODINGS).optional(),
  delimiter: z
    .string()
    .regex(/^[^"\r\n]$/, 'One character, neither a quote nor a line end.')
    .optional()
    .describe('Of CSV; a comma where left out'),
  defaultRegion: z.string().length(2).optional().describe('Country of phone numbers without a country code'),
});

const jobOutput = z
  .object({
    id: idOutput,
    state: z.enum(['running', 'done', 'failed']),
    format: z.enum([...IMPORT_FORMATS, 'generated']),
    startedBy: z.string(),
    startedAt: instantOutput,
    endedAt: instantOutput.nullable(),
    bytesRead: count,
    created: count,
    updated: count,
    unchanged: count,
    rejected: count.describe('Rows refused; the file of rejects names each'),
    ignoredColumns: z.array(z.string()).describe('Columns that nobody recognised'),
    error: z.object({ code: errorCode, detail: z.string() }).nullable(),
  })
  .meta({ id: 'ImportJob' });

const byId = z.strictObject({ id: idParameter });

export interface ImportRoutesDeps {
  readonly jobs: ImportJobs;
  readonly clock: Clock;
  readonly defaultRegion: Region | undefined;
}

/** Imports: upload a file, watch it, fetch the rows it had to refuse. */
export function registerImportRoutes(app: HttpApp, streams: EventStreams, deps: ImportRoutesDeps): void {
  registerUpload(app, deps);
  registerGenerate(app, deps);
  registerJobs(app, deps);
  registerProgress(app, streams, deps);
}

function registerUpload(app: HttpApp, { jobs, defaultRegion }: ImportRoutesDeps): void {
  app.post(
    '/v1/members/imports',
    {
      config: { scope: 'write', isUpload: true },
      bodyLimit: Number.MAX_SAFE_INTEGER,
      schema: {
        tags: ['members'],
        summary: 'Import a file of members while it is uploaded',
        description:
          'The body is the file: text/csv or application/x-ndjson, of any size. Columns are recognised by name ' +
          "(Shopify's customer export as it is) or given by `map`; columns the file lacks stay as they are. A bad row stops nothing. " +
          'The same file again changes nothing, so a broken upload is simply repeated. Answered when the file has ended.',
        consumes: Object.keys(FORMAT_BY_TYPE),
        querystring: importQuery,
        headers: operatorHeaders,
        response: { 200: jobOutput },
      },
    },
    async (request, reply) => {
      const { map, encoding, delimiter, defaultRegion: region } = request.query;
      const job = await jobs.run({
        settings: {
          format: formatOf(request),
          encoding,
          delimiter,
          map: parseMap(map === undefined ? [] : [map].flat()),
          defaultRegion: region === undefined ? defaultRegion : readRegion(region),
        },
        input: bodyOf(request),
        startedBy: actorOf(request),
        signal: disconnectSignal(reply),
      });
      if (job.error !== undefined) throw new DomainError(job.error.code, job.error.message, { jobId: job.jobId });
      return renderJob(job);
    },
  );
}

function registerGenerate(app: HttpApp, { jobs }: ImportRoutesDeps): void {
  app.post(
    '/v1/members/generate',
    {
      config: { scope: 'write' },
      schema: {
        tags: ['members'],
        summary: 'Make up members for practice',
        description:
          'Realistic, and the same for the same seed: doing it again changes nothing, a larger count adds the rest. ' +
          'Answered at once; watch the job like an import.',
        headers: operatorHeaders,
        body: z.strictObject({
          count: z.int().min(1).max(100_000_000),
          seed: z.int().min(0).max(2_147_483_647).default(1),
        }),
        response: { 202: jobOutput },
      },
    },
    async (request, reply) => {
      const job = await jobs.generate({ ...request.body, startedBy: actorOf(request) });
      void reply.code(202);
      return renderJob(job);
    },
  );
}

function registerJobs(app: HttpApp, { jobs }: ImportRoutesDeps): void {
  app.get(
    '/v1/members/imports',
    {
      config: { scope: 'read' },
      schema: {
        tags: ['members'],
        summary: 'Imports since the server started, newest first',
        response: { 200: z.object({ items: z.array(jobOutput) }) },
      },
    },
    async () => ({ items: jobs.list().map(renderJob) }),
  );

  app.get(
    '/v1/members/imports/:id',
    {
      config: { scope: 'read' },
      schema: { tags: ['members'], summary: 'Show an import', params: byId, response: { 200: jobOutput } },
    },
    async ({ params }) => renderJob(jobs.get(params.id)),
  );

  app.get(
    '/v1/members/imports/:id/rejects.csv',
    {
      config: { scope: 'read', answerType: 'text/csv' },
      schema: {
        tags: ['members'],
        summary: 'The rows that an import refused: line, column, reason',
        description: 'Kept until the server stops or a member is erased.',
        params: byId,
      },
    },
    async ({ params }, reply) =>
      reply
        .type('text/csv; charset=utf-8')
        .header('content-disposition', `attachment; filename="import-${params.id}-rejects.csv"`)
        .send(Readable.from(await jobs.rejectsOf(params.id))),
  );
}

function registerProgress(app: HttpApp, streams: EventStreams, { jobs, clock }: ImportRoutesDeps): void {
  app.get(
    '/v1/members/imports/:id/progress',
    {
      config: { scope: 'read', answerType: 'text/event-stream' },
      schema: {
        tags: ['members'],
        summary: 'Watch an import',
        description:
          'Server-sent events `progress` with the import as data, four a second at most, until it has ended.',
        params: byId,
      },
    },
    (request, reply) => streams.send(request, reply, (signal) => watch({ jobs, clock }, request.params.id, signal)),
  );
}

async function* watch(
  { jobs, clock }: Pick<ImportRoutesDeps, 'jobs' | 'clock'>,
  id: number,
  signal: AbortSignal,
): AsyncGenerator<StreamEvent> {
  let last: ImportJob | undefined;
  while (!signal.aborted) {
    const job = jobs.get(id);
    if (job !== last) yield { event: 'progress', data: renderJob(job) };
    last = job;
    if (job.state !== 'running') return;
    await clock.sleep(PROGRESS_EVERY_MS, signal);
  }
}

function formatOf(request: FastifyRequest): ImportFormat {
  const type = (request.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
  const format = FORMAT_BY_TYPE[type];
  if (format !== undefined) return format;
  throw new DomainError('UNSUPPORTED_MEDIA_TYPE', 'Send the file as text/csv or application/x-ndjson.');
}

function bodyOf({ body }: FastifyRequest): Readable {
  if (body instanceof Readable) return body;
  throw new DomainError('INVALID_INPUT', 'Send the file as the body of the request.', { field: 'body' });
}

/** `COLUMN=field` pairs; the field is what stands after the last `=`, because columns may hold one. */
function parseMap(pairs: readonly string[]): Readonly<Record<string, string>> | undefined {
  if (pairs.length === 0) return undefined;
  return Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.lastIndexOf('=');
      if (at > 0) return [pair.slice(0, at).trim(), pair.slice(at + 1).trim()];
      throw new DomainError('INVALID_INPUT', 'A map is written COLUMN=field, such as "Customer ID=memberId".', {
        field: 'map',
      });
    }),
  );
}

const renderJob = ({ jobId, endedAt, error, ...job }: ImportJob): z.output<typeof jobOutput> => ({
  ...job,
  id: jobId,
  startedAt: formatInstant(job.startedAt),
  endedAt: endedAt === undefined ? null : formatInstant(endedAt),
  ignoredColumns: [...job.ignoredColumns],
  error: error === undefined ? null : { code: error.code, detail: error.message },
});
