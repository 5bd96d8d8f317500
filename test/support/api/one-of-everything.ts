/** Puts one of everything into a server, so that requests have something to speak of. */
import { vi } from 'vitest';
import { z } from 'zod';
import type { RememberedValues } from './remembered-values.js';

const MEMBERS = 60;
const SETTLE_MS = 30_000;
const idSchema = z.object({ id: z.int() });
const INBOX_TEXT = { title: 'x', body: 'Yours: {{coupon.name}}' };
const dryRunSchema = z.object({ dryRunId: z.int(), memberCount: z.int() });
const createdSchema = z.object({ campaignId: z.int() });
const stateSchema = z.object({ state: z.string(), pauseReasons: z.array(z.string()) });

/** Members, promotions, campaigns in their states, groups of readers, keys and an import; `known` learns of them all. */
export async function oneOfEverything(url: string, known: RememberedValues): Promise<void> {
  const api = new Api(url, known);
  await api.send('POST', '/v1/members/imports', { type: 'text/csv', text: memberFile() });
  await api.send('PUT', '/v1/events/topics/promotion.created/groups/readers');
  await api.send('PUT', '/v1/events/topics/campaign.launched/groups/readers');
  await api.json('POST', '/v1/api-keys', { name: 'reader', scopes: ['read'] });
  const promotion = await api.json('POST', '/v1/promotions', promotionBody('Spring'));
  const promotionId = idSchema.parse(promotion).id;

  await someCoupons(api);

  const message = { body: 'Hello {{member.name|friend}}' };
  const everybody = { kind: 'everybody' };
  const draft = {
    name: 'Draft',
    promotionId,
    audience: everybody,
    channels: [{ channel: 'inbox', message: { ...message, title: 'x' } }],
  };
  await api.json('POST', '/v1/campaigns', { ...draft, promotionId: undefined });
  const done = await api.launch({
    ...draft,
    name: 'Done',
    channels: [
      { channel: 'sms', message },
      { channel: 'inbox', message: { ...message, title: 'x' } },
    ],
  });
  await api.until(done, ({ state }) => state === 'completed');
  api.suggest('PUT /v1/me/inbox/{id}/read', { id: done });
  api.suggest('PUT /v1/members/{memberId}/inbox/{id}/read', { memberId: 'm-20', id: done });
  await api.json('POST', `/v1/campaigns/${done}/send-again`, { channel: 'sms', outcomes: ['failedAddress'] });
  await api.launch({ ...draft, name: 'Slow', channels: [{ channel: 'sms', message, membersPerSecond: 0.1 }] });

  const announced = createdSchema.parse(
    await api.json('POST', '/v1/promotions', {
      ...promotionBody('Announced'),
      announce: { audience: everybody, maxMembers: 1, channels: [{ channel: 'sms', message }] },
    }),
  ).campaignId;
  await api.until(announced, ({ pauseReasons }) => pauseReasons.includes('audienceMax'));
  await api.json('POST', '/v1/events/topics/promotion.created/groups/readers/lease', { maxMessages: 1 });
  await api.send('GET', '/v1/members?limit=20');
  await api.send('GET', '/v1/campaigns');
  await api.send('GET', `/v1/campaigns/${done}/channels/sms/members?outcome=failed`);
}

