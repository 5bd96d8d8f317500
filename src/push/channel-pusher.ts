/**
 * Pushes one channel: a single loop that plans a turn, runs it as one transaction, and hands the marked chunks to the
 * provider. Answers that come while a commit runs are merged by the next one, so one commit serves many chunks.
 *
 *   plan (who, how many: order of turns, pace, window, circuit) ─► turn (store) ─► dispatch ─► answers ─► plan …
 *
 * Memory: at most `windowMembers` members in flight and the buckets they are in. Nothing here is the truth: a pusher
 * that dies leaves leased rows, which the next one takes over.
 */
import type { Clock } from '../core/ports/clock.js';
import type { ChunkAnswer } from '../core/ports/provider.js';
import type { Pacer, PaceLimit } from '../core/ports/pacer.js';
import type { Random } from '../core/ports/random.js';
import type { Store } from '../core/ports/store.js';
import { epochMs } from '../core/time.js';
import type { ChannelSettings } from './channel-settings.js';
import { Circuit, PROBE_MEMBERS } from './circuit.js';
import type { PushTx } from './push-tx.js';
import { RefusalWatch } from './refusal-watch.js';
import { isPassDone, type HeldBucket, type PushStream } from './stream.js';
import { loadStreams } from './load-streams.js';
import { ISOLATION_LOSSES, runTurn } from './turn.js';
import { TurnOrder } from './turn-order.js';
import type { FinishedChunk, MarkedChunk, StreamWant, TurnPlan, TurnResult } from './turn-plan.js';
import { WakeSignal } from './wake-signal.js';

/** The sweep that repairs what no wake-up told of. */
const SWEEP_MS = 2_000;
/** Buckets decided in one turn, so that a commit stays around 10 ms. */
const MAX_TURN_BUCKETS = 32;
const MAX_CHUNK_MEMBERS = 1_000;
const MAX_TURN_MEMBERS = MAX_TURN_BUCKETS * MAX_CHUNK_MEMBERS;
/** Share of a second that one chunk may take under a limit in members. */
const CHUNKS_PER_SECOND = 50;
/** What no socket has seen this long after it was marked is not sent any more: 75 % of a lease of 8 s. */
const SEND_WITHIN_MS = 6_000;
const AFTER_STORE_ERROR_MS = 200;

export interface ChannelPusherOptions {
  readonly settings: ChannelSettings;
  readonly store: Store<PushTx>;
  readonly pacer: Pacer;
  readonly clock: Clock;
  readonly random: Random;
  /** Names this process in leases. */
  readonly owner: string;
  readonly onEvent: (event: PushEvent) => void;
}

export type PushEvent =
  | { readonly kind: 'push.storeError'; readonly channel: string; readonly error: unknown }
  | { readonly kind: 'push.circuit'; readonly channel: string; readonly state: string };

export interface ChannelPusherStats {
  readonly openMembers: number;
  readonly openRequests: number;
  readonly heldBuckets: number;
  readonly turns: number;
  readonly circuit: 'closed' | 'open' | 'probing';
  readonly waitsForVendorMs: number;
}

/** A campaign on this channel, with what the pusher remembers of it. */
interface StreamState {
  readonly stream: PushStream;
  readonly weight: number;
  readonly watch: RefusalWatch;
  /** The campaign's own pace on this channel; may change while it runs. */
  pace: PaceLimit;
  /** When rows can be claimed again; null = none waits. */
  nextDueAt: number | null;
}

export class ChannelPusher {
  private readonly streams = new Map<number, StreamState>();
  private readonly order = new TurnOrder<StreamState>();
  private readonly held = new Map<string, HeldBucket>();
  private readonly finished: FinishedChunk[] = [];
  private readonly refusing = new Set<PushStream>();
  private readonly circuit: Circuit;
  private readonly wakeUp = new WakeSignal();
  private readonly sending = new AbortController();
  private readonly idling = new AbortController();
  private openMembers = 0;
  private openRequests = 0;
  private turns = 0;
  private vendorWaitUntilMs = 0;
  private paceWaitMs = Infinity;
  /** How many of `finished` the turn under way has taken. */
  private plannedAnswers = 0;
  private streamsReadAtMs = -Infinity;
  private areStreamsStale = true;
  private isStopping = false;
  private running: Promise<void> | undefined;

