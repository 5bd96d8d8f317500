import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openBooks, settleCells } from '../../test/support/books.js';
import { httpFixture, type HttpFixture } from '../../test/support/http-fixture.js';
import { OUTCOME_CODES } from '../ledger/cell-code.js';

const DRAFT = {
  name: 'Spring sale',
  audience: { kind: 'everybody' },
  channels: [{ channel: 'inbox', message: { title: 'Hello', body: 'Dear {{member.name|friend}}' } }],
};

describe('the campaign API', () => {
  let fixture: HttpFixture;
  beforeEach(async () => {
    fixture = await httpFixture();
    for (const id of ['a', 'b', 'c']) await call('PUT', `/v1/members/${id}`, { level: 3 });
  });
  afterEach(() => fixture.remove());

  const call = async (
    method: 'GET' | 'POST' | 'PUT' | 'PATCH',
    url: string,
    payload?: object,
    headers: Record<string, string> = {},
  ) => {
    const response = await fixture.app.inject({
      method,
      url,
      headers: { host: 'localhost', ...headers },
      ...(payload === undefined ? {} : { payload }),
    });
    return { status: response.statusCode, headers: response.headers, body: response.json<Record<string, unknown>>() };
  };

  it('makes a draft, edits it, counts it and launches it once, however often it is asked to', async () => {
    expect(await call('POST', '/v1/campaigns', DRAFT)).toMatchObject({
      status: 201,
      body: { id: 1, state: 'draft', version: 1 },
    });
    const edited = await call('PATCH', '/v1/campaigns/1', { version: 1, name: 'Summer sale', launchAt: null });
    expect(edited).toMatchObject({ status: 200, body: { name: 'Summer sale', version: 2 } });
    expect(await call('PATCH', '/v1/campaigns/1', { version: 1, name: 'x' })).toMatchObject({
      body: { code: 'VERSION_CONFLICT' },
    });
    const dryRun = await call('POST', '/v1/campaigns/1/dry-runs');
    expect(dryRun).toMatchObject({ status: 201, body: { memberCount: 3 } });
    const launch = () =>
      call(
        'POST',
        '/v1/campaigns/1/launch',
        { dryRunId: dryRun.body['dryRunId'], confirm: 3 },
        { 'idempotency-key': 'go' },
      );
    const answers = await Promise.all(Array.from({ length: 10 }, launch));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(answers.filter(({ headers }) => headers['idempotent-replayed'] === 'true')).toHaveLength(9);
    const history = await call('GET', '/v1/campaigns/1/history');
    expect((history.body['items'] as { move: string }[]).filter(({ move }) => move === 'launched')).toHaveLength(1);
    expect(await call('PATCH', '/v1/campaigns/1', { version: 2, name: 'x' })).toMatchObject({
      body: { code: 'CAMPAIGN_STATE' },
    });
  });

  it('takes a list of members as large as it may be', async () => {
    const memberIds = ['a', 'b', ...Array.from({ length: 99_000 }, (_, index) => `unknown-member-number-${index}`)];
    const answer = await call('POST', '/v1/campaigns', { ...DRAFT, audience: { kind: 'list', memberIds } });
    expect(answer).toMatchObject({ status: 400, body: { code: 'INVALID_INPUT', values: { unknownCount: 99_000 } } });
    const small = await call('POST', '/v1/campaigns', { ...DRAFT, audience: { kind: 'list', memberIds: ['a', 'b'] } });
    expect(small).toMatchObject({ status: 201, body: { audience: { kind: 'list', members: 2 } } });
  });

  it('makes a draft that tells those again who were not told', async () => {
    const books = await openBooks(fixture.store, { ordinals: [0, 1, 2], channels: ['sms'] });
    await settleCells(fixture.store, books, {
      channel: 'sms',
      codeOf: (ordinal) => (ordinal === 0 ? OUTCOME_CODES.sent : OUTCOME_CODES.failedExhausted),
    });
    const again = { channel: 'sms', outcomes: ['failedExhausted'] };
    const [first, second] = await Promise.all(
      [1, 2].map(() =>
        call('POST', `/v1/campaigns/${books.campaignId}/send-again`, again, { 'idempotency-key': 'again' }),
      ),
    );
    expect(first).toMatchObject({ status: 201, body: { parentCampaignId: books.campaignId, state: 'draft' } });
    expect(second?.body['id']).toBe(first?.body['id']);
    const nobody = { channel: 'sms', outcomes: ['failedPoison'] };
    expect(await call('POST', `/v1/campaigns/${books.campaignId}/send-again`, nobody)).toMatchObject({ status: 400 });
  });

  it('says where a filter, a template or a field is wrong', async () => {
    const wrong = async (changes: object) => (await call('POST', '/v1/campaigns', { ...DRAFT, ...changes })).body;
    expect(await wrong({ audience: { kind: 'filter', where: 'levle = 3' } })).toMatchObject({ code: 'INVALID_FILTER' });
    expect(await wrong({ channels: [{ channel: 'inbox', message: { body: '{{member.nmae}}' } }] })).toMatchObject({
      code: 'INVALID_TEMPLATE',
    });
    expect(await wrong({ state: 'running' })).toMatchObject({ code: 'INVALID_INPUT', values: { field: 'body' } });
    expect(await wrong({ channels: [{ channel: 'app', message: { body: 'x' } }] })).toMatchObject({
      code: 'CHANNEL_NOT_READY',
    });
  });

  it('makes up members in the background, the same for the same seed', async () => {
    const generate = (count: number) => call('POST', '/v1/members/generate', { count, seed: 7 });
    const job = await generate(2_000);
    expect(job).toMatchObject({ status: 202, body: { state: 'running', format: 'generated' } });
    expect(await generate(10)).toMatchObject({ status: 409, body: { code: 'JOB_RUNNING' } });
    const ended = () => call('GET', `/v1/members/imports/${String(job.body['id'])}`);
    await expect.poll(async () => (await ended()).body['state'], { timeout: 20_000 }).toBe('done');
    expect((await ended()).body).toMatchObject({ created: 2_000, rejected: 0 });
    expect((await call('POST', '/v1/members/count', {})).body['memberCount']).toBe(2_003);
  });
});
