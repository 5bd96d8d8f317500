import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { providerConformance } from '../../../../test/conformance/provider.js';
import {
  chunkOf,
  kindsOf,
  neverAborted,
  references,
  unsubscribeTokens,
} from '../../../../test/support/vendors/chunk.js';
import {
  MAIL_BEHAVIOURS,
  openMailVendor,
  SILENT_SERVER,
  referenceOf,
  smtpConfig,
  type ServerOptions,
} from '../../../../test/support/vendors/mail-behaviours.js';
import { MailVendor, refusal, type MailAnswer } from '../../../../test/support/vendors/mail-vendor.js';
import type { AnswerKind, Chunk } from '../../../core/ports/provider.js';
import type { SmtpProviderConfig } from '../../../push/config/smtp-provider-config.js';
import { systemClock } from '../../system/system-clock.js';
import { SmtpProvider } from './smtp-provider.js';

const openProvider = (config: SmtpProviderConfig, password?: string): SmtpProvider =>
  new SmtpProvider(
    'email',
    { config, password, ca: undefined },
    { clock: systemClock, references, tokens: unsubscribeTokens },
  );

providerConformance('SMTP', {
  channel: 'email',
  behaviours: MAIL_BEHAVIOURS,
  open: (behaviour) => openMailVendor(behaviour, openProvider),
});

interface Live {
  readonly vendor: MailVendor;
  readonly provider: SmtpProvider;
}

async function withServer(
  server: ServerOptions,
  settings: object,
  use: (live: Live) => Promise<void>,
  password?: string,
): Promise<void> {
  const vendor = await MailVendor.start(server);
  const provider = openProvider(smtpConfig(vendor.port, settings), password);
  try {
    await use({ vendor, provider });
  } finally {
    await provider.close();
    await vendor.stop();
  }
}

const mail = (options: Partial<Parameters<typeof chunkOf>[0]> = {}): Chunk =>
  chunkOf({ channel: 'email', count: 1, ...options });

const sendOne = async (provider: SmtpProvider, chunk: Chunk = mail()): Promise<AnswerKind | undefined> =>
  kindsOf(await provider.send(chunk, { signal: neverAborted }), 1)[0];

