/** What errors of the driver and the server mean: try again, wait, or tell the caller. */
import { DomainError, isDomainError } from '../../core/errors.js';

const DUPLICATE_KEY = 1062;
const LOCK_WAIT_TIMEOUT = 1205;
const DEADLOCK = 1213;
const RECORD_CHANGED = 1020; // of a server with snapshot isolation on: somebody committed in between

/** Out of disk, table full, temporary space full. */
const FULL = new Set([3, 1021, 1114]);
/** Read-only servers: what is left of a primary after a failover. */
const READ_ONLY = new Set([1290, 1792, 1836]);
/** The server is full of connections, stops, or ended this session or statement. */
const SERVER_AWAY = new Set([1040, 1053, 1077, 1129, 1152, 1153, 1158, 1159, 1160, 1161, 1184, 1203, 1317, 1927, 4031]);
const NETWORK_CODE =
  /^(PROTOCOL_(CONNECTION_LOST|SEQUENCE_TIMEOUT|ENQUEUE_AFTER_\w+)|E(CONN(REFUSED|RESET|ABORTED)|PIPE|TIMEDOUT|NETUNREACH|HOSTUNREACH|NETDOWN|HOSTDOWN|AI_AGAIN|NOTFOUND))$/;

/** Two transactions met; run again, the body finds what the other left. */
export const isConflict = (error: unknown): boolean => {
  const number = errorNumber(error);
  return number === DEADLOCK || number === LOCK_WAIT_TIMEOUT || number === RECORD_CHANGED;
};

export type RetryReason = 'deadlock' | 'lockWait' | 'recordChanged' | 'duplicateKey' | 'connectionLost';

const RETRY_REASONS = new Map<number, RetryReason>([
  [DEADLOCK, 'deadlock'],
  [LOCK_WAIT_TIMEOUT, 'lockWait'],
  [RECORD_CHANGED, 'recordChanged'],
  [DUPLICATE_KEY, 'duplicateKey'],
]);

/** Why a body is run again; whatever the server has no number for is a connection that broke. */
export const retryReason = (error: unknown): RetryReason => RETRY_REASONS.get(errorNumber(error)) ?? 'connectionLost';

/** Somebody inserted the same key in between; run again, the body finds the row. */
export const isDuplicateKey = (error: unknown): boolean => errorNumber(error) === DUPLICATE_KEY;

/** The connection is gone, or the server behind it: nothing that was not committed is kept. */
export const isConnectionLost = (error: unknown): boolean =>
  SERVER_AWAY.has(errorNumber(error)) ||
  READ_ONLY.has(errorNumber(error)) ||
  NETWORK_CODE.test(faultCode(error)) ||
  (isFatal(error) && !isOfServer(error));

/** No answer came in time, and the connection was ended with the statement. */
export const isGivenUp = (error: unknown): boolean => faultCode(error) === 'PROTOCOL_SEQUENCE_TIMEOUT';

/** The server answered a COMMIT, and by no; whatever else fails there may have been committed. */
export const isRefusal = (error: unknown): boolean => isOfServer(error) && !isFatal(error) && !isConnectionLost(error);

/** Numbers of the server are above 0, those of the operating system below. */
const isOfServer = (error: unknown): boolean => errorNumber(error) > 0;

/** The driver uses the connection no more. */
const isFatal = (error: unknown): boolean => error instanceof Error && 'fatal' in error && error.fatal === true;

/** The server gave the statement up: it had worked on it for as long as we wait. */
const TOO_SLOW = new Set([1969, 3024]);
const isTooSlow = (error: unknown): boolean => TOO_SLOW.has(errorNumber(error));

const isFull = (error: unknown): boolean => FULL.has(errorNumber(error));

/** The driver's code of an error; of any other error its words. */
export function faultCode(error: unknown): string {
  const code = driverCode(error);
  if (code !== '') return code;
  const message = error instanceof Error ? error.message : String(error);
  // What the driver says of a connection that was closed under it has no code.
  return /closed state|Connection lost|Pool is closed/i.test(message) ? 'PROTOCOL_CONNECTION_LOST' : message;
}

/** A fault as its caller is told of it; what is none of the database's stays as it is. */
export function toCallerError(error: unknown): unknown {
  if (isDomainError(error)) return error;
  if (isFull(error)) {
    return new DomainError(
      'STORE_FULL',
      'The disk of the MySQL server is full: nothing of this request was written. Free space and try again.',
      {},
      { cause: error },
    );
  }
  return isConnectionLost(error) || isConflict(error) || isTooSlow(error) ? unavailable(error) : error;
}

export const unavailable = (cause: unknown): DomainError =>
  new DomainError(
    'STORE_UNAVAILABLE',
    'The MySQL server did not take this transaction; nothing of it was kept. Try again, and look at the server if it goes on.',
    {},
    { cause },
  );

export const outcomeUnknown = (cause: unknown): DomainError =>
  new DomainError(
    'STORE_UNAVAILABLE',
    'The MySQL server went away while it committed, and could not be asked since. Ask for the outcome by its key, or try again.',
    {},
    { cause },
  );

function errorNumber(error: unknown): number {
  return error instanceof Error && 'errno' in error && typeof error.errno === 'number' ? error.errno : -1;
}

function driverCode(error: unknown): string {
  return !isDomainError(error) && error instanceof Error && 'code' in error && typeof error.code === 'string'
    ? error.code
    : '';
}
