import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { chunkOf, kindsOf, neverAborted, references, testKeys } from '../../../test/support/vendors/chunk.js';
import { createProvider } from '../../adapters/vendors/create-provider.js';
import { systemClock } from '../../adapters/system/system-clock.js';
import type { Channel } from '../../core/channels.js';
import type { AnswerKind, Provider } from '../../core/ports/provider.js';
import { channelsSchema } from '../../push/config/channel-config.js';
import { parseSettings } from '../../settings/parse-settings.js';
import { PeakRate } from './peak-rate.js';
import { countDeliveries, readDeliveryLog } from './read-delivery-log.js';
import { SeenSet } from './seen-set.js';
import { VendorProcess, type StartVendorOptions, type VendorName } from './vendor-process.js';
import { appPushVendorSettings, mailServerSettings, smsVendorSettings } from './vendor-settings.js';

const CASES = [
  { name: 'sms-vendor', channel: 'sms', settings: smsVendorSettings },
  { name: 'app-push-vendor', channel: 'app', settings: appPushVendorSettings },
  { name: 'mail-server', channel: 'email', settings: mailServerSettings },
] as const satisfies readonly { name: VendorName; channel: Channel; settings: (port: number) => object }[];

describe('a stand-in of the outside world', () => {
  let folder = '';
  const closers: (() => Promise<unknown>)[] = [];

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'stand-ins-'));
  });

  afterEach(async () => {
    for (const close of closers.splice(0)) await close();
    rmSync(folder, { recursive: true });
  });

  async function open(
    { name, channel, settings }: (typeof CASES)[number],
    options: Partial<StartVendorOptions> = {},
  ): Promise<{ readonly vendor: VendorProcess; readonly provider: Provider }> {
    const vendor = await VendorProcess.start(name, { logFile: join(folder, `${name}.tsv`), ...options });
    closers.push(() => vendor.stop());
    const channels = parseSettings(channelsSchema, { [channel]: { provider: settings(vendor.port) } }, 'test');
    const config = channels[channel]?.provider;
    if (config === undefined) throw new Error(`${channel} has no provider.`);
    const provider = createProvider(channel, config, {
      clock: systemClock,
      keys: testKeys,
      readSecret: () => '',
      onEvent: () => undefined,
    });
    closers.push(() => provider.close());
    return { vendor, provider };
  }

  const send = async (provider: Provider, count: number, from = 0, round = 0): Promise<readonly AnswerKind[]> => {
    const message = provider.channel === 'email' ? { subject: 's', body: 'b' } : { body: '{{member.name}}' };
    const chunk = chunkOf({ channel: provider.channel, count, from, round, message });
    return kindsOf(await provider.send(chunk, { signal: neverAborted }), count);
  };

  it.each(CASES)('$name delivers what a provider sends, and its log and counts say so', async (one) => {
    const { vendor, provider } = await open(one);
    expect(new Set(await send(provider, 30, 100))).toEqual(new Set(['accepted']));
    expect(await vendor.stats()).toMatchObject({
      delivered: 30,
      keys: 30,
      doubledKeys: 0,
      doubledMembers: 0,
      doubledRecipients: 0,
    });
    expect(await vendor.stop()).toBe(0);
    const counts = (await countDeliveries(vendor.logFile, one.channel)).get(42);
    expect(counts).toMatchObject({ members: 30, doubled: 0 });
    expect(counts?.timesByOrdinal.slice(99, 131)).toEqual(Uint8Array.from([0, ...new Array<number>(30).fill(1), 0]));
    for await (const { key, recipient } of readDeliveryLog(vendor.logFile)) {
      expect(recipient).toContain(String(references.read(key)?.ordinal));
    }
  });

  it.each(CASES.slice(0, 2))('$name answers a key it knows without delivering again', async (one) => {
    const { vendor, provider } = await open(one);
    await send(provider, 5);
    expect(new Set(await send(provider, 5))).toEqual(new Set(['accepted']));
    expect(await vendor.stats()).toMatchObject({ delivered: 5, repeated: 5, doubledKeys: 0 });
    await send(provider, 5, 0, 1);
    expect(await vendor.stats()).toMatchObject({
      delivered: 10,
      keys: 10,
      doubledKeys: 0,
      doubledMembers: 5,
      doubledRecipients: 5,
    });
  });

  it.each(CASES.slice(0, 2))('$name remembers after a restart the keys that its log holds', async (one) => {
    const first = await open(one);
    await send(first.provider, 5);
    await first.vendor.stop();
    const second = await open(one);
    expect(new Set(await send(second.provider, 6))).toEqual(new Set(['accepted']));
    expect(await second.vendor.stats()).toMatchObject({ delivered: 1, keys: 1, repeated: 5 });
    await second.vendor.stop();
    expect((await countDeliveries(second.vendor.logFile, one.channel)).get(42)).toMatchObject({
      members: 6,
      doubled: 0,
    });
  });

  it.each(CASES)('$name counts what it delivered twice when it keeps no keys', async (one) => {
    const { vendor, provider } = await open(one, { isKeyed: false });
    await send(provider, 5);
    await send(provider, 5);
    expect(await vendor.stats()).toMatchObject({
      delivered: 10,
      keys: 5,
      doubledKeys: 5,
      doubledMembers: 5,
      doubledRecipients: 5,
    });
    await vendor.stop();
    expect((await countDeliveries(vendor.logFile, one.channel)).get(42)).toMatchObject({ members: 5, doubled: 5 });
  });

  it.each(CASES)('$name knows no such recipient in its share of cases, and always the same', async (one) => {
    const { vendor, provider } = await open(one, { refuseRate: 0.3 });
    const first = await send(provider, 40);
    const again = await send(provider, 40, 0, 1);
    expect(again).toEqual(first);
    const refused = first.filter((kind) => kind === 'addressRefused').length;
    expect(refused).toBeGreaterThan(0);
    expect(refused).toBeLessThan(40);
    expect(await vendor.stats()).toMatchObject({ refused: refused * 2, delivered: (40 - refused) * 2 });
  });

  it.each(CASES.slice(0, 2))('$name delivers before it loses an answer, and not before it fails', async (one) => {
    const lost = await open(one, { loseRate: 1 });
    expect(new Set(await send(lost.provider, 5))).toEqual(new Set(['ambiguous']));
    expect(await lost.vendor.stats()).toMatchObject({ delivered: 5 });
    const failed = await open(one, { failRate: 1, logFile: join(folder, 'failed.tsv') });
    expect(new Set(await send(failed.provider, 5))).toEqual(new Set(['ambiguous']));
    expect(await failed.vendor.stats()).toMatchObject({ delivered: 0 });
    const throttled = await open(one, { throttleRate: 1, logFile: join(folder, 'throttled.tsv') });
    expect(new Set(await send(throttled.provider, 5))).toEqual(new Set(['throttled']));
  });

  it('says in one line why it does not start', async () => {
    const port = (await open(CASES[0])).vendor.port;
    await expect(VendorProcess.start('sms-vendor', { logFile: join(folder, 'b.tsv'), port })).rejects.toThrow(
      'EADDRINUSE',
    );
    await expect(VendorProcess.start('sms-vendor', { logFile: join(folder, 'c.tsv'), refuseRate: 7 })).rejects.toThrow(
      '--refuse-rate is 0 to 1, not "7".',
    );
  });

  it('refuses what is not its own', async () => {
    const { vendor } = await open(CASES[0]);
    const post = (path: string, body: string): Promise<number> =>
      fetch(`http://127.0.0.1:${vendor.port}${path}`, { method: 'POST', body }).then(({ status }) => status);
    expect(await post('/v1/messages', '{"messages":[{"ref":1}]}')).toBe(400);
    expect(await post('/v1/messages', 'no')).toBe(400);
    expect(await post('/elsewhere', '{}')).toBe(404);
    await vendor.stop();
    expect(readFileSync(vendor.logFile, 'utf8')).toBe('');
  });
});

describe('the counts of a stand-in', () => {
  it('know what was seen', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ maxLength: 3 }), { maxLength: 300 }), (texts) => {
        const seen = new SeenSet();
        const expected = new Set<string>();
        for (const text of texts) {
          expect(seen.add(text)).toBe(expected.has(text));
          expected.add(text);
        }
        expect(seen.size).toBe(expected.size);
      }),
    );
    const many = new SeenSet();
    for (let index = 0; index < 300_000; index++)
      expect(many.add(`key ${index}`) || many.size !== index + 1).toBe(false);
  });

  it('know the busiest second', () => {
    const peak = new PeakRate();
    for (let nowMs = 0; nowMs < 3_000; nowMs += 10) peak.add(1, nowMs);
    expect(peak.peakPerSecond).toBe(100);
    peak.add(500, 10_000);
    peak.add(300, 10_900);
    expect(peak.peakPerSecond).toBe(800);
    peak.add(600, 11_100);
    expect(peak.peakPerSecond).toBe(900);
  });
});
