import type { FastifyReply } from 'fastify';
import { Socket } from 'node:net';

/** Aborts when the caller goes away, so that nobody counts for a closed connection. */
export function disconnectSignal(reply: FastifyReply): AbortSignal {
  const gone = new AbortController();
  reply.raw.once('close', () => {
    if (!reply.raw.writableEnded) gone.abort();
  });
  return gone.signal;
}

/** The same for work that may take longer than a connection may be idle: it is not idle while we work on the answer. */
export function longWorkSignal(reply: FastifyReply): AbortSignal {
  const { socket } = reply.raw;
  if (socket instanceof Socket) socket.setTimeout(0); // armed again with the end of the answer; an injected request has none
  return disconnectSignal(reply);
}
