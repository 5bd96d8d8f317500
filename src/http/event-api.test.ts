import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { httpFixture, type HttpFixture } from '../../test/support/http-fixture.js';

describe('events over HTTP', () => {
  let fixture: HttpFixture;
  beforeEach(async () => {
    fixture = await httpFixture();
  });
  afterEach(() => fixture.remove());

  const call = async (method: 'GET' | 'POST' | 'PUT' | 'DELETE', url: string, payload?: object) => {
    const response = await fixture.app.inject({
      method,
      url,
      headers: { host: 'localhost' },
      ...(payload === undefined ? {} : { payload }),
    });
    return {
      status: response.statusCode,
      body: response.body === '' ? undefined : response.json<Record<string, unknown>>(),
    };
  };
  const GROUP = '/v1/events/topics/promotion.created/groups/erp';
  const items = (answer: { body: Record<string, unknown> | undefined }) =>
    answer.body?.['items'] as Record<string, unknown>[];
  const createPromotion = (name: string) =>
    call('POST', '/v1/promotions', {
      name,
      rule: { kind: 'directCut', cutMinor: 500 },
      currency: 'EUR',
      startsAt: '2027-06-01T00:00:00Z',
      endsAt: '2027-06-19T00:00:00Z',
    });

  it('are read, acknowledged and given back by a group that was created after them', async () => {
    await createPromotion('a');
    await createPromotion('b');
    expect((await call('POST', `${GROUP}/lease`)).status).toBe(404);
    await call('PUT', GROUP);
    await call('PUT', GROUP);
    const messages = items(await call('POST', `${GROUP}/lease`, { maxMessages: 10 }));
    expect(messages.map(({ topic, key, body }) => ({ topic, key, body }))).toEqual(
      [1, 2].map((promotionId) => ({
        topic: 'promotion.created',
        key: `promotion/${promotionId}`,
        body: { promotionId, version: 1, campaignId: null, at: '2027-01-01T00:00:00.000Z' },
      })),
    );
    const [first, second] = messages.map(({ messageId, receipt }) => ({ messageId, receipt }));
    expect((await call('POST', `${GROUP}/ack`, { messages: [first] })).body).toEqual({ acknowledged: [true] });
    expect((await call('POST', `${GROUP}/ack`, { messages: [first] })).body).toEqual({ acknowledged: [false] });
    const retry = { ...second, maxAttempts: 1, reason: 'no such product' };
    expect((await call('POST', `${GROUP}/retry`, retry)).status).toBe(204);
    expect(items(await call('GET', '/v1/events/groups/erp/dead-letters?limit=1'))).toMatchObject([
      { key: 'promotion/2', body: { promotionId: 2 }, reason: 'no such product', attempts: 1 },
    ]);
    expect(items(await call('GET', '/v1/events/groups'))).toEqual([
      { topic: 'promotion.created', group: 'erp', backlog: 0, outstanding: 0, deadLetters: 1, oldestBacklogAt: null },
    ]);
  });

  it('have topics that exist, and groups that can be removed', async () => {
    expect((await call('PUT', '/v1/events/topics/promotion.gone/groups/erp')).status).toBe(400);
    await call('PUT', GROUP);
    expect((await call('DELETE', GROUP)).status).toBe(200);
    expect((await call('DELETE', GROUP)).status).toBe(404);
    expect(items(await call('GET', '/v1/events/groups'))).toEqual([]);
  });
});
