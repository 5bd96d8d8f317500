import type { Pacer, PaceLimit } from '../core/ports/pacer.js';
import type { Store } from '../core/ports/store.js';
import type { EpochMs } from '../core/time.js';
import type { ChannelSettings } from './channel-settings.js';
import { loadStreams } from './load-streams.js';
import type { PushTx } from './push-tx.js';
import { RefusalWatch } from './refusal-watch.js';
import type { PushStream } from './stream.js';
import { TurnOrder } from './turn-order.js';
import type { TurnResult } from './turn-plan.js';

/** A campaign on a channel, with what its pusher remembers of it. */
export interface StreamState {
  readonly stream: PushStream;
  readonly weight: number;
  readonly watch: RefusalWatch;
  /** The campaign's own pace on this channel; may change while it runs. */
  pace: PaceLimit;
  /** When rows can be claimed again; null = none waits. */
  nextDueAt: number | null;
}

/** The campaigns that a channel pushes now. The store decides; this is what was last read of it. */
export class StreamTable {
  readonly order = new TurnOrder<StreamState>();
  private readonly states = new Map<number, StreamState>();

  get(stream: PushStream): StreamState | undefined {
    return this.states.get(stream.campaignId);
  }

  all(): Iterable<StreamState> {
    return this.states.values();
  }

  /** Reads anew what may be pushed; everything is looked at again. */
  async load(store: Store<PushTx>, settings: ChannelSettings, pacer: Pacer): Promise<void> {
    const known = new Map([...this.states].map(([id, { stream }]) => [id, stream]));
    const loaded = await store.read((tx) => loadStreams(tx, settings, known));
    const present = new Set<number>();
    for (const { stream, pace } of loaded) {
      present.add(stream.campaignId);
      pacer.setLimit(paceKeyOf(stream), pace);
      const state = this.states.get(stream.campaignId);
      if (state === undefined) this.states.set(stream.campaignId, newState(stream, pace));
      else Object.assign(state, { pace, nextDueAt: 0 });
    }
    for (const id of [...this.states.keys()]) if (!present.has(id)) this.states.delete(id);
    this.order.setItems([...this.states.values()]);
  }

  /** Learns from a turn who may not be pushed any more, and when there is something to claim again. */
  update({ streams, buckets }: TurnResult, now: EpochMs): void {
    for (const { stream, nextDueAt, isRunnable } of streams) {
      const state = this.get(stream);
      if (!isRunnable) this.states.delete(stream.campaignId);
      else if (state !== undefined && nextDueAt !== undefined) state.nextDueAt = nextDueAt;
    }
    if (streams.some(({ isRunnable }) => !isRunnable)) this.order.setItems([...this.states.values()]);
    // A row given back may be due before all that was known of: look again.
    for (const { before, after } of buckets) {
      const state = this.get(before.stream);
      if (after === undefined && state !== undefined) state.nextDueAt = Math.min(state.nextDueAt ?? Infinity, now);
    }
  }

  /** Nothing that was known of due rows is sure any more. */
  lookAgain(): void {
    for (const state of this.states.values()) state.nextDueAt = 0;
  }

  /** The earliest instant after `now` at which rows come due; undefined when none is known. */
  nextDueAfter(now: EpochMs): number | undefined {
    let earliest: number | undefined;
    for (const { nextDueAt } of this.states.values()) {
      if (nextDueAt !== null && nextDueAt > now) earliest = Math.min(earliest ?? Infinity, nextDueAt);
    }
    return earliest;
  }
}

export const paceKeyOf = ({ campaignId, channel }: PushStream): string => `campaign:${campaignId}:${channel}`;

const newState = (stream: PushStream, pace: PaceLimit): StreamState => ({
  stream,
  weight: stream.weight,
  watch: new RefusalWatch(),
  pace,
  nextDueAt: 0,
});
