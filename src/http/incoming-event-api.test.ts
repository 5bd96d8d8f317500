import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { httpFixture, type HttpFixture } from '../../test/support/http-fixture.js';

const CLASSIC = '/v1/events/incoming/USER_LOGINED_EVENT_TOPIC';
const OWN = '/v1/events/incoming/member.loggedIn';

describe('events in over HTTP', () => {
  let fixture: HttpFixture;
  beforeEach(async () => {
    fixture = await httpFixture({
      incoming: {
        USER_LOGINED_EVENT_TOPIC: { kind: 'member.loggedIn', group: 'fanfare', fields: { memberId: '/account/id' } },
      },
    });
    for (const id of ['7', '7210448301000123457']) await call('PUT', `/v1/members/${id}`, '{}');
  });
  afterEach(() => fixture.remove());

  const call = async (method: 'GET' | 'POST' | 'PUT', url: string, payload?: string, key?: string) => {
    const response = await fixture.app.inject({
      method,
      url,
      headers: {
        host: 'localhost',
        ...(payload !== undefined && { 'content-type': 'application/json' }),
        ...(key !== undefined && { 'idempotency-key': key }),
      },
      ...(payload !== undefined && { payload }),
    });
    return {
      status: response.statusCode,
      isReplayed: response.headers['idempotent-replayed'] === 'true',
      body: response.json<Record<string, unknown>>(),
    };
  };
  const tell = (url: string, message: unknown, key?: string) => call('POST', url, JSON.stringify(message), key);
  const lastActiveAt = async (id: string) => (await call('GET', `/v1/members/${id}`)).body['lastActiveAt'];

  it('are taken as another system writes them, one at a time', async () => {
    const now = '2027-01-01T00:00:00.000Z';
    expect(await tell(CLASSIC, { account: { id: 7 } })).toMatchObject({
      status: 200,
      body: { results: [{ outcome: 'applied' }] },
    });
    expect(await lastActiveAt('7')).toBe(now);
    expect((await tell(CLASSIC, { account: { id: 7 } })).body).toEqual({ results: [{ outcome: 'unchanged' }] });
    expect((await tell(CLASSIC, { account: { id: 8 } })).body).toEqual({ results: [{ outcome: 'unknownMember' }] });
    expect((await call('POST', CLASSIC, '{"account":{"id":7210448301000123457}}')).body).toEqual({
      results: [{ outcome: 'applied' }],
    });
    expect(await lastActiveAt('7210448301000123457')).toBe(now);
  });

  it('are taken in their own form under the name of their kind', async () => {
    const told = await tell(OWN, { memberId: '7', at: '2026-12-31T08:00:00+08:00' });
    expect(told.body).toEqual({ results: [{ outcome: 'applied' }] });
    expect(await lastActiveAt('7')).toBe('2026-12-31T00:00:00.000Z');
  });

  it('are answered one by one where many come: what does not fit holds up no other', async () => {
    const told = await tell(CLASSIC, [{ account: { id: 7 } }, { account: {} }, { account: { id: 8 } }]);
    expect(told.status).toBe(200);
    expect(told.body['results']).toEqual([
      { outcome: 'applied' },
      {
        outcome: 'misfit',
        pointer: '/account/id',
        found: 'nothing: there is no /account/id',
        expected: expect.stringContaining('1 to 128 visible characters') as string,
      },
      { outcome: 'unknownMember' },
    ]);
    expect(await lastActiveAt('7')).toBe('2027-01-01T00:00:00.000Z');
  });

  it('are refused by themselves with what was found and expected, and without the value', async () => {
    const told = await tell(CLASSIC, { account: { id: { phone: '13812345678' } } });
    expect(told).toMatchObject({
      status: 400,
      body: { code: 'EVENT_MISFIT', values: { pointer: '/account/id', found: 'an object' } },
    });
    expect(JSON.stringify(told.body)).not.toContain('13812345678');
  });

  it('have one effect and one answer for one Idempotency-Key', async () => {
    const message = [{ account: { id: 7 } }, { account: {} }];
    const first = await tell(CLASSIC, message, 'login-1');
    fixture.clock.advance(60_000);
    const again = await tell(CLASSIC, message, 'login-1');
    expect([first.isReplayed, again.isReplayed]).toEqual([false, true]);
    expect(again.body).toEqual(first.body);
    expect(await lastActiveAt('7')).toBe('2027-01-01T00:00:00.000Z');
    expect((await tell(CLASSIC, { account: { id: 8 } }, 'login-1')).status).toBe(422);
  });

  it('are refused with what to send where they are no messages', async () => {
    for (const body of [5, [5], [{ memberId: '7' }, null], Array(1_001).fill({ memberId: '7' })]) {
      expect((await tell(OWN, body)).body['detail']).toContain('an array of 1 to 1000');
    }
  });

  it('are refused on topics that nobody described, and in numbers beyond the limit', async () => {
    const unknown = await tell('/v1/events/incoming/OrderCanceledEvent', { orderId: 1 });
    expect(unknown).toMatchObject({ status: 404, body: { code: 'NOT_FOUND' } });
    expect(unknown.body['detail']).toContain('USER_LOGINED_EVENT_TOPIC');
    expect((await tell(CLASSIC, [])).status).toBe(400);
    expect((await tell(CLASSIC, Array(1_001).fill({ account: { id: 7 } }))).status).toBe(400);
    expect((await tell(CLASSIC, 7)).status).toBe(400);
    expect(await lastActiveAt('7')).toBeNull();
  });
});
