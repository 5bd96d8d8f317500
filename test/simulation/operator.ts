import { prepareAudience, type AudienceChoice } from '../../src/campaign/audience-choice.js';
import type { Campaign } from '../../src/campaign/campaign.js';
import {
  cancelCampaign,
  changePace,
  confirmAudience,
  pauseCampaign,
  pauseChannel,
  resumeCampaign,
  resumeChannel,
  type ControlContext,
} from '../../src/campaign/control-campaign.js';
import { createCampaign } from '../../src/campaign/create-campaign.js';
import { dryRunCampaign } from '../../src/campaign/dry-run.js';
import { launchCampaign, type LaunchContext } from '../../src/campaign/launch-campaign.js';
import { sendAgain } from '../../src/campaign/send-again.js';
import { startCampaign } from '../../src/campaign/start-campaign.js';
import type { Engine } from '../../src/compose.js';
import type { Channel } from '../../src/core/channels.js';
import { isDomainError } from '../../src/core/errors.js';
import { memberId, type CampaignId } from '../../src/core/ids.js';
import { epochMs } from '../../src/core/time.js';
import { nameOfCode, type OutcomeName } from '../../src/ledger/cell-code.js';
import { toRow } from '../../src/membership/member-row.js';
import { REACHABLE } from '../support/push-rig.js';
import type { Machine } from './machine.js';
import { between, type CampaignPlan } from './scenario.js';
import { isOfTheStore, type World } from './world.js';

const RETRY_MS = 300;

/** A person before the API: asks, asks again when nobody answers, and remembers what was acknowledged. */
export class Operator {
  private joined = 0;
  /** The last wish that it goes on, with when that was answered. */
  private readonly lifted = new Map<string, { answeredAtMs: number }>();

  constructor(
    private readonly world: World,
    private readonly machine: Machine,
  ) {}

  /**
   * Does something once an engine answers, again when it was away or broke off. What it refuses with reasons is the
   * end of it: people's requests may come at any moment.
   */
  attempt(what: string, act: (engine: Engine) => Promise<void>, triesLeft = 40): void {
    const { world, machine } = this;
    const { engine, life } = machine;
    const again = (): void => {
      if (triesLeft > 0) {
        world.timeline.after(RETRY_MS, () => {
          this.attempt(what, act, triesLeft - 1);
        });
      }
    };
    if (engine === undefined || life === undefined) {
      again();
      return;
    }
    let isOver = false;
    world.timeline.after(5_000, () => {
      if (!isOver && life.isDead) again(); // the connection broke
    });
    world.trace.note(world.nowMs, `asks: ${what}`);
    act(engine).then(
      () => {
        isOver = true;
        world.trace.note(world.nowMs, `done: ${what}`);
      },
      (error: unknown) => {
        isOver = true;
        world.trace.note(world.nowMs, `refused: ${what}`, error);
        if (isOfTheStore(error)) again();
        else if (!isDomainError(error)) world.violate(`"${what}" failed for no reason of its own: ${stackOf(error)}`);
      },
    );
  }

  create(plan: CampaignPlan, name: string): void {
    this.attempt(`create ${name}`, async (engine) => {
      const known = (await engine.store.read((tx) => tx.campaigns.page({ limit: 100 }))).find(
        (campaign) => campaign.name === name,
      );
      if (known !== undefined && known.state !== 'draft') return;
      if (plan.isByPerson) await this.launch(engine, known?.campaignId ?? (await this.draft(engine, plan, name)), plan);
      else if (known === undefined) await this.startUnattended(engine, plan, name);
    });
  }

  pause(campaignId: CampaignId): void {
    this.attempt(`pause ${campaignId}`, async (engine) => {
      const askedAtMs = this.world.nowMs;
      await engine.store.transaction((tx) => pauseCampaign(tx, contextOf(engine), campaignId));
      this.hold(engine, { campaignId, channel: undefined, why: 'paused', askedAtMs });
    });
  }

  resume(campaignId: CampaignId): void {
    this.attempt(`resume ${campaignId}`, async (engine) => {
      const answered = this.lift(campaignId, 'paused', undefined);
      await engine.store.transaction((tx) => resumeCampaign(tx, contextOf(engine), campaignId)).finally(answered);
      engine.wake();
    });
  }

  pauseChannel(campaignId: CampaignId, channel: Channel): void {
    this.attempt(`pause ${channel} of ${campaignId}`, async (engine) => {
      const askedAtMs = this.world.nowMs;
      await engine.store.transaction((tx) => pauseChannel(tx, contextOf(engine), { campaignId, channel }));
      this.hold(engine, { campaignId, channel, why: 'paused', askedAtMs });
    });
  }

