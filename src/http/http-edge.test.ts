import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { httpFixture, type HttpFixture } from '../../test/support/http-fixture.js';
import { SECURITY_HEADERS } from './security.js';

const PROMOTION = {
  name: 'Spring',
  rule: { kind: 'directCut', cutMinor: 500 },
  currency: 'EUR',
  startsAt: '2027-06-01T00:00:00Z',
  endsAt: '2027-06-19T00:00:00Z',
};

describe('the HTTP edge', () => {
  let fixture: HttpFixture;
  let slowRequests: ReturnType<typeof slowRequest>;
  beforeEach(async () => {
    slowRequests = slowRequest();
    fixture = await httpFixture({
      settings: { maxBodyBytes: 4_096, maxHeaderBytes: 4_096, bodyTimeoutMs: 200, allowedHosts: ['api.example'] },
      extraRoutes: (app) => {
        app.get('/v1/slow', { config: { scope: 'read' } }, async () => {
          slowRequests.begin();
          await slowRequests.finished;
          return { isDone: true };
        });
        app.get('/v1/broken', { config: { scope: 'read' } }, () => {
          throw new Error('secret 13800138000 in SELECT * FROM member at /srv/fanfare');
        });
      },
    });
  });
  afterEach(() => fixture.remove());

  const inject = (options: {
    method?: 'GET' | 'POST' | 'PUT' | 'DELETE' | 'HEAD' | 'OPTIONS';
    url?: string;
    headers?: Record<string, string>;
    payload?: string | object;
  }) =>
    fixture.app.inject({
      method: options.method ?? 'GET',
      url: options.url ?? '/v1/promotions',
      headers: { host: 'localhost:7070', ...options.headers },
      ...(options.payload === undefined ? {} : { payload: options.payload }),
    });
  const codeOf = async (options: Parameters<typeof inject>[0]): Promise<unknown> => {
    const response = await inject(options);
    return response.statusCode < 400 ? response.statusCode : response.json<{ code: string }>().code;
  };
  const create = (headers: Record<string, string>, payload: string | object = PROMOTION) =>
    codeOf({ method: 'POST', headers, payload });
  const countPromotions = async () => (await inject({})).json<{ items: unknown[] }>().items.length;

  it('refuses a compressed body, which it would read as it comes', async () => {
    for (const encoding of ['gzip', 'br', 'identity, gzip']) {
      expect(await create({ 'content-encoding': encoding }), encoding).toBe('UNSUPPORTED_MEDIA_TYPE');
    }
    expect(await create({ 'content-encoding': 'Identity' })).toBe(201);
  });

  it('answers on its own names and on addresses only', async () => {
    for (const host of [
      'localhost',
      'LOCALHOST:7070',
      '127.0.0.1:7070',
      '[::1]:7070',
      '192.168.1.4',
      'api.example:80',
    ]) {
      expect(await codeOf({ headers: { host } }), host).toBe(200);
    }
    for (const host of ['evil.example', 'localhost.evil.example', '127.0.0.1.nip.io', 'a@localhost', 'api.example.']) {
      expect(await codeOf({ headers: { host } }), host).toBe('HOST_NOT_ALLOWED');
    }
  });

  it('refuses what another site makes through a browser', async () => {
    const json = { 'content-type': 'application/json' };
    const browser = { 'user-agent': 'Mozilla/5.0 (Windows NT 6.1) AppleWebKit/534' };
    const refused: Record<string, string>[] = [
      { ...json, 'sec-fetch-site': 'cross-site' },
      { ...json, 'sec-fetch-site': 'same-site' },
      { ...json, origin: 'https://evil.example' },
      { ...json, origin: 'null' },
      { ...json, origin: 'http://localhost:3000' },
      { ...browser },
    ];
    for (const headers of refused)
      expect(await create(headers, ''), JSON.stringify(headers)).toBe('CROSS_SITE_REQUEST');
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x']) {
      for (const payload of [JSON.stringify(PROMOTION), '']) {
        expect(await create({ 'content-type': type }, payload), type).toBe('UNSUPPORTED_MEDIA_TYPE');
        expect(await create({ ...browser, 'content-type': type }, payload), type).toBe('CROSS_SITE_REQUEST');
      }
    }
    expect(await codeOf({ headers: { 'sec-fetch-site': 'cross-site' } })).toBe('CROSS_SITE_REQUEST');
    expect(await countPromotions()).toBe(0);
  });

  it('takes requests of its own page, of programs, and visits to its pages from a link', async () => {
    const json = { 'content-type': 'application/json' };
    expect(await create({ ...json, 'sec-fetch-site': 'same-origin', origin: 'http://localhost:7070' })).toBe(201);
    expect(await create({ ...json, origin: 'http://localhost:7070' })).toBe(201);
    expect(await create({ ...json, 'user-agent': 'curl/8' })).toBe(201);
    expect(await create({ 'content-type': 'application/json; charset=utf-8', 'sec-fetch-site': 'none' })).toBe(201);
    const visit = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' };
    expect(await codeOf({ url: '/', headers: visit })).toBe(200);
    expect(await codeOf({ headers: visit })).toBe('CROSS_SITE_REQUEST');
  });

  it('gives other origins no leave to read or to send', async () => {
    const preflight = await inject({
      method: 'OPTIONS',
      headers: { origin: 'https://evil.example', 'access-control-request-method': 'POST' },
    });
    expect(preflight.statusCode).toBeGreaterThanOrEqual(400);
    expect(Object.keys(preflight.headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
  });

  it('refuses keys in the URL', async () => {
    for (const query of ['key=x', 'api_key=x', 'access_token=x', 'Token=x', 'q=ffk_abc', 'limit=5&limit=ffk_x']) {
      expect(await codeOf({ url: `/v1/promotions?${query}` }), query).toBe('KEY_IN_QUERY');
    }
  });

  it('tells a wrong path from a wrong method', async () => {
    expect(await codeOf({ url: '/v1/nothing' })).toBe('ROUTE_NOT_FOUND');
    expect(await codeOf({ url: '/.env' })).toBe('ROUTE_NOT_FOUND');
    const response = await inject({ method: 'DELETE' });
    expect(response.statusCode).toBe(405);
    expect(response.headers.allow).toBe('GET, HEAD, POST');
  });

  it('refuses bodies that are too large, too deep or no JSON', async () => {
    const json = { 'content-type': 'application/json' };
    expect(await create(json, JSON.stringify({ ...PROMOTION, name: 'x'.repeat(5_000) }))).toBe('BODY_TOO_LARGE');
    expect(await create(json, '['.repeat(1_000))).toBe('INVALID_INPUT');
    expect(await create(json, '{"name":')).toBe('INVALID_INPUT');
    expect(await create(json, '')).toBe('INVALID_INPUT');
    expect(await create({}, 'no type')).not.toBe(201);
    expect(await codeOf({ method: 'POST', headers: { 'content-type': 'text/csv' }, payload: 'a,b' })).toBe(
      'UNSUPPORTED_MEDIA_TYPE',
    );
    expect(await codeOf({ url: '/v1/promotions/%ff' })).toBe('INVALID_INPUT');
    expect(await codeOf({ url: '/v1/promotions/1e3' })).toBe('INVALID_INPUT');
    expect(await codeOf({ url: '/v1/promotions/0' })).toBe('INVALID_INPUT');
  });

  it('tells nothing of its insides when something breaks, and logs no value', async () => {
    const response = await inject({ url: '/v1/broken' });
    expect(response.statusCode).toBe(500);
    expect(response.headers['content-type']).toBe('application/problem+json; charset=utf-8');
    const problem = response.json<{ requestId: string }>();
    expect(problem).toMatchObject({ code: 'INTERNAL', title: 'Internal', isRetryable: true, values: {} });
    for (const secret of ['13800138000', 'SELECT', '/srv', ' at ']) expect(response.body).not.toContain(secret);
    const fault = fixture.logged.find(({ event }) => event === 'http.fault');
    expect(fault).toMatchObject({ requestId: problem.requestId, route: '/v1/broken', errorName: 'Error' });
    expect(JSON.stringify(fixture.logged)).not.toContain('13800138000');
  });

  it('logs one line a request, with nothing that was sent', async () => {
    const canary = 'canary-7f3a';
    await create(
      {
        'content-type': 'application/json',
        'user-agent': canary,
        'x-request-id': canary,
        authorization: `Bearer ffk_${canary}`,
      },
      { ...PROMOTION, name: canary },
    );
    await inject({ url: `/v1/promotions?cursor=${canary}` });
    await inject({ url: `/${canary}` });
    await expect.poll(() => fixture.logged.length).toBe(3);
    expect(fixture.logged.map((event) => ('status' in event ? [event.route, event.status] : []))).toEqual([
      ['/v1/promotions', 401],
      ['/v1/promotions', 400],
      ['unknown', 404],
    ]);
    expect(JSON.stringify(fixture.logged)).not.toContain(canary);
    expect(
      await fixture.app.inject({ url: '/metrics', headers: { host: 'localhost' } }).then(({ body }) => body),
    ).not.toContain(canary);
  });

  it('puts its headers on every answer of every route, and lets no private one be kept', async () => {
    const document = fixture.app.swagger() as unknown as { paths: Record<string, Record<string, unknown>> };
    const routes = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => ({
        method: method.toUpperCase() as 'GET',
        url: path.replace(/\{[^}]+\}/g, '1'),
      })),
    );
    const pages = [
      '/',
      '/static/swagger-ui.css',
      '/static/index.html',
      '/json',
      '/v1/openapi.json',
      '/openapi.json',
      '/v1/asyncapi.json',
    ];
    const strange = ['/v1/nothing', '/v1/broken', '/v1/promotions?key=1', '/%ff'];
    const answers = [...routes, ...[...pages, ...strange].map((url) => ({ method: 'GET' as const, url }))];
    for (const { method, url } of answers) {
      const { headers } = await inject({ method, url });
      for (const [name, value] of Object.entries(SECURITY_HEADERS))
        expect(headers[name], `${method} ${url} ${name}`).toBe(value);
      const isCacheable = pages.includes(url);
      if (!isCacheable) expect(headers['cache-control'], `${method} ${url}`).toBe('no-store');
    }
  });

  it('answers for its health, and says what is missing when it is not ready', async () => {
    expect((await inject({ url: '/healthz' })).json()).toEqual({ status: 'ok' });
    expect((await inject({ url: '/readyz' })).json()).toEqual({ status: 'ready', missing: [] });
    fixture.readiness.isReady = false;
    fixture.readiness.missing.push('store');
    const response = await inject({ url: '/readyz' });
    expect([response.statusCode, response.json()]).toEqual([503, { status: 'notReady', missing: ['store'] }]);
    expect((await inject({ url: '/metrics' })).body).toContain(
      'fanfare_http_request_duration_seconds_count{method="GET",route="/readyz",status="503"} 1',
    );
  });

  describe('on a socket', () => {
    let port: number;
    beforeEach(async () => {
      ({ port } = await fixture.server.listen({ host: '127.0.0.1', port: 0 }));
    });

    const talk = async (bytes: string): Promise<string> => {
      const socket = connect(port, '127.0.0.1');
      const received: Buffer[] = [];
      socket.on('data', (data: Buffer) => received.push(data));
      socket.on('error', () => undefined);
      socket.write(bytes);
      await once(socket, 'close');
      return Buffer.concat(received).toString();
    };

    it.each([
      [
        'both a length and chunks',
        'POST /v1/promotions HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
        400,
      ],
      [
        'two lengths',
        'POST /v1/promotions HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nabcde',
        400,
      ],
      ['a space before the colon', 'GET / HTTP/1.1\r\nHost : localhost\r\n\r\n', 400],
      ['noise', '\u0016\u0003\u0001\u0000\u0000\r\n\r\n', 400],
      [
        'more headers than anybody needs',
        `GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n${'X: 1\r\n'.repeat(200)}\r\n`,
        431,
      ],
      ['headers without end', `GET / HTTP/1.1\r\nHost: localhost\r\nX: ${'x'.repeat(5_000)}\r\n\r\n`, 431],
    ])('refuses %s and closes', async (_, bytes, status) => {
      const answer = await talk(bytes);
      expect(answer.split('\r\n')[0]).toContain(`HTTP/1.1 ${status}`);
      expect(answer).toContain('application/problem+json');
      expect(answer).toContain('x-content-type-options: nosniff');
    });

    it('ends a connection whose body does not arrive', async () => {
      const answer = await talk(
        'POST /v1/promotions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{',
      );
      expect(answer).toContain('HTTP/1.1 408');
      expect(answer).toContain('"code":"REQUEST_TIMEOUT"');
      expect(answer).toContain('x-content-type-options: nosniff');
      expect(await countPromotions()).toBe(0);
    });

    it('says which port is taken', async () => {
      const other = await httpFixture();
      await expect(other.server.listen({ host: '127.0.0.1', port })).rejects.toMatchObject({
        code: 'PORT_IN_USE',
        values: { port },
      });
      await other.remove();
    });

    it('finishes what is under way when it stops, and takes nothing new', async () => {
      const idle = connect(port, '127.0.0.1').resume();
      await once(idle, 'connect');
      const slow = fetch(`http://127.0.0.1:${port}/v1/slow`);
      await slowRequests.begun;
      const closing = fixture.server.close({ graceMs: 60_000 });
      if (!idle.closed) await once(idle, 'close');
      await expect(fetch(`http://127.0.0.1:${port}/healthz`)).rejects.toThrow();
      slowRequests.finish();
      expect(await (await slow).json()).toEqual({ isDone: true });
      await closing;
      await fixture.server.close({ graceMs: 0 });
    });

    it('answers a kept connection once more while it stops, then closes it, and takes no new one', async () => {
      const kept = connect(port, '127.0.0.1');
      await once(kept, 'connect');
      const ask = async (): Promise<string> => {
        kept.write('GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n');
        const [bytes] = (await once(kept, 'data')) as [Buffer];
        return bytes.toString();
      };
      expect(await ask()).toMatch(/^HTTP\/1.1 200 /);
      const closing = fixture.server.close({ graceMs: 60_000, quietMs: 30_000 });
      await expect.poll(() => fixture.clock.sleeperCount).toBe(2);
      await expect(fetch(`http://127.0.0.1:${port}/healthz`)).rejects.toThrow();
      const last = await ask();
      expect(last).toMatch(/^HTTP\/1.1 200 /);
      expect(last).toMatch(/connection: close/i);
      if (!kept.closed) await once(kept, 'close');
      await closing;
    });

    it('closes a kept connection that stays quiet while it stops', async () => {
      const kept = connect(port, '127.0.0.1').resume();
      await once(kept, 'connect');
      const closing = fixture.server.close({ graceMs: 60_000, quietMs: 30_000 });
      await expect.poll(() => fixture.clock.sleeperCount).toBe(2);
      expect(kept.closed).toBe(false);
      fixture.clock.advance(30_000);
      if (!kept.closed) await once(kept, 'close');
      await closing;
    });

    it('ends what is not finished when its patience is over', async () => {
      const slow = fetch(`http://127.0.0.1:${port}/v1/slow`);
      await slowRequests.begun;
      const closing = fixture.server.close({ graceMs: 5_000 });
      await expect.poll(() => fixture.clock.sleeperCount).toBe(1);
      fixture.clock.advance(5_000);
      await expect(slow).rejects.toThrow();
      slowRequests.finish();
      await closing;
    });
  });
});

/** A request that lasts until it is told to finish. */
function slowRequest() {
  let begin: () => void = () => undefined;
  let finish: () => void = () => undefined;
  const begun = new Promise<void>((resolve) => (begin = resolve));
  const finished = new Promise<void>((resolve) => (finish = resolve));
  return { begun, begin: () => begin(), finish: () => finish(), finished };
}
