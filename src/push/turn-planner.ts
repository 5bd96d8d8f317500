/**
 * What the next turn writes: the answers that have come, what is to be given back, and who may be sent to now, by the
 * order of turns, the pace, the window and the circuit. Reads memory only, and takes the pace that it plans with.
 */
import type { Clock } from '../core/ports/clock.js';
import type { Pacer } from '../core/ports/pacer.js';
import type { Random } from '../core/ports/random.js';
import { backOffMs } from './back-off.js';
import type { ChannelSettings } from './channel-settings.js';
import { chunkMembersOf, MAX_CHUNK_MEMBERS, requestsOf } from './chunk-size.js';
import { PROBE_MEMBERS } from './circuit.js';
import { START_WITHIN_MS, type HandOver } from './hand-over.js';
import type { HeldBuckets } from './held-buckets.js';
import type { LeasePolicy } from './lease-policy.js';
import { aloneMembersOf, LOSS_REST } from './poison.js';
import type { HeldBucket, PushStream } from './stream.js';
import { paceKeyOf, type StreamState, type StreamTable } from './stream-table.js';
import type { StreamWant, TurnPlan, TurnResult } from './turn-plan.js';

/** Buckets decided in one turn, so that a commit stays around 10 ms. */
const MAX_TURN_BUCKETS = 32;
/** Where deciding is sending a bucket is touched once, not twice. */
const MAX_IN_STORE_BUCKETS = 64;

const NOT_SENT_WAIT = { firstDelayMs: 1_000, maxDelayMs: 1_000 };

export interface TurnPlannerDeps {
  readonly settings: ChannelSettings;
  readonly clock: Clock;
  readonly random: Random;
  readonly pacer: Pacer;
  readonly owner: string;
  readonly lease?: LeasePolicy | undefined;
  readonly streams: StreamTable;
  readonly held: HeldBuckets;
  readonly handOver: HandOver;
}

export class TurnPlanner {
  /** How long pace alone holds back the next chunk; Infinity when it does not. */
  paceWaitMs = Infinity;
  /** Members of a turn, where the store is slow. */
  private mostMembers = Infinity;
  /** A bucket whose next member is to be given up by the next turn. */
  giveUp: HeldBucket | undefined;
  private readonly channelKey: string;

  /** How long a bucket rests after so many losses. */
  readonly restMs = (losses: number): number => backOffMs(losses, LOSS_REST, this.deps.random);

  constructor(private readonly deps: TurnPlannerDeps) {
    this.channelKey = `channel:${deps.settings.channel}`;
    deps.pacer.setLimit(this.channelKey, deps.settings.pace);
  }

  /** The next turn, or undefined when there is nothing to write before something happens. */
  plan({ isStopping }: { readonly isStopping: boolean }): TurnPlan | undefined {
    const { settings, clock, random, owner, lease, streams, held, handOver } = this.deps;
    // Of buckets lost meanwhile nothing is left to write.
    const answers = handOver.answers.flatMap((chunk) => {
      const current = held.current(chunk.held);
      return current === undefined ? [] : [{ ...chunk, held: current }];
    });
    const answerCount = handOver.answers.length;
    const giveUp = isStopping || this.giveUp === undefined ? undefined : held.current(this.giveUp);
    this.giveUp = undefined;
    const wants = isStopping || giveUp !== undefined ? [] : this.chooseWants();
    const isOver = ({ stream }: HeldBucket): boolean => isStopping || streams.get(stream) === undefined;
    const giveBack = held.idle(isOver);
    const putOff = held.idle((bucket) => held.isResting(bucket) && !isOver(bucket));
    const refusing = handOver.refusals;
    const isIdle = [answers, wants, giveBack, putOff, refusing].every(({ length }) => length === 0);
    if (isIdle && giveUp === undefined) return undefined;
    return {
      channel: settings.channel,
      now: clock.now(),
      owner,
      leaseMs: lease?.leaseMs,
      plannedAtMs: clock.monotonicMs(),
      isStopping,
      isInStore: settings.provider === undefined,
      keyLifeMs: settings.provider?.capabilities.keyLifeMs,
      sharesRequests: (settings.provider?.capabilities.maxRequestMembers ?? 1) > 1,
      answers,
      answerCount,
      wants,
      giveBack,
      putOff,
      giveUp,
      refusing,
      backOffMs: (tries) => backOffMs(tries, settings.retry, random),
      notSentMs: () => backOffMs(1, NOT_SENT_WAIT, random),
      restMs: this.restMs,
    };
  }

  /** Returns the pace that was taken for members whom the turn did not mark. */
  giveBackPace({ wants }: TurnPlan, { streams, chunks }: Pick<TurnResult, 'streams' | 'chunks'>): void {
    const { settings, pacer } = this.deps;
    for (const want of wants) {
      const marked = streams.find(({ stream }) => stream === want.stream)?.markedMembers ?? 0;
      const made = chunks
        .filter(({ held }) => held.stream === want.stream)
        .reduce((sum, { positions }) => sum + requestsOf(settings, positions.length), 0);
      const taken =
        Math.floor(want.members / want.chunkMembers) * requestsOf(settings, want.chunkMembers) +
        requestsOf(settings, want.members % want.chunkMembers);
      pacer.giveBack(this.paceKeys(want.stream), {
        members: want.members - marked,
        requests: taken - made, // below 0 where members go in smaller requests than planned: those are paid for later
      });
    }
  }

