import type { Duplex } from 'node:stream';
import type { DomainError } from '../core/errors.js';
import { PROBLEM_TYPE, toProblem } from './problem.js';
import { NO_STORE, SECURITY_HEADERS } from './security.js';

/** Answers where no reply can any more, with the same document and headers as one, and ends the connection. */
export function endWithProblem(socket: Duplex, error: DomainError, requestId: string): void {
  const problem = toProblem(error, requestId);
  const body = JSON.stringify(problem);
  const headers = Object.entries({ ...SECURITY_HEADERS, 'cache-control': NO_STORE, 'content-type': PROBLEM_TYPE });
  const lines = [
    `HTTP/1.1 ${problem.status} ${problem.title}`,
    ...headers.map(([name, value]) => `${name}: ${value}`),
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close',
  ];
  socket.end(`${lines.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy());
}
