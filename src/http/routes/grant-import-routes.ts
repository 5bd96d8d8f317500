import type { FastifyRequest } from 'fastify';
import { Readable } from 'node:stream';
import { z } from 'zod';
import { ERRORS, DomainError, type ErrorCode } from '../../core/errors.js';
import { couponId } from '../../core/ids.js';
import { formatInstant } from '../../core/time.js';
import type { CouponDesk } from '../../coupon/claim/coupon-desk.js';
import type { CouponTx } from '../../coupon/coupon-repository.js';
import type { GrantImport, GrantImports } from '../../coupon/import/grant-imports.js';
import { actorOf, operatorHeaders } from '../actor.js';
import { disconnectSignal } from '../disconnect-signal.js';
import type { HttpApp } from '../http-app.js';
import { idOutput, idParameter, instantOutput } from '../schemas.js';
import { couponById } from './coupon-routes.js';

const count = z.int().nonnegative();

const importOutput = z
  .object({
    id: idOutput,
    couponId: idOutput,
    state: z.enum(['running', 'done', 'failed']),
    startedBy: z.string(),
    startedAt: instantOutput,
    endedAt: instantOutput.nullable(),
    granted: count,
    unchanged: count.describe('Rows that an earlier import has given'),
    rejected: count.describe('Rows refused; the file of rejects names each, with the answer that a claim would get'),
    error: z
      .object({ code: z.enum(Object.keys(ERRORS) as [ErrorCode, ...ErrorCode[]]), detail: z.string() }) // keys of a const object
      .nullable(),
  })
  .meta({ id: 'GrantImport' });

const importById = z.strictObject({ id: idParameter, importId: idParameter });

export interface GrantImportRoutesDeps<Tx extends CouponTx> {
  readonly grantImports: GrantImports<Tx>;
  readonly desk: CouponDesk<Tx>;
}

/** Grants out of a file: upload it, look at what became of it, fetch the rows it had to refuse. */
export function registerGrantImportRoutes<Tx extends CouponTx>(
  app: HttpApp,
  { grantImports, desk }: GrantImportRoutesDeps<Tx>,
): void {
  app.post(
    '/v1/coupons/:id/imports',
    {
      config: { scope: 'write', isUpload: true },
      bodyLimit: Number.MAX_SAFE_INTEGER,
      schema: {
        tags: ['coupons'],
        summary: 'Give a coupon to the members of a file while it is uploaded',
        description:
          'The body is CSV with a column memberId; `key` tells several grants of a member apart, `grantedAt` says when it ' +
          'was given. Stock, limit, audience and times hold as for a claim; a bad row stops nothing. A row is given once: ' +
          'the same file again, or the rest of one that broke off, gives nobody a second one. Answered when it has ended.',
        consumes: ['text/csv'],
        params: couponById,
        headers: operatorHeaders,
        response: { 200: importOutput },
      },
    },
    async (request, reply) => {
      const id = couponId(request.params.id);
      const input = fileOf(request);
      await desk.checkExists(id);
      const done = await grantImports.run({
        couponId: id,
        input,
        startedBy: actorOf(request),
        signal: disconnectSignal(reply),
      });
      if (done.error !== undefined) {
        throw new DomainError(done.error.code, done.error.message, { importId: done.importId });
      }
      return renderImport(done);
    },
  );

  app.get(
    '/v1/coupons/:id/imports',
    {
      config: { scope: 'read' },
      schema: {
        tags: ['coupons'],
        summary: 'Imports of grants of a coupon since the server started, newest first',
        params: couponById,
        response: { 200: z.object({ items: z.array(importOutput) }) },
      },
    },
    async ({ params }) => {
      const id = couponId(params.id);
      await desk.checkExists(id);
      return { items: grantImports.list(id).map(renderImport) };
    },
  );

  app.get(
    '/v1/coupons/:id/imports/:importId',
    {
      config: { scope: 'read' },
      schema: {
        tags: ['coupons'],
        summary: 'Show an import of grants',
        params: importById,
        response: { 200: importOutput },
      },
    },
    async ({ params }) => renderImport(grantImports.get(couponId(params.id), params.importId)),
  );

  app.get(
    '/v1/coupons/:id/imports/:importId/rejects.csv',
    {
      config: { scope: 'read', answerType: 'text/csv' },
      schema: {
        tags: ['coupons'],
        summary: 'The rows that an import of grants refused: line, column, reason',
        description: 'Kept until the server stops or a member is erased.',
        params: importById,
      },
    },
    async ({ params }, reply) =>
      reply
        .type('text/csv; charset=utf-8')
        .header('content-disposition', `attachment; filename="grants-${params.importId}-rejects.csv"`)
        .send(Readable.from(await grantImports.rejectsOf(couponId(params.id), params.importId))),
  );
}

function fileOf({ headers, body }: FastifyRequest): Readable {
  const type = (headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase();
  if (type !== 'text/csv') throw new DomainError('UNSUPPORTED_MEDIA_TYPE', 'Send the file as text/csv.');
  if (body instanceof Readable) return body;
  throw new DomainError('INVALID_INPUT', 'Send the file as the body of the request.', { field: 'body' });
}

const renderImport = ({ importId, endedAt, error, ...rest }: GrantImport): z.output<typeof importOutput> => ({
  ...rest,
  id: importId,
  startedAt: formatInstant(rest.startedAt),
  endedAt: endedAt === undefined ? null : formatInstant(endedAt),
  error: error === undefined ? null : { code: error.code, detail: error.message },
});
