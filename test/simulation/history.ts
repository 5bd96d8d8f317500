import type { Channel } from '../../src/core/channels.js';
import type { AnswerKind } from '../../src/core/ports/provider.js';

/** A member of a campaign on a channel, as one number; campaigns and ordinals of a run are small. */
export const cellKey = (campaignId: number, channelIndex: number, ordinal: number): number =>
  (campaignId * 4 + channelIndex) * 1_000_000 + ordinal;

/** A member in a request at the moment its first byte was written. */
export interface Written {
  readonly atMs: number;
  /** When a connection was asked for; the first byte follows once there is one. */
  readonly startedAtMs: number;
  readonly life: number;
  readonly channel: Channel;
  /** The campaign that sends; differs from the one of the reference where a child uses its parent's. */
  readonly campaignId: number;
  readonly referenceCampaignId: number;
  readonly ordinal: number;
  readonly round: number;
}

/** A chunk as the pusher handed it over. */
export interface HandedOver {
  readonly atMs: number;
  readonly life: number;
  readonly channel: Channel;
  readonly campaignId: number;
  readonly ordinals: readonly number[];
  readonly requests: number;
}

/** What the provider answered the pusher for a member. */
export interface Answered {
  readonly atMs: number;
  readonly life: number;
  readonly channel: Channel;
  readonly campaignId: number;
  readonly ordinal: number;
  readonly kind: AnswerKind;
  readonly retryAfterMs: number | undefined;
}

/** A span in which nothing may be sent: from an acknowledgement on, until somebody asked to go on. */
export interface Hold {
  readonly campaignId: number;
  /** Undefined = on all. */
  readonly channel: Channel | undefined;
  readonly why: 'paused' | 'cancelled' | 'audience in doubt';
  readonly fromMs: number;
  untilMs: number;
}

/** A member who may not be told any more. */
export interface OptOut {
  readonly ordinal: number;
  readonly channel: Channel;
  readonly askedAtMs: number;
  /** Undefined = never acknowledged, so it may or may not hold. */
  ackedAtMs: number | undefined;
  readonly how: 'denied' | 'suppressed' | 'erased';
}

export interface PaceChange {
  readonly key: string;
  readonly atMs: number;
  readonly membersPerSecond: number | null;
}

/** What the outside saw and was told; the judge believes nothing else but the books themselves. */
export class History {
  readonly written: Written[] = [];
  readonly handedOver: HandedOver[] = [];
  readonly answered: Answered[] = [];
  readonly holds: Hold[] = [];
  readonly optOuts: OptOut[] = [];
  readonly pace: PaceChange[] = [];
  /** Cells that a process took over in flight, with how often. */
  readonly takenOver = new Map<number, number>();
  /** Cells in flight when the books were last looked at. */
  readonly inFlight = new Set<number>();
  /** Buckets that were settled with members in flight whose holder had died. */
  readonly leftInFlight = new Set<string>();
  /** Campaigns that were asked to be cancelled, acknowledged or not. */
  readonly cancelAsked = new Set<number>();
  readonly launchAsked = new Map<number, number>();
  /** Ends of accounts' Retry-After as the pusher learnt of them, per channel and life. */
  readonly accountWaits: { channel: Channel; life: number; fromMs: number; untilMs: number }[] = [];
  /** When processes died or were stopped, and when syncs failed: what makes a takeover legitimate. */
  readonly breaks: number[] = [];
}