  constructor(private readonly options: ChannelPusherOptions) {
    this.circuit = new Circuit(options.clock, options.random);
    options.pacer.setLimit(this.channelKey, options.settings.pace);
  }

  start(): void {
    this.running ??= this.run();
  }

  /** Something changed: a campaign was frozen, resumed, paced. Cheap; may be called at any time. */
  wake(): void {
    this.areStreamsStale = true;
    this.wakeUp.wake();
  }

  stats(): ChannelPusherStats {
    const { openMembers, openRequests, turns } = this;
    return {
      openMembers,
      openRequests,
      turns,
      heldBuckets: this.held.size,
      circuit: this.circuit.state,
      waitsForVendorMs: Math.max(0, this.vendorWaitUntilMs - this.options.clock.monotonicMs()),
    };
  }

  /**
   * Takes nothing new, waits up to `drainMs` for answers, aborts what has none by then, records all outcomes and gives
   * the leases back. Answers how many members had no answer. Safe to call twice.
   */
  async stop(drainMs: number): Promise<number> {
    this.isStopping = true;
    this.wakeUp.wake();
    const deadline = new AbortController();
    let unanswered = 0;
    const abortLate = this.options.clock.sleep(drainMs, deadline.signal).then(() => {
      if (deadline.signal.aborted) return;
      unanswered = this.openMembers;
      this.sending.abort();
    });
    await this.running;
    deadline.abort();
    this.idling.abort();
    await abortLate;
    return unanswered;
  }

  private get channelKey(): string {
    return `channel:${this.options.settings.channel}`;
  }

  private async run(): Promise<void> {
    while (!this.isStopping || this.held.size > 0 || this.openRequests > 0) {
      try {
        await this.refreshStreams();
        const plan = this.plan();
        if (plan === undefined) {
          await this.waitForWork();
          continue;
        }
        const result = await this.options.store.transaction((tx) => runTurn(tx, plan), { isBulk: true });
        this.apply(plan, result);
      } catch (error) {
        this.options.onEvent({ kind: 'push.storeError', channel: this.options.settings.channel, error });
        await this.recover();
      }
    }
  }

  /**
   * After a failed transaction nobody knows whether it was written. Buckets that nobody has on a socket are given up
   * in memory and their leases ended, so that they are claimed again; the others are settled by their answers.
   */
  private async recover(): Promise<void> {
    await this.options.clock.sleep(AFTER_STORE_ERROR_MS);
    const { channel } = this.options.settings;
    const kept = [...this.held.values()].filter(({ openCount }) => openCount > 0);
    try {
      await this.options.store.transaction((tx) =>
        tx.ledger.endStrayLeases({
          owner: this.options.owner,
          channel,
          now: this.options.clock.now(),
          keep: kept.map(({ stream, bucket, token }) => ({ campaignId: stream.campaignId, channel, bucket, token })),
        }),
      );
      for (const [key, held] of this.held) if (held.openCount === 0) this.held.delete(key);
    } catch (error) {
      // Still away: the next turn of the loop meets the same error and comes back here.
      this.options.onEvent({ kind: 'push.storeError', channel, error });
    }
    for (const state of this.streams.values()) state.nextDueAt = 0;
  }

  private async refreshStreams(): Promise<void> {
    const nowMs = this.options.clock.monotonicMs();
    if (!this.areStreamsStale && nowMs - this.streamsReadAtMs < SWEEP_MS) return;
    this.areStreamsStale = false;
    this.streamsReadAtMs = nowMs;
    const { settings, store, pacer } = this.options;
    const known = new Map([...this.streams].map(([id, state]) => [id, state.stream]));
    const loaded = await store.read((tx) => loadStreams(tx, settings, known));
    const present = new Set<number>();
    for (const { stream, pace } of loaded) {
      present.add(stream.campaignId);
      pacer.setLimit(campaignKey(stream), pace);
      const state = this.streams.get(stream.campaignId);
      if (state === undefined) {
        this.streams.set(stream.campaignId, {
          stream,
          weight: stream.weight,
          watch: new RefusalWatch(),
          pace,
          nextDueAt: 0,
        });
      } else {
        state.pace = pace;
        state.nextDueAt = 0;
      }
    }
    for (const id of [...this.streams.keys()]) if (!present.has(id)) this.streams.delete(id);
    this.order.setItems([...this.streams.values()]);
  }

