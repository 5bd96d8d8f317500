/**
 * The loop behind campaigns that were launched: it starts them at their time, freezes their audiences, ends them when
 * their time is over, and settles what was cancelled.
 *
 *   scheduled ─launchAt─► freezing ─freeze─► running ─deliverUntil─► pending suppressed (expired)
 *   cancelling ─► pending suppressed (cancelled) ─► cancelled
 *
 * A running campaign that does not go by its coupon, after a commit that missed it, is put right by the same sweep.
 *
 * Everything it does is read off the store, so it can be stopped at any moment and started again. It wakes at the next
 * launchAt or deliverUntil, when it is told to, and every 2 s, which only repairs. Campaigns are tended side by side, at
 * most eight at once; one that fails is tried again with back-off and holds up no other.
 */
import type { CampaignId } from '../core/ids.js';
import type { Clock } from '../core/ports/clock.js';
import type { Store } from '../core/ports/store.js';
import { WakeSignal } from '../push/wake-signal.js';
import type { Campaign } from './campaign.js';
import { followOwnCoupon, hasStrayed } from './follow-coupon.js';
import { freezeCampaign, type FreezeTx } from './freeze-audience.js';
import { hasSettled, settleIfDone } from './settle.js';
import { suppressionOf, suppressPending } from './suppress-pending.js';

const SWEEP_MS = 2_000;
/** Rows that a pusher still holds come back within its own sweep; asked for at this pace until then. */
const LEFTOVER_MS = 200;
const MAX_TENDED = 8;
const FIRST_BACK_OFF_MS = 1_000;
const MAX_BACK_OFF_MS = 60_000;

export type PlannerEvent =
  | { readonly kind: 'campaign.running'; readonly campaignId: CampaignId; readonly frozenInMs: number }
  | { readonly kind: 'campaign.ended'; readonly campaignId: CampaignId }
  /** `campaignId` is undefined when the list of campaigns could not be read. */
  | {
      readonly kind: 'planner.failed';
      readonly campaignId: CampaignId | undefined;
      readonly retryInMs: number;
      readonly error: unknown;
    };

export interface PlannerOptions<Tx extends FreezeTx> {
  readonly store: Store<Tx>;
  readonly clock: Clock;
  /** Told after the fact; also where pushers learn that a campaign runs. */
  readonly onEvent: (event: PlannerEvent) => void;
}

/** When a campaign is looked at again, after a failure or while a pusher holds some of its rows. */
interface BackOff {
  /** In a row. */
  readonly failures: number;
  readonly untilMs: number;
}

export class Planner<Tx extends FreezeTx> {
  private readonly wakeUp = new WakeSignal();
  private readonly stopping = new AbortController();
  private readonly tended = new Map<CampaignId, Promise<void>>();
  private readonly backOffs = new Map<CampaignId, BackOff>();
  private running: Promise<void> | undefined;

  constructor(private readonly options: PlannerOptions<Tx>) {}

  start(): void {
    this.running ??= this.run();
  }

  /** Something changed: a campaign was launched, cancelled, moved. Cheap; may be called at any time. */
  wake(): void {
    this.wakeUp.wake();
  }

  /** Stops between two slices of work and waits for it. Safe to call twice. */
  async close(): Promise<void> {
    this.stopping.abort();
    this.wakeUp.wake();
    await this.running;
    await Promise.all(this.tended.values());
  }

  private get isStopping(): boolean {
    return this.stopping.signal.aborted;
  }

  private async run(): Promise<void> {
    while (!this.isStopping) {
      await this.wakeUp.wait(this.options.clock, await this.round());
    }
  }

  /** Begins what is due and answers how long nothing else will be. */
  private async round(): Promise<number> {
    const { store, onEvent } = this.options;
    try {
      const campaigns = await store.read((tx) =>
        tx.campaigns.inStates(['scheduled', 'freezing', 'running', 'cancelling']),
      );
      this.forgetBackOffs(campaigns);
      for (const campaign of campaigns) await this.consider(campaign);
      return campaigns.reduce((leastMs, campaign) => Math.min(leastMs, this.msUntilNextLook(campaign)), SWEEP_MS);
    } catch (error) {
      onEvent({ kind: 'planner.failed', campaignId: undefined, retryInMs: SWEEP_MS, error });
      return SWEEP_MS;
    }
  }

  private async consider(campaign: Campaign): Promise<void> {
    const { campaignId } = campaign;
    if (this.isStopping || this.tended.has(campaignId) || this.tended.size >= MAX_TENDED) return;
    if (this.backOffLeftMs(campaignId) > 0 || !(await this.isDue(campaign))) return;
    const tending = this.tend(campaign).finally(() => {
      this.tended.delete(campaignId);
      this.wakeUp.wake(); // its place is free, and what comes next for it may be due at once
    });
    this.tended.set(campaignId, tending);
  }

