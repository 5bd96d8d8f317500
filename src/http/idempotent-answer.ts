import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { canonicalJson } from '../core/canonical-json.js';
import { DomainError } from '../core/errors.js';
import { structuredHash } from '../core/structured-hash.js';
import { operatorHeaders } from './actor.js';
import type { GateAnswer } from '../idempotency/idempotency-gate.js';
import type { IdempotentRequest } from '../idempotency/idempotency-repository.js';

const KEY_SHAPE = /^[\x21-\x7e]{1,255}$/;

/** Headers of every POST that has an effect. */
export const idempotencyHeaders = z.object({
  'idempotency-key': z
    .string()
    .regex(KEY_SHAPE, 'An Idempotency-Key has 1 to 255 visible ASCII characters.')
    .optional()
    .describe('Sent again within 24 hours, the request has no second effect and gets the first answer'),
});

/** Headers of a POST that is also recorded with who made it. */
export const recordedPostHeaders = idempotencyHeaders.extend(operatorHeaders.shape);

/** What the request is recognised by when it comes again; undefined when it does not ask to be. */
export function idempotentRequestOf(request: FastifyRequest): IdempotentRequest | undefined {
  const key = request.headers['idempotency-key'];
  if (key === undefined) return undefined;
  if (typeof key !== 'string' || !KEY_SHAPE.test(key)) {
    throw new DomainError('INVALID_INPUT', 'An Idempotency-Key has 1 to 255 visible ASCII characters.', {
      field: 'idempotency-key',
    });
  }
  const asked = [request.params, request.query, request.body].map(canonicalJson);
  return {
    scope: request.principal.id,
    key,
    requestHash: structuredHash([request.method, request.routeOptions.url ?? '', ...asked]),
  };
}

/** Sets the status of the first answer, and says when it is not the first. */
export function markAnswer(reply: FastifyReply, answer: GateAnswer): void {
  void reply.code(answer.status);
  if (answer.isRepeated) void reply.header('idempotent-replayed', 'true');
}

/** The number in a reference such as `promotion/12`. */
export function referencedId(reference: string): number {
  return Number(reference.slice(reference.lastIndexOf('/') + 1));
}