  /**
   * What a turn marks is sent only soon after it was decided. Where the store is so slow that turns would come too late,
   * they are made smaller, until they come in time again.
   */
  noteTurn({ chunks }: Pick<TurnResult, 'chunks'>, tookMs: number): void {
    const members = chunks.reduce((sum, { positions }) => sum + positions.length, 0);
    if (members === 0) return;
    if (tookMs > START_WITHIN_MS / 2) this.mostMembers = Math.max(1, Math.floor(members / 2));
    else this.mostMembers *= 2;
  }

  private chooseWants(): StreamWant[] {
    const { settings, clock, pacer, lease, streams, held, handOver } = this.deps;
    this.paceWaitMs = Infinity;
    if (handOver.vendorWaitMs > 0 || handOver.circuit.state === 'open') return [];
    const isProbing = handOver.circuit.state === 'probing';
    const isolated = held.isolated();
    const isAlone = isProbing || isolated !== undefined;
    if (isAlone && handOver.openRequests > 0) return [];

    let room =
      settings.provider === undefined
        ? MAX_IN_STORE_BUCKETS * MAX_CHUNK_MEMBERS
        : Math.min(this.mostMembers, settings.windowMembers - handOver.openMembers);
    let requests = isAlone ? Math.min(1, this.freeRequests()) : this.freeRequests();
    const work = this.workByStream(clock.now(), isolated);
    const limit = Math.min(
      isProbing ? PROBE_MEMBERS : Infinity,
      isolated === undefined ? Infinity : aloneMembersOf(isolated),
    );
    const sizeOf = ({ pace }: StreamState): number => Math.min(limit, chunkMembersOf(settings, pace));
    const members = new Map<StreamState, number>();
    streams.order.run((state) => {
      const left = work.get(state) ?? 0;
      if (room <= 0 || requests <= 0 || left <= 0) return false;
      const chunkMembers = Math.min(room, left, sizeOf(state));
      const chunkRequests = requestsOf(settings, chunkMembers);
      const taking = { members: chunkMembers, requests: chunkRequests };
      const waitMs = pacer.tryTake(this.paceKeys(state.stream), taking);
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
    if (room > 0 && requests > 0) {
      for (const state of members.keys()) if ((work.get(state) ?? 0) <= 0) state.right.noteShort();
    }
    return [...members].map(([state, count]) => ({
      stream: state.stream,
      held: isolated === undefined ? held.openPasses(state.stream) : [isolated],
      members: count,
      chunkMembers: sizeOf(state),
      ...this.claimsOf(state, isolated),
      // A lease without end is lost only with this process.
      except: lease === undefined ? [] : handOver.bucketsOf(state.stream),
    }));
  }

  private claimsOf(
    { right }: StreamState,
    isolated: HeldBucket | undefined,
  ): Pick<StreamWant, 'maxClaims' | 'tasksFor'> {
    const { settings, streams, clock } = this.deps;
    const { maxBuckets, tasksFor } = right.terms(streams.size, clock.monotonicMs());
    const most = settings.provider === undefined ? MAX_IN_STORE_BUCKETS : MAX_TURN_BUCKETS;
    return { maxClaims: isolated === undefined ? Math.min(most, maxBuckets) : 0, tasksFor };
  }

  /**
   * Requests that may be begun. Where a chunk is many requests, one chunk beyond those under way waits inside the
   * provider, so that no connection idles between two turns.
   */
  private freeRequests(): number {
    const { settings, handOver } = this.deps;
    const capabilities = settings.provider?.capabilities;
    if (capabilities === undefined) return MAX_IN_STORE_BUCKETS;
    const ahead = requestsOf(settings, capabilities.maxChunkMembers) - 1;
    return capabilities.maxConcurrentRequests + ahead - handOver.openRequests;
  }

  /** Members that could be looked at now, by stream; without end where buckets can be claimed at will. */
  private workByStream(now: number, isolated: HeldBucket | undefined): Map<StreamState, number> {
    const { streams, held } = this.deps;
    const work = new Map<StreamState, number>();
    for (const state of streams.all()) {
      if (isolated !== undefined && isolated.stream.campaignId !== state.stream.campaignId) continue;
      const canClaim = isolated === undefined && state.nextDueAt !== null && state.nextDueAt <= now;
      const left = held
        .openPasses(state.stream)
        .reduce((sum, { ordinals, cursor }) => sum + ordinals.length - cursor, 0);
      work.set(state, canClaim ? left + state.right.buckets * MAX_CHUNK_MEMBERS : left);
    }
    return work;
  }

  private paceKeys(stream: PushStream): readonly [string, string] {
    return [this.channelKey, paceKeyOf(stream)];
  }
}
