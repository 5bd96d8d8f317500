import type { FastifyReply, FastifyRequest } from 'fastify';

/** Aborts when the caller goes away, so that nobody counts for a closed connection. */
export function disconnectSignal(reply: FastifyReply): AbortSignal {
  const gone = new AbortController();
  reply.raw.once('close', () => {
    if (!reply.raw.writableEnded) gone.abort();
  });
  return gone.signal;
}

/** The same for work that may take longer than a connection may be idle: it is not idle while we work on the answer. */
export function longWorkSignal(request: FastifyRequest, reply: FastifyReply): AbortSignal {
  request.raw.socket.setTimeout(0); // armed again with the end of the answer
  return disconnectSignal(reply);
}
