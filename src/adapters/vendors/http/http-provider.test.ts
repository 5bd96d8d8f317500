import { createHmac } from 'node:crypto';
import type { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { providerConformance } from '../../../../test/conformance/provider.js';
import {
  itemsOf,
  JSON_ANSWERS,
  JSON_BEHAVIOURS,
  JSON_SETTINGS,
  openJsonVendor,
  SILENCE_MS,
} from '../../../../test/support/vendors/json-behaviours.js';
import { JsonVendor, type VendorAnswer } from '../../../../test/support/vendors/json-vendor.js';
import { chunkOf, kindsOf, neverAborted, references } from '../../../../test/support/vendors/chunk.js';
import type { AnswerKind } from '../../../core/ports/provider.js';
import { httpProviderSchema, type HttpProviderConfig } from '../../../push/config/http-provider-config.js';
import { parseSettings } from '../../../settings/parse-settings.js';
import { systemClock } from '../../system/system-clock.js';
import { HttpProvider } from './http-provider.js';
import { RequestTemplate, type HttpVendorSecrets } from './request-template.js';
import { createUndiciTransport } from './undici-transport.js';

function openProvider(
  config: HttpProviderConfig,
  secrets: HttpVendorSecrets = { named: {}, signing: undefined },
): HttpProvider {
  const template = new RequestTemplate(config, secrets);
  const transport = createUndiciTransport(template.origin, config, { ca: undefined });
  return new HttpProvider({ channel: 'sms', config, template }, { clock: systemClock, references, transport });
}

providerConformance('HTTP, in batches', {
  channel: 'sms',
  behaviours: JSON_BEHAVIOURS,
  open: (behaviour) => openJsonVendor(behaviour, { ...JSON_SETTINGS.batch, keyLifeMs: 86_400_000 }, openProvider),
});
providerConformance('HTTP, one by one', {
  channel: 'sms',
  behaviours: JSON_BEHAVIOURS,
  open: (behaviour) => openJsonVendor(behaviour, JSON_SETTINGS.single, openProvider),
});

interface Live {
  readonly vendor: JsonVendor;
  readonly provider: HttpProvider;
}

async function withVendor(
  settings: object,
  answer: VendorAnswer | undefined,
  use: (live: Live) => Promise<void>,
  secrets: Parameters<typeof openProvider>[1] = { named: {}, signing: undefined },
): Promise<void> {
  const vendor = await JsonVendor.start();
  if (answer !== undefined) vendor.answer = answer;
  const url = `http://127.0.0.1:${vendor.port}/send`;
  const provider = openProvider(parseSettings(httpProviderSchema, { kind: 'http', url, ...settings }, 'test'), secrets);
  try {
    await use({ vendor, provider });
  } finally {
    await vendor.stop();
    await provider.close();
  }
}

/** A byte every 50 ms, until the other side has had enough. */
function dripInto(socket: Socket, text: string): void {
  let at = 0;
  const timer = setInterval(() => socket.write(text.charAt(at++)), 50);
  socket.once('close', () => {
    clearInterval(timer);
  });
}

const sendOne = async (provider: HttpProvider): Promise<AnswerKind | undefined> =>
  kindsOf(await provider.send(chunkOf({ channel: 'sms', count: 1 }), { signal: neverAborted }), 1)[0];

describe('an HTTP provider', () => {
  it('writes the body, the headers and the path that its settings describe', async () => {
    const settings = {
      headers: {
        Authorization: 'Bearer {{secret.token}}',
        'Idempotency-Key': '{{reference}}',
        'X-Offer': '{{promotion.name}}',
      },
      secrets: { token: { env: 'TOKEN' } },
      body: {
        sign: '【店】',
        at: '{{request.timestampMs}}',
        count: 'n={{request.count}}',
        to: ['{{recipient.phone}}', 3, null, true],
        text: '{{message.body}}',
        title: '{{message.title|none}}',
        city: '{{member.attributes.city}}',
      },
    };
    await withVendor(
      settings,
      undefined,
      async ({ vendor, provider }) => {
        const chunk = chunkOf({ channel: 'sms', count: 1, from: 5, members: () => ({ name: '"李\n' }) });
        const url = new URL(`http://127.0.0.1:${vendor.port}/`);
        expect(provider.capabilities.recipientColumns).toEqual(['phone', 'attributes']);
        await provider.send(chunk, { signal: neverAborted });
        const [hit] = vendor.hits;
        expect(hit?.path).toBe('/send');
        expect(hit?.headers).toMatchObject({
          authorization: 'Bearer s3cret',
          'content-type': 'application/json',
          'idempotency-key': references.write(chunk)[0],
          'x-offer': '%E5%8F%8C11 "%E6%BB%A1%E5%87%8F"',
          host: url.host,
        });
        expect(hit?.json).toEqual({
          sign: '【店】',
          at: expect.any(Number) as number,
          count: 'n=1',
          to: ['+8613800000005', 3, null, true],
          text: '"李\n: 双11 "满减"',
          title: 'none',
          city: '杭州',
        });
      },
      { named: { token: 's3cret' }, signing: undefined },
    );
  });

  it('signs timestamp and body', async () => {
    const signature = { secret: { env: 'KEY' }, prefix: 'v1=', header: 'X-Sign', timestampHeader: 'X-Time' };
    await withVendor(
      { body: { text: '{{message.body}}' }, signature },
      undefined,
      async ({ vendor, provider }) => {
        await sendOne(provider);
        const [hit] = vendor.hits;
        const content = `${String(hit?.headers['x-time'])}.${hit?.text ?? ''}`;
        expect(hit?.headers['x-sign']).toBe(`v1=${createHmac('sha256', 'hmac-key').update(content).digest('hex')}`);
      },
      { named: {}, signing: 'hmac-key' },
    );
  });

  it('puts values into a path as one component of it', async () => {
    await withVendor({ body: {} }, undefined, async ({ vendor }) => {
      const config = { kind: 'http', url: `http://127.0.0.1:${vendor.port}/u/{{recipient.pushToken}}?x=1`, body: {} };
      const provider = openProvider(parseSettings(httpProviderSchema, config, 'test'));
      const members = () => ({ pushToken: '../a?b#c\r\nX: y' });
      await provider.send(chunkOf({ channel: 'app', count: 1, members }), { signal: neverAborted });
      expect(vendor.hits[0]?.path).toBe('/u/..%2Fa%3Fb%23c%0D%0AX%3A%20y?x=1');
      await provider.close();
    });
  });

  it('asks nothing about a member without an address, and about the others as before', async () => {
    await withVendor(JSON_SETTINGS.batch, JSON_ANSWERS.accepts, async ({ vendor, provider }) => {
      const members = (ordinal: number) => (ordinal === 1 ? { phone: null } : {});
      const answer = await provider.send(chunkOf({ channel: 'sms', count: 3, members }), { signal: neverAborted });
      expect(kindsOf(answer, 3)).toEqual(['accepted', 'addressRefused', 'accepted']);
      expect(itemsOf(vendor.hits[0]?.json)).toHaveLength(2);
    });
  });

  it('halves a batch that is too large in bytes, and refuses one message that is', async () => {
    const settings = { ...JSON_SETTINGS.batch, maxRequestBytes: 1_024 };
    await withVendor(settings, JSON_ANSWERS.accepts, async ({ vendor, provider }) => {
      const members = (ordinal: number) => (ordinal === 4 ? { name: '券'.repeat(400) } : {});
      const answer = await provider.send(chunkOf({ channel: 'sms', count: 20, members }), { signal: neverAborted });
      expect(kindsOf(answer, 20)).toEqual(
        Array.from({ length: 20 }, (_, at) => (at === 4 ? 'messageRefused' : 'accepted')),
      );
      for (const { text } of vendor.hits) expect(Buffer.byteLength(text)).toBeLessThanOrEqual(1_024);
      expect(vendor.hits.flatMap((hit) => itemsOf(hit.json))).toHaveLength(19);
    });
  });

  it.each<[string, VendorAnswer, AnswerKind]>([
    [
      'a redirect, which it does not follow',
      (_hit, response) => response.writeHead(302, { location: '/other' }).end(),
      'accountRefused',
    ],
    [
      'half a body',
      (_hit, response, socket) => {
        response.writeHead(200, { 'content-length': '100' }).write('{"code":"OK"}');
        setImmediate(() => socket.destroy());
      },
      'ambiguous',
    ],
    ['a body that is too large', (_hit, response) => response.end('x'.repeat(5_000)), 'ambiguous'],
    [
      'a status in a body that breaks off',
      (_hit, response, socket) => {
        response.writeHead(401, { 'content-length': '100' }).write('no');
        setImmediate(() => socket.destroy());
      },
      'accountRefused',
    ],
    ['something that is not HTTP', (_hit, _response, socket) => void socket.end('220 smtp ready\r\n'), 'ambiguous'],
    ['a reset', (_hit, _response, socket) => socket.resetAndDestroy(), 'ambiguous'],
    [
      'an interim answer before the last',
      (_hit, response) => {
        response.writeProcessing();
        response.end('{}');
      },
      'accepted',
    ],
  ])('reads %s', async (_what, answer, kind) => {
    await withVendor({ body: {}, maxResponseBytes: 1_024 }, answer, async ({ vendor, provider }) => {
      expect(await sendOne(provider)).toBe(kind);
      expect(vendor.hits).toHaveLength(1);
    });
  });

  it.each<[string, VendorAnswer]>([
    [
      'its head, a byte at a time',
      (_hit, _response, socket) => dripInto(socket, 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}'),
    ],
    [
      'its body, a byte at a time',
      (_hit, response) => {
        response.writeHead(200, { 'content-length': '1000' }).flushHeaders();
        if (response.socket !== null) dripInto(response.socket, ' '.repeat(1_000));
      },
    ],
    ['its body, which stops', (_hit, response) => void response.writeHead(200, { 'content-length': '9' }).write('{')],
  ])('does not wait for ever for the rest of an answer: %s', async (_what, answer) => {
    const settings = { body: {}, bodyTimeoutMs: SILENCE_MS, headersTimeoutMs: SILENCE_MS };
    await withVendor(settings, answer, async ({ provider }) => {
      expect(await sendOne(provider)).toBe('ambiguous');
    });
  });

  it('leaves a vendor alone that asked for it, also with what had waited for a connection', async () => {
    const settings = { body: {}, connections: 2 };
    const answer: VendorAnswer = (_hit, response) => response.writeHead(429, { 'retry-after': '60' }).end();
    await withVendor(settings, answer, async ({ vendor, provider }) => {
      const told = await provider.send(chunkOf({ channel: 'sms', count: 50 }), { signal: neverAborted });
      expect(told).toMatchObject({ isAccountThrottle: true, retryAfterMs: 60_000 });
      expect(vendor.hits.length).toBeLessThanOrEqual(2);
      expect(kindsOf(told, 50).filter((kind) => kind === 'notSent')).toHaveLength(50 - vendor.hits.length);
    });
  });

  it('keeps connections, no more than it may', async () => {
    await withVendor({ body: {}, connections: 3, keepAliveMs: 60_000 }, undefined, async ({ vendor, provider }) => {
      await provider.send(chunkOf({ channel: 'sms', count: 50 }), { signal: neverAborted });
      expect(vendor.hits).toHaveLength(50);
      expect(vendor.openSockets).toBeLessThanOrEqual(3);
    });
  });

  it.each([
    [
      { body: { to: '{{recipient.fone}}' } },
      'body.to names the field {{recipient.fone}}, which does not exist; did you mean {{recipient.phone}}?',
    ],
    [{ body: '{{items}}' }, 'no batch is set'],
    [{ body: {}, batch: { maxMembers: 5, item: {} } }, 'exactly once, not 0'],
    [{ body: '{{items}}', batch: { maxMembers: 5, item: '{{request.count}}' } }, 'batch.item names the field'],
    [{ body: {}, keyLifeMs: 86_400_000 }, 'no template names {{reference}}'],
    [{ body: {}, headers: { a: 'x\ny' } }, 'headers.a holds a line break'],
    [{ body: {}, headers: { a: '{{secret.key}}' } }, 'headers.a names the field {{secret.key}}'],
  ])('refuses the settings %j', (settings, text) => {
    const config = parseSettings(httpProviderSchema, { kind: 'http', url: 'http://127.0.0.1:1/', ...settings }, 'test');
    expect(() => openProvider(config)).toThrow(text);
  });
});
