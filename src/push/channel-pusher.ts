/**
 * Pushes one channel: a single loop that plans a turn, runs it as one transaction, and hands the marked chunks to the
 * provider. Answers that come while a commit runs are merged by the next one, so one commit serves many chunks.
 *
 *   plan (TurnPlanner) ─► turn (runTurn, one transaction) ─► hand over (HandOver) ─► answers ─► plan …
 *
 * Memory: at most `windowMembers` members in flight and the buckets they are in. Nothing here is the truth: a pusher
 * that dies leaves leased rows, which the next one takes over.
 */
import type { Clock } from '../core/ports/clock.js';
import type { Pacer } from '../core/ports/pacer.js';
import type { Random } from '../core/ports/random.js';
import type { Store } from '../core/ports/store.js';
import { endsWithin } from '../core/ends-within.js';
import { isDomainError } from '../core/errors.js';
import { epochMs } from '../core/time.js';
import type { ChannelSettings } from './channel-settings.js';
import { SWEEP_MS } from './claim-right.js';
import { HandOver } from './hand-over.js';
import { HeldBuckets } from './held-buckets.js';
import { LeaseKeeper } from './lease-keeper.js';
import type { LeasePolicy } from './lease-policy.js';
import { isGivenUp } from './poison.js';
import type { PushTx } from './push-tx.js';
import { keyOf, type HeldBucket } from './stream.js';
import { StreamTable, type OfferedTask } from './stream-table.js';
import { runTurn } from './turn.js';
import type { BucketPlace, TurnPlace, TurnPlan, TurnResult } from './turn-plan.js';
import { TurnPlanner } from './turn-planner.js';
import { WakeSignal } from './wake-signal.js';

const AFTER_STORE_ERROR_MS = 200;
/** How long a stop waits, once it has told vendors to end, until all that was answered is recorded. */
export const RECORD_WITHIN_MS = 1_500;

export interface ChannelPusherOptions {
  readonly settings: ChannelSettings;
  readonly store: Store<PushTx>;
  readonly pacer: Pacer;
  readonly clock: Clock;
  readonly random: Random;
  /** Names this process in leases. */
  readonly owner: string;
  /** How long leases hold and how they are renewed; absent where only this process can work on the store. */
  readonly lease?: LeasePolicy | undefined;
  /** True where tasks of a queue say which node looks for due rows, so that each need not look all the time. */
  readonly usesTasks?: boolean;
  readonly onEvent: (event: PushEvent) => void;
}

export type PushEvent =
  | { readonly kind: 'push.storeError'; readonly channel: string; readonly error: unknown }
  | {
      /** One bucket could not be worked on and was put off, or the provider broke over it; a damaged row is named. */
      readonly kind: 'push.failed';
      readonly channel: string;
      readonly campaignId?: number;
      readonly bucket?: number;
      readonly error: unknown;
    }
  | { readonly kind: 'push.circuit'; readonly channel: string; readonly state: string };

export interface ChannelPusherStats {
  readonly openMembers: number;
  readonly openRequests: number;
  readonly heldBuckets: number;
  readonly turns: number;
  readonly circuit: 'closed' | 'open' | 'probing';
  readonly waitsForVendorMs: number;
  /** Taken back since the start, unsent, because their turn was committed too late. */
  readonly lateMembers: number;
}

export class ChannelPusher {
  private readonly streams: StreamTable;
  private readonly held = new HeldBuckets();
  private readonly leases: LeaseKeeper;
  private readonly handOver: HandOver;
  private readonly planner: TurnPlanner;
  private readonly wakeUp = new WakeSignal();
  private turns = 0;
  private streamsReadAtMs = -Infinity;
  private areStreamsStale = true;
  private isStopping = false;
  /** A stop has ended: nothing is begun any more, not even the hand-over of what a late commit marked. */
  private isGivenUp = false;
  private stopping: Promise<number> | undefined;
  private running: Promise<void> | undefined;

  constructor(private readonly options: ChannelPusherOptions) {
    const { settings, onEvent } = options;
    this.streams = new StreamTable(options.usesTasks);
    this.leases = new LeaseKeeper({
      ...options,
      policy: options.lease,
      held: this.held,
      onLost: () => {
        this.wake();
      },
      onError: (error) => {
        onEvent({ kind: 'push.storeError', channel: settings.channel, error });
      },
    });
    this.handOver = new HandOver({
      ...options,
      streams: this.streams,
      sendWithinMs: (held) => this.leases.sendWithinMs(held),
      onAnswer: () => {
        this.wakeUp.wake();
      },
      onCircuit: (state) => {
        onEvent({ kind: 'push.circuit', channel: settings.channel, state });
      },
      onError: (error, held) => {
        this.report(error, held);
      },
    });
    this.planner = new TurnPlanner({ ...options, streams: this.streams, held: this.held, handOver: this.handOver });
  }

