import type { Channel } from '../../src/core/channels.js';
import type { Chunk, ChunkAnswer, Provider, ProviderCapabilities } from '../../src/core/ports/provider.js';
import { kindAt } from '../../src/push/merge-answers.js';
import type { ChannelPusherStats } from '../../src/push/channel-pusher.js';
import { Killed, type Life } from './life.js';
import type { World } from './world.js';

/** A provider with everything that is handed to it and that it answers written down. */
export class WatchedProvider implements Provider {
  readonly channel: Channel;
  readonly capabilities: ProviderCapabilities;

  constructor(
    private readonly inner: Provider,
    private readonly life: Life,
    private readonly world: World,
    private readonly stats: () => ChannelPusherStats | undefined,
  ) {
    this.channel = inner.channel;
    this.capabilities = inner.capabilities;
  }

  async send(chunk: Chunk, options: { readonly signal: AbortSignal }): Promise<ChunkAnswer> {
    const { life, world, channel } = this;
    const { campaignId, referenceCampaignId } = chunk;
    const ordinals = [...chunk.ordinals];
    world.trace.note(world.nowMs, `${life.number} ${channel} send`, campaignId, chunk.ordinals, chunk.rounds);
    if (this.stats()?.circuit === 'probing') world.sightings.saw('circuit probed');
    const requests = Math.ceil(ordinals.length / this.capabilities.maxRequestMembers);
    world.history.handedOver.push({ atMs: world.nowMs, life: life.number, channel, campaignId, ordinals, requests });
    ordinals.forEach((ordinal, index) => {
      const round = chunk.rounds[index] ?? 0;
      world.noteSender({ campaignId: referenceCampaignId, channel, ordinal, round }, campaignId);
    });
    const answer = await this.inner.send(chunk, options);
    try {
      life.pass('afterAnswer');
    } catch (error) {
      if (error instanceof Killed) return new Promise(() => undefined);
      throw error;
    }
    this.note(chunk, ordinals, answer);
    return answer;
  }

  close(): Promise<void> {
    return this.inner.close();
  }

  private note({ campaignId }: Chunk, ordinals: readonly number[], answer: ChunkAnswer): void {
    const { life, world, channel } = this;
    world.trace.note(world.nowMs, `${life.number} ${channel} answer`, answer);
    const { retryAfterMs } = answer;
    ordinals.forEach((ordinal, index) => {
      const kind = kindAt(answer, index);
      const seen = { atMs: world.nowMs, life: life.number, channel, campaignId, ordinal, kind, retryAfterMs };
      world.history.answered.push(seen);
    });
    if (answer.isAccountThrottle === true && retryAfterMs !== undefined) {
      const untilMs = world.nowMs + retryAfterMs;
      world.history.accountWaits.push({ channel, life: life.number, fromMs: world.nowMs, untilMs });
    }
  }
}
