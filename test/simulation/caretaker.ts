import { isAudienceDoubt, type Campaign, type CampaignChannel } from '../../src/campaign/campaign.js';
import type { Engine } from '../../src/compose.js';
import type { Machine } from './machine.js';
import { isOpen, type Operator } from './operator.js';
import type { World } from './world.js';

const LOOK_EVERY_MS = 2_000;

/** Somebody who watches: sees what paused itself and, once everything is calm, lets all go on until nothing is open. */
export class Caretaker {
  /** True once every campaign has ended, and no more is to come. */
  isSettled = false;
  private readonly doubted = new Set<number>();

  constructor(
    private readonly world: World,
    private readonly machine: Machine,
    private readonly operator: Operator,
    private readonly about: { readonly isCalm: () => boolean; readonly hasMoreToCome: () => boolean },
  ) {}

  start(): void {
    const { engine } = this.machine;
    this.world.timeline.after(LOOK_EVERY_MS, () => {
      this.start();
    });
    if (engine === undefined) return;
    void this.look(engine).catch((error: unknown) => {
      this.world.trace.note(this.world.nowMs, 'the caretaker saw nothing', error);
    });
  }

  private async look({ store }: Engine): Promise<void> {
    const campaigns = await store.read((tx) => tx.campaigns.page({ limit: 100 }));
    for (const campaign of campaigns) {
      const channels = await store.read((tx) => tx.campaigns.channels(campaign.campaignId));
      this.consider(campaign, channels);
    }
    if (!this.about.isCalm() || this.about.hasMoreToCome()) return;
    this.isSettled = !campaigns.some(isOpen);
  }

  private consider(campaign: Campaign, channels: readonly CampaignChannel[]): void {
    const { world, operator } = this;
    const { campaignId, pauseReasons, state } = campaign;
    const isDoubted = pauseReasons.some(isAudienceDoubt);
    if (isDoubted && !this.doubted.has(campaignId)) {
      this.doubted.add(campaignId);
      world.sightings.saw('paused by drift');
      const hold = { campaignId, channel: undefined, why: 'audience in doubt' } as const;
      world.history.holds.push({ ...hold, fromMs: world.nowMs, untilMs: Infinity });
    }
    if (channels.some((channel) => channel.pauseReasons.includes('accountRefused'))) {
      world.sightings.saw('channel paused by a refused account');
    }
    if (!this.about.isCalm() || state !== 'running') return;
    if (isDoubted) operator.confirm(campaignId);
    if (pauseReasons.includes('person')) operator.resume(campaignId);
    for (const { channel, pauseReasons: reasons, settledAt } of channels) {
      if (reasons.length > 0 && settledAt === null) operator.resumeChannel(campaignId, channel);
    }
  }
}
