import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { normalizeEmail, normalizePushToken, readPushPlatform } from './contact-points.js';
import { normalizePhone, readRegion } from './phone-number.js';

const refuses = (read: () => unknown, secret: string): void => {
  expect(read).toThrow(expect.objectContaining({ code: 'INVALID_INPUT' }));
  try {
    read();
  } catch (error) {
    if (secret.trim().length > 2) expect((error as Error).message).not.toContain(secret.trim()); // the error under test
  }
};

describe('e-mail addresses', () => {
  it.each([
    ['Ada.Lovelace+vip@Example.COM ', 'ada.lovelace+vip@example.com'],
    ["o'neil@mail.example.org", "o'neil@mail.example.org"],
    ['li@例え.テスト', 'li@xn--r8jz45g.xn--zckzah'],
  ])('keeps %j as %j', (input, kept) => expect(normalizeEmail('email', input)).toBe(kept));

  it.each([
    'plain',
    '@example.com',
    'a@',
    'a@b',
    'a@example.123',
    'a b@example.com',
    'a..b@example.com',
    '.a@example.com',
    'a@-example.com',
    'a@exa_mple.com',
    'a@example.com,b@example.com',
    'Ada <ada@example.com>',
    '李@example.com',
    `${'x'.repeat(65)}@example.com`,
    `a@${'x'.repeat(64)}.com`,
    `a@${'x.'.repeat(130)}com`,
    'a@example.com\r\nBcc: b@example.com',
    'a\0@example.com',
    'a@例え.テスト\n.com',
  ])('refuses %j without repeating it', (input) => refuses(() => normalizeEmail('email', input), input));

  it('never lets a control character through, and is stable', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 40 }), (noise) => {
        let kept: string;
        try {
          kept = normalizeEmail('email', `a${noise}@example.com`);
        } catch {
          return;
        }
        expect(kept).toMatch(/^[!-~]+$/);
        expect(normalizeEmail('email', kept)).toBe(kept);
      }),
    );
  });

  it('answers quickly for hostile input', () => {
    refuses(() => normalizeEmail('email', `${'a.'.repeat(50_000)}@`), '');
    refuses(() => normalizeEmail('email', `a@${'a-'.repeat(120)}`), '');
  });
});

describe('phone numbers', () => {
  it.each([
    ['+8613812345678', '+8613812345678'],
    [' +86 138 1234 5678', '+8613812345678'],
    ['+1 (775) 555-0154', '+17755550154'],
    ['+44 7700 900123', '+447700900123'],
  ])('keeps %j as %j', (input, kept) => expect(normalizePhone('phone', input, undefined)).toBe(kept));

  it('reads national numbers of the default region', () => {
    expect(normalizePhone('phone', '138 1234 5678', readRegion('cn'))).toBe('+8613812345678');
    expect(normalizePhone('phone', '(775) 555-0154', readRegion('US'))).toBe('+17755550154');
    refuses(() => normalizePhone('phone', '13812345678', undefined), '13812345678');
    expect(() => normalizePhone('phone', '13812345678', undefined)).toThrow('default region');
  });

  it.each([
    'n/a',
    '12',
    '+1555',
    '+999123456789',
    '+8613812345678 ext. 5',
    'call +8613812345678',
    '+86138\n12345678',
    '+441',
    '0',
  ])('refuses %j without repeating it', (input) =>
    refuses(() => normalizePhone('phone', input, readRegion('CN')), input),
  );

  it('removes the trunk zero that people leave in', () => {
    expect(normalizePhone('phone', '+4407700900123', undefined)).toBe('+447700900123');
  });

  it('keeps what it made', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^\+?[0-9 ()-]{6,18}$/), (text) => {
        let kept: string;
        try {
          kept = normalizePhone('phone', text, 'CN');
        } catch {
          return;
        }
        expect(kept).toMatch(/^\+[1-9]\d{4,14}$/);
        expect(normalizePhone('phone', kept, 'CN')).toBe(kept);
      }),
    );
  });

  it('refuses an unknown region', () => refuses(() => readRegion('XX'), 'XX-'));
});

describe('push tokens', () => {
  it('keeps visible ASCII as it is', () =>
    expect(normalizePushToken('pushToken', ' fX:APA91-b_c ')).toBe('fX:APA91-b_c'));
  it.each(['', 'a b', 'a\nb', 'a\0', 'tökn', 'x'.repeat(2_049)])('refuses %j', (input) =>
    refuses(() => normalizePushToken('pushToken', input), input),
  );
  it('knows its platforms', () => {
    expect(readPushPlatform('pushPlatform', 'iOS')).toBe('ios');
    refuses(() => readPushPlatform('pushPlatform', 'symbian'), 'symbian');
  });
});
