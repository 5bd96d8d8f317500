/** A campaign as a person writes it: channels, their messages and limits, whom it goes to. */
import { CAMPAIGN_CLASSES, CHANNEL_POLICIES } from '../campaign/campaign.js';
import { CHANNELS, type Channel } from '../core/channels.js';
import type { Language } from '../core/language.js';
import { nearestWord } from '../core/nearest.js';
import { DELIVERY_MODES, type DeliveryMode } from '../ledger/cell-moves.js';
import { PARTS_BY_CHANNEL, type MessagePart } from '../message/message.js';
import { STARTER_TEMPLATES } from '../message/starter-templates.js';
import type { CliContext } from './cli-context.js';
import { UsageError } from './cli-errors.js';
import { option } from './command-spec.js';
import { time, whereOption } from './common-options.js';
import { readFilter } from './filter-option.js';
import { readJsonFile, readTextFile } from './input-file.js';
import { assignment, choice, commaList, decimalNumber, flag, many, rowId, single, text } from './option-reader.js';
import { CAMPAIGN_TEXT as T } from './text/campaign-text.js';

const MAX_PER_SECOND = 10_000_000;
export const perSecond = decimalNumber(0.1, MAX_PER_SECOND);
export const channelName = choice(CHANNELS);

/** The options of `campaign create` and `campaign edit`. */
export const campaignOptions = {
  name: option('--name <text>', T.name, single(text)),
  promotion: option('-p, --promotion <id>', T.promotion, single(rowId)),
  coupon: option('--coupon <id>', T.coupon, single(rowId)),
  channel: option('-c, --channel <channels>', T.channels, single(commaList(channelName))),
  where: whereOption,
  members: option('--members <file>', T.membersFile, single(text)),
  everybody: option('--everybody', T.everybody, flag()),
  subject: option('--subject <text>', T.subject, single(text)),
  title: option('--title <text>', T.title, single(text)),
  body: option('--body <text>', T.body, single(text)),
  link: option('--link <url>', T.link, single(text)),
  message: option('--message <channel=file>', T.message, many(assignment(channelName, text))),
  template: option('--template <id>', T.template, many(text)),
  policy: option('--policy <policy>', T.policy, single(choice(CHANNEL_POLICIES))),
  campaignClass: option('--class <class>', T.campaignClass, single(choice(CAMPAIGN_CLASSES))),
  mode: option('--mode <channel=mode>', T.mode, many(assignment(channelName, choice(DELIVERY_MODES)))),
  pace: option('--pace <channel=n>', T.channelPace, many(assignment(channelName, perSecond))),
  requests: option('--requests <channel=n>', T.channelRequests, many(assignment(channelName, perSecond))),
  at: option('--at <time>', T.at, single(time)),
  deliverUntil: option('--deliver-until <time>', T.deliverUntil, single(time)),
} as const;

type ByChannel<Value> = readonly (readonly [Channel, Value])[];

export interface MessageInput {
  readonly channel: readonly Channel[] | undefined;
  readonly subject: string | undefined;
  readonly title: string | undefined;
  readonly body: string | undefined;
  readonly link: string | undefined;
  readonly message: ByChannel<string>;
  readonly template: readonly string[];
  readonly mode: ByChannel<DeliveryMode>;
  readonly pace: ByChannel<number>;
  readonly requests: ByChannel<number>;
}

export type Message = Readonly<Partial<Record<MessagePart, string | undefined>>>;

/** A channel as the API takes it. */
export interface ChannelBody {
  readonly channel: Channel;
  readonly message: Record<string, unknown>;
  readonly mode?: string | undefined;
  readonly membersPerSecond?: number | undefined;
  readonly requestsPerSecond?: number | undefined;
}

export interface ChannelDefaults {
  /** What a channel is when the options say nothing of it: those of the draft that is edited. */
  readonly present: readonly ChannelBody[];
  /** Begin with a starter template where nothing else is said. */
  readonly usesStarters: boolean;
}

