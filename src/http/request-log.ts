import type { FastifyReply, FastifyRequest } from 'fastify';
import type { DomainError } from '../core/errors.js';

/** What is logged of a request: the route's pattern, never its URL, headers or body. */
export interface RequestEvent {
  readonly event: 'http.request';
  readonly requestId: string;
  readonly method: string;
  readonly route: string;
  readonly status: number;
  readonly durationMs: number;
  readonly principalId: string;
}

/** A fault of ours, with where it happened; its message may hold a value, so only our own assertions keep theirs. */
export interface FaultEvent {
  readonly event: 'http.fault';
  readonly requestId: string;
  readonly route: string;
  readonly errorName: string;
  readonly errorCode: string;
  readonly frames: readonly string[];
}

/** Where events go; compose hands in a structured logger. */
export interface HttpLog {
  info(event: RequestEvent): void;
  error(event: FaultEvent): void;
}

export const toRequestEvent = (request: FastifyRequest, reply: FastifyReply): RequestEvent => ({
  event: 'http.request',
  requestId: request.id,
  method: request.method,
  route: request.routeOptions.url ?? 'unknown',
  status: reply.statusCode,
  durationMs: Math.round(reply.elapsedTime * 10) / 10,
  principalId: request.principal.id,
});

const MAX_FRAMES = 12;

export function toFaultEvent(request: FastifyRequest, error: DomainError): FaultEvent {
  const cause = error.cause ?? error;
  const fault = cause instanceof Error ? cause : new Error('a value that is no error was thrown');
  const isOurs = fault.message.startsWith('Broken invariant');
  return {
    event: 'http.fault',
    requestId: request.id,
    route: request.routeOptions.url ?? 'unknown',
    errorName: isOurs ? fault.message : fault.name,
    errorCode: 'code' in fault && typeof fault.code === 'string' ? fault.code : error.code,
    frames: (fault.stack ?? '')
      .split('\n')
      .filter((line) => /^\s+at /.test(line))
      .slice(0, MAX_FRAMES)
      .map((line) => line.trim()),
  };
}