  /** What to write now, or undefined when there is nothing to do before something happens. */
  private plan(): TurnPlan | undefined {
    const { settings, clock, owner } = this.options;
    const answers = this.resolveFinished();
    this.plannedAnswers = this.finished.length;
    const wants = this.isStopping ? [] : this.chooseWants();
    const giveBack = [...this.held.values()].filter(
      (held) => held.openCount === 0 && (this.isStopping || !this.streams.has(held.stream.campaignId)),
    );
    if (answers.length === 0 && wants.length === 0 && giveBack.length === 0 && this.refusing.size === 0)
      return undefined;
    return {
      channel: settings.channel,
      now: clock.now(),
      owner,
      isInStore: settings.provider === undefined,
      keyLifeMs: settings.provider?.capabilities.keyLifeMs,
      answers,
      wants,
      giveBack,
      refusing: [...this.refusing],
      backOffMs: (tries) => this.backOffMs(tries),
    };
  }

  /** Finished chunks with their buckets as held now; of buckets lost meanwhile nothing is left to write. */
  private resolveFinished(): FinishedChunk[] {
    return this.finished.flatMap((chunk) => {
      const held = this.held.get(keyOf(chunk.held));
      return held?.token === chunk.held.token ? [{ ...chunk, held }] : [];
    });
  }

  private chooseWants(): StreamWant[] {
    const { settings, clock, pacer } = this.options;
    this.paceWaitMs = Infinity;
    if (clock.monotonicMs() < this.vendorWaitUntilMs || this.circuit.state === 'open') return [];
    const isProbing = this.circuit.state === 'probing';
    const isolated = this.isolatedBucket();
    const isAlone = isProbing || isolated !== undefined;
    if (isAlone && this.openRequests > 0) return [];

    let room = settings.provider === undefined ? MAX_TURN_MEMBERS : settings.windowMembers - this.openMembers;
    let requests = this.freeRequests();
    if (isAlone) requests = Math.min(1, requests);
    const work = this.workByStream(clock.now(), isolated);
    const members = new Map<StreamState, number>();
    this.order.run((state) => {
      const left = work.get(state) ?? 0;
      if (room <= 0 || requests <= 0 || left <= 0) return false;
      const chunkMembers = Math.min(room, left, this.chunkMembersOf(state, isolated, isProbing));
      const chunkRequests = this.requestsOf(chunkMembers);
      const waitMs = pacer.tryTake([this.channelKey, campaignKey(state.stream)], {
        members: chunkMembers,
        requests: chunkRequests,
      });
      if (waitMs > 0) {
        this.paceWaitMs = Math.min(this.paceWaitMs, waitMs);
        return false;
      }
      members.set(state, (members.get(state) ?? 0) + chunkMembers);
      work.set(state, left - chunkMembers);
      room -= chunkMembers;
      requests -= chunkRequests;
      return true;
    });
    return [...members].map(([state, count]) => ({
      stream: state.stream,
      held: isolated === undefined ? this.openPasses(state) : [isolated],
      members: count,
      chunkMembers: this.chunkMembersOf(state, isolated, isProbing),
      maxClaims: isolated === undefined ? MAX_TURN_BUCKETS : 0,
    }));
  }

  /**
   * Requests that may be begun. Where a chunk is many requests, one chunk beyond those under way waits inside the
   * provider, so that no connection idles between two turns.
   */
  private freeRequests(): number {
    const capabilities = this.options.settings.provider?.capabilities;
    if (capabilities === undefined) return MAX_TURN_BUCKETS;
    const ahead = this.requestsOf(capabilities.maxChunkMembers) - 1;
    return capabilities.maxConcurrentRequests + ahead - this.openRequests;
  }