/** The channels with their messages and limits. @throws UsageError for what does not fit together. */
export async function channelsOf(
  context: Pick<CliContext, 'language' | 'stdin'>,
  input: MessageInput,
  { present, usesStarters }: ChannelDefaults,
): Promise<readonly ChannelBody[]> {
  const channels = input.channel ?? present.map(({ channel }) => channel);
  if (channels.length === 0) throw new UsageError(T.missing('--channel'));
  const templates = templatesOf(input.template, channels);
  for (const [channel] of [...input.message, ...input.mode, ...input.pace, ...input.requests]) {
    if (!channels.includes(channel)) throw new UsageError(T.strayChannel(channel));
  }
  refuseUnseenTexts(input, channels);
  const bodies: ChannelBody[] = [];
  for (const channel of channels) {
    const before = present.find((known) => known.channel === channel);
    const file = valueFor(input.message, channel);
    const starter = usesStarters ? starterOf(channel, context.language) : undefined;
    const base = templates.get(channel) ?? before?.message ?? starter ?? {};
    const message = file === undefined ? { ...base, ...partsOf(input, channel) } : await readJsonFile(context, file);
    if (message['body'] === undefined) throw new UsageError(T.noMessage(channel));
    bodies.push({
      channel,
      message,
      ...definedOf({
        mode: valueFor(input.mode, channel) ?? before?.mode,
        membersPerSecond: valueFor(input.pace, channel) ?? before?.membersPerSecond,
        requestsPerSecond: valueFor(input.requests, channel) ?? before?.requestsPerSecond,
      }),
    });
  }
  return bodies;
}

/** True when an option says anything of channels or messages. */
export const namesChannels = (input: MessageInput): boolean =>
  [input.channel, input.subject, input.title, input.body, input.link].some((value) => value !== undefined) ||
  [input.message, input.template, input.mode, input.pace, input.requests].some((values) => values.length > 0);

/** The parts given for all channels that this one shows. An e-mail's subject is a title elsewhere, and the reverse. */
function partsOf({ subject, title, body, link }: MessageInput, channel: Channel): Message {
  const given: Message = definedOf({ subject: subject ?? title, title: title ?? subject, body, link });
  const shown: readonly string[] = PARTS_BY_CHANNEL[channel];
  return Object.fromEntries(Object.entries(given).filter(([part]) => shown.includes(part)));
}

/** A text that no channel of the campaign shows was meant to be read. @throws UsageError */
function refuseUnseenTexts(input: MessageInput, channels: readonly Channel[]): void {
  const composed = channels.filter((channel) => valueFor(input.message, channel) === undefined);
  const shown = new Set<string>(composed.flatMap((channel) => PARTS_BY_CHANNEL[channel]));
  const isHeadingShown = shown.has('subject') || shown.has('title'); // either stands for the other where that is not given
  const hasBoth = input.subject !== undefined && input.title !== undefined;
  const unseen = (['subject', 'title', 'body', 'link'] as const).find((part) => {
    if (input[part] === undefined || shown.has(part)) return false;
    return part === 'body' || part === 'link' || hasBoth || !isHeadingShown;
  });
  if (unseen !== undefined) throw new UsageError(T.unseenText(`--${unseen}`));
}

export const starterOf = (channel: Channel, language: Language): Message | undefined =>
  STARTER_TEMPLATES.find((template) => template.channel === channel && template.language === language)?.message;

function templatesOf(ids: readonly string[], channels: readonly Channel[]): ReadonlyMap<Channel, Message> {
  return new Map(
    ids.map((id) => {
      const template = STARTER_TEMPLATES.find((known) => known.id === id);
      if (template === undefined) {
        const known = STARTER_TEMPLATES.map((starter) => starter.id);
        throw new UsageError(T.unknownTemplate(id, nearestWord(id, known)));
      }
      if (!channels.includes(template.channel)) throw new UsageError(T.strayTemplate(id, template.channel));
      return [template.channel, template.message];
    }),
  );
}

const valueFor = <Value>(values: ByChannel<Value>, channel: Channel): Value | undefined =>
  values.findLast(([name]) => name === channel)?.[1];

export interface AudienceInput {
  readonly where: string | undefined;
  readonly members: string | undefined;
  readonly everybody: boolean;
}

/** The audience as the API takes it; undefined when no option names one. @throws UsageError */
export async function audienceOf(
  context: Pick<CliContext, 'stdin'>,
  { where, members, everybody }: AudienceInput,
): Promise<Readonly<Record<string, unknown>> | undefined> {
  if ([where !== undefined, members !== undefined, everybody].filter(Boolean).length > 1) {
    throw new UsageError(T.oneAudience);
  }
  if (where !== undefined) return { kind: 'filter', filter: readFilter(where) };
  if (members === undefined) return everybody ? { kind: 'everybody' } : undefined;
  const lines = (await readTextFile(context, members)).replace(/^\ufeff/, '').split(/\r?\n/);
  return { kind: 'list', memberIds: lines.map((line) => line.trim()).filter((line) => line !== '') };
}

/** Without the values that are undefined. */
export const definedOf = <Values extends Readonly<Record<string, unknown>>>(
  values: Values,
): { [Name in keyof Values]?: Exclude<Values[Name], undefined> } =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [Name in keyof Values]?: Exclude<Values[Name], undefined>;
  }; // the same keys, fewer