  resumeChannel(campaignId: CampaignId, channel: Channel): void {
    this.attempt(`resume ${channel} of ${campaignId}`, async (engine) => {
      const answered = this.lift(campaignId, 'paused', channel);
      await engine.store
        .transaction((tx) => resumeChannel(tx, contextOf(engine), { campaignId, channel }))
        .finally(answered);
      engine.wake();
    });
  }

  confirm(campaignId: CampaignId): void {
    this.attempt(`confirm ${campaignId}`, async (engine) => {
      const memberCount = await engine.store.read(async (tx) => {
        const campaign = await tx.campaigns.find(campaignId);
        return campaign === undefined ? 0 : ((await tx.audiences.find(campaign.audienceId))?.memberCount ?? 0);
      });
      this.lift(campaignId, 'audience in doubt', undefined);
      await engine.store.transaction((tx) =>
        confirmAudience(tx, contextOf(engine), { campaignId, confirmMembers: memberCount }),
      );
      this.world.sightings.saw('drift confirmed');
      engine.wake();
    });
  }

  cancel(campaignId: CampaignId): void {
    this.world.history.cancelAsked.add(campaignId);
    this.attempt(`cancel ${campaignId}`, async (engine) => {
      await engine.store.transaction((tx) => cancelCampaign(tx, contextOf(engine), campaignId));
      this.hold(engine, { campaignId, channel: undefined, why: 'cancelled', askedAtMs: this.world.nowMs });
    });
  }

  changePace(campaignId: CampaignId, channel: Channel, membersPerSecond: number | undefined): void {
    this.attempt(`pace of ${campaignId} on ${channel}`, async (engine) => {
      const key = `campaign ${campaignId} ${channel}`;
      const { pace } = this.world.history;
      pace.push({ key, atMs: this.world.nowMs, membersPerSecond: null }); // from here on either may hold
      await engine.store.transaction((tx) =>
        changePace(tx, contextOf(engine), { campaignId, channel, membersPerSecond }),
      );
      pace.push({ key, atMs: this.world.nowMs + 2_000, membersPerSecond: membersPerSecond ?? null });
      this.world.sightings.saw('pace changed while running');
      engine.wake();
    });
  }

  /** Tells those again who failed, or of whom nobody knows. */
  sendAgain(campaignId: CampaignId, channel: Channel): void {
    const { world } = this;
    this.attempt(`send ${campaignId} on ${channel} again`, async (engine) => {
      const counts = await engine.store.read((tx) => tx.ledger.counts({ campaignId, channel }));
      const named = new Map<string, number>();
      for (const [code, members] of counts) {
        const name = nameOfCode(code) ?? '';
        named.set(name, (named.get(name) ?? 0) + members);
      }
      const failed = (['failedExhausted', 'failedMessage', 'failedAddress'] as const).filter((name) => named.has(name));
      const unknown = named.get('unknown') ?? 0;
      const outcomes: readonly OutcomeName[] = unknown > 0 && world.random.next() < 0.7 ? ['unknown'] : failed;
      if (outcomes.length === 0) return;
      const child = await engine.store.transaction((tx) =>
        sendAgain(tx, launchContextOf(engine), {
          campaignId,
          channel,
          outcomes,
          name: `Again ${campaignId}`,
          membersPerSecond: 5, // slow enough for news of its members
          ...(outcomes.includes('unknown') && { confirmTwice: unknown }),
        }),
      );
      if (child.sharesReferences) world.sightings.saw('child under the references of its parent');
      await this.launch(engine, child.campaignId, undefined);
      world.sightings.saw('sent again by a child campaign');
    });
  }

  private async draft(engine: Engine, plan: CampaignPlan, name: string): Promise<CampaignId> {
    const audience = await prepareAudience(engine.store, this.audienceOf(plan));
    const draft = await engine.store.transaction((tx) =>
      createCampaign(tx, launchContextOf(engine), { ...this.draftOf(engine, plan, name), audience }),
    );
    return draft.campaignId;
  }

  private async launch(engine: Engine, campaignId: CampaignId, plan: CampaignPlan | undefined): Promise<void> {
    const { store, clock, catalogue } = engine;
    const dryRun = await dryRunCampaign({ store, clock, catalogue }, campaignId);
    for (let left = plan?.drift ?? 0; left > 0; left--) await this.join(engine);
    this.world.history.launchAsked.set(campaignId, this.world.nowMs);
    await store.transaction((tx) =>
      launchCampaign(tx, launchContextOf(engine), {
        campaignId,
        basis: {
          kind: 'dryRun',
          dryRunId: dryRun.dryRunId,
          confirmMembers: dryRun.memberCount,
          confirmExpiring: dryRun.expiringCount,
        },
      }),
    );
    engine.wake();
  }