  /** Requests to the vendor that a chunk of so many members is. */
  private requestsOf(chunkMembers: number): number {
    const maxRequestMembers = this.options.settings.provider?.capabilities.maxRequestMembers ?? MAX_CHUNK_MEMBERS;
    return Math.ceil(chunkMembers / maxRequestMembers);
  }

  /** Members that could be looked at now, by stream; without end where buckets can be claimed. */
  private workByStream(now: number, isolated: HeldBucket | undefined): Map<StreamState, number> {
    const work = new Map<StreamState, number>();
    for (const state of this.streams.values()) {
      if (isolated !== undefined && isolated.stream.campaignId !== state.stream.campaignId) continue;
      const canClaim = isolated === undefined && state.nextDueAt !== null && state.nextDueAt <= now;
      const held = this.openPasses(state).reduce((sum, { ordinals, cursor }) => sum + ordinals.length - cursor, 0);
      work.set(state, canClaim ? Infinity : held);
    }
    return work;
  }

  private openPasses(state: StreamState): HeldBucket[] {
    return [...this.held.values()].filter(
      (held) => held.stream.campaignId === state.stream.campaignId && !isPassDone(held),
    );
  }

  /** A bucket whose claims were lost at work again and again runs alone. */
  private isolatedBucket(): HeldBucket | undefined {
    for (const held of this.held.values()) {
      if (held.lossCount >= ISOLATION_LOSSES && !isPassDone(held)) return held;
    }
    return undefined;
  }

  private chunkMembersOf(state: StreamState, isolated: HeldBucket | undefined, isProbing: boolean): number {
    const { settings } = this.options;
    const provider = settings.provider?.capabilities.maxChunkMembers ?? MAX_CHUNK_MEMBERS;
    const limit = Math.min(this.memberLimit(settings.pace), this.memberLimit(state.pace));
    const paced = Number.isFinite(limit) ? Math.max(1, Math.floor(limit / CHUNKS_PER_SECOND)) : Infinity;
    const alone =
      isolated === undefined ? Infinity : Math.max(1, MAX_CHUNK_MEMBERS >> (isolated.lossCount - ISOLATION_LOSSES + 1));
    return Math.min(provider, paced, alone, isProbing ? PROBE_MEMBERS : Infinity);
  }

  /** A limit in requests is one in members where each member is a request of its own. */
  private memberLimit({ membersPerSecond = Infinity, requestsPerSecond = Infinity }: PaceLimit): number {
    const isOneByOne = this.options.settings.provider?.capabilities.maxRequestMembers === 1;
    return isOneByOne ? Math.min(membersPerSecond, requestsPerSecond) : membersPerSecond;
  }

  private apply(plan: TurnPlan, result: TurnResult): void {
    const { clock } = this.options;
    this.turns++;
    this.finished.splice(0, this.plannedAnswers);
    for (const stream of plan.refusing) this.refusing.delete(stream);
    for (const { before, after } of result.buckets) {
      if (after === undefined) this.held.delete(keyOf(before));
      else this.held.set(keyOf(before), after);
    }
    for (const want of plan.wants) this.giveBackPace(want, result);
    for (const { stream, nextDueAt, isRunnable } of result.streams) {
      const state = this.streams.get(stream.campaignId);
      if (state === undefined) continue;
      if (!isRunnable) this.streams.delete(stream.campaignId);
      else if (nextDueAt !== undefined) state.nextDueAt = nextDueAt;
    }
    if (result.streams.some(({ isRunnable }) => !isRunnable)) this.order.setItems([...this.streams.values()]);
    // A row given back may be due before all that was known of: look again.
    for (const { before, after } of result.buckets) {
      const state = this.streams.get(before.stream.campaignId);
      if (after === undefined && state !== undefined)
        state.nextDueAt = Math.min(state.nextDueAt ?? Infinity, clock.now());
    }
    for (const chunk of result.chunks) this.dispatch(chunk);
  }

