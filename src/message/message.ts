import { DomainError } from '../core/errors.js';
import type { Channel } from '../core/channels.js';
import type { MessageTemplate, RecipientColumn, RecipientFields } from '../core/ports/provider.js';
import { chain, escapeHeader, escapeHtml, escapeText, escapeUrl, keepAsIs, type Escape } from './escape.js';
import { memberFieldSource, messageFields } from './fields.js';
import { createRenderer, type Columns, type Piece } from './renderer.js';
import { fieldNames, parseTemplate, type Template } from './template.js';

/** The parts of a message, in the order people read them. */
export const MESSAGE_PARTS = ['subject', 'title', 'body', 'html', 'link'] as const;
export type MessagePart = (typeof MESSAGE_PARTS)[number];

/** Limits of a part in bytes of UTF-8, and how values are escaped in it. */
const PART_RULES = {
  subject: { maxBytes: 1_000, isSingleLine: true, escape: escapeHeader },
  title: { maxBytes: 1_000, isSingleLine: true, escape: escapeHeader },
  body: { maxBytes: 65_536, isSingleLine: false, escape: escapeText },
  html: { maxBytes: 262_144, isSingleLine: false, escape: escapeHtml },
  link: { maxBytes: 2_000, isSingleLine: true, escape: escapeUrl },
} as const satisfies Record<MessagePart, { maxBytes: number; isSingleLine: boolean; escape: Escape }>;

/** Parts a channel shows; the others are refused, because nobody would ever see them. */
export const PARTS_BY_CHANNEL = {
  inbox: ['title', 'body', 'link'],
  sms: ['body', 'link'],
  email: ['subject', 'body', 'html', 'link'],
  app: ['title', 'body', 'link'],
} as const satisfies Record<Channel, readonly MessagePart[]>;

/** A message whose parts have been parsed. */
export interface ParsedMessage {
  readonly parts: Readonly<Partial<Record<MessagePart, Template>>>;
}

/** A message as one member reads it. */
export type RenderedMessage = Readonly<Partial<Record<MessagePart, string>>>;

/**
 * Parses a message and checks it for a channel, before launch.
 * @param commonFields names of the `promotion.*` and `campaign.*` fields that the campaign has a value for.
 * @throws DomainError `INVALID_TEMPLATE`: an unknown field (the nearest known one is named), a part too long, missing
 *   or not shown on this channel, a link that is not http(s).
 */
export function checkMessage(
  channel: Channel,
  message: MessageTemplate,
  commonFields: readonly string[],
): ParsedMessage {
  const shown: readonly MessagePart[] = PARTS_BY_CHANNEL[channel];
  const extra = MESSAGE_PARTS.find((part) => message[part] !== undefined && !shown.includes(part));
  if (extra !== undefined) {
    throw new DomainError('INVALID_TEMPLATE', `A message by ${channel} has no ${extra}; it has ${shown.join(', ')}.`, {
      channel,
      part: extra,
      parts: shown,
    });
  }
  if (message.body.trim() === '') {
    throw new DomainError('INVALID_TEMPLATE', `The body of the message by ${channel} is empty; write one.`, {
      channel,
      part: 'body',
    });
  }
  if (channel === 'email' && (message.subject ?? '').trim() === '') {
    throw new DomainError('INVALID_TEMPLATE', 'A message by email needs a subject.', { channel, part: 'subject' });
  }
  checkLink(message.link);
  return parseMessage(message, commonFields);
}

/** The scheme and the host of a link stand in the template itself: no member's value can choose where it leads. */
function checkLink(link: string | undefined): void {
  if (link === undefined || /^https?:\/\/[^\s/?#{}@\\]+(?:[/?#]|$)/i.test(link)) return;
  throw new DomainError(
    'INVALID_TEMPLATE',
    'The link must begin with http:// or https:// and a fixed host; fields may stand after the host.',
    { part: 'link' },
  );
}

/** Parses a message that was checked before, as a worker thread does. */
export function parseMessage(message: MessageTemplate, commonFields: readonly string[]): ParsedMessage {
  const knownFields = messageFields(commonFields);
  const parts: Partial<Record<MessagePart, Template>> = {};
  for (const part of MESSAGE_PARTS) {
    const text = message[part];
    if (text !== undefined) parts[part] = parseTemplate(text, { part, ...PART_RULES[part], knownFields });
  }
  return { parts };
}

/** What must be read of each member to render the message. */
export function columnsOfMessage(message: ParsedMessage): readonly RecipientColumn[] {
  const names = Object.values(message.parts).flatMap(fieldNames);
  return [...new Set(names.flatMap((name) => memberFieldSource(name)?.column ?? []))];
}

export interface PieceOptions {
  readonly commonFields: Readonly<Record<string, string>>;
  /** Wraps the part's own escaping, as `escapeJson` for a text that stands inside a JSON string. */
  readonly outer?: Escape;
  /** Replaces the part's own escaping of values and literal text, as `escapeHtml` for a text shown as HTML. */
  readonly inner?: Escape;
}

/** A part as pieces for `createRenderer`: common fields are put in here, member fields become slots. */
export function piecesOfPart(message: ParsedMessage, part: MessagePart, options: PieceOptions): readonly Piece[] {
  const outer = options.outer ?? keepAsIs;
  const escapeValue = chain(options.inner ?? PART_RULES[part].escape, outer);
  const escapeLiteral = chain(options.inner ?? keepAsIs, outer);
  return (message.parts[part]?.segments ?? []).map((segment) => {
    if (typeof segment === 'string') return escapeLiteral(segment);
    const fallback = escapeValue(segment.fallback);
    const source = memberFieldSource(segment.name);
    if (source === undefined) return escapeValue(options.commonFields[segment.name] ?? '') || fallback;
    return { column: source.column, key: source.attribute, escape: escapeValue, fallback };
  });
}

/** The message as one member reads it: an inbox page, a preview, a record that is looked up. */
export function renderForMember(
  message: ParsedMessage,
  member: Partial<RecipientFields>,
  commonFields: Readonly<Record<string, string>>,
): RenderedMessage {
  const columns: Columns = Object.fromEntries(Object.entries(member).map(([column, value]) => [column, [value]]));
  const rendered: Partial<Record<MessagePart, string>> = {};
  for (const part of MESSAGE_PARTS) {
    if (message.parts[part] === undefined) continue;
    rendered[part] = createRenderer(piecesOfPart(message, part, { commonFields })).over(columns)(0);
  }
  return rendered;
}
