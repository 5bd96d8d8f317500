import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { httpFixture, type HttpFixture } from '../../test/support/http-fixture.js';
import { checkBindIsSafe, isLoopback } from '../access/bind-safety.js';
import { SCOPES, type Scope } from '../access/scope.js';
import { createApiKey } from '../access/api-key.js';
import { systemRandom } from '../adapters/system/system-random.js';
import { DAY_MS, addMs } from '../core/time.js';

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

describe('access with API keys', () => {
  let fixture: HttpFixture;
  beforeEach(async () => {
    fixture = await httpFixture({ settings: { areKeysRequired: true } });
  });
  afterEach(() => fixture.remove());

  const makeKey = (scopes: readonly Scope[], expiresInMs?: number) =>
    fixture.store.transaction((tx) => {
      const now = fixture.clock.now();
      const expiresAt = expiresInMs === undefined ? undefined : addMs(now, expiresInMs);
      return createApiKey(tx, { now, random: systemRandom }, { name: 'test', scopes, expiresAt, createdBy: 'test' });
    });
  const call = async (url: string, secret?: string, method: Method = 'GET', payload?: object) => {
    const authorization = secret === undefined ? {} : { authorization: `Bearer ${secret}` };
    const response = await fixture.app.inject({
      method,
      url,
      headers: { host: 'localhost', ...authorization },
      ...(payload === undefined ? {} : { payload }),
    });
    return { status: response.statusCode, headers: response.headers, body: response.json<Record<string, unknown>>() };
  };

  it('asks for a key, and says how to send one', async () => {
    const answer = await call('/v1/promotions');
    expect(answer).toMatchObject({ status: 401, body: { code: 'UNAUTHORIZED' } });
    expect(answer.headers['www-authenticate']).toBe('Bearer');
    expect((await call('/healthz')).status).toBe(200);
    for (const secret of ['ffk_', 'ffk_' + 'A'.repeat(43), 'x y', ''])
      expect((await call('/v1/promotions', secret)).status).toBe(401);
  });

  it('lets every scope into its own routes and into no other: each route of the document', async () => {
    const secrets = new Map<string, string>();
    for (const scope of SCOPES) secrets.set(scope, (await makeKey([scope])).secret);
    const document = fixture.app.swagger() as unknown as {
      paths: Record<string, Record<string, { 'x-scope': string }>>;
    };
    const routes = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({
        path,
        method: method.toUpperCase() as Method,
        scope: operation['x-scope'],
      })),
    );
    expect(routes.length).toBeGreaterThan(15);
    for (const { path, method, scope } of routes) {
      for (const [held, secret] of secrets) {
        const headers = { host: 'localhost', authorization: `Bearer ${secret}` };
        const { statusCode } = await fixture.app.inject({ method, url: path.replace(/\{[^}]+\}/g, '1'), headers });
        const isAllowed = scope === 'public' || scope === held;
        if (scope === 'member') continue; // me-api.test.ts has those
        expect(statusCode === 403, `${held} → ${method} ${path} (${scope})`).toBe(!isAllowed);
        expect(statusCode).not.toBe(401);
      }
    }
  });

  it('needs the scope "launch" to announce a promotion', async () => {
    const promotion = {
      name: 'x',
      rule: { kind: 'directCut', cutMinor: 1 },
      currency: 'EUR',
      startsAt: '2027-02-01T00:00:00Z',
      endsAt: '2027-03-01T00:00:00Z',
      announce: { channels: ['inbox'] },
    };
    const writer = await makeKey(['write']);
    const launcher = await makeKey(['write', 'launch']);
    expect(await call('/v1/promotions', writer.secret, 'POST', promotion)).toMatchObject({ status: 403 });
    expect(fixture.announced).toEqual([]);
    expect(await call('/v1/promotions', launcher.secret, 'POST', promotion)).toMatchObject({
      status: 201,
      body: { createdBy: 'test' },
    });
  });

  it('ends with its time, and at once when revoked', async () => {
    const admin = await makeKey(['admin']);
    const short = await makeKey(['read'], DAY_MS);
    expect((await call('/v1/promotions', short.secret)).status).toBe(200);
    fixture.clock.advance(DAY_MS);
    expect((await call('/v1/promotions', short.secret)).status).toBe(401);
    const other = await makeKey(['read']);
    expect(await call(`/v1/api-keys/${other.key.id}`, admin.secret, 'DELETE')).toMatchObject({ status: 200 });
    expect((await call('/v1/promotions', other.secret)).status).toBe(401);
    expect((await call('/v1/api-keys/none', admin.secret, 'DELETE')).status).toBe(404);
  });

  it('shows a new key once, lists it without its secret, and notes its last use', async () => {
    const admin = await makeKey(['admin']);
    const body = { name: 'nightly import', scopes: ['write'], expiresAt: '2028-01-01T00:00:00Z' };
    const create = () =>
      fixture.app.inject({
        method: 'POST',
        url: '/v1/api-keys',
        headers: { host: 'localhost', authorization: `Bearer ${admin.secret}`, 'idempotency-key': 'k' },
        payload: body,
      });
    const [first, second] = await Promise.all([create(), create()]);
    const secrets = [first, second].map((response) => response.json<{ secret: string | null }>().secret);
    const secret = secrets.find((each) => each !== null) ?? '';
    expect(secret).toMatch(/^ffk_[A-Za-z0-9_-]{43}$/);
    expect(secrets).toContain(null);
    await call('/v1/promotions', secret, 'POST', {});
    const list = await call('/v1/api-keys', admin.secret);
    expect(JSON.stringify(list.body)).not.toContain(secret.slice(4));
    await expect
      .poll(async () => (await call('/v1/api-keys', admin.secret)).body['items'])
      .toEqual(
        expect.arrayContaining([
          expect.objectContaining({
            name: 'nightly import',
            scopes: ['write'],
            lastUsedAt: '2027-01-01T00:00:00.000Z',
          }),
        ]),
      );
  });

  it('leaves no secret in the store', async () => {
    const { secret } = await makeKey(['read']);
    await call('/v1/promotions', secret);
    expect(await fixture.kept()).not.toContain(secret.slice(4));
  });

  it('lets nobody in when the store cannot be asked', async () => {
    const { secret } = await makeKey(['read']);
    await fixture.store.close();
    expect(await call('/v1/promotions', secret)).toMatchObject({ status: 503, body: { code: 'SHUTTING_DOWN' } });
  });
});

