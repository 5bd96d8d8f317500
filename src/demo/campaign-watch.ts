/** Campaigns as they go on: the server's own progress, and the rates that follow from it. */
import type { z } from 'zod';
import type { Channel } from '../core/channels.js';
import type { Clock } from '../core/ports/clock.js';
import { campaignOutput } from '../http/campaign-schemas.js';
import type { DemoApi } from './demo-api.js';

export type CampaignView = z.output<typeof campaignOutput>;
export type ChannelView = CampaignView['channels'][number];

/** How a channel of a campaign stands at a moment. */
export interface ChannelProgress {
  readonly campaign: string;
  readonly channel: Channel;
  /** Members of the audience; undefined before it is frozen. */
  readonly totalMembers: number | undefined;
  readonly doneMembers: number;
  /** Over the last seconds; over the whole delivery once it is done. */
  readonly membersPerSecond: number;
  /** At this rate; undefined where nothing moves or all is done. */
  readonly leftMs: number | undefined;
  /** From the first hand-over to the last outcome, once it is done. */
  readonly tookMs: number | undefined;
  readonly outcomes: ChannelView['outcomes'];
  readonly pauseReasons: readonly string[];
}

const RATE_SPAN_MS = 5_000;
const LOOK_MS = 20;

interface Sample {
  readonly atMs: number;
  readonly doneMembers: number;
}

/** Follows campaigns until they have ended. */
export class CampaignWatch {
  private readonly latest = new Map<number, CampaignView>();
  private readonly samples = new Map<string, Sample[]>();

  constructor(
    private readonly api: DemoApi,
    private readonly clock: Clock,
    private readonly campaignIds: readonly number[],
  ) {}

  /** Resolves with the campaigns in the order of their ids once all have ended. */
  async untilEnded(): Promise<readonly CampaignView[]> {
    return Promise.all(this.campaignIds.map((id) => this.follow(id)));
  }

  /** Resolves with a campaign as soon as it is as wanted. @throws the signal's reason when it aborts. */
  async until(id: number, isAsWanted: (campaign: CampaignView) => boolean, signal: AbortSignal): Promise<CampaignView> {
    for (;;) {
      const campaign = this.latest.get(id);
      if (campaign !== undefined && isAsWanted(campaign)) return campaign;
      await this.clock.sleep(LOOK_MS, signal);
      signal.throwIfAborted();
    }
  }

  /** What is known of the campaigns so far. */
  get campaigns(): readonly CampaignView[] {
    return this.campaignIds.flatMap((id) => this.latest.get(id) ?? []);
  }

  progress(): readonly ChannelProgress[] {
    const nowMs = this.clock.monotonicMs();
    return this.campaigns.flatMap((campaign) =>
      campaign.channels.map((channel) => this.progressOf(campaign, channel, nowMs)),
    );
  }

  private async follow(id: number): Promise<CampaignView> {
    for (;;) {
      for await (const { event, data } of this.api.events(`/v1/campaigns/${id}/progress`)) {
        if (event !== 'progress') break; // the server says what is wrong with the stream; ask again
        const campaign = campaignOutput.parse(data);
        this.take(campaign);
        if (campaign.endedAt !== null) return campaign;
      }
    }
  }

  private take(campaign: CampaignView): void {
    this.latest.set(campaign.id, campaign);
    const atMs = this.clock.monotonicMs();
    for (const channel of campaign.channels) {
      const key = keyOf(campaign, channel);
      const kept = (this.samples.get(key) ?? []).filter((sample) => atMs - sample.atMs <= RATE_SPAN_MS);
      this.samples.set(key, [...kept, { atMs, doneMembers: doneOf(channel) }]);
    }
  }

  private progressOf(campaign: CampaignView, channel: ChannelView, nowMs: number): ChannelProgress {
    const totalMembers = campaign.audience.members ?? undefined;
    const doneMembers = doneOf(channel);
    const tookMs = tookOf(channel);
    const membersPerSecond =
      tookMs === undefined
        ? this.recentRate(keyOf(campaign, channel), nowMs)
        : doneMembers / (Math.max(1, tookMs) / 1e3);
    const leftMembers = (totalMembers ?? 0) - doneMembers;
    const canTell = tookMs === undefined && totalMembers !== undefined && membersPerSecond > 0;
    return {
      campaign: campaign.name,
      channel: channel.channel,
      totalMembers,
      doneMembers,
      membersPerSecond,
      leftMs: canTell ? (leftMembers / membersPerSecond) * 1_000 : undefined,
      tookMs,
      outcomes: channel.outcomes,
      pauseReasons: [...campaign.pauseReasons, ...channel.pauseReasons],
    };
  }

  private recentRate(key: string, nowMs: number): number {
    const samples = (this.samples.get(key) ?? []).filter(({ atMs }) => nowMs - atMs <= RATE_SPAN_MS);
    const [first, last] = [samples[0], samples.at(-1)];
    if (first === undefined || last === undefined || nowMs - first.atMs < 1) return 0;
    return ((last.doneMembers - first.doneMembers) / (nowMs - first.atMs)) * 1_000;
  }
}

const keyOf = ({ id }: CampaignView, { channel }: ChannelView): string => `${id}/${channel}`;

function doneOf({ books }: ChannelView): number {
  return books.sent + books.failed + books.unknown + books.suppressed;
}

function tookOf({ settledAt, firstHandoverAt, lastOutcomeAt }: ChannelView): number | undefined {
  if (settledAt === null) return undefined;
  if (firstHandoverAt === null || lastOutcomeAt === null) return 0;
  return Date.parse(lastOutcomeAt) - Date.parse(firstHandoverAt);
}
