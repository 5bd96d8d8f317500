import type { FastifyReply } from 'fastify';

/** Aborts when the caller goes away, so that nobody counts for a closed connection. */
export function disconnectSignal(reply: FastifyReply): AbortSignal {
  const gone = new AbortController();
  reply.raw.once('close', () => {
    if (!reply.raw.writableEnded) gone.abort();
  });
  return gone.signal;
}
