import { domainToASCII } from 'node:url';
import { campaignId, ordinal, type CampaignId } from '../../../core/ids.js';
import type { Channel } from '../../../core/channels.js';
import type { EpochMs } from '../../../core/time.js';
import { chain, escapeHeader, escapeHtml, type Escape } from '../../../message/escape.js';
import { piecesOfPart, type ParsedMessage } from '../../../message/message.js';
import { createRenderer, type Columns, type Piece, type Renderer } from '../../../message/renderer.js';
import type { SmtpProviderConfig } from '../../../push/config/smtp-provider-config.js';
import type { UnsubscribeTokens } from '../../../push/unsubscribe-token.js';
import { writeMime } from './mime.js';

/** A mail as it goes to the server, or why it can't be one. */
export type WrittenMail =
  | { readonly kind: 'mail'; readonly from: string; readonly to: string; readonly bytes: Buffer }
  | { readonly kind: 'addressRefused' | 'messageRefused'; readonly code: string };

/** One message of one campaign, ready to be written to each member. */
export interface CompiledMail {
  readonly subject: Renderer;
  readonly text: Renderer;
  readonly html: Renderer;
}

export interface MailTarget {
  readonly row: number;
  readonly ordinal: number;
  readonly campaignId: CampaignId;
  readonly reference: string;
  readonly columns: Columns;
  readonly at: EpochMs;
}

/** Line breaks and NUL would begin a header or an address of their own: they are refused, not mended. */
const INJECTION = /[\r\n\u0000]/;
/** One address with a domain and nothing that separates addresses or ends the SMTP argument. */
const ADDRESS = /^[^\s<>()[\]\\,;:"@\u0000-\u001f\u007f]{1,64}@[^\s<>()\\,;:"@\u0000-\u001f\u007f]{1,255}$/;

/** The address as it goes to RCPT, its domain in ASCII; undefined when it is not exactly one. */
function plainAddress(value: unknown): string | undefined {
  if (typeof value !== 'string' || !ADDRESS.test(value)) return undefined;
  const at = value.lastIndexOf('@');
  const domain = domainToASCII(value.slice(at + 1));
  return domain === '' ? undefined : `${value.slice(0, at)}@${domain}`;
}

const withLineBreaks: Escape = (text) => text.replaceAll('\n', '<br>\n');

export function compileMail(message: ParsedMessage, commonFields: Readonly<Record<string, string>>): CompiledMail {
  const part = (
    name: 'subject' | 'body' | 'html' | 'link',
    escapes: { inner?: Escape; outer?: Escape } = {},
  ): readonly Piece[] => piecesOfPart(message, name, { commonFields, ...escapes });
  const hasLink = message.parts.link !== undefined;
  const link = part('link', { outer: escapeHtml });
  const body = part('body', { inner: chain(escapeHtml, withLineBreaks) });
  const htmlFromText = [
    '<p>',
    ...body,
    '</p>\n',
    ...(hasLink ? ['<p><a href="', ...link, '">', ...link, '</a></p>\n'] : []),
  ];
  return {
    subject: createRenderer(part('subject')),
    text: createRenderer([...part('body'), ...(hasLink ? ['\n\n', ...part('link')] : [])]),
    html: createRenderer(message.parts.html === undefined ? htmlFromText : part('html')),
  };
}

/** Writes mails: two parts, Message-ID from the reference, one-click unsubscribe (RFC 8058). */
export class MailWriter {
  private readonly config: SmtpProviderConfig;
  private readonly tokens: UnsubscribeTokens;
  private readonly channel: Channel;
  private readonly messageIdDomain: string;

  constructor(config: SmtpProviderConfig, options: { readonly tokens: UnsubscribeTokens; readonly channel: Channel }) {
    this.config = config;
    this.tokens = options.tokens;
    this.channel = options.channel;
    this.messageIdDomain = config.messageIdDomain ?? config.from.address.replace(/^.*@/, '');
  }

  write(mail: CompiledMail, target: MailTarget): WrittenMail {
    const { columns, row } = target;
    const to = plainAddress(columns['email']?.[row]);
    if (to === undefined) return { kind: 'addressRefused', code: 'badAddress' };
    const subject = mail.subject.over(columns)(row);
    if (INJECTION.test(subject)) return { kind: 'messageRefused', code: 'lineBreakInSubject' };
    const name = columns['name']?.[row];
    const unsubscribe = this.unsubscribeLink(target);
    const { from, replyTo } = this.config;
    const bytes = writeMime({
      from,
      to: { name: typeof name === 'string' ? escapeHeader(name).trim() : undefined, address: to },
      replyTo,
      subject,
      messageId: `${target.reference}@${this.messageIdDomain}`,
      dateMs: target.at,
      headers: unsubscribe === undefined ? {} : unsubscribeHeaders(unsubscribe),
      text: withTextFooter(mail.text.over(columns)(row), unsubscribe),
      html: withHtmlFooter(mail.html.over(columns)(row), unsubscribe),
      boundary: `=_${target.reference}`, // nobody outside can write the reference into a message before it is sent
    });
    return { kind: 'mail', from: from.address, to, bytes };
  }

  private unsubscribeLink(target: MailTarget): string | undefined {
    if (this.config.unsubscribeUrl === undefined) return undefined;
    const url = new URL(this.config.unsubscribeUrl);
    const token = this.tokens.write({
      ordinal: ordinal(target.ordinal),
      channel: this.channel,
      campaignId: campaignId(target.campaignId),
    });
    url.searchParams.set('token', token);
    return url.href;
  }
}

/** RFC 8058: the link, and that a POST to it with this body is enough. */
const unsubscribeHeaders = (link: string): Readonly<Record<string, string>> => ({
  'List-Unsubscribe': `<${link}>`,
  'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click',
});

const withTextFooter = (text: string, link: string | undefined): string =>
  link === undefined ? text : `${text}\n\n--\n退订 / Unsubscribe: ${link}\n`;

function withHtmlFooter(html: string, link: string | undefined): string {
  if (link === undefined) return html;
  const footer = `<p style="font-size:small"><a href="${escapeHtml(link)}">退订 / Unsubscribe</a></p>\n`;
  const end = html.toLowerCase().lastIndexOf('</body>');
  return end < 0 ? html + footer : html.slice(0, end) + footer + html.slice(end);
}
