import { base64url, SignJWT } from 'jose';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { httpFixture, type HttpFixture } from '../../test/support/http-fixture.js';
import {
  memberGate,
  memberToken,
  SHOP_ORIGIN,
  signingKey,
  TOKEN_RULES,
  type SigningKey,
  type TokenOptions,
} from '../../test/support/member-app.js';
import { addMembers, removeMembers } from '../../test/support/members.js';
import { addMs, DAY_MS, formatInstant, MINUTE_MS } from '../core/time.js';

interface Answer {
  readonly code?: string;
  readonly outcome?: string;
  readonly grant?: { readonly id: string } | null;
  readonly values?: { readonly reason?: string };
  readonly items?: readonly { readonly grant: { readonly id: string } }[];
}

const LIMIT = 20;

describe("members' own apps", () => {
  let key: SigningKey;
  let fixture: HttpFixture;
  beforeAll(async () => {
    key = await signingKey();
  });
  beforeEach(async () => {
    fixture = await httpFixture({ memberGate: (clock) => memberGate(clock, key, LIMIT) });
    await addMembers(fixture.store, [
      { ordinal: 0, memberId: 'ann' },
      { ordinal: 1, memberId: 'bo' },
    ]);
  });
  afterEach(() => fixture.remove());

  type Method = 'GET' | 'POST' | 'PUT' | 'OPTIONS';
  const send = async (method: Method, url: string, headers: Record<string, string>, payload?: object) => {
    const request = { method, url, headers: { host: 'localhost', ...headers }, ...(payload && { payload }) };
    return fixture.app.inject(request);
  };
  const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
  const tokenOf = (member: string, options?: TokenOptions) => memberToken(key, fixture.clock, member, options);
  const ask = async (member: string, method: Method, url: string, payload?: object, headers = {}) => {
    const response = await send(method, url, { ...bearer(await tokenOf(member)), ...headers }, payload);
    return { status: response.statusCode, body: response.body === '' ? {} : response.json<Answer>() };
  };
  const withToken = async (token: string) => (await send('GET', '/v1/me/coupons', bearer(token))).json<Answer>();
  const seconds = () => Math.floor(fixture.clock.now() / 1_000);
  const coupon = async (changes: object = {}) => {
    const now = fixture.clock.now();
    const body = {
      name: 'C',
      issue: 'selfClaim',
      rule: { kind: 'directCut', cutMinor: '500' },
      currency: 'CNY',
      validity: { kind: 'days', days: 7 },
      opensAt: formatInstant(now),
      closesAt: formatInstant(addMs(now, DAY_MS)),
      ...changes,
    };
    const { id } = (await send('POST', '/v1/coupons', {}, body)).json<{ id: number }>();
    await send('POST', `/v1/coupons/${id}/activate`, {}, {});
    return id;
  };

  it('claim, look at the wallet, price a basket and read the inbox, each for its own member', async () => {
    const id = await coupon({ stock: 1 });
    const first = await ask('ann', 'POST', `/v1/me/coupons/${id}/claims`, undefined, { 'idempotency-key': 'k' });
    expect(first).toMatchObject({ status: 200, body: { outcome: 'granted', grant: { id: `${id}-0-1` } } });
    const again = await ask('ann', 'POST', `/v1/me/coupons/${id}/claims`, {}, { 'idempotency-key': 'k' });
    expect(again.body).toEqual(first.body);
    expect((await ask('bo', 'POST', `/v1/me/coupons/${id}/claims`)).body).toEqual({ outcome: 'soldOut', grant: null });
    expect((await ask('ann', 'GET', '/v1/me/coupons')).body.items).toHaveLength(1);
    expect((await ask('bo', 'GET', '/v1/me/coupons')).body.items).toHaveLength(0);
    const basket = { currency: 'CNY', lines: [{ productId: 'tea', unitPriceMinor: 600 }] };
    expect((await ask('ann', 'POST', '/v1/me/quotes', basket)).body).toMatchObject({ payableMinor: '100' });
    expect((await ask('bo', 'POST', '/v1/me/quotes', basket)).body).toMatchObject({ payableMinor: '600' });
    expect((await ask('ann', 'GET', '/v1/me/inbox')).body).toEqual({ items: [], nextCursor: null });
    expect((await ask('ann', 'GET', '/v1/me/inbox/unread')).body).toEqual({ unreadCount: 0 });
    expect((await ask('ann', 'PUT', '/v1/me/inbox/read', {})).body).toEqual({ markedCount: 0 });
    expect((await ask('ann', 'PUT', '/v1/me/inbox/7/read', {})).body).toMatchObject({ code: 'NOT_FOUND' });
  });

  it('take the member from the token alone: another one in body or query is refused', async () => {
    const id = await coupon();
    for (const [method, url, body] of [
      ['POST', `/v1/me/coupons/${id}/claims`, { memberIds: ['bo'] }],
      ['POST', `/v1/me/coupons/${id}/claims`, { memberId: 'bo' }],
      ['POST', '/v1/me/quotes', { currency: 'CNY', lines: [{ productId: 'x', unitPriceMinor: 1 }], memberId: 'bo' }],
      ['GET', '/v1/me/coupons?memberId=bo', undefined],
      ['GET', '/v1/me/inbox?memberId=bo', undefined],
    ] as const) {
      expect((await ask('ann', method, url, body)).body).toMatchObject({ code: 'INVALID_INPUT' });
    }
    expect((await ask('bo', 'GET', '/v1/me/coupons')).body.items).toHaveLength(0);
  });

  it.each<[string, TokenOptions, string]>([
    ['is over', { claims: { exp: 1 } }, 'expired'],
    ['does not end', { without: ['exp'] }, 'claims'],
    ['does not say when it was made', { without: ['iat'] }, 'claims'],
    ['names nobody', { without: ['sub'] }, 'claims'],
    ['names nobody that could be', { claims: { sub: ' ann' } }, 'claims'],
    ['is for somebody else', { claims: { aud: 'other' } }, 'audience'],
    ['is for nobody', { without: ['aud'] }, 'audience'],
    ['comes from somebody else', { claims: { iss: 'https://evil.example/' } }, 'issuer'],
    ['names a key that is not there', { kid: 'k2' }, 'unknownKey'],
  ])('are refused with a token that %s', async (_, options, reason) => {
    expect(await withToken(await tokenOf('ann', options))).toMatchObject({
      code: 'MEMBER_TOKEN_REFUSED',
      values: { reason },
    });
  });

  it('are refused with a token that is not valid yet, or lives too long', async () => {
    const now = seconds();
    const reasonOf = async (claims: object) =>
      (await withToken(await tokenOf('ann', { claims: { ...claims } }))).values?.reason;
    expect(await reasonOf({ nbf: now + 31 })).toBe('notYetValid');
    expect(await reasonOf({ nbf: now + 29 })).toBeUndefined();
    expect(await reasonOf({ iat: now + 31, exp: now + 60 })).toBe('notYetValid');
    expect(await reasonOf({ exp: now + 901 })).toBe('tooLongLived');
    expect(await reasonOf({ exp: now + 900 })).toBeUndefined();
    expect(await reasonOf({ iat: now - 800, exp: now - 31 })).toBe('expired');
    expect(await reasonOf({ iat: now - 800, exp: now - 29 })).toBeUndefined(); // within the skew
  });

  it('are refused with a token that nobody signed, that another key signed, or by a secret that everybody knows', async () => {
    const [, claims = ''] = (await tokenOf('ann')).split('.');
    const part = (value: object) => base64url.encode(JSON.stringify(value));
    expect((await withToken(`${part({ alg: 'none' })}.${claims}.`)).values?.reason).toBe('algorithm');
    const stranger = await signingKey('k1');
    expect((await withToken(await memberToken(stranger, fixture.clock, 'ann'))).values?.reason).toBe('signature');
    const publicKey = new TextEncoder().encode(JSON.stringify(key.jwks.keys[0]).padEnd(32));
    const forged = new SignJWT({ sub: 'ann', aud: TOKEN_RULES.audience, iss: TOKEN_RULES.issuer });
    const symmetric = forged.setIssuedAt(seconds()).setExpirationTime(seconds() + 60);
    const byPublicKey = await symmetric.setProtectedHeader({ alg: 'HS256', kid: 'k1' }).sign(publicKey);
    expect((await withToken(byPublicKey)).values?.reason).toBe('algorithm');
    for (const nonsense of ['x', 'a.b.c', `${'A'.repeat(2_000)}.x.y`]) {
      expect((await withToken(nonsense)).values?.reason).toBe('malformed');
    }
    const without = await send('GET', '/v1/me/coupons', {});
    expect([without.statusCode, without.json<Answer>().values?.reason]).toEqual([401, 'missing']);
    const changed = (await tokenOf('ann')).replace(claims, part({ sub: 'bo', exp: seconds() + 60 }));
    expect((await withToken(changed)).values?.reason).toBe('signature');
  });

  it('have no key to any other route, and no API key has one to theirs', async () => {
    expect((await send('GET', '/v1/coupons', bearer(await tokenOf('ann')))).statusCode).toBe(401);
    expect(await withToken(`ffk_${'A'.repeat(43)}`)).toMatchObject({ code: 'MEMBER_TOKEN_REFUSED' });
  });

  it('are told when their member was erased, and nothing is given', async () => {
    const id = await coupon();
    await removeMembers(fixture.store, [0]);
    for (const [method, url] of [
      ['GET', '/v1/me/coupons'],
      ['GET', '/v1/me/inbox'],
      ['POST', `/v1/me/coupons/${id}/claims`],
    ] as const) {
      expect((await ask('ann', method, url)).body).toMatchObject({ code: 'NOT_FOUND' });
    }
    const shown = (await send('GET', `/v1/coupons/${id}`, {})).json<{ granted: number }>();
    expect(shown.granted).toBe(0);
  });

  it('may ask so often a minute, each member for herself, and are told how long to wait', async () => {
    for (let time = 0; time < LIMIT; time++) expect((await ask('ann', 'GET', '/v1/me/inbox')).status).toBe(200);
    const over = await send('GET', '/v1/me/inbox', bearer(await tokenOf('ann')));
    expect([over.statusCode, over.headers['retry-after'], over.json<Answer>().code]).toEqual([
      429,
      '60',
      'TOO_MANY_REQUESTS',
    ]);
    expect((await ask('bo', 'GET', '/v1/me/inbox')).status).toBe(200);
    fixture.clock.advance(MINUTE_MS);
    expect((await ask('ann', 'GET', '/v1/me/inbox')).status).toBe(200);
  });

  it('run in pages of the list: a browser may ask first, and read every answer', async () => {
    const origin = SHOP_ORIGIN;
    const fromPage = { origin, 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'cors' };
    const asked = await send('OPTIONS', '/v1/me/coupons', { ...fromPage, 'access-control-request-method': 'GET' });
    expect(asked.statusCode).toBe(204);
    expect(asked.headers).toMatchObject({
      'access-control-allow-origin': origin,
      'access-control-allow-methods': 'GET, POST, PUT',
      'access-control-allow-headers': 'authorization, content-type, idempotency-key',
      vary: 'Origin',
    });
    const good = await send('GET', '/v1/me/coupons', { ...fromPage, ...bearer(await tokenOf('ann')) });
    const refused = await send('GET', '/v1/me/coupons', fromPage);
    expect([good.statusCode, refused.statusCode]).toEqual([200, 401]);
    for (const { headers } of [asked, good, refused]) {
      expect(headers['access-control-allow-origin']).toBe(origin);
      expect(headers['access-control-allow-credentials']).toBeUndefined();
    }
  });

  it('are refused from any other page, and no other route is opened to pages', async () => {
    const token = bearer(await tokenOf('ann'));
    for (const origin of ['https://evil.example', `${SHOP_ORIGIN}.evil.example`, 'null', 'http://shop.example']) {
      const fromPage = { origin, 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'cors' };
      const asked = await send('OPTIONS', '/v1/me/coupons', { ...fromPage, 'access-control-request-method': 'GET' });
      const sent = await send('GET', '/v1/me/coupons', { ...fromPage, ...token });
      for (const response of [asked, sent]) {
        expect([response.statusCode, response.headers['access-control-allow-origin']]).toEqual([403, undefined]);
      }
    }
    const fromShop = { origin: SHOP_ORIGIN, 'sec-fetch-site': 'cross-site' };
    for (const url of ['/v1/coupons', '/v1/members/ann/coupons', '/v1/me']) {
      const response = await send('GET', url, fromShop);
      expect([response.statusCode, response.headers['access-control-allow-origin']]).toEqual([403, undefined]);
    }
  });

  it('name nobody in the log', async () => {
    await ask('ann', 'GET', '/v1/me/coupons');
    await expect.poll(() => fixture.logged.length).toBeGreaterThan(0);
    expect(fixture.logged.at(-1)).toMatchObject({ route: '/v1/me/coupons', principalId: 'member' });
  });
});

it("is off where it is not configured: members' tokens are refused with what to do", async () => {
  const fixture = await httpFixture();
  try {
    const response = await fixture.app.inject({ url: '/v1/me/coupons', headers: { host: 'localhost' } });
    expect([response.statusCode, response.json<Answer>().code]).toEqual([403, 'MEMBER_API_OFF']);
  } finally {
    await fixture.remove();
  }
});