describe('a mail', () => {
  it('has a text and an HTML part, and a Message-ID from its reference', async () => {
    await withServer({}, {}, async ({ vendor, provider }) => {
      const message = {
        subject: '{{promotion.name}}，{{member.name}}',
        body: 'a < b\n{{member.name}}',
        link: 'https://shop.example/?m={{member.id}}&x=1',
      };
      await sendOne(provider, mail({ message, from: 5 }));
      const [taken] = vendor.taken;
      expect(taken?.to).toEqual(['m5@shop.example']);
      expect(taken?.from).toBe('offers@shop.example');
      expect(taken?.text).toContain('multipart/alternative');
      expect(references.read(referenceOf(taken ?? { to: [], from: '', text: '' }))).toMatchObject({ ordinal: 5 });
      const decoded = decodeParts(taken?.text ?? '');
      expect(decoded).toContain('a < b\n李5\n\nhttps://shop.example/?m=M5&x=1');
      expect(decoded).toContain('<p>a &lt; b<br>\n李5</p>');
      expect(decoded).toContain('<a href="https://shop.example/?m=M5&amp;x=1">');
      expect(taken?.text).not.toMatch(/^List-Unsubscribe/im);
    });
  });

  it('carries one-click unsubscribe with a token that names member and campaign', async () => {
    await withServer({}, { unsubscribeUrl: 'https://shop.example/u?lang=zh' }, async ({ vendor, provider }) => {
      await sendOne(
        provider,
        mail({ from: 9, message: { subject: 's', body: 'b', html: '<body><b>{{member.name}}</b></body>' } }),
      );
      const text = vendor.taken[0]?.text.replace(/\r\n[ \t]+/g, ' ') ?? '';
      const token =
        /^List-Unsubscribe: <https:\/\/shop\.example\/u\?lang=zh&token=([\w-]+)>\r$/im.exec(text)?.[1] ?? '';
      expect(unsubscribeTokens.read(token)).toEqual({ ordinal: 9, channel: 'email', campaignId: 42 });
      expect(text).toMatch(/^List-Unsubscribe-Post: List-Unsubscribe=One-Click\r$/im);
      expect(decodeParts(vendor.taken[0]?.text ?? '')).toMatch(
        /<b>李9<\/b><p[^>]*><a href="https:[^"]*token=[^"]*">[^<]*<\/a><\/p>\n<\/body>/,
      );
    });
  });

  it('has one recipient and the headers we gave it, whatever names and addresses hold', async () => {
    await withServer({}, { connections: 2 }, async ({ vendor, provider }) => {
      const hostile = fc.oneof(
        fc.constantFrom(
          'x\r\nBcc: v@evil.example',
          'x\nTo: v@evil.example\n\nbody',
          'a@b.example>\r\nRCPT TO:<v@evil.example',
          'a@b.example,v@evil.example',
          '"a@b.example v@evil.example"@c.example',
          'a@b.example\u0000',
          '<a@b.example>',
          'group: a@b.example;',
          '\r\n.\r\nMAIL FROM:<a@b.example>',
        ),
        fc.string({ unit: fc.constantFrom('\r', '\n', '\u0000', '<', '>', '@', ',', '"', '.', 'a', '券', ' ', ':') }),
      );
      await fc.assert(
        fc.asyncProperty(hostile, fc.oneof(hostile, fc.constant('a@b.example')), async (name, email) => {
          vendor.taken.length = 0;
          const message = { subject: 'S {{member.name}}', body: '{{member.name}}' };
          const kind = await sendOne(provider, mail({ message, members: () => ({ name, email }) }));
          expect(['accepted', 'addressRefused', 'messageRefused']).toContain(kind);
          expect(vendor.taken.length).toBe(kind === 'accepted' ? 1 : 0);
          for (const { to, text } of vendor.taken) {
            expect(to).toHaveLength(1);
            const headers = text.split('\r\n\r\n')[0] ?? '';
            expect(headers).not.toMatch(/^(?:Bcc|Cc):/im);
            expect(headers.match(/^(?:To|Subject|From|Message-ID):/gim)).toHaveLength(4);
          }
        }),
        { numRuns: 150 },
      );
      await sendOne(provider, mail({ members: () => ({ name: 'x\r\nBcc: v@evil.example' }) }));
      expect(vendor.taken.at(-1)?.to).toEqual(['m0@shop.example']);
    });
  });
});

