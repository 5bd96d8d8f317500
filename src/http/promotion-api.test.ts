import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { httpFixture, type HttpFixture } from '../../test/support/http-fixture.js';

const BODY = {
  name: '618 大促',
  rule: { kind: 'fullReduction', tiers: [{ thresholdMinor: '30000', reductionMinor: 5_000 }] },
  currency: 'CNY',
  startsAt: '2027-06-01T00:00:00+08:00',
  endsAt: '2027-06-19T00:00:00+08:00',
};

describe('the promotion API', () => {
  let fixture: HttpFixture;
  beforeEach(async () => {
    fixture = await httpFixture();
  });
  afterEach(() => fixture.remove());

  const call = async (
    method: 'GET' | 'POST' | 'PATCH',
    url: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ) => {
    const response = await fixture.app.inject({
      method,
      url,
      headers: { host: 'localhost', ...headers },
      ...(body === undefined ? {} : { payload: body as object }),
    });
    return { status: response.statusCode, headers: response.headers, body: response.json<Record<string, unknown>>() };
  };
  const create = (body: unknown = BODY, headers: Record<string, string> = {}) =>
    call('POST', '/v1/promotions', body, headers);

  it('creates, shows, edits and ends a promotion', async () => {
    const created = await create();
    expect(created).toMatchObject({
      status: 201,
      body: {
        id: 1,
        version: 1,
        state: 'scheduled',
        rule: {
          kind: 'fullReduction',
          tiers: [{ thresholdMinor: '30000', reductionMinor: '5000' }],
          isRepeating: false,
        },
        scope: { kind: 'wholeShop' },
        startsAt: '2027-05-31T16:00:00.000Z',
        createdBy: 'local',
        isDuplicate: false,
      },
    });
    const { isDuplicate: _, ...shown } = created.body;
    expect((await call('GET', '/v1/promotions/1')).body).toEqual(shown);
    const edited = await call('PATCH', '/v1/promotions/1', {
      version: 1,
      description: '全场',
      endsAt: '2027-06-20T00:00:00Z',
    });
    expect(edited).toMatchObject({
      status: 200,
      body: { version: 2, description: '全场', endsAt: '2027-06-20T00:00:00.000Z' },
    });
    expect(await call('PATCH', '/v1/promotions/1', { version: 2, description: null })).toMatchObject({
      body: { description: null },
    });
    expect(await call('PATCH', '/v1/promotions/1', { version: 2, name: 'x' })).toMatchObject({
      status: 409,
      body: { code: 'VERSION_CONFLICT', values: { version: 3 } },
    });
    expect(await call('POST', '/v1/promotions/1/end')).toMatchObject({ status: 200, body: { state: 'ended' } });
    expect(await call('POST', '/v1/promotions/1/end')).toMatchObject({ status: 200, body: { version: 4 } });
    expect(await call('PATCH', '/v1/promotions/1', { version: 4, name: 'x' })).toMatchObject({
      body: { code: 'PROMOTION_ENDED' },
    });
    expect(await call('GET', '/v1/promotions/2')).toMatchObject({ status: 404, body: { code: 'NOT_FOUND' } });
  });

  it('makes ten equal submits at once one promotion, and tells nine of them', async () => {
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => create({ ...BODY, announce: { channels: ['sms'] } })),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]));
    expect(new Set(answers.map(({ body }) => body['id']))).toEqual(new Set([1]));
    expect(answers.filter(({ body }) => body['isDuplicate'] === true)).toHaveLength(9);
    expect(answers.filter(({ headers }) => headers['fanfare-duplicate'] === 'true')).toHaveLength(9);
    expect(fixture.announced).toEqual([1]);
  });

  it('gives ten requests under one Idempotency-Key one effect and one answer', async () => {
    const answers = await Promise.all(Array.from({ length: 10 }, () => create(BODY, { 'idempotency-key': 'once' })));
    expect(new Set(answers.map(({ status, body }) => `${status} ${String(body['id'])}`))).toEqual(new Set(['201 1']));
    expect(answers.filter(({ headers }) => headers['idempotent-replayed'] === 'true')).toHaveLength(9);
    const other = await create({ ...BODY, name: 'other' }, { 'idempotency-key': 'once' });
    expect(other).toMatchObject({ status: 422, body: { code: 'IDEMPOTENCY_KEY_REUSED' } });
    expect((await call('GET', '/v1/promotions')).body['items']).toHaveLength(1);
  });

  it('takes the same request for the same one, however it is written', async () => {
    const first = await create(BODY, { 'idempotency-key': 'k' });
    const again = await create(
      { ...BODY, scope: { kind: 'wholeShop' }, startsAt: '2027-05-31T16:00:00Z' },
      { 'idempotency-key': 'k' },
    );
    expect(again).toMatchObject({ status: 201, body: { id: first.body['id'], isDuplicate: true } });
  });

  it('repeats a refusal under its key, and forgets wrong input', async () => {
    await create();
    const conflicting = { ...BODY, rule: { kind: 'directCut', cutMinor: 1 } };
    const refused = await create(conflicting, { 'idempotency-key': 'r' });
    expect(refused).toMatchObject({ status: 409, body: { code: 'PROMOTION_CONFLICT', values: { promotionId: 1 } } });
    await call('POST', '/v1/promotions/1/end');
    expect(await create(conflicting, { 'idempotency-key': 'r' })).toMatchObject({
      status: 409,
      body: { code: 'PROMOTION_CONFLICT' },
    });
    expect(await create({ ...BODY, currency: 'XXL' }, { 'idempotency-key': 'w' })).toMatchObject({ status: 400 });
    expect(await create({ ...BODY, name: 'w' }, { 'idempotency-key': 'w' })).toMatchObject({ status: 201 });
  });

  it.each([
    ['a field nobody knows', { ...BODY, issuedCount: 1 }, 'body'],
    ['a field that is ours to set', { ...BODY, createdBy: 'mallory' }, 'body'],
    ['an instant without an offset', { ...BODY, startsAt: '2027-06-01T00:00:00' }, 'startsAt'],
    ['an amount with a fraction', { ...BODY, rule: { kind: 'directCut', cutMinor: 1.5 } }, 'rule.cutMinor'],
    ['another kind of rule', { ...BODY, rule: { kind: 'lottery' } }, 'rule.kind'],
    ['a rule with fields of another', { ...BODY, rule: { kind: 'directCut', cutMinor: 1, discountBps: 3 } }, 'rule'],
    ['a list', [BODY], 'body'],
  ])('refuses %s, naming the field', async (_, body, field) => {
    expect(await create(body)).toMatchObject({ status: 400, body: { code: 'INVALID_INPUT', values: { field } } });
  });

  it('refuses every field of its own answer that is not for the caller to change', async () => {
    const { body } = await create();
    for (const field of ['id', 'state', 'createdBy', 'createdAt', 'editedAt', 'endedAt', 'campaignId', 'isDuplicate']) {
      const answer = await call('PATCH', '/v1/promotions/1', { version: 1, [field]: body[field] });
      expect(answer, field).toMatchObject({ status: 400 });
    }
  });

  it('refuses keys that reach for prototypes', async () => {
    for (const key of ['__proto__', 'constructor']) {
      const response = await fixture.app.inject({
        method: 'POST',
        url: '/v1/promotions',
        headers: { host: 'localhost', 'content-type': 'application/json' },
        payload: `{"${key}": {"prototype": {"isAdmin": true}}, "name": "x"}`,
      });
      expect(response.statusCode, key).toBe(400);
    }
  });

  it('lists page by page, and refuses a cursor of another list', async () => {
    for (const name of ['a', 'b', 'c', 'd', 'e']) await create({ ...BODY, name });
    const names: unknown[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const query: string = cursor === '' ? '' : `&cursor=${cursor}`;
      const { body } = await call('GET', `/v1/promotions?limit=2${query}`);
      names.push(...(body['items'] as { name: string }[]).map(({ name }) => name));
      cursor = body['nextCursor'] as string | null;
    }
    expect(names).toEqual(['e', 'd', 'c', 'b', 'a']);
    const page = await call('GET', '/v1/promotions?limit=2');
    const first = String(page.body['nextCursor']);
    expect(await call('GET', `/v1/promotions?state=scheduled&cursor=${first}`)).toMatchObject({
      body: { code: 'INVALID_CURSOR' },
    });
    const changed = (first.startsWith('A') ? 'B' : 'A') + first.slice(1);
    expect(await call('GET', `/v1/promotions?cursor=${changed}`)).toMatchObject({
      status: 400,
      body: { code: 'INVALID_CURSOR' },
    });
    expect(await call('GET', '/v1/promotions?limit=0')).toMatchObject({
      status: 400,
      body: { values: { field: 'query.limit' } },
    });
    expect(await call('GET', '/v1/promotions?offset=3')).toMatchObject({ status: 400 });
  });

  it('records the person a program acts for', async () => {
    const headers = { 'fanfare-operator': encodeURIComponent('李伟') };
    expect((await create(BODY, headers)).body['createdBy']).toBe('local/李伟');
    expect(await create(BODY, { 'fanfare-operator': '%ff' })).toMatchObject({ status: 400 });
    expect(await create()).toMatchObject({ status: 201, body: { id: 2, isDuplicate: false } });
  });
});