/** One that members claim, with a holder, and one that the platform gives. */
async function someCoupons(api: Api): Promise<void> {
  const { id } = idSchema.parse(await api.json('POST', '/v1/coupons', couponBody));
  await api.json('POST', `/v1/coupons/${id}/activate`, {});
  await api.json('POST', `/v1/coupons/${id}/claims`, { memberIds: ['m-1', 'm-2'] });
  await someRuns(api);
  await anImport(api, id);
  const told = { couponId: id, audience: { kind: 'everybody' }, channels: [{ channel: 'inbox', message: INBOX_TEXT }] };
  const telling = idSchema.parse(await api.json('POST', '/v1/campaigns', { name: 'Telling', ...told }));
  api.suggest('GET /v1/campaigns/{id}/funnel', { id: telling.id });
  const ordered = idSchema.parse(await api.json('POST', '/v1/coupons', couponBody)); // not the one that is recalled
  await api.json('POST', `/v1/coupons/${ordered.id}/activate`, {});
  await someOrders(api, ordered.id);
  const given = idSchema.parse(await api.json('POST', '/v1/coupons', { ...couponBody, issue: 'platform' }));
  await api.json('POST', `/v1/coupons/${given.id}/activate`, {});
  const byCode = idSchema.parse(await api.json('POST', '/v1/coupons', { ...couponBody, byCodeOnly: true }));
  api.suggest('POST /v1/coupons/{id}/codes', { id: byCode.id }, { count: 2 });
  const made = z
    .object({ madeAt: z.string() })
    .parse(await api.json('POST', `/v1/coupons/${byCode.id}/codes`, { count: 2 }));
  api.suggest('GET /v1/coupons/{id}/codes', { id: byCode.id });
  api.suggest('POST /v1/coupons/{id}/codes/void', { id: byCode.id }, made);
  api.suggest('POST /v1/codes/claims', {}, { memberId: 'm-1', code: '0000-0000-0000-0' });
  api.suggest('POST /v1/coupons/{id}/recall', { id });
  await api.send('GET', '/v1/members/m-1/coupons?limit=1');
  api.suggest('POST /v1/coupons/{id}/claims', { id }, { memberIds: ['m-3'] });
  api.suggest('GET /v1/members/{memberId}/coupons', { memberId: 'm-3' });
  api.suggest('POST /v1/me/coupons/{id}/claims', { id });
  api.suggest('PUT /v1/coupons/{id}/stock', { id }, { stock: 1_000 });
  const draft = z.object({ id: z.int(), version: z.int() });
  for (const move of ['pause', 'activate', 'end']) api.suggest(`POST /v1/coupons/{id}/${move}`, { id });
  for (let more = 0; more < 3; more++) {
    const { id: edited, version } = draft.parse(await api.json('POST', '/v1/coupons', couponBody));
    api.suggest('PATCH /v1/coupons/{id}', { id: edited }, { version, name: 'Renamed' });
    for (const move of ['activate', 'end']) api.suggest(`POST /v1/coupons/{id}/${move}`, { id: edited });
  }
}

/** One that holds a coupon, and one that was paid for. */
async function someOrders(api: Api, id: number): Promise<void> {
  const claims = z.object({ items: z.array(z.object({ grant: z.object({ id: z.string() }) })) });
  const members = ['m-4', 'm-5', 'm-6', 'm-7'];
  const { items } = claims.parse(await api.json('POST', `/v1/coupons/${id}/claims`, { memberIds: members }));
  const [locked, paid, free, revoked] = items.map(({ grant }) => grant.id);
  const lock = (orderId: string, memberId: string, grantId: string | undefined) => ({
    orderId,
    memberId,
    currency: 'CNY',
    lines: [{ productId: 'p-1', unitPriceMinor: '10000' }],
    grantIds: [grantId],
  });
  await api.send('POST', '/v1/locks', json(lock('o-1', 'm-4', locked)));
  await api.send('POST', '/v1/locks', json(lock('o-2', 'm-5', paid)));
  await api.send('POST', '/v1/events/incoming/order.paid', json({ orderId: 'o-2' }));
  api.suggest('POST /v1/locks', {}, lock('o-2', 'm-5', paid)); // answered as it stands, whatever becomes of the coupon
  api.suggest('POST /v1/locks', {}, lock('o-3', 'm-6', free));
  for (const method of ['GET', 'DELETE']) api.suggest(`${method} /v1/locks/{orderId}`, { orderId: 'o-1' });
  api.suggest('GET /v1/grants/{grantId}', { grantId: paid });
  api.suggest('POST /v1/grants/{grantId}/revoke', { grantId: revoked });
  api.suggest('GET /v1/coupons/{id}/journal', { id });
}

const json = (body: object) => ({ type: 'application/json', text: JSON.stringify(body) });

