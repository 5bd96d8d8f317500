import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { httpFixture, type HttpFixture } from '../../test/support/http-fixture.js';
import { DomainError } from '../core/errors.js';
import type { StreamEvent } from './event-stream.js';

describe('event streams', () => {
  let fixture: HttpFixture;
  let source: (signal: AbortSignal) => AsyncIterable<StreamEvent>;
  let ended: number;
  let url: string;
  beforeEach(async () => {
    ended = 0;
    fixture = await httpFixture({
      settings: { maxStreams: 2, heartbeatMs: 20 },
      extraRoutes: (app, streams) => {
        app.get('/v1/stream', { config: { scope: 'read' } }, (request, reply) =>
          streams.send(request, reply, async function* (signal) {
            try {
              yield* source(signal);
            } finally {
              ended++;
            }
          }),
        );
      },
    });
    ({ url } = await fixture.server.listen({ host: '127.0.0.1', port: 0 }));
  });
  afterEach(() => fixture.remove());

  const forever = async function* (signal: AbortSignal): AsyncGenerator<StreamEvent> {
    yield { event: 'begun', data: {} };
    await once(signal, 'abort');
  };
  const open = (signal?: AbortSignal) => fetch(`${url}/v1/stream`, signal === undefined ? {} : { signal });

  it('carry events with their ids, and end with their source', async () => {
    source = async function* () {
      await Promise.resolve();
      yield { event: 'progress', data: { sent: 1, text: 'a\nb' }, id: '7' };
      yield { event: 'done', data: null };
    };
    const response = await open();
    expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    expect(await response.text()).toBe(
      'id: 7\nevent: progress\ndata: {"sent":1,"text":"a\\nb"}\n\nevent: done\ndata: null\n\n',
    );
    expect(ended).toBe(1);
  });

  it('answer like any request when they cannot begin, and with an event when they fail later', async () => {
    source = async function* () {
      await Promise.resolve();
      yield* [];
      throw new DomainError('NOT_FOUND', 'There is no campaign 7.');
    };
    const refused = await open();
    expect([refused.status, await refused.json()]).toMatchObject([404, { code: 'NOT_FOUND' }]);
    source = async function* () {
      yield await Promise.resolve({ event: 'begun', data: {} });
      throw new Error('broken: 13800138000');
    };
    const text = await (await open()).text();
    expect(text).toContain('event: error\ndata: {"type":"urn:fanfare:error:INTERNAL"');
    expect(text).not.toContain('13800138000');
  });

  it('say that they are alive, and end their source when the reader goes away', async () => {
    source = forever;
    const reader = new AbortController();
    const response = await open(reader.signal);
    const body = response.body?.getReader();
    let text = '';
    while (!text.includes(':\n\n:\n\n'))
      text += Buffer.from((await body?.read())?.value ?? new Uint8Array()).toString();
    expect(text.startsWith('event: begun\ndata: {}\n\n')).toBe(true);
    reader.abort();
    await expect.poll(() => ended).toBe(1);
  });

  it('are limited in number, and make room when one ends', async () => {
    source = forever;
    const readers = [new AbortController(), new AbortController()];
    for (const reader of readers) await open(reader.signal);
    const refused = await open();
    expect([refused.status, await refused.json()]).toMatchObject([429, { code: 'TOO_MANY_REQUESTS' }]);
    readers[0]?.abort();
    await expect.poll(() => ended).toBe(1);
    const last = new AbortController();
    expect((await open(last.signal)).status).toBe(200);
    last.abort();
    readers[1]?.abort();
    await expect.poll(() => ended).toBe(3);
  });

  it('ask their source for no more than a slow reader takes', async () => {
    let produced = 0;
    source = async function* (signal) {
      while (!signal.aborted) {
        produced++;
        yield await Promise.resolve({ event: 'progress', data: 'x'.repeat(60_000) });
      }
    };
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    socket.write('GET /v1/stream HTTP/1.1\r\nHost: localhost\r\n\r\n');
    socket.pause();
    let seen = -1;
    await expect
      .poll(
        () => {
          const isStill = produced === seen && produced > 0;
          seen = produced;
          return isStill;
        },
        { interval: 200, timeout: 10_000 },
      )
      .toBe(true);
    expect(produced).toBeLessThan(1_000);
    socket.destroy();
    await expect.poll(() => ended).toBe(1);
  });

  it('end when the server stops', async () => {
    source = forever;
    const response = await open();
    await fixture.server.close({ graceMs: 5_000 });
    expect(await response.text()).toContain('event: begun');
    expect(ended).toBe(1);
  });
});
