import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { DomainError } from '../core/errors.js';
import { parseSettings } from './parse-settings.js';
import { secretRefSchema } from './secret.js';

const schema = z.strictObject({
  port: z.int().min(1).max(65_535).default(7_070),
  channels: z
    .record(
      z.enum(['sms', 'email']),
      z.discriminatedUnion('kind', [
        z.strictObject({ kind: z.literal('http'), url: z.url(), secret: secretRefSchema.optional() }),
        z.strictObject({ kind: z.literal('smtp'), host: z.string() }),
      ]),
    )
    .optional(),
});

function problem(value: unknown): string {
  try {
    parseSettings(schema, value, 'fanfare.config.json');
  } catch (error) {
    if (error instanceof DomainError && error.code === 'INVALID_CONFIG') return error.message;
    throw error;
  }
  throw new Error('The settings were accepted.');
}

describe('parseSettings', () => {
  it('fills in defaults', () => {
    expect(parseSettings(schema, {}, 'file')).toEqual({ port: 7_070 });
  });

  it('names the nearest known key of an unknown one, where it stands', () => {
    expect(problem({ prot: 1 })).toBe('fanfare.config.json: prot is not a known key, did you mean "port"?');
    const nested = problem({
      channels: { sms: { kind: 'http', url: 'http://a', urls: 1 }, email: { kind: 'smtp', host: 'h' } },
    });
    expect(nested).toContain('channels.sms.urls is not a known key, did you mean "url"?');
    expect(problem({ zebra: 1 })).toContain('known are port, channels');
  });

  it('says which key is wrong and does not repeat its value', () => {
    const text = problem({ port: 'hunter2' });
    expect(text).toContain('port: ');
    expect(text).not.toContain('hunter2');
    const secret = problem({
      channels: { sms: { kind: 'http', url: 'http://a', secret: 'hunter2' }, email: { kind: 'smtp', host: 'h' } },
    });
    expect(secret).toContain('channels.sms.secret: a secret is given by reference');
    expect(secret).not.toContain('hunter2');
  });
});
