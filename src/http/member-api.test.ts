import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { httpFixture, type HttpFixture } from '../../test/support/http-fixture.js';

describe('the member API', () => {
  let fixture: HttpFixture;
  beforeEach(async () => {
    fixture = await httpFixture();
  });
  afterEach(() => fixture.remove());

  type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  const call = async (method: Method, url: string, payload?: object) => {
    const response = await fixture.app.inject({
      method,
      url,
      headers: { host: 'localhost' },
      ...(payload === undefined ? {} : { payload }),
    });
    const body = response.body === '' ? {} : response.json<Record<string, unknown>>();
    return { status: response.statusCode, body };
  };
  const put = (id: string, body: object = {}) => call('PUT', `/v1/members/${encodeURIComponent(id)}`, body);
  const idsOf = (answer: { body: Record<string, unknown> }) =>
    (answer.body['items'] as { memberId: string }[]).map(({ memberId }) => memberId);

  it('adds a member, says more about it, and shows it', async () => {
    const said = {
      name: '李伟',
      level: 3,
      phone: '138 0013 8000',
      email: 'Li.Wei@Example.com',
      tags: ['vip', 'early'],
      consent: { sms: { state: 'granted', at: '2026-12-01T00:00:00Z', source: 'app' } },
      attributes: { city: '上海' },
    };
    expect(await put('客户/1', said)).toMatchObject({
      status: 201,
      body: { memberId: '客户/1', phone: '+8613800138000' },
    });
    expect(await put('客户/1', said)).toMatchObject({ status: 200 });
    const path = `/v1/members/${encodeURIComponent('客户/1')}`;
    expect(await call('PATCH', path, { points: 7, attributes: { city: null, size: 'M' } })).toMatchObject({
      body: { name: '李伟', points: 7, tags: ['early', 'vip'], attributes: { size: 'M' } },
    });
    expect((await call('GET', path)).body).toMatchObject({
      ordinal: 0,
      consent: { sms: { state: 'granted', at: '2026-12-01T00:00:00.000Z', source: 'app' } },
      suppressed: [],
    });
    expect(await call('PATCH', '/v1/members/nobody', {})).toMatchObject({ status: 404 });
  });

  it('refuses unknown fields with the nearest known one, and wrong values without repeating them', async () => {
    const unknown = await put('a', { levle: 3 });
    expect(unknown).toMatchObject({ status: 400, body: { code: 'INVALID_INPUT' } });
    expect(unknown.body['detail']).toContain('did you mean level?');
    const wrong = await put('a', { email: 'secret-address' });
    expect(wrong.status).toBe(400);
    expect(JSON.stringify(wrong.body)).not.toContain('secret-address');
    for (const field of ['ordinal', 'suppressed', 'flags', 'memberId']) {
      expect((await put('a', { [field]: 1 })).status, field).toBe(400);
    }
  });

  it('lists, counts and draws by a condition, as text and as tree', async () => {
    for (let index = 0; index < 25; index++) await put(`m${index}`, { level: index % 5, points: index * 10 });
    const tree = {
      and: [
        { field: 'level', in: [3, 4] },
        { field: 'points', atLeast: 100 },
      ],
    };
    const where = 'level in (3,4) and points >= 100';
    const expected = ['m13', 'm14', 'm18', 'm19', 'm23', 'm24'];
    expect(idsOf(await call('POST', '/v1/members/search', { filter: tree }))).toEqual(expected);
    expect(idsOf(await call('POST', '/v1/members/search', { where }))).toEqual(expected);
    expect((await call('POST', '/v1/members/count', { where })).body).toEqual({
      memberCount: 6,
      firstOrdinal: 13,
      lastOrdinal: 24,
    });
    expect((await call('POST', '/v1/members/count', { where: 'level = 9' })).body).toEqual({
      memberCount: 0,
      firstOrdinal: null,
      lastOrdinal: null,
    });
    const sample = await call('POST', '/v1/members/sample', { filter: tree, size: 3 });
    expect(sample.body['memberCount']).toBe(6);
    expect(idsOf(sample).every((id) => expected.includes(id))).toBe(true);

    const seen: string[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const next: string = cursor === '' ? '' : `&cursor=${cursor}`;
      const page = await call('GET', `/v1/members?where=${encodeURIComponent(where)}&limit=4${next}`);
      seen.push(...idsOf(page));
      cursor = page.body['nextCursor'] as string | null;
    }
    expect(seen).toEqual(expected);
    expect(await call('POST', '/v1/members/search', { filter: { field: 'levle', equals: 1 } })).toMatchObject({
      status: 400,
      body: { code: 'INVALID_FILTER' },
    });
    expect((await call('POST', '/v1/members/search', { filter: tree, where })).status).toBe(400);
    const of = 'coupon.999.held';
    const madeUp = { code: 'INVALID_FILTER', values: { reason: 'unknownCoupon' } };
    for (const [method, path, body] of [
      ['POST', '/v1/members/search', { where: of }],
      ['GET', `/v1/members?where=${of}`, undefined],
      ['POST', '/v1/members/count', { where: of }],
      ['POST', '/v1/members/sample', { where: of }],
    ] as const) {
      expect(await call(method, path, body)).toMatchObject({ status: 400, body: madeUp });
    }
  });

  it('closes channels by member and by address, and opens them again', async () => {
    await put('a', { email: 'one@example.com', phone: '13800138000' });
    const order = { channels: ['sms'], reason: 'asked by phone' };
    expect((await call('POST', '/v1/members/a/suppression', order)).body['suppressed']).toEqual(['sms']);
    await put('b', { phone: '+8613800138000' });
    expect((await call('GET', '/v1/members/b')).body['suppressed']).toEqual(['sms']);
    const byAddress = { kind: 'email', address: ' ONE@example.com', reason: 'complaint' };
    expect((await call('POST', '/v1/suppressions', byAddress)).body).toEqual({ memberCount: 1 });
    expect((await call('GET', '/v1/members/a')).body['suppressed']).toEqual(['inbox', 'sms', 'email', 'app']);
    await call('POST', '/v1/suppressions', { ...byAddress, action: 'unsuppress' });
    expect((await call('GET', '/v1/members/a')).body['suppressed']).toEqual(['sms']);
    expect((await call('POST', '/v1/suppressions', { ...byAddress, address: 'x' })).status).toBe(400);
  });

  it('erases a member so that nothing of the person is left in the store', async () => {
    await put('canary-id-1', { name: 'Canary Name', email: 'canary@example.com', attributes: { note: 'canary-note' } });
    expect((await call('DELETE', '/v1/members/canary-id-1')).status).toBe(204);
    expect((await call('GET', '/v1/members/canary-id-1')).status).toBe(404);
    expect((await fixture.kept()).toLowerCase()).not.toContain('canary');
  });
});