  start(): void {
    this.running ??= this.run();
  }

  /** Something changed: a campaign was frozen, resumed, paced. Cheap; may be called at any time. */
  wake(): void {
    this.areStreamsStale = true;
    this.wakeUp.wake();
  }

  /** Rows may be due that no task tells of. */
  lookAgain(): void {
    this.streams.lookAgain(this.options.clock.monotonicMs());
    this.wake();
  }

  /** Whether a task would be of use: something can be claimed and handed over. */
  get canTake(): boolean {
    const { settings } = this.options;
    const { circuit, vendorWaitMs, openMembers } = this.handOver;
    if (this.isStopping || circuit.state === 'open' || vendorWaitMs > 0) return false;
    return settings.provider === undefined || openMembers < settings.windowMembers;
  }

  /** A task invites this node; its end tells what came of it, once that is committed. */
  offer(task: OfferedTask): void {
    if (this.isStopping) task.end('refused');
    else if (this.streams.offer(task, this.options.clock.monotonicMs())) this.wakeUp.wake();
    else this.wake();
  }

  withdraw(task: OfferedTask): void {
    this.streams.withdraw(task);
  }

  stats(): ChannelPusherStats {
    const { openMembers, openRequests, circuit, vendorWaitMs, lateMembers } = this.handOver;
    return {
      openMembers,
      openRequests,
      turns: this.turns,
      heldBuckets: this.held.size,
      circuit: circuit.state,
      waitsForVendorMs: vendorWaitMs,
      lateMembers,
    };
  }

  /**
   * Takes nothing new, waits up to `drainMs` for answers, aborts what has none by then, records all outcomes and gives
   * the leases back. A vendor that does not end or a store that is away ends it `RECORD_WITHIN_MS` later all the same;
   * what is not recorded then counts as after a kill. Answers how many members had no answer, or none that could be
   * recorded. Safe to call twice.
   */
  stop(drainMs: number): Promise<number> {
    this.stopping ??= this.drain(drainMs);
    return this.stopping;
  }

  private async drain(drainMs: number): Promise<number> {
    this.isStopping = true;
    this.streams.refuseTasks();
    this.wakeUp.wake();
    if (await this.endsWithin(drainMs)) return 0;
    const unanswered = this.handOver.openMembers;
    this.handOver.abort();
    if (await this.endsWithin(RECORD_WITHIN_MS)) return unanswered;
    this.isGivenUp = true;
    this.wakeUp.wake();
    return Math.max(unanswered, this.handOver.unrecordedMembers);
  }

  private endsWithin(waitMs: number): Promise<boolean> {
    return endsWithin(Promise.resolve(this.running), waitMs, this.options.clock);
  }

  private get hasWork(): boolean {
    return !this.isGivenUp && (!this.isStopping || this.held.size > 0 || this.handOver.openRequests > 0);
  }

  private async run(): Promise<void> {
    this.leases.start();
    await this.push();
    await this.leases.close();
  }

  private async push(): Promise<void> {
    while (this.hasWork) {
      try {
        await this.refreshStreams();
        const plan = this.planner.plan({ isStopping: this.isStopping });
        if (plan === undefined) {
          await this.waitForWork();
          continue;
        }
        await this.turn(plan);
      } catch (error) {
        this.options.onEvent({ kind: 'push.storeError', channel: this.options.settings.channel, error });
        await this.recover();
      }
    }
  }

  private async turn(plan: TurnPlan): Promise<void> {
    const place: TurnPlace = { bucket: undefined };
    const { clock } = this.options;
    let decidedAtMs = 0;
    let result: TurnResult;
    try {
      result = await this.options.store.transaction(
        (tx) => {
          place.bucket = undefined;
          decidedAtMs = clock.monotonicMs(); // of the run that commits
          return runTurn(tx, plan, place);
        },
        { isBulk: true },
      );
    } catch (error) {
      this.planner.giveBackPace(plan, { streams: [], chunks: [] });
      if (isStoreAway(error) || place.bucket === undefined) throw error;
      this.report(error, place.bucket.held);
      await this.setAside(plan, place.bucket);
      return;
    }
    if (!this.isGivenUp) this.apply(plan, result, decidedAtMs);
  }

