import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openBooks, settleCells } from '../../test/support/books.js';
import { httpFixture, type HttpFixture } from '../../test/support/http-fixture.js';
import { createReferenceCodec } from '../push/reference.js';
import { OUTCOME_CODES } from '../ledger/cell-code.js';

describe('what happened to whom, over HTTP', () => {
  let fixture: HttpFixture;
  beforeEach(async () => {
    fixture = await httpFixture();
    for (const [id, name] of [
      ['li-wei', '李伟'],
      ['=cmd', 'Formula'],
      ['plain', 'Plain'],
    ] as const) {
      await call('PUT', `/v1/members/${encodeURIComponent(id)}`, { name, level: 3 });
    }
  });
  afterEach(() => fixture.remove());

  const get = (url: string, headers: Record<string, string> = {}) =>
    fixture.app.inject({ url, headers: { host: 'localhost', ...headers } });
  const call = async (method: 'GET' | 'PUT', url: string, payload?: object) => {
    const response = await fixture.app.inject({
      method,
      url,
      headers: { host: 'localhost' },
      ...(payload === undefined ? {} : { payload }),
    });
    return { status: response.statusCode, body: response.body === '' ? {} : response.json<Record<string, unknown>>() };
  };
  const send = async (title: string) => {
    const books = await openBooks(fixture.store, {
      ordinals: [0, 1, 2],
      channels: ['inbox', 'sms'],
      message: { title, body: 'Dear {{member.name}}' },
    });
    await settleCells(fixture.store, books, { channel: 'inbox', codeOf: () => OUTCOME_CODES.sent });
    await settleCells(fixture.store, books, {
      channel: 'sms',
      codeOf: (ordinal) => (ordinal === 2 ? OUTCOME_CODES.sent : OUTCOME_CODES.failedAddress),
    });
    return books.campaignId;
  };

  it("shows a member's record, the reason in the language asked for", async () => {
    const campaign = await send('one');
    const { body } = await call('GET', '/v1/members/li-wei/record?lang=zh-CN');
    expect(body['items']).toMatchObject([
      {
        campaignId: campaign,
        channels: [
          { channel: 'inbox', outcome: 'sent', message: { title: 'one', body: 'Dear 李伟' } },
          { channel: 'sms', outcome: 'failedAddress', reason: '服务商拒绝该地址' },
        ],
      },
    ]);
    const english = (await get('/v1/members/li-wei/record', { 'accept-language': 'en-GB' })).body;
    expect(english).toContain('the vendor refused the address');
    expect((await call('GET', '/v1/members/nobody/record')).status).toBe(404);
  });

  it('lists members by outcome page by page, and gives the same as a file that no spreadsheet runs', async () => {
    const campaign = await send('one');
    const path = `/v1/campaigns/${campaign}/channels/sms/members`;
    const first = await call('GET', `${path}?outcome=failed&limit=1`);
    expect(first.body['items']).toMatchObject([
      { memberId: 'li-wei', outcome: 'failedAddress', outcomeClass: 'failed' },
    ]);
    const second = await call('GET', `${path}?outcome=failed&limit=1&cursor=${String(first.body['nextCursor'])}`);
    expect(second.body).toMatchObject({ items: [{ memberId: '=cmd' }], nextCursor: null });
    expect((await call('GET', `${path}?outcome=sent&cursor=${String(first.body['nextCursor'])}`)).body['code']).toBe(
      'INVALID_CURSOR',
    );
    expect((await call('GET', `${path}?outcome=faild`)).body['detail']).toContain('Did you mean "failed"?');

    const file = await get(`${path}.csv?outcome=failed&lang=en`);
    expect(file.headers['content-type']).toBe('text/csv; charset=utf-8');
    expect(file.headers['content-disposition']).toBe(`attachment; filename="campaign-${campaign}-sms.csv"`);
    expect(file.headers['cache-control']).toBe('no-store');
    const lines = file.body.trim().split('\r\n');
    expect(lines).toHaveLength(3);
    expect(lines[2]).toMatch(/^'=cmd,1,sms,failedAddress,/);
    expect((await get(`${path.replace(String(campaign), '99')}.csv`)).statusCode).toBe(404);
    expect((await get(`/v1/campaigns/${campaign}/channels/email/members.csv`)).statusCode).toBe(404);
  });

  it("pages a member's inbox, counts and marks what is read", async () => {
    const sent = [await send('one'), await send('two'), await send('three')];
    const unread = async () => (await call('GET', '/v1/members/li-wei/inbox/unread')).body['unreadCount'];
    const first = await call('GET', '/v1/members/li-wei/inbox?limit=2');
    expect(first.body['items']).toMatchObject([
      { campaignId: sent[2], title: 'three', body: 'Dear 李伟', link: null, isRead: false },
      { campaignId: sent[1] },
    ]);
    const last = await call('GET', `/v1/members/li-wei/inbox?limit=2&cursor=${String(first.body['nextCursor'])}`);
    expect(last.body).toMatchObject({ items: [{ campaignId: sent[0] }], nextCursor: null });
    expect((await call('PUT', `/v1/members/li-wei/inbox/${String(sent[1])}/read`)).status).toBe(204);
    expect(await unread()).toBe(2);
    expect((await call('PUT', '/v1/members/li-wei/inbox/read')).body).toEqual({ markedCount: 2 });
    expect(await unread()).toBe(0);
    expect((await call('PUT', '/v1/members/li-wei/inbox/99/read')).status).toBe(404);
    expect((await call('GET', '/v1/members/nobody/inbox')).status).toBe(404);
  });

  it('audits the books, and records receipts of references that are ours only', async () => {
    const campaign = await send('one');
    const post = async (url: string, payload?: object) =>
      (
        await fixture.app.inject({
          method: 'POST',
          url,
          headers: { host: 'localhost' },
          ...(payload === undefined ? {} : { payload }),
        })
      ).json<Record<string, unknown>>();
    const references = createReferenceCodec(fixture.keys);
    const [reference] = references.write({ campaignId: campaign, channel: 'sms', ordinals: [2], rounds: [0] });
    const receipts = [
      { reference, outcome: 'delivered' },
      { reference: 'forged', outcome: 'delivered' },
    ];
    expect(await post('/v1/receipts', { receipts })).toEqual({ results: ['recorded', 'notOurs'] });
    expect(await post('/v1/receipts', { receipts })).toEqual({ results: ['unchanged', 'notOurs'] });
    const report = await post('/v1/audit');
    expect(report).toMatchObject({ summary: { campaigns: 1, cells: 6 } });
    expect(report['isBalanced']).toBe((report['differences'] as unknown[]).length === 0);
  });
});
