import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { httpFixture, type HttpFixture } from '../../test/support/http-fixture.js';
import { issueRunId } from '../core/ids.js';
import { addMs, DAY_MS, formatInstant } from '../core/time.js';
import { issueSlice } from '../coupon/issue/issue-slice.js';

describe('giving a coupon to everybody over HTTP', () => {
  let fixture: HttpFixture;
  beforeEach(async () => {
    fixture = await httpFixture();
    for (const id of ['ann', 'bo', 'cy']) await send('PUT', `/v1/members/${id}`, {});
  });
  afterEach(() => fixture.remove());

  const send = async (method: 'GET' | 'POST' | 'PUT', url: string, body?: object, key?: string) => {
    const response = await fixture.app.inject({
      method,
      url,
      headers: {
        host: 'localhost',
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...(key !== undefined && { 'idempotency-key': key }),
      },
      ...(body !== undefined && { payload: JSON.stringify(body) }),
    });
    return { status: response.statusCode, body: response.json<Record<string, unknown>>() };
  };
  const coupon = async (changes: object = {}): Promise<number> => {
    const now = fixture.clock.now();
    const { body } = await send('POST', '/v1/coupons', {
      name: '全员券',
      issue: 'platform',
      rule: { kind: 'directCut', cutMinor: '500' },
      currency: 'CNY',
      validity: { kind: 'days', days: 7 },
      opensAt: formatInstant(now),
      closesAt: formatInstant(addMs(now, DAY_MS)),
      ...changes,
    });
    const id = Number(body['id']);
    await send('POST', `/v1/coupons/${id}/activate`, {});
    return id;
  };
  const slice = (run: unknown) =>
    fixture.store.transaction((tx) => issueSlice(tx, () => fixture.clock.now(), issueRunId(Number(run))));

  it('starts one run under a key, shows and lists it, and refuses another beside it', async () => {
    const id = await coupon();
    const first = await send('POST', `/v1/coupons/${id}/issue-runs`, undefined, 'all');
    expect(first).toMatchObject({
      status: 201,
      body: {
        couponId: id,
        state: 'running',
        isWaiting: false,
        cause: 'person',
        targeted: 3,
        granted: 0,
        remaining: 3,
      },
    });
    expect(await send('POST', `/v1/coupons/${id}/issue-runs`, undefined, 'all')).toEqual(first);
    const other = await send('POST', `/v1/coupons/${id}/issue-runs`);
    expect(other).toMatchObject({ status: 409, body: { code: 'ISSUE_RUN_STATE' } });
    await slice(first.body['id']);
    const url = `/v1/coupons/${id}/issue-runs/${String(first.body['id'])}`;
    const ended = { state: 'completed', targeted: 3, granted: 3, alreadyHeld: 0, withoutStock: 0, remaining: 0 };
    expect((await send('GET', url)).body).toMatchObject(ended);
    const second = await send('POST', `/v1/coupons/${id}/issue-runs`, undefined, 'again');
    await slice(second.body['id']);
    const page = (await send('GET', `/v1/coupons/${id}/issue-runs?limit=1`)).body;
    expect(page['items']).toMatchObject([{ id: second.body['id'], granted: 0, alreadyHeld: 3 }]);
    const next = (await send('GET', `/v1/coupons/${id}/issue-runs?limit=1&cursor=${String(page['nextCursor'])}`)).body;
    expect(next).toMatchObject({ items: [{ id: first.body['id'] }], nextCursor: null });
    expect((await send('GET', `/v1/coupons/${id}/issue-runs/99`)).status).toBe(404);
    expect((await send('GET', '/v1/coupons/99/issue-runs')).status).toBe(404);
    expect((await send('GET', `/v1/coupons/${await coupon()}/issue-runs/${String(first.body['id'])}`)).status).toBe(
      404,
    );
  });

  it('holds a run back, lets it go on and gives it up, each once', async () => {
    const id = await coupon();
    const { body } = await send('POST', `/v1/coupons/${id}/issue-runs`);
    const move = async (word: string) =>
      (await send('POST', `/v1/coupons/${id}/issue-runs/${String(body['id'])}/${word}`)).body;
    expect(await move('pause')).toMatchObject({ state: 'paused' });
    expect(await move('pause')).toMatchObject({ state: 'paused' });
    await slice(body['id']);
    expect(await move('resume')).toMatchObject({ state: 'running', granted: 0 });
    await send('POST', `/v1/coupons/${id}/pause`, {});
    expect(await move('resume')).toMatchObject({ state: 'running', isWaiting: true });
    expect(await move('cancel')).toMatchObject({ state: 'cancelled', remaining: 3 });
    expect(await move('resume')).toMatchObject({ code: 'ISSUE_RUN_STATE' });
  });

  it('is told to wallets, and taken back from them by a recall that says how many', async () => {
    const id = await coupon({ sweepAtClose: true });
    const { body } = await send('POST', `/v1/coupons/${id}/issue-runs`);
    await slice(body['id']);
    const states = async () => (await send('GET', '/v1/members/bo/coupons')).body['items'];
    expect(await states()).toMatchObject([{ state: 'available', grant: { id: `${id}-1-1` } }]);
    const recalled = await send('POST', `/v1/coupons/${id}/recall`, undefined, 'back');
    expect(recalled).toMatchObject({
      status: 200,
      body: { state: 'ended', granted: 3, revoked: 3, sweepAtClose: true },
    });
    expect(recalled.body['recalledAt']).toBe(formatInstant(fixture.clock.now()));
    expect(await send('POST', `/v1/coupons/${id}/recall`)).toEqual(recalled);
    expect(await states()).toMatchObject([{ state: 'revoked' }]);
    const claimed = await coupon({ issue: 'selfClaim' });
    expect((await send('POST', `/v1/coupons/${claimed}/issue-runs`)).body).toMatchObject({ code: 'COUPON_STATE' });
    const wrong = await send('POST', '/v1/coupons', { sweepAtClose: 'yes' });
    expect(wrong.status).toBe(400);
  });

  it('keeps a flood of coupons that do not exist from the store', async () => {
    const before = fixture.store.stats().transactions;
    const read = vi.spyOn(fixture.store, 'read');
    const bring = async (id: number) => {
      const headers = { host: 'localhost', 'content-type': 'text/csv' };
      const url = `/v1/coupons/${id}/imports`;
      const answer = await fixture.app.inject({ method: 'POST', url, headers, payload: 'memberId\nann\n' });
      return { status: answer.statusCode };
    };
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) => 100 + index).flatMap((id) => [
        send('GET', `/v1/coupons/${id}/issue-runs/1`),
        send('POST', `/v1/coupons/${id}/issue-runs/1/cancel`),
        bring(id),
      ]),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([404]));
    expect(fixture.store.stats().transactions - before).toBe(0);
    expect(read.mock.calls.length).toBeLessThan(10); // all who ask at the same time share one look
  });
});
