/**
 * Personal data that would be recognised anywhere goes through every part of a running server: members, imports, messages,
 * failing vendors, every route right and wrong. None of it may come out where operators and other systems look.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { ALL_TOPICS } from '../../src/core/topics.js';
import { readApiDocument } from '../support/api/api-operations.js';
import { CampaignApi } from '../support/campaign-api.js';
import { ServerProcess } from '../support/server-process.js';

const PERSON = {
  memberId: 'canary-id-5f1e',
  name: 'Canary-Name-5f1e',
  email: 'canary-mail-5f1e@example.com',
  phone: '+8613812345678',
  pushToken: 'canary-token-5f1e',
};
/** Of the person, and the digits of the number; what operators, files and headers held; keys. */
const PERSONAL = [/canary-(?:id|name|mail|token)-5f1e/i, /13812345678/];
const WRITTEN = [/canary-(?:text|file|header|vendor)-5f1e/i, /ffk_[A-Za-z0-9_-]{20}/];

/** One vendor refuses some, the other is not there, and its address must not be told either. */
const CONFIG = {
  channels: {
    sms: { provider: { kind: 'simulated', answers: { addressRefused: 0.4, ambiguous: 0.3 } } },
    app: {
      provider: {
        kind: 'http',
        url: 'http://127.0.0.1:1/canary-vendor-5f1e?key=canary-vendor-5f1e',
        body: { to: '{{recipient.pushToken}}', text: '{{message.body}}' },
      },
    },
  },
};

const folder = mkdtempSync(join(tmpdir(), 'fanfare-canary-'));
let server: ServerProcess;
beforeAll(async () => {
  const data = join(folder, 'data');
  mkdirSync(data);
  writeFileSync(join(data, 'fanfare.config.json'), JSON.stringify(CONFIG));
  server = await ServerProcess.start(data, { logLevel: 'debug' });
});
afterAll(async () => {
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function ask(method: string, path: string, body?: string, type = 'application/json'): Promise<string> {
  const response = await fetch(server.url + path, {
    method,
    headers: { 'x-canary': 'canary-header-5f1e', ...(body !== undefined && { 'content-type': type }) },
    ...(body !== undefined && { body }),
    signal: AbortSignal.timeout(120_000),
  });
  if (response.headers.get('content-type')?.startsWith('text/event-stream') !== true) return response.text();
  await response.body?.cancel();
  return '';
}

it('shows nothing of a person in logs, metrics, events or refusals', async () => {
  for (const topic of ALL_TOPICS) await ask('PUT', `/v1/events/topics/${topic}/groups/canary`);
  await importPeople();
  await campaignWithTrouble();
  const key = JSON.parse(await ask('POST', '/v1/api-keys', '{"name":"k","scopes":["read"]}')) as { secret: string };
  await fetch(`${server.url}/v1/members/${PERSON.memberId}`, { headers: { authorization: `Bearer ${key.secret}` } });
  const refusals = (await everyRoute()).join('\n');
  const metrics = await ask('GET', '/metrics');
  const leases = ALL_TOPICS.map((topic) => ask('POST', `/v1/events/topics/${topic}/groups/canary/lease`, '{}'));
  const events = (await Promise.all(leases)).join('\n');
  await ask('DELETE', `/v1/members/${PERSON.memberId}`);
  await server.stop();
  const logs = server.complaints;

  expect(logs).toContain('"event":"http.request"');
  expect(logs).toContain('"event":"push.'); // the trouble of a vendor was logged
  expect(events).toContain('campaign.launched');
  expect(refusals).toContain('urn:fanfare:error:INVALID_INPUT');
  for (const canary of [...PERSONAL, ...WRITTEN]) for (const text of [logs, metrics]) expect(text).not.toMatch(canary);
  for (const canary of PERSONAL) for (const text of [events, refusals]) expect(text).not.toMatch(canary);
});

async function importPeople(): Promise<void> {
  const { memberId, ...statement } = PERSON;
  const consent = { sms: 'granted', app: 'granted', inbox: 'granted' };
  await ask('PUT', `/v1/members/${memberId}`, JSON.stringify({ ...statement, pushPlatform: 'ios', consent }));
  const rows = Array.from({ length: 50 }, (_, index) =>
    [`canary-id-5f1e-${index}`, 'Canary-Name-5f1e', `+86139${String(index).padStart(8, '0')}`, 'granted'].join(),
  );
  const file = ['memberId,name,phone,consent.sms', ...rows, 'canary-file-5f1e,x,canary-file-5f1e,'].join('\n');
  await ask('POST', '/v1/members/imports', file, 'text/csv');
  await ask('POST', '/v1/members/imports', '{"memberId":"canary-file-5f1e", ', 'application/x-ndjson');
}

/** Goes out over a vendor that refuses and one that is not there. */
async function campaignWithTrouble(): Promise<void> {
  const message = { title: 'canary-text-5f1e', body: 'canary-text-5f1e {{member.name|friend}}' };
  const api = new CampaignApi(server.url);
  const { id } = await api.launch({
    name: 'canary-text-5f1e',
    audience: { kind: 'everybody' },
    channels: [
      { channel: 'sms', message: { body: message.body } },
      { channel: 'app', message },
      { channel: 'inbox', message },
    ],
  });
  await vi.waitFor(
    async () => {
      const { channels } = await api.campaign(id);
      expect(channels.find(({ channel }) => channel === 'sms')?.books['pending']).toBe(0);
      if (!server.complaints.includes('push.circuit')) throw new Error(`no trouble yet: ${JSON.stringify(channels)}`);
    },
    { timeout: 240_000, interval: 200 },
  );
}

/** Asks every route for the person, in one hopeful and two wrong ways; answers the refusals. */
async function everyRoute(): Promise<string[]> {
  const { operations } = readApiDocument(JSON.parse(await ask('GET', '/v1/openapi.json')));
  const body = JSON.stringify({
    name: PERSON.name,
    email: PERSON.email,
    where: `name = "${PERSON.name}"`,
    address: PERSON.phone,
  });
  const refusals: string[] = [];
  for (const { method, path } of operations) {
    if (method === 'DELETE') continue; // erases the person: last of all
    const target = path.replace(/\{(\w+)\}/g, (_, name: string) => (name === 'id' ? '1' : PERSON.memberId));
    const wrong = [`?cursor=${PERSON.memberId}`, `?where=${encodeURIComponent(PERSON.email)}&x=${PERSON.name}`];
    for (const query of ['', ...wrong]) {
      const text = await ask(method, target + query, method === 'GET' ? undefined : body);
      if (text.includes('"urn:fanfare:error:')) refusals.push(text);
    }
  }
  return refusals;
}