  private backOffLeftMs(campaignId: CampaignId): number {
    const untilMs = this.backOffs.get(campaignId)?.untilMs;
    return untilMs === undefined ? 0 : Math.max(0, untilMs - this.options.clock.monotonicMs());
  }

  /** Those at work wake the loop when they are through. */
  private msUntilNextLook(campaign: Campaign): number {
    if (this.tended.has(campaign.campaignId) || this.tended.size >= MAX_TENDED) return Infinity;
    return Math.max(msUntilDue(campaign, this.options.clock.now()), this.backOffLeftMs(campaign.campaignId));
  }

  private async isDue(campaign: Campaign): Promise<boolean> {
    const { store, clock } = this.options;
    if (campaign.state !== 'running') return msUntilDue(campaign, clock.now()) === 0;
    return (
      suppressionOf(campaign, clock.now()) !== undefined ||
      store.read(async (tx) => (await hasSettled(tx, campaign, clock.now())) || hasStrayed(tx, campaign))
    );
  }

  /** Never rejects: a failure is told and backed off from. */
  private async tend(campaign: Campaign): Promise<void> {
    const { campaignId } = campaign;
    try {
      const againInMs = await this.move(campaign);
      if (againInMs === 0) this.backOffs.delete(campaignId);
      else this.backOffs.set(campaignId, { failures: 0, untilMs: this.options.clock.monotonicMs() + againInMs });
    } catch (error) {
      if (this.isStopping) return;
      const failures = (this.backOffs.get(campaignId)?.failures ?? 0) + 1;
      const retryInMs = Math.min(MAX_BACK_OFF_MS, FIRST_BACK_OFF_MS * 2 ** (failures - 1));
      this.backOffs.set(campaignId, { failures, untilMs: this.options.clock.monotonicMs() + retryInMs });
      this.options.onEvent({ kind: 'planner.failed', campaignId, retryInMs, error });
    }
  }

  /** Answers after how long to look again; 0 = when something is due. */
  private async move({ campaignId, state }: Campaign): Promise<number> {
    if (state === 'running' || state === 'cancelling') return this.finish(campaignId);
    if (state === 'scheduled') await this.beginFreezing(campaignId);
    await this.freeze(campaignId);
    return 0;
  }

  private beginFreezing(campaignId: CampaignId): Promise<void> {
    const { store, clock } = this.options;
    return store.transaction(async (tx) => {
      const campaign = await tx.campaigns.lock(campaignId);
      if (campaign?.state !== 'scheduled' || msUntilDue(campaign, clock.now()) > 0) return; // moved meanwhile
      await tx.campaigns.update(campaignId, { state: 'freezing' });
      await tx.campaigns.addMove({ campaignId, at: clock.now(), actor: 'system', move: 'due', detail: null });
    });
  }

  private async freeze(campaignId: CampaignId): Promise<void> {
    const { store, clock, onEvent } = this.options;
    const startedMs = clock.monotonicMs();
    if (!(await freezeCampaign({ store, clock }, campaignId, { signal: this.stopping.signal }))) return;
    onEvent({ kind: 'campaign.running', campaignId, frozenInMs: clock.monotonicMs() - startedMs });
  }

  private async finish(campaignId: CampaignId): Promise<number> {
    const { store, clock, onEvent } = this.options;
    const campaign = await store.read((tx) => tx.campaigns.find(campaignId));
    if (campaign === undefined) return 0;
    const isEnded =
      suppressionOf(campaign, clock.now()) === undefined
        ? await store.transaction(async (tx) => {
            await followOwnCoupon(tx, campaignId, clock.now());
            return settleIfDone(tx, campaignId, clock.now());
          })
        : await suppressPending({ store, clock }, campaignId, { signal: this.stopping.signal });
    if (!isEnded) return LEFTOVER_MS;
    onEvent({ kind: 'campaign.ended', campaignId });
    return 0;
  }

  private forgetBackOffs(campaigns: readonly Campaign[]): void {
    const listed = new Set(campaigns.map(({ campaignId }) => campaignId));
    for (const campaignId of this.backOffs.keys()) if (!listed.has(campaignId)) this.backOffs.delete(campaignId);
  }
}

/** Milliseconds until the clock alone gives something to do; Infinity when it never does. */
function msUntilDue(campaign: Campaign, now: number): number {
  switch (campaign.state) {
    case 'freezing':
    case 'cancelling':
      return 0;
    case 'scheduled':
      return Math.max(0, (campaign.launchAt ?? now) - now);
    case 'running':
      return campaign.deliverUntil === null ? Infinity : Math.max(0, campaign.deliverUntil - now);
    default:
      return Infinity;
  }
}