  private async refreshStreams(): Promise<void> {
    const { store, settings, pacer, clock } = this.options;
    const nowMs = clock.monotonicMs();
    this.streams.sweep(nowMs);
    if (!this.areStreamsStale && nowMs - this.streamsReadAtMs < SWEEP_MS) return;
    this.areStreamsStale = false;
    this.streamsReadAtMs = nowMs;
    try {
      await this.streams.load(store, settings, pacer, nowMs);
    } catch (error) {
      this.areStreamsStale = true;
      throw error;
    }
  }

  private apply(plan: TurnPlan, result: TurnResult, decidedAtMs: number): void {
    this.turns++;
    this.handOver.recorded(plan.answerCount, plan.refusing);
    this.held.update(result.buckets, plan.plannedAtMs);
    this.planner.giveBackPace(plan, result);
    this.streams.update(result, plan);
    for (const error of result.damages) this.report(error, undefined);
    this.planner.noteTurn(result, this.options.clock.monotonicMs() - decidedAtMs);
    for (const chunk of result.chunks) this.handOver.send(chunk, decidedAtMs);
  }

  /**
   * A turn threw at one bucket, and nothing of it was written: that bucket is put off, the others go on. A member that
   * throws alone, after so many losses, is given up by the next turn.
   */
  private async setAside(plan: TurnPlan, { held, isClaimedNow, work }: BucketPlace): Promise<void> {
    const isAlone = plan.wants.every(({ chunkMembers }) => chunkMembers === 1);
    if (work === 'mark' && isAlone && isGivenUp(held.lossCount, 1)) {
      this.planner.giveUp = held;
      return;
    }
    if (work === 'mark' && held.openCount > 0) {
      this.held.rest(held);
      return;
    }
    const dueAt = epochMs(plan.now + this.planner.restMs(held.lossCount + 1));
    const token = isClaimedNow ? undefined : held.token;
    await this.options.store.transaction((tx) => tx.ledger.putOff(keyOf(held), { token, dueAt }));
    if (!isClaimedNow) this.held.forget([held]);
    this.streams.lookAgain(this.options.clock.monotonicMs());
  }

  private report(error: unknown, held: HeldBucket | undefined): void {
    const { settings, onEvent } = this.options;
    const about = held === undefined ? {} : { campaignId: held.stream.campaignId, bucket: held.bucket };
    onEvent({ kind: 'push.failed', channel: settings.channel, ...about, error });
  }

  private async waitForWork(): Promise<void> {
    const { clock } = this.options;
    const now = clock.now();
    const { vendorWaitMs, circuit } = this.handOver;
    const sweepMs = Math.min(SWEEP_MS, this.streams.nextSweepInMs(clock.monotonicMs()));
    const waits = [sweepMs, this.planner.paceWaitMs, (this.streams.nextDueAfter(now) ?? Infinity) - now];
    if (vendorWaitMs > 0) waits.push(vendorWaitMs);
    if (circuit.state === 'open') waits.push(circuit.remainingMs);
    await this.wakeUp.wait(clock, Math.max(1, Math.min(...waits)));
  }

  /**
   * After a failed transaction nobody knows whether it was written. Nothing is marked before that is settled, or two
   * turns' marks could be in flight of which nobody knows: what the turn may have marked is taken back, as no socket has
   * seen it.
   */
  private async recover(): Promise<void> {
    const { clock } = this.options;
    do await clock.sleep(AFTER_STORE_ERROR_MS);
    while (!this.isGivenUp && !(await this.takeBack()));
    this.streams.lookAgain(clock.monotonicMs());
  }

  /**
   * Buckets that nobody has on a socket are given up in memory and their leases ended, so that they are claimed again;
   * the others are settled by their answers. False while the store is away.
   */
  private async takeBack(): Promise<boolean> {
    const { clock, store, settings, owner, onEvent } = this.options;
    const { channel } = settings;
    const givenUp = this.held.idle();
    const keep = this.held.openLeases();
    try {
      await store.transaction((tx) => tx.ledger.endStrayLeases({ owner, channel, now: clock.now(), keep }));
      this.held.forget(givenUp);
      return true;
    } catch (error) {
      onEvent({ kind: 'push.storeError', channel, error });
      return false;
    }
  }
}

const STORE_AWAY: ReadonlySet<string> = new Set(['STORE_UNAVAILABLE', 'STORE_FULL', 'SHUTTING_DOWN']);

/** Errors of the store as a whole, as opposed to those that a turn threw while it worked. */
const isStoreAway = (error: unknown): boolean => isDomainError(error) && STORE_AWAY.has(error.code);
