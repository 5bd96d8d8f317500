import { describe, expect, it } from 'vitest';
import { DomainError } from '../../core/errors.js';
import { parseSettings } from '../../settings/parse-settings.js';
import { channelsSchema } from './channel-config.js';

const sms = { provider: { kind: 'http', url: 'https://sms.example/v1', body: { to: '{{recipient.phone}}' } } };

function problem(channels: unknown): string {
  try {
    parseSettings(channelsSchema, channels, 'fanfare.config.json');
  } catch (error) {
    if (error instanceof DomainError && error.code === 'INVALID_CONFIG') return error.message;
    throw error;
  }
  throw new Error('The channels were accepted.');
}

describe('the channels of a shop', () => {
  it('are the inbox alone when nothing is said', () => {
    expect(parseSettings(channelsSchema, {}, 'file')).toEqual({ inbox: { provider: { kind: 'inbox' }, pace: {} } });
  });

  it('get their defaults', () => {
    const { sms: channel } = parseSettings(channelsSchema, { sms }, 'file');
    expect(channel).toMatchObject({ maxAmbiguousTries: 1, maxDefiniteTries: 5, retry: { firstDelayMs: 5_000 } });
    expect(channel?.provider).toMatchObject({ method: 'POST', connections: 16, answers: { statuses: {} } });
  });

  it.each([
    [{ sms: { ...sms, windowMember: 5 } }, 'sms.windowMember is not a known key, did you mean "windowMembers"?'],
    [{ sms: { provider: { ...sms.provider, conections: 5 } } }, 'did you mean "connections"?'],
    [{ sms: { provider: { ...sms.provider, signature: { secret: { env: 'A' }, headr: 'x' } } } }, '"header"?'],
    [{ sms: { provider: { kind: 'htp' } } }, 'sms.provider.kind'],
    [
      { sms: { provider: { ...sms.provider, url: 'https://{{member.name}}/' } } },
      'sms.provider.url: not an http(s) URL',
    ],
    [
      { sms: { provider: { ...sms.provider, answers: { members: { list: '/a', code: '/b', codes: {} } } } } },
      'is for batches',
    ],
    [
      { email: { provider: { kind: 'smtp', host: 'h', from: { address: 'a@b\r\nBcc: c@d' } } } },
      'email.provider.from.address',
    ],
    [{ fax: sms }, 'fax is not a known key'],
    [{ app: { provider: { kind: 'simulated', answers: { transient: 0.6, throttled: 0.6 } } } }, 'over 1'],
  ])('refuse %j', (channels, text) => {
    expect(problem(channels)).toContain(text);
  });
});
