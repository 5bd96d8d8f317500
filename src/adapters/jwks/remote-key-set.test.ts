import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { JSONWebKeySet } from 'jose';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../../../test/support/manual-clock.js';
import { memberToken, signingKey, TOKEN_RULES, type SigningKey } from '../../../test/support/member-app.js';
import { MemberTokens } from '../../access/member-tokens.js';
import { isDomainError } from '../../core/errors.js';
import { HOUR_MS, MINUTE_MS, SECOND_MS } from '../../core/time.js';
import { RemoteKeySet } from './remote-key-set.js';

describe('keys of a shop by URL', () => {
  let server: Server;
  let clock: ManualClock;
  let tokens: MemberTokens;
  let first: SigningKey;
  let second: SigningKey;
  let requests: number;
  let answer: { status: number; body: string };
  const serve = (...keys: readonly SigningKey[]) => {
    const jwks: JSONWebKeySet = { keys: keys.flatMap(({ jwks }) => jwks.keys) };
    answer = { status: 200, body: JSON.stringify(jwks) };
  };
  beforeEach(async () => {
    [first, second] = [await signingKey('k1'), await signingKey('k2', 'EdDSA')];
    requests = 0;
    serve(first);
    server = createServer((_, response) => {
      requests++;
      response.writeHead(answer.status, { location: '/elsewhere' }).end(answer.body);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    clock = new ManualClock();
    const { port } = server.address() as AddressInfo; // it listens on a port
    const { keyOf } = new RemoteKeySet({ url: `http://127.0.0.1:${port}/jwks.json`, clock });
    tokens = new MemberTokens({ clock, rules: TOKEN_RULES, keyOf });
  });
  afterEach(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });
  const ask = async (key: SigningKey) =>
    tokens.memberOf(await memberToken(key, clock, 'ann')).then(
      () => 'ok',
      (error: unknown) => (isDomainError(error) ? (error.values['reason'] ?? error.code) : error),
    );

  it('are read once for all who wait, and kept for ten minutes', async () => {
    expect(new Set(await Promise.all(Array.from({ length: 20 }, () => ask(first))))).toEqual(new Set(['ok']));
    clock.advance(9 * MINUTE_MS);
    expect([await ask(first), requests]).toEqual(['ok', 1]);
    clock.advance(2 * MINUTE_MS);
    expect([await ask(first), requests]).toEqual(['ok', 2]);
  });

  it('are read again for a new key, but not for every name that somebody makes up', async () => {
    await ask(first);
    serve(first, second);
    expect([await ask(second), requests]).toEqual(['unknownKey', 1]); // just read
    clock.advance(30 * SECOND_MS);
    expect([await ask(second), requests]).toEqual(['ok', 2]);
    const made = await Promise.all(Array.from({ length: 50 }, (_, index) => signingKey(`made-up-${index}`)));
    for (const key of made) expect(await ask(key)).toBe('unknownKey');
    expect(requests).toBe(2);
  });

  it('hold for a day when they cannot be read again, which is tried every five seconds at most', async () => {
    await ask(first);
    answer = { status: 500, body: '' };
    clock.advance(HOUR_MS);
    for (let time = 0; time < 10; time++) expect(await ask(first)).toBe('ok');
    expect(requests).toBe(2);
    clock.advance(24 * HOUR_MS);
    expect(await ask(first)).toBe('TOKEN_KEYS_UNAVAILABLE');
    serve(first);
    expect(await ask(first)).toBe('TOKEN_KEYS_UNAVAILABLE'); // just tried
    clock.advance(5 * SECOND_MS);
    expect(await ask(first)).toBe('ok');
  });

  it.each([
    ['nonsense', { status: 200, body: 'no json' }],
    ['no set of keys', { status: 200, body: '{"keys": 7}' }],
    ['a redirect', { status: 302, body: '' }],
    ['more than any set of keys', { status: 200, body: ' '.repeat(300_000) }],
  ])('are not taken from %s', async (_, given) => {
    answer = given;
    expect([await ask(first), requests]).toEqual(['TOKEN_KEYS_UNAVAILABLE', 1]);
  });
});