/** Issue runs that wait for their coupons to open, each to be moved in its way. */
async function someRuns(api: Api): Promise<void> {
  const later = { issue: 'platform', opensAt: '2029-01-01T00:00:00Z' };
  for (const move of ['pause', 'resume', 'cancel']) {
    const { id } = idSchema.parse(await api.json('POST', '/v1/coupons', { ...couponBody, ...later }));
    await api.json('POST', `/v1/coupons/${id}/activate`, {});
    const run = idSchema.parse(await api.json('POST', `/v1/coupons/${id}/issue-runs`, {}));
    api.suggest('GET /v1/coupons/{id}/issue-runs/{runId}', { id, runId: run.id });
    api.suggest(`POST /v1/coupons/{id}/issue-runs/{runId}/${move}`, { id, runId: run.id });
  }
  const { id } = idSchema.parse(await api.json('POST', '/v1/coupons', { ...couponBody, ...later }));
  await api.json('POST', `/v1/coupons/${id}/activate`, {});
  api.suggest('POST /v1/coupons/{id}/issue-runs', { id }, {});
}

/** Grants out of a file, one of whose members nobody knows. */
async function anImport(api: Api, id: number): Promise<void> {
  const file = { type: 'text/csv', text: 'memberId\nm-4\nnobody' };
  const { id: importId } = idSchema.parse(await api.send('POST', `/v1/coupons/${id}/imports`, file));
  api.suggest('GET /v1/coupons/{id}/imports/{importId}', { id, importId });
  api.suggest('GET /v1/coupons/{id}/imports/{importId}/rejects.csv', { id, importId });
}

const couponBody = {
  name: 'Coupon',
  issue: 'selfClaim',
  rule: { kind: 'directCut', cutMinor: '500' },
  currency: 'CNY',
  validity: { kind: 'days', days: 30 },
  opensAt: '2026-01-01T00:00:00Z',
  closesAt: '2030-01-01T00:00:00Z',
  stock: 1_000,
};

const promotionBody = (name: string) => ({
  name,
  rule: { kind: 'directCut', cutMinor: '500' },
  currency: 'CNY',
  startsAt: '2026-01-01T00:00:00Z',
  endsAt: '2031-01-01T00:00:00Z',
});

function memberFile(): string {
  const rows = Array.from({ length: MEMBERS }, (_, index) =>
    [`m-${index}`, `Li ${index}`, index % 10, index * 10, `+86138${String(index).padStart(8, '0')}`, 'granted'].join(
      ',',
    ),
  );
  return ['memberId,name,level,points,phone,consent.sms', ...rows, 'm-bad,x,999,,,'].join('\n');
}

class Api {
  constructor(
    private readonly url: string,
    private readonly known: RememberedValues,
  ) {}

  async send(
    method: string,
    target: string,
    body?: { readonly type: string; readonly text: string },
  ): Promise<unknown> {
    const response = await fetch(this.url + target, {
      method,
      ...(body !== undefined && { headers: { 'content-type': body.type }, body: body.text }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${target} was answered ${response.status}: ${text}`);
    const answer: unknown = JSON.parse(text);
    this.known.learn(answer, target.split('/')[2]?.split('?')[0] ?? '');
    return answer;
  }

  /** What was taken once, without its key, is a body that fits. */
  json(method: string, target: string, body: object): Promise<unknown> {
    if (!/\d/.test(target.slice(3))) this.known.suggest({ operation: `${method} ${target}`, parameters: {}, body });
    return this.send(method, target, { type: 'application/json', text: JSON.stringify(body) });
  }

  suggest(operation: string, parameters: Readonly<Record<string, unknown>>, body?: object): void {
    this.known.suggest({ operation, parameters, body });
  }

  /** Creates and launches; answers the campaign's id. */
  async launch(draft: object): Promise<number> {
    const { id } = idSchema.parse(await this.json('POST', '/v1/campaigns', draft));
    const { dryRunId, memberCount } = dryRunSchema.parse(await this.json('POST', `/v1/campaigns/${id}/dry-runs`, {}));
    await this.json('POST', `/v1/campaigns/${id}/launch`, { dryRunId, confirm: memberCount });
    return id;
  }

  async until(id: number, isReached: (campaign: z.output<typeof stateSchema>) => boolean): Promise<void> {
    await vi.waitFor(
      async () => {
        const campaign = stateSchema.parse(await this.send('GET', `/v1/campaigns/${id}`));
        if (!isReached(campaign)) throw new Error(`campaign ${id} is ${JSON.stringify(campaign)}`);
      },
      { timeout: SETTLE_MS, interval: 50 },
    );
  }
}
