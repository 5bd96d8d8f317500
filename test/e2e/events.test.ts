/**
 * Everything that can happen to promotions and campaigns, against a real server; another system reads what was said of
 * it over HTTP and holds each event against the schemas that the documents publish.
 */
import { Ajv, type ValidateFunction } from 'ajv';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { ALL_TOPICS, type Topic } from '../../src/core/topics.js';
import { checkEvent } from '../support/appended-events.js';
import { CampaignApi } from '../support/campaign-api.js';
import { ServerProcess } from '../support/server-process.js';
import { readPage } from '../support/sources.js';

/** The vendor of SMS refuses every address; logins come in the form of the classic design. */
const CONFIG = {
  channels: { sms: { provider: { kind: 'simulated', answers: { addressRefused: 1 } } } },
  events: {
    incoming: { USER_LOGINED_EVENT_TOPIC: { kind: 'member.loggedIn', fields: { memberId: '/account/id' } } },
  },
};
const DEADLINE_MS = 30_000;
const MEMBERS = 20;

const folder = mkdtempSync(join(tmpdir(), 'fanfare-events-'));
let server: ServerProcess;
let api: CampaignApi;
beforeAll(async () => {
  const data = join(folder, 'data');
  mkdirSync(data);
  writeFileSync(join(data, 'fanfare.config.json'), JSON.stringify(CONFIG));
  server = await ServerProcess.start(data);
  api = new CampaignApi(server.url);
}, 90_000);
afterAll(async () => {
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** Answers what was answered; undefined for an empty answer. */
async function ask(method: string, path: string, body?: unknown): Promise<unknown> {
  const response = await fetch(server.url + path, {
    method,
    ...(body !== undefined && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(DEADLINE_MS),
  });
  const text = await response.text();
  expect(response.ok, `${method} ${path}: ${text}`).toBe(true);
  return text === '' ? undefined : JSON.parse(text);
}

const promotionSchema = z.object({ id: z.int(), version: z.int(), campaignId: z.int().nullable() });
const INBOX = { channel: 'inbox', message: { title: 'Spring', body: 'Hello' } };
const SMS = { channel: 'sms', message: { body: 'Hello' } };
const EVERYBODY = { kind: 'everybody' };

const promote = async (name: string, announce?: object) =>
  promotionSchema.parse(
    await ask('POST', '/v1/promotions', {
      name,
      rule: { kind: 'directCut', cutMinor: 500 },
      currency: 'CNY',
      startsAt: new Date(Date.now() + 60_000).toISOString(),
      endsAt: new Date(Date.now() + 3_600_000).toISOString(),
      ...(announce !== undefined && { announce }),
    }),
  );

const reach = (id: number, state: string): Promise<void> =>
  vi.waitFor(
    async () => {
      expect((await api.campaign(id)).state).toBe(state);
    },
    { timeout: DEADLINE_MS, interval: 50 },
  );

async function addMembers(): Promise<void> {
  for (let index = 0; index < MEMBERS; index++) {
    const phone = `+86139${String(index).padStart(8, '0')}`;
    await ask('PUT', `/v1/members/m-${index}`, { phone, consent: { sms: 'granted', inbox: 'granted' } });
  }
}

/** Each topic at least once, and each optional field. */
async function everythingThatHappens(): Promise<void> {
  const announced = await promote('announced', { audience: EVERYBODY, channels: [INBOX] });
  await api.completed(announced.campaignId ?? 0, DEADLINE_MS);
  const changed = await promote('changed');
  await ask('PATCH', `/v1/promotions/${changed.id}`, { version: changed.version, name: 'changed again' });
  await ask('POST', `/v1/promotions/${changed.id}/end`, {});

  const large = await promote('large', { audience: EVERYBODY, channels: [INBOX], maxMembers: 1 });
  const largeId = large.campaignId ?? 0;
  await reach(largeId, 'paused');
  await ask('POST', `/v1/campaigns/${largeId}/confirm`, { confirm: MEMBERS });
  await api.completed(largeId, DEADLINE_MS);

  const refused = await api.launch({ name: 'refused', audience: EVERYBODY, channels: [SMS] });
  await vi.waitFor(async () => {
    const { channels } = await api.campaign(refused.id);
    expect(channels[0]?.books['failed']).toBeGreaterThan(0);
  });
  await ask('POST', `/v1/campaigns/${refused.id}/send-again`, { channel: 'sms', outcomes: ['failedAddress'] });

  const held = await api.launch({
    name: 'held',
    audience: EVERYBODY,
    channels: [INBOX],
    launchAt: new Date(Date.now() + 3_600_000).toISOString(),
  });
  await api.move(held.id, 'pause');
  await api.move(held.id, 'resume');
  await api.move(held.id, 'cancel');
  await reach(held.id, 'cancelled');
  await everythingOfCoupons();
  await everythingOfOrders();
}

async function coupon(issue: string, terms: object = {}): Promise<{ readonly id: number; readonly version: number }> {
  const made = await ask('POST', '/v1/coupons', {
    name: issue,
    issue,
    rule: { kind: 'directCut', cutMinor: 500 },
    currency: 'CNY',
    validity: { kind: 'days', days: 7 },
    opensAt: new Date(Date.now() - 60_000).toISOString(),
    closesAt: new Date(Date.now() + 3_600_000).toISOString(),
    stock: 1,
    ...terms,
  });
  return z.object({ id: z.int(), version: z.int() }).parse(made);
}

const activate = (id: number): Promise<unknown> => ask('POST', `/v1/coupons/${id}/activate`, {});

const BASKET = { currency: 'CNY', lines: [{ productId: 'p-1', unitPriceMinor: '5000' }] };

const walletSchema = z.object({ items: z.array(z.object({ grant: z.object({ id: z.string() }) })) });

/** What m-1 is given of a new coupon as she looks. */
async function grantOf(couponId: number): Promise<string> {
  await activate(couponId);
  const { items } = walletSchema.parse(await ask('GET', '/v1/members/m-1/coupons'));
  const grant = items.map(({ grant: { id } }) => id).find((id) => id.startsWith(`${couponId}-`));
  if (grant === undefined) throw new Error(`m-1 has nothing of coupon ${couponId}`);
  return grant;
}

const lock = (orderId: string, grantId: string, terms: object = {}): Promise<unknown> =>
  ask('POST', '/v1/locks', { orderId, memberId: 'm-1', grantIds: [grantId], ...BASKET, ...terms });

const tell = (kind: string, orderId: string, version: number): Promise<unknown> =>
  ask('POST', `/v1/events/incoming/${kind}`, { orderId, version });

/** Locked, lost, locked and redeemed by another order, and paid for by the first; given to all, revoked, recalled. */
async function everythingOfOrders(): Promise<void> {
  const grantId = await grantOf((await coupon('platform')).id);
  await lock('o-1', grantId, { lockSeconds: 1 });
  await vi.waitFor(() => lock('o-2', grantId), { timeout: DEADLINE_MS, interval: 100 });
  await tell('order.paid', 'o-2', 1);
  await tell('order.paid', 'o-1', 1);
  const { id } = await coupon('platform', { stock: MEMBERS });
  const given = await grantOf(id);
  await ask('POST', `/v1/coupons/${id}/issue-runs`, {});
  await ask('POST', `/v1/grants/${given}/revoke`, {});
  await ask('POST', `/v1/coupons/${id}/recall`, {});
}

/** A coupon is over for good: told at the latest by what a server looks after at its start. */
async function lastGrantEnds(): Promise<void> {
  const endsMs = Date.now() + 2_000;
  const window = { kind: 'window', startsAt: new Date(endsMs - 60_000), endsAt: new Date(endsMs) };
  const { id } = await coupon('platform', { validity: window, closesAt: new Date(endsMs).toISOString() });
  await grantOf(id);
  await vi.waitFor(() => expect(Date.now()).toBeGreaterThan(endsMs), { timeout: DEADLINE_MS, interval: 50 });
  await server.stop();
  server = await ServerProcess.start(join(folder, 'data'));
}

async function everythingOfCoupons(): Promise<void> {
  const claimed = await coupon('selfClaim');
  await ask('PATCH', `/v1/coupons/${claimed.id}`, { version: claimed.version, name: 'edited' });
  await ask('POST', `/v1/coupons/${claimed.id}/activate`, {});
  await ask('POST', `/v1/coupons/${claimed.id}/claims`, { memberIds: ['m-1'] });
  const metrics = await (await fetch(`${server.url}/metrics`)).text();
  expect(metrics).toContain('fanfare_coupon_claims{answer="granted"} 1');
  await ask('POST', `/v1/coupons/${claimed.id}/pause`, {});
  await ask('POST', `/v1/coupons/${claimed.id}/end`, {});
  const given = await coupon('platform');
  await ask('POST', `/v1/coupons/${given.id}/activate`, {});
  await ask('GET', '/v1/members/m-1/coupons');
}

const leasedSchema = z.object({
  items: z.array(
    z.object({
      messageId: z.string(),
      topic: z.string(),
      key: z.string(),
      body: z.record(z.string(), z.unknown()),
      receipt: z.string(),
    }),
  ),
});

const groupsSchema = z.object({ items: z.array(z.object({ topic: z.string(), group: z.string(), backlog: z.int() })) });

/** Events of a topic that the witness has not read. */
async function waiting(topic: Topic): Promise<number> {
  await ask('PUT', `/v1/events/topics/${topic}/groups/witness`);
  const { items } = groupsSchema.parse(await ask('GET', '/v1/events/groups'));
  return items.find((each) => each.group === 'witness' && each.topic === topic)?.backlog ?? 0;
}

/** All events of a topic, acknowledged as a reader does. */
async function readAll(topic: Topic) {
  const group = `/v1/events/topics/${topic}/groups/witness`;
  await ask('PUT', group);
  const all: z.output<typeof leasedSchema>['items'] = [];
  for (;;) {
    const { items } = leasedSchema.parse(await ask('POST', `${group}/lease`, { maxMessages: 3 }));
    if (items.length === 0) return all;
    const messages = items.map(({ messageId, receipt }) => ({ messageId, receipt }));
    expect(await ask('POST', `${group}/ack`, { messages })).toEqual({ acknowledged: items.map(() => true) });
    all.push(...items);
  }
}

const publishedSchema = (topic: Topic): ValidateFunction =>
  new Ajv({ formats: { 'date-time': true } }).compile(
    JSON.parse(readPage(`docs/events/${topic}.schema.json`)) as Record<string, unknown>,
  );

it('lets nobody read or remove for the broker', async () => {
  const group = `/v1/events/topics/promotion.created/groups/relay`;
  const calls = [
    ['PUT', group],
    ['POST', `${group}/lease`],
    ['DELETE', group],
  ] as const;
  for (const [method, path] of calls) {
    const refused = await fetch(`${server.url}${path}`, { method });
    expect([method, refused.status]).toEqual([method, 400]);
  }
});

it('takes what a shop tells, as it tells it', async () => {
  await ask('PUT', '/v1/members/7', {});
  const before = Date.now();
  const told = await ask('POST', '/v1/events/incoming/USER_LOGINED_EVENT_TOPIC', [
    { account: { id: 7 } },
    { account: {} },
  ]);
  expect(told).toMatchObject({ results: [{ outcome: 'applied' }, { outcome: 'misfit', pointer: '/account/id' }] });
  const { lastActiveAt } = z.object({ lastActiveAt: z.string() }).parse(await ask('GET', '/v1/members/7'));
  expect(Date.parse(lastActiveAt)).toBeGreaterThanOrEqual(before);
  await ask('DELETE', '/v1/members/7');
  const metrics = await (await fetch(`${server.url}/metrics`)).text();
  expect(metrics).toContain('fanfare_events_incoming{topic="USER_LOGINED_EVENT_TOPIC",outcome="misfit"} 1');
});

it('tells everything that happens, as the published schemas say', { timeout: 120_000 }, async () => {
  await addMembers();
  await everythingThatHappens();
  await lastGrantEnds();
  const seen = new Map<Topic, readonly Record<string, unknown>[]>();
  // Of the coupon whose grants are over, and of the one that was recalled.
  await vi.waitFor(async () => expect(await waiting('coupon.expired')).toBe(2), { timeout: DEADLINE_MS });
  for (const topic of ALL_TOPICS) {
    const validate = publishedSchema(topic);
    const events = await readAll(topic);
    for (const { key, body } of events) {
      expect(validate(body), `${topic} ${JSON.stringify(body)} ${JSON.stringify(validate.errors)}`).toBe(true);
      checkEvent({ topic, key, body: JSON.stringify(body) });
    }
    seen.set(
      topic,
      events.map(({ body }) => body),
    );
  }
  expect(ALL_TOPICS.filter((topic) => seen.get(topic)?.length === 0)).toEqual([]);
  expect(seen.get('campaign.paused')).toContainEqual(
    expect.objectContaining({ reason: 'audienceMax', memberCount: MEMBERS }),
  );
  expect(seen.get('campaign.created')).toContainEqual(
    expect.objectContaining({ parentCampaignId: expect.any(Number) as number }),
  );
});
