/**
 * A coupon to a group, against a real server: one request makes it, tells a group of it by a slow vendor and keeps it for
 * them; they claim it while others still wait to be told, until it is gone, and again when stock comes back.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { CampaignApi } from '../support/campaign-api.js';
import { ServerProcess } from '../support/server-process.js';

const CONFIG = { channels: { sms: { provider: { kind: 'simulated' } } } };
const DEADLINE_MS = 60_000;
const GROUP = 150;
const PACE_PER_SECOND = 20;
/** How long a campaign may go on once its coupon is gone. */
const PAUSE_MS = 2_000;

const folder = mkdtempSync(join(tmpdir(), 'fanfare-group-'));
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

async function ask(method: string, path: string, body?: unknown, type = 'application/json'): Promise<unknown> {
  const response = await fetch(server.url + path, {
    method,
    ...(body !== undefined && {
      headers: { 'content-type': type },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    }),
    signal: AbortSignal.timeout(DEADLINE_MS),
  });
  expect(response.ok, `${method} ${path}: ${response.status}`).toBe(true);
  return response.json();
}

const made = z.object({ id: z.int(), campaignIds: z.tuple([z.int()]) });
const claims = z.object({ items: z.array(z.object({ outcome: z.string() })) });
const books = z.object({
  state: z.string(),
  pauseReasons: z.array(z.string()),
  channels: z.tuple([z.object({ books: z.object({ sent: z.int(), pending: z.int() }) })]),
});
const campaign = async (id: number) => books.parse(await ask('GET', `/v1/campaigns/${id}`));
const sent = async (id: number) => (await campaign(id)).channels[0].books.sent;
const outcomes = async (id: number, memberIds: readonly string[]) =>
  claims.parse(await ask('POST', `/v1/coupons/${id}/claims`, { memberIds })).items.map(({ outcome }) => outcome);
const passed = (sinceMs: number, spanMs: number) =>
  vi.waitFor(() => expect(Date.now() - sinceMs).toBeGreaterThan(spanMs), { timeout: 2 * spanMs, interval: 20 });

it('tells a group, stops while the coupon is gone, and goes on when stock comes back', async () => {
  const rows = Array.from({ length: GROUP + 5 }, (_, index) =>
    [`m-${index}`, index < GROUP ? 3 : 1, `+86138${String(index).padStart(8, '0')}`, 'granted'].join(','),
  );
  await ask('POST', '/v1/members/imports', ['memberId,level,phone,consent.sms', ...rows].join('\n'), 'text/csv');
  const { id, campaignIds } = made.parse(
    await ask('POST', '/v1/coupons', {
      name: 'Only for you',
      issue: 'selfClaim',
      rule: { kind: 'directCut', cutMinor: '500' },
      currency: 'CNY',
      validity: { kind: 'days', days: 7 },
      opensAt: new Date(Date.now() - 60_000).toISOString(),
      closesAt: new Date(Date.now() + 3_600_000).toISOString(),
      stock: 3,
      audience: { kind: 'announced' },
      announce: {
        audience: { kind: 'filter', where: 'level = 3' },
        channels: [{ channel: 'sms', message: { body: '{{coupon.offer}}' }, membersPerSecond: PACE_PER_SECOND }],
      },
    }),
  );
  const [told] = campaignIds;
  await vi.waitFor(async () => expect(await sent(told)).toBeGreaterThan(5), { timeout: DEADLINE_MS, interval: 50 });

  expect(await outcomes(id, ['m-0', 'm-1', `m-${GROUP}`])).toEqual(['granted', 'granted', 'notEligible']);
  expect((await campaign(told)).state).toBe('running');
  expect(await outcomes(id, ['m-2', 'm-3'])).toEqual(['granted', 'soldOut']);
  const goneAtMs = Date.now();
  expect(await campaign(told)).toMatchObject({ state: 'paused', pauseReasons: ['soldOut'] });
  await passed(goneAtMs, PAUSE_MS);
  const before = await sent(told);
  await passed(goneAtMs, 2 * PAUSE_MS);
  expect(await sent(told)).toBe(before);
  expect((await campaign(told)).channels[0].books.pending).toBe(GROUP - before);

  await ask('PUT', `/v1/coupons/${id}/stock`, { stock: 100 });
  expect(await outcomes(id, ['m-3'])).toEqual(['granted']);
  await api.completed(told, DEADLINE_MS);
  expect(await ask('GET', `/v1/campaigns/${told}/funnel`)).toMatchObject({
    couponId: id,
    ...{ told: GROUP, claimed: 4, locked: 0, redeemed: 0, discountMinor: '0' },
  });
  const where = `coupon.${id}.told and not coupon.${id}.held`;
  expect(await ask('POST', '/v1/members/count', { where })).toMatchObject({ memberCount: GROUP - 4 });
});
