import type { FastifyReply, FastifyRequest } from 'fastify';
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { DomainError } from '../core/errors.js';
import { toDomainError, toProblem } from './problem.js';
import { NO_STORE, SECURITY_HEADERS } from './security.js';

/** One server-sent event. `data` is written as JSON. */
export interface StreamEvent {
  readonly event: string;
  readonly data: unknown;
  /** Comes back as Last-Event-ID when the browser connects again. */
  readonly id?: string | undefined;
}

/**
 * Server-sent events to many readers. A slow reader slows only its own source (the next event is asked for when the
 * last one has left), a reader that goes away or a server that stops ends the source's `signal`.
 */
export class EventStreams {
  /** One per open stream. Joined signals would do, but a signal that lives for ever remembers each that joined it. */
  private readonly open = new Set<AbortController>();
  private isClosed = false;

  constructor(private readonly limits: { readonly maxStreams: number; readonly heartbeatMs: number }) {}

  /**
   * Answers with the events of `source` until it ends. What fails before the first event is an ordinary error answer;
   * what fails later is an event `error` with the problem as data.
   * @throws DomainError `TOO_MANY_REQUESTS` when as many streams are open as may be.
   */
  async send(
    request: FastifyRequest,
    reply: FastifyReply,
    source: (signal: AbortSignal) => AsyncIterable<StreamEvent>,
  ): Promise<void> {
    if (this.open.size >= this.limits.maxStreams) {
      throw new DomainError(
        'TOO_MANY_REQUESTS',
        `${this.open.size} event streams are open, which is the limit; poll instead, or close some.`,
      );
    }
    const gone = new AbortController();
    const { signal } = gone;
    this.open.add(gone);
    reply.raw.once('close', () => {
      gone.abort();
    });
    if (this.isClosed) gone.abort();
    const events = source(signal)[Symbol.asyncIterator]();
    try {
      const first = await events.next(); // fails as an ordinary answer
      startStream(reply);
      await this.pump(request, reply.raw, { first, events, signal });
    } finally {
      this.open.delete(gone);
      gone.abort();
      await events.return?.();
      if (reply.sent) reply.raw.end();
    }
  }

  /** Ends every stream, and refuses none: requests are refused before they get here. */
  close(): void {
    this.isClosed = true;
    for (const gone of this.open) gone.abort();
  }

  private async pump(
    request: FastifyRequest,
    response: ServerResponse,
    stream: {
      readonly first: IteratorResult<StreamEvent>;
      readonly events: AsyncIterator<StreamEvent>;
      readonly signal: AbortSignal;
    },
  ): Promise<void> {
    const { events, signal } = stream;
    const heartbeat = setInterval(() => {
      if (!response.writableNeedDrain) response.write(':\n\n');
    }, this.limits.heartbeatMs);
    try {
      for (let next = stream.first; next.done !== true && !signal.aborted; next = await events.next()) {
        await write(response, next.value, signal);
      }
    } catch (error) {
      if (signal.aborted) return; // the reader is gone or the server stops: not worth a word
      await write(response, { event: 'error', data: toProblem(toDomainError(error), request.id) }, signal);
    } finally {
      clearInterval(heartbeat);
    }
  }
}

function startStream(reply: FastifyReply): void {
  reply.hijack();
  reply.raw.writeHead(200, {
    ...SECURITY_HEADERS,
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': NO_STORE,
    'x-accel-buffering': 'no',
  });
  reply.raw.flushHeaders();
}

/** Writes one event and waits until the reader has taken what was written. JSON holds no line break, so one data line does. */
async function write(response: ServerResponse, { event, data, id }: StreamEvent, signal: AbortSignal): Promise<void> {
  const idLine = id === undefined ? '' : `id: ${id}\n`;
  const hasRoom = response.write(`${idLine}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  if (hasRoom || signal.aborted) return;
  await once(response, 'drain', { signal }).catch((error: unknown) => {
    if (!signal.aborted) throw error;
  });
}