  private dispatch(chunk: MarkedChunk): void {
    const { provider } = this.options.settings;
    if (provider === undefined) return;
    const { stream } = chunk.held;
    const sentAt = this.options.clock.now();
    this.openMembers += chunk.positions.length;
    this.openRequests += this.requestsOf(chunk.positions.length);
    const sharesReferences = stream.parent?.sharesReferences === true;
    void provider
      .send(
        {
          campaignId: stream.campaignId,
          referenceCampaignId: sharesReferences ? stream.parent.campaignId : stream.campaignId,
          channel: stream.channel,
          messageVersionId: stream.messageVersionId,
          ordinals: chunk.ordinals,
          rounds: chunk.rounds,
          recipients: chunk.recipients,
          message: stream.message,
          commonFields: stream.commonFields,
          sendWithinMs: SEND_WITHIN_MS,
        },
        { signal: this.sending.signal },
      )
      // A provider that breaks its promise never to reject may have sent: the worst case is taken.
      .catch((error: unknown): ChunkAnswer => ({
        kinds: 'ambiguous',
        detail: { code: 'PROVIDER', text: String(error) },
      }))
      .then((answer) => {
        this.receive(chunk, { answer, sentAt });
      });
  }

  private receive(
    chunk: MarkedChunk,
    { answer, sentAt }: { readonly answer: ChunkAnswer; readonly sentAt: number },
  ): void {
    this.openMembers -= chunk.positions.length;
    this.openRequests -= this.requestsOf(chunk.positions.length);
    const before = this.circuit.state;
    this.circuit.record(answer);
    if (this.circuit.state !== before) {
      this.options.onEvent({ kind: 'push.circuit', channel: this.options.settings.channel, state: this.circuit.state });
    }
    if (answer.isAccountThrottle === true) {
      const waitMs = answer.retryAfterMs ?? this.backOffMs(1);
      this.vendorWaitUntilMs = Math.max(this.vendorWaitUntilMs, this.options.clock.monotonicMs() + waitMs);
    }
    const state = this.streams.get(chunk.held.stream.campaignId);
    if (state?.watch.record(answer, chunk.positions.length) === true) this.refusing.add(state.stream);
    this.finished.push({ held: chunk.held, positions: chunk.positions, answer, sentAt: epochMs(sentAt) });
    this.wakeUp.wake();
  }

  private giveBackPace(want: StreamWant, result: TurnResult): void {
    const marked = result.streams.find(({ stream }) => stream === want.stream)?.markedMembers ?? 0;
    const made = result.chunks
      .filter(({ held }) => held.stream === want.stream)
      .reduce((sum, { positions }) => sum + this.requestsOf(positions.length), 0);
    const taken =
      Math.floor(want.members / want.chunkMembers) * this.requestsOf(want.chunkMembers) +
      this.requestsOf(want.members % want.chunkMembers);
    this.options.pacer.giveBack([this.channelKey, campaignKey(want.stream)], {
      members: want.members - marked,
      requests: Math.max(0, taken - made),
    });
  }

  private async waitForWork(): Promise<void> {
    const { clock } = this.options;
    const now = clock.now();
    const nowMs = clock.monotonicMs();
    let waitMs = Math.min(SWEEP_MS, this.paceWaitMs);
    for (const { nextDueAt } of this.streams.values()) {
      if (nextDueAt !== null && nextDueAt > now) waitMs = Math.min(waitMs, nextDueAt - now);
    }
    if (this.vendorWaitUntilMs > nowMs) waitMs = Math.min(waitMs, this.vendorWaitUntilMs - nowMs);
    if (this.circuit.state === 'open') waitMs = Math.min(waitMs, this.circuit.remainingMs);
    await this.wakeUp.wait(clock, Math.max(1, waitMs));
  }

  private backOffMs(tries: number): number {
    const { firstDelayMs, maxDelayMs } = this.options.settings.retry;
    const fullMs = Math.min(maxDelayMs, firstDelayMs * 2 ** Math.max(0, tries - 1));
    return Math.ceil(fullMs / 2 + (this.options.random.next() * fullMs) / 2);
  }
}

const keyOf = ({ stream, bucket }: HeldBucket): string => `${stream.campaignId}/${bucket}`;
const campaignKey = ({ campaignId, channel }: PushStream): string => `campaign:${campaignId}:${channel}`;
