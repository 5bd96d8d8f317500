import type { FastifyReply, FastifyRequest } from 'fastify';
import type { DomainError } from '../core/errors.js';
import { describeFault, type Fault } from '../core/fault.js';

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

/** A fault of ours, with where it happened. */
export interface FaultEvent extends Fault {
  readonly event: 'http.fault';
  readonly requestId: string;
  readonly route: string;
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

export const toFaultEvent = (request: FastifyRequest, error: DomainError): FaultEvent => {
  const fault = describeFault(error.cause ?? error);
  return {
    event: 'http.fault',
    requestId: request.id,
    route: request.routeOptions.url ?? 'unknown',
    ...fault,
    errorCode: fault.errorCode ?? error.code,
  };
};
