import type { Channel } from '../../src/core/channels.js';
import { campaignId } from '../../src/core/ids.js';
import type { Crowd } from './crowd.js';
import type { Machine } from './machine.js';
import type { Operator } from './operator.js';
import { between, pick } from './scenario.js';
import { anyWeather, FAIR_WEATHER, LOSSY_WEATHER } from './weather.js';
import type { World } from './world.js';

const STEP_AHEAD_MS = 3_600_000;
const STEP_BACK_MS = 20_000;

/** Everything that goes wrong or changes its mind while a run lasts, planned from its seed. */
export class Trouble {
  constructor(
    private readonly world: World,
    private readonly machine: Machine,
    private readonly operator: Operator,
    private readonly crowd: Crowd,
  ) {}

  plan(): void {
    this.planPeople();
    this.planWeather();
    this.planCrashes();
    this.planDisk();
    this.planClock();
  }

  /** From now on nothing new goes wrong. */
  calm(): void {
    const { world, machine } = this;
    world.armed = undefined;
    world.disk.isFull = false;
    world.disk.isAway = false;
    world.disk.nextSync = 'works';
    for (const channel of world.vendors.keys()) world.setWeather(channel, FAIR_WEATHER);
    machine.life?.thaw();
  }

  private planPeople(): void {
    const { world, operator } = this;
    const { random, scenario } = world;
    const { theme, calmAtMs, campaigns } = scenario;
    campaigns.forEach((plan, index) => {
      this.at(plan.createdAtMs, () => {
        operator.create(plan, `Campaign ${index + 1}`);
      });
    });
    const leaving = theme === 'optOuts' ? 25 : between(random, 0, 6);
    for (let left = leaving; left > 0; left--) {
      this.at(this.anyMs(), () => {
        this.crowd.leave();
      });
    }
    const changes = theme === 'poison' ? 0 : between(random, 0, 6);
    for (let left = changes; left > 0; left--) this.planChange();
    if (theme === 'cancel' || (theme !== 'poison' && random.next() < 0.12)) {
      this.at(this.anyMs(), () => {
        operator.cancel(this.anyCampaign());
      });
    }
    if (theme === 'sendAgain') {
      this.at(calmAtMs * 0.4, () => {
        operator.cancel(campaignId(1)); // leaves members of whom nobody knows, with keys that are still good
      });
      for (const share of [0.5, 0.6, 0.8, 0.95]) {
        for (const channel of world.vendors.keys()) {
          this.at(calmAtMs * share, () => {
            operator.sendAgain(campaignId(1), channel);
          });
        }
      }
    }
  }

  /** Somebody pauses and resumes, or changes the pace. */
  private planChange(): void {
    const { world, operator } = this;
    const { random } = world;
    const atMs = this.anyMs();
    const what = pick(random, ['pause', 'pauseChannel', 'pace'] as const);
    const spanMs = between(random, 50, 8_000);
    const id = this.anyCampaign();
    const channel = this.anyVendor();
    this.at(atMs, () => {
      if (what === 'pause') operator.pause(id);
      else if (what === 'pauseChannel') operator.pauseChannel(id, channel);
      else operator.changePace(id, channel, pick(random, [10, 100, 500, undefined]));
    });
    if (what === 'pace') return;
    this.at(atMs + spanMs, () => {
      if (what === 'pause') operator.resume(id);
      else operator.resumeChannel(id, channel);
    });
  }

  private planWeather(): void {
    const { world } = this;
    const { random, scenario } = world;
    for (const channel of world.vendors.keys()) {
      for (let atMs = between(random, 0, 4_000); atMs < scenario.calmAtMs; atMs += between(random, 500, 9_000)) {
        const weather = scenario.theme === 'sendAgain' ? LOSSY_WEATHER : anyWeather(random);
        this.at(atMs, () => {
          world.setWeather(channel, weather);
        });
      }
    }
  }

  private planCrashes(): void {
    const { world, machine } = this;
    const { random, scenario } = world;
    for (const { atMs, point, skip } of scenario.crashes) {
      this.at(atMs, () => {
        if (point === 'any') machine.kill();
        else world.armed = { point, skip };
      });
    }
    if (random.next() < 0.3) {
      this.at(this.anyMs(), () => {
        machine.stop(pick(random, [0, 300, 6_000]), between(random, 60, 3_000));
      });
    }
    if (random.next() < 0.3) {
      this.at(this.anyMs(), () => {
        machine.freeze(pick(random, [200, 3_000, 20_000]));
      });
    }
    if (scenario.theme === 'twoProcesses') {
      this.at(between(random, 100, 3_000), () => {
        machine.takeOver(between(random, 500, 10_000));
      });
    }
  }

  private planDisk(): void {
    const { world } = this;
    const { random, scenario, disk } = world;
    const times = scenario.theme === 'disk' ? 3 : random.next() < 0.2 ? 1 : 0;
    for (let left = times; left > 0; left--) {
      const atMs = this.anyMs();
      const spanMs = between(random, 10, 3_000);
      const what = pick(random, ['full', 'failsAndLoses', 'failsAndKeeps'] as const);
      this.at(atMs, () => {
        if (what === 'full') {
          disk.isFull = true;
          world.sightings.saw('disk full');
        } else {
          disk.nextSync = what;
          disk.isAway = random.next() < 0.5;
        }
      });
      this.at(atMs + spanMs, () => {
        disk.isFull = false;
        disk.isAway = false;
      });
    }
  }

  private planClock(): void {
    const { world } = this;
    const { random, scenario } = world;
    if (scenario.theme !== 'clock') return;
    const byMs = pick(random, [-STEP_BACK_MS, STEP_BACK_MS, STEP_AHEAD_MS]);
    const atMs = this.anyMs();
    this.at(atMs, () => {
      world.wallOffsetMs += byMs;
      world.sightings.saw('wall clock stepped');
    });
    if (byMs === STEP_AHEAD_MS) return; // for good: what is due an hour late would only make the run long
    this.at(atMs + between(random, 1_000, 10_000), () => {
      world.wallOffsetMs -= byMs;
    });
  }

  private at(atMs: number, run: () => void): void {
    this.world.timeline.after(Math.min(atMs, this.world.scenario.calmAtMs), run);
  }

  private anyMs(): number {
    return between(this.world.random, 50, this.world.scenario.calmAtMs - 100);
  }

  /** Campaigns are numbered from 1, children after them. */
  private anyCampaign() {
    return campaignId(between(this.world.random, 1, this.world.scenario.campaigns.length));
  }

  private anyVendor(): Channel {
    return pick(this.world.random, [...this.world.vendors.keys()]);
  }
}