describe('an SMTP provider', () => {
  const atRcpt = (code: number, text: string): ServerOptions => ({
    onRcptTo: (_address, _session, done) => done(refusal(code, text)),
  });
  const atData = (code: number, text: string): ServerOptions => ({
    answer: ((_mail, done) => done(refusal(code, text))) satisfies MailAnswer,
  });

  it.each<[string, ServerOptions, AnswerKind]>([
    ['450 at RCPT', atRcpt(450, 'Greylisted'), 'transient'],
    ['550 at RCPT', atRcpt(550, 'No such user'), 'addressRefused'],
    ['552 at RCPT', atRcpt(552, 'Mailbox full'), 'messageRefused'],
    ['554 at RCPT', atRcpt(554, 'Policy'), 'messageRefused'],
    ['451 at the dot', atData(451, 'Try later'), 'transient'],
    ['421 at the dot', atData(421, 'Going down'), 'throttled'],
    ['552 at the dot', atData(552, 'Too large'), 'messageRefused'],
    ['554 at the dot', atData(554, 'Spam'), 'messageRefused'],
    ['451 at MAIL', { onMailFrom: (_a, _s, done) => done(refusal(451, 'Later')) }, 'transient'],
    ['530 at MAIL', { onMailFrom: (_a, _s, done) => done(refusal(530, 'Login first')) }, 'accountRefused'],
    ['554 as greeting', { onConnect: (_s, done) => done(refusal(554, 'Go away')) }, 'accountRefused'],
    ['421 as greeting', { onConnect: (_s, done) => done(refusal(421, 'Too many')) }, 'throttled'],
  ])('reads %s, and the next mail goes on', async (_what, server, kind) => {
    await withServer(server, {}, async ({ provider }) => {
      expect(await sendOne(provider)).toBe(kind);
      // A server that closed its door is left alone for a while.
      expect(await sendOne(provider)).toBe(kind === 'throttled' ? 'notSent' : kind);
    });
  });

  it('logs in, and fails nobody when that is refused', async () => {
    const server: ServerOptions = {
      authOptional: false,
      allowInsecureAuth: true,
      onAuth: ({ username, password }, _session, done) => {
        if (username === 'shop' && password === 'right') done(null, { user: username });
        else done(refusal(535, 'Wrong password'));
      },
    };
    const auth = { user: 'shop', password: { env: 'SMTP_PASSWORD' } };
    await withServer(
      server,
      { auth },
      async ({ provider }) => expect(await sendOne(provider)).toBe('accepted'),
      'right',
    );
    await withServer(
      server,
      { auth },
      async ({ provider }) => expect(await sendOne(provider)).toBe('accountRefused'),
      'wrong',
    );
    await withServer(server, {}, async ({ provider }) => expect(await sendOne(provider)).toBe('accountRefused'));
  });

  it('sends nothing in clear where TLS is required', async () => {
    await withServer({}, { tls: 'required' }, async ({ vendor, provider }) => {
      expect(await sendOne(provider)).toBe('accountRefused');
      expect(vendor.taken).toEqual([]);
    });
  });

  it('keeps its connections, no more than it may, and renews them in time', async () => {
    await withServer({}, { connections: 2 }, async ({ vendor, provider }) => {
      await provider.send(mail({ count: 20 }), { signal: neverAborted });
      expect(vendor.taken).toHaveLength(20);
      expect(vendor.connections).toBeLessThanOrEqual(2);
    });
    await withServer({}, { connections: 1, maxMailsPerConnection: 5 }, async ({ vendor, provider }) => {
      await provider.send(mail({ count: 20 }), { signal: neverAborted });
      expect(vendor.connections).toBe(4);
    });
  });

  it('goes on over a new connection when the server ended an idle one', async () => {
    await withServer({}, { connections: 1 }, async ({ vendor, provider }) => {
      for (let turn = 0; turn < 3; turn++) {
        expect(await sendOne(provider)).toBe('accepted');
        vendor.dropConnections();
      }
      expect(vendor.taken).toHaveLength(3);
    });
  });

  it('does not send again what hung after the dot', async () => {
    await withServer({ answer: () => undefined }, SILENT_SERVER, async ({ vendor, provider }) => {
      expect(await sendOne(provider)).toBe('ambiguous');
      expect(vendor.taken).toHaveLength(1);
    });
  });
});

/** The parts of a mail with their transfer encodings undone; enough for texts of these tests. */
function decodeParts(text: string): string {
  return text
    .split(/^--[^\r\n]+\r?$/m)
    .map((part) => {
      const [head = '', ...rest] = part.replace(/^\r\n/, '').split('\r\n\r\n');
      const body = rest.join('\r\n\r\n');
      if (/encoding: base64/i.test(head)) return Buffer.from(body, 'base64').toString('utf8');
      if (!/encoding: quoted-printable/i.test(head)) return body;
      const bytes = body
        .replace(/=\r\n/g, '')
        .replace(/=([0-9A-F]{2})/g, (_all, hex: string) => String.fromCharCode(parseInt(hex, 16)));
      return Buffer.from(bytes, 'latin1').toString('utf8');
    })
    .join('\n')
    .replaceAll('\r\n', '\n');
}
