import { CHANNELS, type Channel } from '../core/channels.js';
import { DomainError } from '../core/errors.js';
import type { CouponId, PromotionId } from '../core/ids.js';
import type { MessageTemplate } from '../core/ports/provider.js';
import { DAY_MS, formatInstant, type EpochMs } from '../core/time.js';
import type { DeliveryMode } from '../ledger/cell-moves.js';
import { checkMessage } from '../message/message.js';
import type { CampaignClass, ChannelPolicy } from './campaign.js';
import { offerOf, requireMode, type ChannelCatalogue, type ChannelOffer } from './channel-offer.js';
import { commonFieldNames, type Offered } from './common-fields.js';

/** What a person decides about a campaign, beside its audience. */
export interface CampaignDraft {
  /** 1 to 120 characters. */
  readonly name: string;
  readonly promotionId?: PromotionId | undefined;
  readonly couponId?: CouponId | undefined;
  /** `bulk` unless said otherwise. */
  readonly campaignClass?: CampaignClass | undefined;
  /** `all` unless said otherwise. */
  readonly policy?: ChannelPolicy | undefined;
  /** One to four, each once; their order is what policy `first` goes by. */
  readonly channels: readonly ChannelDraft[];
  /** Undefined = as soon as launched. */
  readonly launchAt?: EpochMs | undefined;
  /** Undefined = the coupon's end, else the promotion's, else 72 h after the start; never after the coupon's. */
  readonly deliverUntil?: EpochMs | undefined;
}

export interface ChannelDraft extends CampaignPace {
  readonly channel: Channel;
  readonly message: MessageTemplate;
  /** Undefined = the channel's own default. */
  readonly mode?: DeliveryMode | undefined;
}

/** Pace of a campaign on a channel, under the channel's own; undefined = no limit of its own. 0.1 and more. */
export interface CampaignPace {
  readonly membersPerSecond?: number | undefined;
  readonly requestsPerSecond?: number | undefined;
}

const MAX_NAME_CHARACTERS = 120;
const MIN_PACE_PER_SECOND = 0.1;
const MAX_PACE_PER_SECOND = 10_000_000;
const MAX_AHEAD_MS = 366 * DAY_MS;
const CONTROL_CHARACTERS = /[\p{Cc}\u2028\u2029]/u;

/**
 * Checks a draft and brings its name to one form.
 * @throws DomainError `INVALID_INPUT` with the field; `INVALID_TEMPLATE`, `CHANNEL_NOT_READY`, `DELIVERY_MODE_REFUSED`.
 */
export function checkDraft<Draft extends CampaignDraft>(
  draft: Draft,
  { catalogue, now }: { readonly catalogue: ChannelCatalogue; readonly now: EpochMs },
): Draft {
  const name = draft.name.normalize('NFC').trim().replace(/\s+/gu, ' ');
  if (name === '' || Array.from(name).length > MAX_NAME_CHARACTERS || CONTROL_CHARACTERS.test(name)) {
    refuse('name', `The name must have 1 to ${MAX_NAME_CHARACTERS} characters and no control characters.`);
  }
  checkTimes(draft, now);
  checkChannelList(draft.channels);
  draft.channels.forEach((channel, index) => {
    checkChannel(channel, offerOf(catalogue, channel.channel), {
      hasPromotion: draft.promotionId !== undefined,
      hasCoupon: draft.couponId !== undefined,
    });
    checkPace(channel, `channels.${index}`);
  });
  return { ...draft, name };
}

/** @throws DomainError `INVALID_INPUT` for a limit outside its range. */
export function checkPace(pace: CampaignPace, field: string): void {
  for (const limit of ['membersPerSecond', 'requestsPerSecond'] as const) {
    const value = pace[limit];
    if (value === undefined || (value >= MIN_PACE_PER_SECOND && value <= MAX_PACE_PER_SECOND)) continue;
    refuse(
      `${field}.${limit}`,
      `${limit} must be ${MIN_PACE_PER_SECOND} to ${MAX_PACE_PER_SECOND}, not ${value}; leave it out for no limit, pause the campaign for none at all.`,
    );
  }
}

/** @throws DomainError `INVALID_INPUT` when an instant lies in the past, too far ahead, or the two contradict. */
export function checkTimes(
  { launchAt, deliverUntil }: Pick<CampaignDraft, 'launchAt' | 'deliverUntil'>,
  now: EpochMs,
): void {
  if (launchAt !== undefined && launchAt > now + MAX_AHEAD_MS) {
    refuse(
      'launchAt',
      `The launch lies more than a year ahead (it is ${formatInstant(now)} now); choose an earlier time.`,
    );
  }
  if (deliverUntil === undefined) return;
  if (deliverUntil <= Math.max(now, launchAt ?? 0)) {
    refuse(
      'deliverUntil',
      `Delivery would end at ${formatInstant(deliverUntil)}, before it starts; choose a later time.`,
    );
  }
}

function checkChannelList(channels: readonly ChannelDraft[]): void {
  if (channels.length === 0) refuse('channels', `Choose at least one channel of ${CHANNELS.join(', ')}.`);
  channels.forEach(({ channel }, index) => {
    if (channels.findIndex((other) => other.channel === channel) === index) return;
    refuse(`channels.${index}.channel`, `The channel ${channel} stands twice; give each channel one message.`);
  });
}

function checkChannel({ channel, message, mode }: ChannelDraft, offer: ChannelOffer, offered: Offered): void {
  checkMessage(channel, message, commonFieldNames(offered));
  requireMode(offer, mode ?? offer.defaultMode);
}

function refuse(field: string, message: string): never {
  throw new DomainError('INVALID_INPUT', message, { field });
}
