import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadConfig } from './config.js';
import { isDomainError } from './core/errors.js';

describe('the configuration of a server', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'fanfare-config-'));
  });
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });
  const load = (settings: unknown) => {
    const configFile = join(folder, 'config.json');
    writeFileSync(configFile, JSON.stringify(settings));
    return loadConfig({ dataFolder: folder, configFile }, {});
  };
  const problem = (settings: unknown): string => {
    try {
      load(settings);
    } catch (error) {
      if (isDomainError(error) && error.code === 'INVALID_CONFIG') return error.message;
      throw error;
    }
    return 'accepted';
  };
  const sms = (more: object) => ({
    channels: { sms: { provider: { kind: 'http', url: 'https://sms.example', body: {} }, ...more } },
  });

  it.each([
    [{ texts: { timeZone: 'Mars/Base' } }, 'texts.timeZone: not an IANA time zone, as Asia/Shanghai.'],
    [{ members: { defaultPhoneRegion: 'XX' } }, 'members.defaultPhoneRegion: not a region of ISO 3166, as CN.'],
    [{ members: { defaultPhoneRegion: 'cn' } }, 'members.defaultPhoneRegion: not a region of ISO 3166, as CN.'],
    [
      { server: { allowedHosts: ['https://a.example'] } },
      'server.allowedHosts[0]: not a name alone, without scheme and port.',
    ],
    [
      { server: { allowedHosts: ['a.example:443'] } },
      'server.allowedHosts[0]: not a name alone, without scheme and port.',
    ],
    [
      sms({ price: { perMemberMinor: 1, currency: 'YEN' } }),
      'channels.sms.price.currency: not an ISO 4217 code, as CNY.',
    ],
    [
      sms({ price: { perMemberMinor: 4.5555, currency: 'CNY' } }),
      'channels.sms.price.perMemberMinor: has parts smaller than a thousandth.',
    ],
    [
      sms({
        provider: { kind: 'http', url: 'https://sms.example', body: {}, answers: { statuses: { 999: 'transient' } } },
      }),
      'channels.sms.provider.answers.statuses.999: not an HTTP status or class, as 503 or 5xx.',
    ],
    [
      { events: { incoming: { logins: { kind: 'member.loggedIn', fields: { memberId: 'account' } } } } },
      'events.incoming.logins.fields.memberId: write a JSON pointer (RFC 6901), such as "/account/id".',
    ],
  ])('refuses at the start what could only fail later: %j', (settings, expected) => {
    expect(problem(settings)).toBe(`${join(folder, 'config.json')}: ${expected}`);
  });

  it('takes names of hosts in any case, prices to the thousandth, and zones and regions that exist', () => {
    expect(load({ server: { allowedHosts: ['News.Shop.example'] } }).server.allowedHosts).toEqual([
      'news.shop.example',
    ]);
    for (const perMemberMinor of [0, 4.5, 0.001, 4.555, 999_999.999]) {
      expect(problem(sms({ price: { perMemberMinor, currency: 'CNY' } }))).toBe('accepted');
    }
    for (const timeZone of ['UTC', 'Europe/London']) expect(problem({ texts: { timeZone } })).toBe('accepted');
    for (const defaultPhoneRegion of ['US', 'CN'])
      expect(problem({ members: { defaultPhoneRegion } })).toBe('accepted');
  });
});