describe('a server that asks for no key', () => {
  it('still holds a key that is shown to its scopes', async () => {
    const fixture = await httpFixture();
    const { secret } = await fixture.store.transaction((tx) =>
      createApiKey(
        tx,
        { now: fixture.clock.now(), random: systemRandom },
        { name: 'reader', scopes: ['read'], expiresAt: undefined, createdBy: 'test' },
      ),
    );
    const statusOf = async (authorization: string | undefined, method: 'GET' | 'POST') => {
      const headers = { host: 'localhost', ...(authorization === undefined ? {} : { authorization }) };
      return (await fixture.app.inject({ method, url: '/v1/promotions', headers })).statusCode;
    };
    expect(await statusOf(undefined, 'GET')).toBe(200);
    expect(await statusOf(`Bearer ${secret}`, 'GET')).toBe(200);
    expect(await statusOf(`bearer ${secret}`, 'POST')).toBe(403);
    expect(await statusOf('Bearer wrong', 'GET')).toBe(401);
    expect(await statusOf('Basic YTpi', 'GET')).toBe(401);
    await fixture.remove();
  });

  it('may be bound to this machine only', () => {
    const check = (host: string, areKeysRequired: boolean, hasUsableKey: boolean) => () => {
      checkBindIsSafe({ host, areKeysRequired, hasUsableKey });
    };
    for (const host of ['127.0.0.1', '127.8.9.1', '::1', '[::1]', 'localhost']) {
      expect(isLoopback(host), host).toBe(true);
      expect(check(host, false, false), host).not.toThrow();
    }
    for (const host of [
      '0.0.0.0',
      '::',
      '10.0.0.1',
      'shop.example',
      '127.0.0.1.evil.example',
      'localhost.evil.example',
    ]) {
      expect(isLoopback(host), host).toBe(false);
      expect(check(host, false, false), host).toThrow('none that can be used');
      expect(check(host, false, true), host).not.toThrow();
    }
    expect(check('127.0.0.1', true, false)).toThrow('none that can be used');
  });
});
