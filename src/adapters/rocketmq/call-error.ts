import grpc from '@grpc/grpc-js';
import type { Status } from './protocol.js';

/**
 * A call that was not answered OK. `isRefusal`: the server understood and says no, and would say so again; everything
 * else may pass. `isSure`: nothing was done by the call; else it is unknown whether it took effect.
 */
export class CallError extends Error {
  override readonly name = 'CallError';
  constructor(
    readonly code: string,
    message: string,
    readonly isRefusal: boolean,
    readonly isSure: boolean,
    options?: ErrorOptions,
  ) {
    super(`${code}: ${message}`, options);
  }
}

/** Refusals by 4xxxx codes stand, but for those that name a state that passes. */
const PASSING = new Set(['TOPIC_NOT_FOUND', 'TOO_MANY_REQUESTS', 'REQUEST_TIMEOUT', 'NOT_FOUND']);
const STANDING =
  /^(BAD_REQUEST|ILLEGAL_|INVALID_|MESSAGE_(PROPERTY|CORRUPTED|BODY|PROPERTIES)|UNRECOGNIZED|CLIENT_ID|UNAUTHORIZED|PAYMENT|FORBIDDEN|CONSUMER_GROUP_NOT_FOUND|PAYLOAD|PRECONDITION|REQUEST_HEADER|NOT_IMPLEMENTED|UNSUPPORTED|VERSION)/;
/** The broker did not take the message: no route to it, or it said no. */
const SURE = new Set(['TOPIC_NOT_FOUND', 'NOT_FOUND', 'TOO_MANY_REQUESTS']);

export function statusError({ code, message }: Status): CallError {
  const isRefusal = !PASSING.has(code) && STANDING.test(code);
  return new CallError(code, message, isRefusal, isRefusal || SURE.has(code));
}

const SURE_GRPC = new Set<number>([
  grpc.status.INVALID_ARGUMENT,
  grpc.status.UNIMPLEMENTED,
  grpc.status.UNAUTHENTICATED,
  grpc.status.PERMISSION_DENIED,
]);

/** A failure of gRPC itself: away, too late, reset. A connection that was never made has carried nothing. */
export function transportError(error: grpc.ServiceError): CallError {
  const isUnknownGroup = error.code === grpc.status.INVALID_ARGUMENT && /group not found/i.test(error.details);
  const code = isUnknownGroup ? 'CONSUMER_GROUP_NOT_FOUND' : grpc.status[error.code];
  const isRefusal = SURE_GRPC.has(error.code);
  const isSure = isRefusal || /No connection established|ECONNREFUSED|Name resolution failed/.test(error.details);
  return new CallError(code, error.details, isRefusal, isSure, { cause: error });
}

export function assertOk(status: Status | undefined): void {
  if (status === undefined) throw new CallError('NO_STATUS', 'the answer has no status', false, false);
  if (status.code !== 'OK') throw statusError(status);
}