  private async startUnattended(engine: Engine, plan: CampaignPlan, name: string): Promise<void> {
    const audience = await prepareAudience(engine.store, this.audienceOf(plan));
    await engine.store.transaction(async (tx) => {
      const campaign = await startCampaign(tx, launchContextOf(engine), {
        ...this.draftOf(engine, plan, name),
        audience,
        maxMembers: plan.maxMembers,
      });
      this.world.history.launchAsked.set(campaign.campaignId, this.world.nowMs);
    });
    engine.wake();
  }

  private draftOf(engine: Engine, plan: CampaignPlan, name: string) {
    const now = engine.clock.now();
    const { launchInMs, deliverForMs, membersPerSecond } = plan;
    return {
      name,
      policy: plan.policy,
      channels: plan.channels.map((channel) => ({
        channel,
        message: channel === 'email' ? { subject: 'Autumn', body: 'Hello' } : { body: 'Hello' },
        ...(membersPerSecond !== undefined && channel !== 'inbox' && { membersPerSecond }),
      })),
      ...(launchInMs !== undefined && { launchAt: epochMs(now + launchInMs) }),
      ...(deliverForMs !== undefined && { deliverUntil: epochMs(now + (launchInMs ?? 0) + deliverForMs) }),
    };
  }

  private audienceOf({ audience }: CampaignPlan): AudienceChoice {
    const { random, scenario } = this.world;
    if (audience === 'everybody') return { kind: 'everybody' };
    if (audience === 'level') {
      return {
        kind: 'filter',
        filter: { kind: 'number', field: 'level', test: { kind: 'in', values: [1, 2] } },
      };
    }
    const count = between(random, 1, Math.min(30, scenario.memberCount));
    const ordinals = Array.from({ length: count }, () => between(random, 0, scenario.memberCount - 1));
    return { kind: 'list', memberIds: ordinals.map((ordinal) => memberId(`m${ordinal}`)) };
  }

  private async join({ store, clock }: Engine): Promise<void> {
    const number = ++this.joined;
    await store.transaction(async (tx) => {
      const ordinal = await tx.ids.take('ordinal', 1);
      await tx.members.insert(
        ordinal,
        [toRow(`late-${number}-${ordinal}`, { ...REACHABLE, phone: null, email: null, pushToken: `late-${ordinal}` })],
        clock.now(),
      );
    });
  }

  private hold(
    engine: Engine,
    {
      askedAtMs,
      ...hold
    }: {
      readonly campaignId: CampaignId;
      readonly channel: Channel | undefined;
      readonly why: 'paused' | 'cancelled';
      readonly askedAtMs: number;
    },
  ): void {
    const isPause = hold.why === 'paused';
    // Two requests under way at once may be done in either order: then nobody knows what holds.
    const lifted = this.lifted.get(`${hold.campaignId}/${hold.channel ?? ''}`);
    if (!isPause || lifted === undefined || lifted.answeredAtMs < askedAtMs) {
      this.world.history.holds.push({ ...hold, fromMs: this.world.nowMs, untilMs: Infinity });
    }
    engine.wake();
    const open = [...engine.pushers.values()].some((pusher) => pusher.stats().openMembers > 0);
    if (open) {
      this.world.sightings.saw(isPause ? 'paused with members in flight' : 'cancelled with members in flight');
    }
  }

  /** What was held back may go out from now on; answers what to call once that was answered. */
  private lift(campaignId: CampaignId, why: string, channel: Channel | undefined): () => void {
    const wish = { answeredAtMs: Infinity };
    this.lifted.set(`${campaignId}/${channel ?? ''}`, wish);
    for (const hold of this.world.history.holds) {
      if (hold.campaignId === campaignId && hold.why === why && hold.channel === channel) {
        hold.untilMs = Math.min(hold.untilMs, this.world.nowMs);
      }
    }
    return () => {
      wish.answeredAtMs = this.world.nowMs;
    };
  }
}

const contextOf = (engine: Engine): ControlContext => ({ now: engine.clock.now(), actor: 'ann' });

const launchContextOf = (engine: Engine): LaunchContext => ({
  now: engine.clock.now(),
  actor: 'ann',
  catalogue: engine.catalogue,
  wording: { language: 'en', timeZone: 'UTC' },
});

const stackOf = (error: unknown): string => (error instanceof Error ? (error.stack ?? error.message) : String(error));

export const isOpen = ({ state }: Campaign): boolean =>
  state === 'scheduled' || state === 'freezing' || state === 'running' || state === 'cancelling';
