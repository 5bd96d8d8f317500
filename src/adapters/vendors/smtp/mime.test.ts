import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { writeMime, type MimeMail } from './mime.js';

const BASE: MimeMail = {
  from: { name: '店铺', address: 'offers@shop.example' },
  to: { name: 'Li "W" \\ei', address: 'li@shop.example' },
  replyTo: 'help@shop.example',
  subject: 'Hello',
  messageId: 'abc@shop.example',
  dateMs: Date.parse('2027-11-11T08:09:10Z'),
  headers: { 'X-One': '1' },
  text: 'a\nb',
  html: '<p>a</p>',
  boundary: '=_b',
};

const write = (over: Partial<MimeMail>): string => writeMime({ ...BASE, ...over }).toString('utf8');

/** Words of RFC 2047 undone, as a reader shows them. */
const decodeWords = (header: string): string =>
  header
    .replace(/\?=\r\n (?==\?)/g, '?=')
    .replace(/=\?UTF-8\?B\?([A-Za-z0-9+/=]*)\?=/g, (_all, word: string) =>
      Buffer.from(word, 'base64').toString('utf8'),
    );

const headerOf = (mail: string, name: string): string =>
  new RegExp(`^${name}: ((?:.|\\r\\n )*)\\r$`, 'm').exec(mail)?.[1] ?? '';

function partOf(mail: string, contentType: string): string {
  const [, head = '', body = ''] =
    new RegExp(`Content-Type: ${contentType}; charset=utf-8\\r\\n(.*)\\r\\n\\r\\n([^]*?)\\r\\n--=_b`).exec(mail) ?? [];
  return head.endsWith('base64') ? Buffer.from(body, 'base64').toString('utf8') : body;
}

describe('a mail as bytes', () => {
  it('is what the standards say', () => {
    expect(write({})).toBe(
      [
        'From: =?UTF-8?B?5bqX6ZO6?= <offers@shop.example>',
        'To: "Li \\"W\\" \\\\ei" <li@shop.example>',
        'Reply-To: help@shop.example',
        'Subject: Hello',
        'Message-ID: <abc@shop.example>',
        'Date: Thu, 11 Nov 2027 08:09:10 +0000',
        'X-One: 1',
        'MIME-Version: 1.0',
        'Content-Type: multipart/alternative; boundary="=_b"',
        '',
        '--=_b',
        'Content-Type: text/plain; charset=utf-8',
        'Content-Transfer-Encoding: 7bit',
        '',
        'a',
        'b',
        '--=_b',
        'Content-Type: text/html; charset=utf-8',
        'Content-Transfer-Encoding: 7bit',
        '',
        '<p>a</p>',
        '--=_b--',
        '',
      ].join('\r\n'),
    );
  });

  it('carries any subject, name and text unchanged, in short lines', () => {
    const line = fc.string({
      unit: fc.constantFrom('券', 'é', '😀', 'a', ' ', '=', '?', '"', '\\', '<', ','),
      maxLength: 120,
    });
    const text = fc.string({ unit: fc.constantFrom('券', 'a', '.', '\n', '=', '-', '\t', ' '), maxLength: 2_000 });
    fc.assert(
      fc.property(line, line, text, (subject, name, body) => {
        const mail = write({ subject, to: { name, address: 'li@shop.example' }, text: body, html: body });
        expect(decodeWords(headerOf(mail, 'Subject'))).toBe(subject);
        const header = headerOf(mail, 'To');
        const to = header.startsWith('"') // else the quotes, if any, are the name's own
          ? header.replace(/^"(.*)" </, (_all, quoted: string) => `${quoted.replace(/\\(.)/g, '$1')} <`)
          : decodeWords(header);
        expect(to).toBe(name === '' ? 'li@shop.example' : `${name} <li@shop.example>`);
        for (const type of ['text/plain', 'text/html']) expect(partOf(mail, type)).toBe(body.replaceAll('\n', '\r\n'));
        for (const one of mail.split('\r\n')) expect(one.length).toBeLessThanOrEqual(998);
        expect(mail).not.toMatch(/[^\r]\n/);
      }),
    );
  });
});
