import { DomainError } from '../../core/errors.js';
import { CallError } from './call-error.js';

/** What a caller of the queue is told when the broker does not answer as it should. */
export function queueError(what: string, error: unknown): unknown {
  if (!(error instanceof CallError)) return error;
  const values = { what, code: error.code };
  if (error.isRefusal && error.code !== 'CLOSED') {
    return new DomainError(
      'QUEUE_REFUSED',
      `RocketMQ refuses to ${what}: ${error.message}. Look at the topic, the group and the limits that it names.`,
      values,
      { cause: error },
    );
  }
  const effect = error.isSure ? 'Nothing was done' : 'Whether it was done is unknown';
  return new DomainError(
    'QUEUE_UNAVAILABLE',
    `RocketMQ cannot ${what} now (${error.message}). ${effect}; it is tried again with the next call.`,
    values,
    { cause: error },
  );
}
