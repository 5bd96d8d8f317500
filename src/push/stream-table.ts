import type { Pacer, PaceLimit } from '../core/ports/pacer.js';
import type { Store } from '../core/ports/store.js';
import type { ChannelSettings } from './channel-settings.js';
import { ClaimRight, type TaskOutcome } from './claim-right.js';
import { loadStreams } from './load-streams.js';
import type { PushTx } from './push-tx.js';
import { RefusalWatch } from './refusal-watch.js';
import type { PushStream } from './stream.js';
import { TurnOrder } from './turn-order.js';
import type { TurnPlan, TurnResult } from './turn-plan.js';

/** A campaign on a channel, with what its pusher remembers of it. */
export interface StreamState {
  readonly stream: PushStream;
  readonly weight: number;
  readonly watch: RefusalWatch;
  /** The campaign's own pace on this channel; may change while it runs. */
  pace: PaceLimit;
  /** When rows can be claimed again; null = none waits. */
  nextDueAt: number | null;
  /** How many buckets this node may claim of it. */
  readonly right: ClaimRight;
}

/** The campaigns that a channel pushes now. The store decides; this is what was last read of it. */
export class StreamTable {
  readonly order = new TurnOrder<StreamState>();
  private readonly states = new Map<number, StreamState>();
  /** Tasks of campaigns that were not read yet. */
  private unknown: OfferedTask[] = [];
  /** Those of them that came before the reading that is under way: it will know their campaigns, or there are none. */
  private waiting: OfferedTask[] = [];
  private hasLoaded = false;

  /** @param usesTasks true where tasks say which node looks for due rows. */
  constructor(private readonly usesTasks = false) {}

  get size(): number {
    return this.states.size;
  }

  get(stream: PushStream): StreamState | undefined {
    return this.states.get(stream.campaignId);
  }

  all(): Iterable<StreamState> {
    return this.states.values();
  }

  /** A task invites this node to a campaign. Answers whether it is known, or has to be read first. */
  offer(task: OfferedTask, nowMs: number): boolean {
    const state = this.states.get(task.campaignId);
    if (state === undefined) {
      this.unknown.push(task);
      return false;
    }
    state.right.take(task, nowMs);
    state.nextDueAt = 0;
    return true;
  }

  /** Forgets a task that was offered. */
  withdraw({ campaignId, end }: OfferedTask): void {
    this.states.get(campaignId)?.right.drop(end);
    this.unknown = this.unknown.filter((task) => task.end !== end);
    this.waiting = this.waiting.filter((task) => task.end !== end);
  }

  /** Refuses every task that is held. */
  refuseTasks(): void {
    for (const { end } of [...this.unknown.splice(0), ...this.waiting.splice(0)]) end('refused');
    for (const { right } of this.states.values()) right.close();
  }

  /** Reads anew what may be pushed; everything that no task stands for is looked at again. */
  async load(store: Store<PushTx>, settings: ChannelSettings, pacer: Pacer, nowMs: number): Promise<void> {
    this.waiting.push(...this.unknown.splice(0)); // with those of a reading that failed
    const known = new Map([...this.states].map(([id, { stream }]) => [id, stream]));
    const loaded = await store.read((tx) => loadStreams(tx, settings, known));
    const present = new Set<number>();
    // Those that ran before this node was there may have no task left: they are swept at once.
    const quietSinceMs = this.hasLoaded ? nowMs : -Infinity;
    this.hasLoaded = true;
    for (const { stream, pace } of loaded) {
      present.add(stream.campaignId);
      pacer.setLimit(paceKeyOf(stream), pace);
      const state = this.states.get(stream.campaignId);
      if (state === undefined)
        this.states.set(stream.campaignId, newState(stream, pace, new ClaimRight(!this.usesTasks, quietSinceMs)));
      else Object.assign(state, { pace, nextDueAt: 0 });
    }
    for (const id of [...this.states.keys()]) if (!present.has(id)) this.remove(id);
    for (const task of this.waiting.splice(0)) {
      if (this.states.has(task.campaignId)) this.offer(task, nowMs);
      else task.end('refused');
    }
    this.order.setItems([...this.states.values()]);
  }

  /** Learns from a turn who may not be pushed any more, and when there is something to claim again. */
  update({ streams, buckets }: TurnResult, { now, plannedAtMs }: Pick<TurnPlan, 'now' | 'plannedAtMs'>): void {
    for (const { stream, nextDueAt, isRunnable, claimedBuckets, isShort } of streams) {
      const state = this.get(stream);
      if (!isRunnable) this.remove(stream.campaignId);
      if (!isRunnable || state === undefined) continue;
      const isExhausted = nextDueAt !== undefined;
      state.right.claimed(claimedBuckets, { isExhausted, isShort, plannedAtMs });
      // A task that came while the turn ran may tell of rows that it did not see.
      if (isExhausted) state.nextDueAt = this.usesTasks && state.right.buckets > 0 ? 0 : nextDueAt;
    }
    if (streams.some(({ isRunnable }) => !isRunnable)) this.order.setItems([...this.states.values()]);
    // A row given back may be due before all that was known of: look again.
    for (const { before, after } of buckets) {
      const state = this.get(before.stream);
      if (after === undefined && state !== undefined) state.nextDueAt = Math.min(state.nextDueAt ?? Infinity, now);
    }
  }

  /** Campaigns whose tasks have stayed away are looked at without any. */
  sweep(nowMs: number): void {
    for (const state of this.states.values()) {
      if (state.right.sweepsInMs(nowMs) > 0) continue;
      state.nextDueAt = 0;
      state.right.lookAgain(nowMs);
    }
  }

  nextSweepInMs(nowMs: number): number {
    return Math.min(Infinity, ...[...this.states.values()].map(({ right }) => right.sweepsInMs(nowMs)));
  }

  /** Nothing that was known of due rows is sure any more. */
  lookAgain(nowMs: number): void {
    for (const state of this.states.values()) {
      state.nextDueAt = 0;
      state.right.lookAgain(nowMs);
    }
  }

  private remove(campaignId: number): void {
    this.states.get(campaignId)?.right.close();
    this.states.delete(campaignId);
  }

  /** The earliest instant after `now` at which rows come due; undefined when none is known. */
  nextDueAfter(now: number): number | undefined {
    let earliest: number | undefined;
    for (const { nextDueAt } of this.states.values()) {
      if (nextDueAt !== null && nextDueAt > now) earliest = Math.min(earliest ?? Infinity, nextDueAt);
    }
    return earliest;
  }
}

export const paceKeyOf = ({ campaignId, channel }: PushStream): string => `campaign:${campaignId}:${channel}`;

const newState = (stream: PushStream, pace: PaceLimit, right: ClaimRight): StreamState => ({
  stream,
  weight: stream.weight,
  watch: new RefusalWatch(),
  pace,
  nextDueAt: 0,
  right,
});

/** A task as its consumer offers it. */
export interface OfferedTask {
  readonly campaignId: number;
  /** None follows it when its buckets are claimed. */
  readonly isExtra: boolean;
  readonly end: (outcome: TaskOutcome) => void;
}
