import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { httpFixture, type HttpFixture } from '../../test/support/http-fixture.js';
import { memberGate, memberToken, signingKey, type SigningKey } from '../../test/support/member-app.js';
import { addMembers } from '../../test/support/members.js';
import { addMs, DAY_MS, formatInstant } from '../core/time.js';
import { MAX_REFUSED } from '../coupon/code/refused-attempts.js';

interface Answer {
  readonly codes?: readonly string[] | null;
  readonly code?: string;
  readonly outcome?: string;
  readonly grant?: { readonly id: string } | null;
}

const WRONG = '0000-0000-0000-0';

describe('codes over HTTP', () => {
  let key: SigningKey;
  let fixture: HttpFixture;
  let id: number;
  beforeAll(async () => {
    key = await signingKey();
  });
  beforeEach(async () => {
    fixture = await httpFixture({ memberGate: (clock) => memberGate(clock, key, 100) });
    await addMembers(fixture.store, [
      { ordinal: 0, memberId: 'ann' },
      { ordinal: 1, memberId: 'bo' },
    ]);
    const now = fixture.clock.now();
    const made = await post('/v1/coupons', {
      name: 'C',
      issue: 'selfClaim',
      byCodeOnly: true,
      rule: { kind: 'directCut', cutMinor: '500' },
      currency: 'CNY',
      validity: { kind: 'days', days: 7 },
      opensAt: formatInstant(now),
      closesAt: formatInstant(addMs(now, DAY_MS)),
    });
    ({ id } = made.json<{ id: number }>());
    expect(made.json()).toMatchObject({ byCodeOnly: true });
    await post(`/v1/coupons/${id}/activate`, {});
  });
  afterEach(() => fixture.remove());

  const post = (url: string, payload: object, headers: Record<string, string> = {}) =>
    fixture.app.inject({ method: 'POST', url, headers: { host: 'localhost', ...headers }, payload });
  const make = async (count: number, headers: Record<string, string> = {}) =>
    post(`/v1/coupons/${id}/codes`, { count }, headers);
  const codes = async (count: number) => (await make(count)).json<Answer>().codes ?? [];
  const claim = async (memberId: string, code: string) =>
    (await post('/v1/codes/claims', { memberId, code })).json<Answer>();
  const ownClaim = async (member: string, code: string) => {
    const authorization = `Bearer ${await memberToken(key, fixture.clock, member)}`;
    return post('/v1/me/codes/claims', { code }, { authorization });
  };

  it('are shown once, also to a request that is repeated', async () => {
    const headers = { 'idempotency-key': 'box-1' };
    const made = await make(3, headers);
    expect([made.statusCode, new Set(made.json<Answer>().codes).size]).toEqual([201, 3]);
    const again = await make(3, headers);
    const { madeAt } = made.json<{ madeAt: string }>();
    expect([again.statusCode, again.headers['idempotent-replayed'], again.json()]).toEqual([
      201,
      'true',
      { codes: null, madeAt },
    ]);
    const voided = () => post(`/v1/coupons/${id}/codes/void`, { madeAt });
    expect((await voided()).json()).toMatchObject({ used: 0 });
    expect((await voided()).statusCode).toBe(404);
    for (const wrong of [0, 10_001, 1.5]) expect((await make(wrong)).statusCode).toBe(400);
    expect((await post('/v1/coupons/99/codes', { count: 1 })).statusCode).toBe(404);
  });

  it('are claimed by the shop and by members themselves, who get one grant', async () => {
    const [first = '', second = ''] = await codes(2);
    expect(await claim('ann', first)).toMatchObject({ outcome: 'granted', grant: { id: `${id}-0-1` } });
    expect((await ownClaim('ann', first.toLowerCase())).json()).toMatchObject({
      outcome: 'granted',
      grant: { id: `${id}-0-1` },
    });
    expect((await ownClaim('bo', second)).json()).toMatchObject({ outcome: 'granted', grant: { id: `${id}-1-1` } });
    expect((await post(`/v1/coupons/${id}/claims`, { memberIds: ['ann'] })).json()).toMatchObject({
      items: [{ outcome: 'alreadyGranted' }],
    });
    expect(await claim('nobody', second)).toEqual({ outcome: 'unknownMember', grant: null });
  });

  it('are answered the same, to the byte, when they are wrong and when somebody else has used them', async () => {
    const [used = ''] = await codes(1);
    await claim('ann', used);
    const answers = [WRONG, '0000-0000-0000-1', 'x', used].map(async (code) => (await ownClaim('bo', code)).body);
    expect(new Set(await Promise.all(answers))).toEqual(new Set(['{"outcome":"notValid","grant":null}']));
  });

  it('are refused ten times; then the member waits, wherever she asks', async () => {
    const [good = ''] = await codes(1);
    for (let time = 0; time < MAX_REFUSED; time++) expect((await ownClaim('bo', WRONG)).statusCode).toBe(200);
    const over = await ownClaim('bo', good);
    expect([over.statusCode, over.headers['retry-after'], over.json<Answer>().code]).toEqual([
      429,
      '900',
      'TOO_MANY_REQUESTS',
    ]);
    expect((await post('/v1/codes/claims', { memberId: 'bo', code: good })).statusCode).toBe(429);
    expect(await claim('ann', good)).toMatchObject({ outcome: 'granted' });
  });
});
