import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { httpFixture, type HttpFixture } from '../../test/support/http-fixture.js';
import { freezeCampaign } from '../campaign/freeze-audience.js';
import { campaignId } from '../core/ids.js';
import { DAY_MS, formatInstant, addMs, HOUR_MS } from '../core/time.js';
import { encodeBucket } from '../ledger/bucket-members.js';

interface CouponJson {
  readonly id: number;
  readonly version: number;
  readonly state: string;
  readonly granted: number;
  readonly stock: number | null;
}
interface ClaimsJson {
  readonly items: readonly {
    readonly memberId: string;
    readonly outcome: string;
    readonly grant: { readonly id: string } | null;
  }[];
}
interface WalletJson {
  readonly items: readonly {
    readonly grant: { readonly id: string };
    readonly state: string;
    readonly coupon: { readonly id: number };
  }[];
  readonly nextCursor: string | null;
}

describe('coupons over HTTP', () => {
  let fixture: HttpFixture;
  beforeEach(async () => {
    fixture = await httpFixture();
    for (const id of ['ann', 'bo', 'cy']) await put(`/v1/members/${id}`, {});
  });
  afterEach(() => fixture.remove());

  const send = (method: 'GET' | 'POST' | 'PUT' | 'PATCH', url: string, body?: object, key?: string) =>
    fixture.app.inject({
      method,
      url,
      headers: {
        host: 'localhost',
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...(key !== undefined && { 'idempotency-key': key }),
      },
      ...(body !== undefined && { payload: JSON.stringify(body) }),
    });
  const put = (url: string, body: object) => send('PUT', url, body);
  const couponBody = (changes: object = {}) => {
    const now = fixture.clock.now();
    return {
      name: '满减券',
      issue: 'selfClaim',
      rule: { kind: 'directCut', cutMinor: '500' },
      currency: 'CNY',
      validity: { kind: 'days', days: 7 },
      opensAt: formatInstant(now),
      closesAt: formatInstant(addMs(now, 10 * DAY_MS)),
      ...changes,
    };
  };
  const create = async (changes: object = {}): Promise<CouponJson> => {
    const made = (await send('POST', '/v1/coupons', couponBody(changes))).json<CouponJson>();
    return (await send('POST', `/v1/coupons/${made.id}/activate`, {})).json<CouponJson>();
  };
  const claim = async (id: number, memberIds: readonly string[], key?: string) =>
    (await send('POST', `/v1/coupons/${id}/claims`, { memberIds }, key)).json<ClaimsJson>().items;
  const wallet = async (memberId: string, query = '') =>
    (await send('GET', `/v1/members/${memberId}/coupons${query}`)).json<WalletJson>();
  const login = (memberId: string, key?: string) =>
    send('POST', '/v1/events/incoming/member.loggedIn', { memberId }, key);
  const granted = async (id: number) => (await send('GET', `/v1/coupons/${id}`)).json<CouponJson>().granted;

  it('are made once under a key, edited, listed, and shown with their counts', async () => {
    const body = couponBody({ stock: 5, budgetMinor: '100000' });
    const first = await send('POST', '/v1/coupons', body, 'k1');
    const again = await send('POST', '/v1/coupons', body, 'k1');
    expect(first.statusCode).toBe(201);
    expect(again.json()).toEqual(first.json());
    expect(again.headers['idempotent-replayed']).toBe('true');
    const { id, version } = first.json<CouponJson>();
    const edited = await send('PATCH', `/v1/coupons/${id}`, { version, name: 'B', budgetMinor: null });
    expect(edited.json()).toMatchObject({ name: 'B', budgetMinor: null, stock: 5, version: 2, state: 'draft' });
    const list = (await send('GET', '/v1/coupons?state=draft')).json<{ items: CouponJson[] }>();
    expect(list.items.map((each) => each.id)).toEqual([id]);
    const wrong = await send('POST', '/v1/coupons', { ...body, granted: 7 });
    expect([wrong.statusCode, (await send('GET', '/v1/coupons/99')).statusCode]).toEqual([400, 404]);
  });

  it('are claimed by many members in one round trip, each with an answer', async () => {
    const { id } = await create({ stock: 2 });
    const items = await claim(id, ['ann', 'nobody', 'bo', 'cy']);
    expect(items.map(({ memberId, outcome }) => [memberId, outcome])).toEqual([
      ['ann', 'granted'],
      ['nobody', 'unknownMember'],
      ['bo', 'granted'],
      ['cy', 'soldOut'],
    ]);
    expect(items[0]?.grant).toMatchObject({ id: `${id}-0-1` });
    const twice = await send('POST', `/v1/coupons/${id}/claims`, { memberIds: ['ann', 'ann'] });
    expect(twice.json()).toMatchObject({ code: 'INVALID_INPUT' });
    const unknown = await send('POST', '/v1/coupons/9/claims', { memberIds: ['ann'] });
    expect(unknown.json()).toMatchObject({ code: 'NOT_FOUND' });
  });

  it('answer a claim under the same key with the same grant, long after the day of other keys', async () => {
    const { id } = await create({ stock: 1, limitPerMember: 2 });
    const first = await claim(id, ['ann'], 'k');
    expect(await claim(id, ['bo'], 'k')).toMatchObject([{ outcome: 'soldOut' }]);
    fixture.clock.advance(30 * DAY_MS);
    expect(await claim(id, ['ann'], 'k')).toEqual(first);
    expect(await claim(id, ['ann'], 'other')).toMatchObject([{ outcome: 'tooLate' }]);
  });

  it('take more stock while they are claimed, and never less than was granted', async () => {
    const { id } = await create({ stock: 1 });
    await claim(id, ['ann']);
    expect(await claim(id, ['bo'])).toMatchObject([{ outcome: 'soldOut' }]);
    expect((await put(`/v1/coupons/${id}/stock`, { stock: 0 })).json()).toMatchObject({ code: 'STOCK_BELOW_GRANTED' });
    expect((await put(`/v1/coupons/${id}/stock`, { stock: 2 })).json()).toMatchObject({ stock: 2, granted: 1 });
    expect(await claim(id, ['bo'])).toMatchObject([{ outcome: 'granted' }]);
    const { version } = (await put(`/v1/coupons/${id}/stock`, { stock: 3 })).json<{ version: number }>();
    expect((await put(`/v1/coupons/${id}/stock`, { stock: 9, version })).json()).toMatchObject({ stock: 9 });
    expect((await put(`/v1/coupons/${id}/stock`, { stock: 4, version })).json()).toMatchObject({
      code: 'VERSION_CONFLICT',
    });
  });

  it('are for the frozen audience only, when they say so', async () => {
    const audience = { kind: 'everybody' };
    const draft = { name: 'Tell', audience, channels: [{ channel: 'inbox', message: { title: 'x', body: 'y' } }] };
    const campaign = (await send('POST', '/v1/campaigns', draft)).json<{ id: number }>();
    const { id } = await create({ audience: { kind: 'campaign', campaignId: campaign.id } });
    expect(await claim(id, ['ann'])).toMatchObject([{ outcome: 'tooEarly' }]); // nobody is chosen yet
    await fixture.store.transaction(async (tx) => {
      const found = await tx.campaigns.find(campaignId(campaign.id));
      if (found === undefined) throw new Error('no campaign');
      await tx.audiences.append(found.audienceId, { firstBucket: 0, buckets: [encodeBucket([0, 2])], cursor: 3 });
      await tx.audiences.markFrozen(found.audienceId, fixture.clock.now());
      await tx.campaigns.update(found.campaignId, { state: 'running' });
    });
    expect(await claim(id, ['ann', 'bo', 'cy'])).toMatchObject([
      { outcome: 'granted' },
      { outcome: 'notEligible' },
      { outcome: 'granted' },
    ]);
  });

  it('are given to the members of a file, and the refused rows can be fetched', async () => {
    const { id } = await create({ stock: 2 });
    const bring = (file: string) =>
      fixture.app.inject({
        method: 'POST',
        url: `/v1/coupons/${id}/imports`,
        headers: { host: 'localhost', 'content-type': 'text/csv' },
        payload: file,
      });
    const file = 'memberId\nann\nnobody\nbo\ncy\n';
    const done = (await bring(file)).json<{ id: number }>();
    expect(done).toMatchObject({ couponId: id, state: 'done', granted: 2, unchanged: 0, rejected: 2, error: null });
    expect((await bring(file)).json()).toMatchObject({ granted: 0, unchanged: 2, rejected: 2 });
    const rejects = await send('GET', `/v1/coupons/${id}/imports/${done.id}/rejects.csv`);
    expect(rejects.body).toBe('line,column,reason,memberId\r\n3,memberId,unknownMember,nobody\r\n5,,soldOut,cy\r\n');
    const items = (await send('GET', `/v1/coupons/${id}/imports`)).json<{ items: { id: number }[] }>().items;
    expect(items.map((each) => each.id)).toEqual([done.id + 1, done.id]);
    expect((await send('GET', `/v1/coupons/${id + 1}/imports/${done.id}`)).statusCode).toBe(404);
    expect((await bring('name\nann')).json()).toMatchObject({ code: 'INVALID_INPUT' });
  });

  it('are made, told of and kept for those who are told, by one request', async () => {
    await put('/v1/members/di', { level: 5 });
    const announce = {
      audience: { kind: 'filter', where: 'level = 5' },
      channels: [{ channel: 'inbox', message: { title: '{{coupon.name}}', body: '{{coupon.offer}}' } }],
    };
    const body = couponBody({ stock: 10, audience: { kind: 'announced' }, announce });
    const made = (await send('POST', '/v1/coupons', body, 'once')).json<CouponJson & { campaignIds: number[] }>();
    expect(made).toMatchObject({ state: 'active', audience: { kind: 'campaign', campaignId: 1 }, campaignIds: [1] });
    expect((await send('POST', '/v1/coupons', body, 'once')).json()).toEqual(made);
    expect((await send('GET', '/v1/campaigns/1')).json()).toMatchObject({
      name: '满减券',
      state: 'freezing',
      couponId: made.id,
      deliverUntil: body.closesAt,
    });
    expect(await claim(made.id, ['di'])).toMatchObject([{ outcome: 'tooEarly' }]);
    await freezeCampaign(fixture, campaignId(1));
    expect(await claim(made.id, ['di', 'ann'])).toMatchObject([{ outcome: 'granted' }, { outcome: 'notEligible' }]);
    const nobody = await send('POST', '/v1/coupons', couponBody({ audience: { kind: 'announced' } }));
    expect(nobody.json()).toMatchObject({ code: 'INVALID_INPUT', values: { field: 'announce' } });
  });

  it('are not made at all when the campaign that tells of them cannot be', async () => {
    const channels = [{ channel: 'inbox', message: { title: 'x', body: '{{coupon.nonsense}}' } }];
    const refused = await send(
      'POST',
      '/v1/coupons',
      couponBody({ announce: { audience: { kind: 'everybody' }, channels } }),
    );
    expect(refused.json()).toMatchObject({ code: 'INVALID_TEMPLATE' });
    expect((await send('GET', '/v1/coupons')).json<{ items: unknown[] }>().items).toEqual([]);
    expect((await send('GET', '/v1/campaigns')).json<{ items: unknown[] }>().items).toEqual([]);
  });

  it('come with the login: one of each, however often it is told, and at once', async () => {
    const first = await create({ issue: 'platform' });
    const second = await create({ issue: 'platform' });
    const later = await create({ issue: 'platform', opensAt: formatInstant(addMs(fixture.clock.now(), HOUR_MS)) });
    await Promise.all(Array.from({ length: 10 }, () => login('ann')));
    for (let time = 0; time < 5; time++) await login('bo', 'same-event');
    for (const { id } of [first, second]) expect(await granted(id)).toBe(2);
    expect(await granted(later.id)).toBe(0);
    fixture.clock.advance(HOUR_MS);
    await login('ann');
    await login('nobody');
    expect([await granted(first.id), await granted(later.id)]).toEqual([2, 1]);
  });

  it('come with any look at the wallet, so that nobody has to log out', async () => {
    const { id } = await create({ issue: 'platform', stock: 2 });
    await Promise.all(Array.from({ length: 10 }, () => wallet('ann')));
    expect((await wallet('ann')).items).toMatchObject([{ state: 'available', grant: { id: `${id}-0-1` } }]);
    const before = fixture.store.stats().transactions;
    await wallet('ann');
    expect(fixture.store.stats().transactions - before).toBe(0); // nothing is due: it only looked
    expect(await granted(id)).toBe(1);
    await login('bo');
    expect((await wallet('cy')).items).toEqual([]); // first come, first served
    expect(await granted(id)).toBe(2);
    await put(`/v1/coupons/${id}/stock`, { stock: 3 });
    expect((await wallet('cy')).items).toHaveLength(1);
  });

  it('are not given while paused, ended or closed', async () => {
    const paused = await create({ issue: 'platform' });
    const ended = await create({ issue: 'platform' });
    await send('POST', `/v1/coupons/${paused.id}/pause`, {});
    await send('POST', `/v1/coupons/${ended.id}/end`, {});
    await login('ann');
    expect((await wallet('ann')).items).toEqual([]);
    await send('POST', `/v1/coupons/${paused.id}/activate`, {});
    await login('ann');
    expect((await wallet('ann')).items.map(({ coupon }) => coupon.id)).toEqual([paused.id]);
    fixture.clock.advance(10 * DAY_MS);
    await login('bo');
    expect((await wallet('bo')).items).toEqual([]);
  });

  it('show in the wallet by state and in pages, until 90 days after their last day', async () => {
    for (let index = 0; index < 5; index++) await create({ issue: 'platform' });
    const claimed = await create({ limitPerMember: 3, validity: { kind: 'days', days: 1 } });
    for (let time = 0; time < 3; time++) await claim(claimed.id, ['ann']);
    const seen: string[] = [];
    for (let cursor = ''; ;) {
      const page = await wallet('ann', `?limit=3${cursor}`);
      seen.push(...page.items.map(({ grant }) => grant.id));
      if (page.nextCursor === null) break;
      cursor = `&cursor=${page.nextCursor}`;
    }
    expect(seen).toEqual(['6-0-1', '6-0-2', '6-0-3', '5-0-1', '4-0-1', '3-0-1', '2-0-1', '1-0-1']);
    fixture.clock.advance(DAY_MS);
    expect((await wallet('ann', '?state=expired')).items).toHaveLength(3);
    expect((await wallet('ann', '?state=available')).items).toHaveLength(5);
    fixture.clock.advance((10 + 7 + 90) * DAY_MS - DAY_MS - 1);
    expect((await wallet('ann')).items).toHaveLength(5);
    fixture.clock.advance(1);
    expect((await wallet('ann')).items).toEqual([]);
    expect((await send('GET', '/v1/members/nobody/coupons')).statusCode).toBe(404);
  });
});
