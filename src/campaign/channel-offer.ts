import { assertNever } from '../core/assert.js';
import { CHANNELS, type Channel } from '../core/channels.js';
import { DomainError } from '../core/errors.js';
import type { PaceLimit } from '../core/ports/pacer.js';
import type { ProviderCapabilities } from '../core/ports/provider.js';
import { DELIVERY_MODES, type DeliveryMode } from '../ledger/cell-moves.js';
import type { Price } from '../push/price.js';

/** What a channel of this deployment offers to campaigns. */
export interface ChannelOffer {
  readonly channel: Channel;
  /** Of the provider behind it; undefined for the own inbox, whose send is the ledger's transaction. */
  readonly capabilities: ProviderCapabilities | undefined;
  readonly defaultMode: DeliveryMode;
  /** Members handed over whose outcome is not durable yet: what a crash may double or leave unknown. */
  readonly windowMembers: number;
  /** Sends after an ambiguous answer, where the mode is at least once. */
  readonly maxAmbiguousTries: number;
  /** Undefined where telling a member costs nothing. */
  readonly price: Price | undefined;
  /** Pace of the provider's account, shared by all campaigns. */
  readonly pace: PaceLimit;
}

/** The channels that can be used now. */
export type ChannelCatalogue = ReadonlyMap<Channel, ChannelOffer>;

/** The modes that a channel keeps: keyed needs a vendor that honours a key per member for a known time. */
export function modesOf({ capabilities }: Pick<ChannelOffer, 'capabilities'>): readonly DeliveryMode[] {
  if (capabilities === undefined) return ['keyed'];
  return capabilities.isKeyed ? DELIVERY_MODES : ['atLeastOnce', 'atMostOnce'];
}

/** @throws DomainError `CHANNEL_NOT_READY` when the deployment has no such channel. */
export function offerOf(catalogue: ChannelCatalogue, channel: Channel): ChannelOffer {
  const offer = catalogue.get(channel);
  if (offer !== undefined) return offer;
  const ready = CHANNELS.filter((known) => catalogue.has(known));
  throw new DomainError(
    'CHANNEL_NOT_READY',
    `No provider is configured for ${channel}; ready are ${ready.join(', ') || 'none'}. Add it to the channels of the configuration.`,
    { channel, ready },
  );
}

/** @throws DomainError `DELIVERY_MODE_REFUSED` that says why the channel cannot keep the mode. */
export function requireMode(offer: ChannelOffer, mode: DeliveryMode): void {
  const modes = modesOf(offer);
  if (modes.includes(mode)) return;
  const { channel } = offer;
  const reason =
    offer.capabilities === undefined
      ? 'the own inbox is always keyed'
      : 'its provider does not recognise a repeated message by a key per member';
  throw new DomainError(
    'DELIVERY_MODE_REFUSED',
    `The channel ${channel} cannot deliver ${mode}: ${reason}. Choose ${modes.join(' or ')}.`,
    { channel, mode, modes },
  );
}

/** What a mode promises, in words for people. */
export function modeInWords(
  mode: DeliveryMode,
  offer: Pick<ChannelOffer, 'windowMembers' | 'maxAmbiguousTries'>,
): string {
  const { windowMembers, maxAmbiguousTries } = offer;
  switch (mode) {
    case 'keyed':
      return 'nobody is missed and nobody is told twice: a repeated message carries the same key, which the receiver recognises';
    case 'atLeastOnce':
      return (
        `nobody is missed; a crash sends at most ${windowMembers} members again, and an unclear answer at most ` +
        `${maxAmbiguousTries} more ${maxAmbiguousTries === 1 ? 'time' : 'times'}; those are listed as possibly doubled`
      );
    case 'atMostOnce':
      return `nobody is told twice; a crash leaves at most ${windowMembers} members unknown, and so does every unclear answer; those are listed`;
    default:
      return assertNever(mode);
  }
}
