/** A server over members of its own and a moody vendor, each in a process, with somebody who uses the API meanwhile. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { SqliteStore } from '../../src/adapters/sqlite/sqlite-store.js';
import { systemClock } from '../../src/adapters/system/system-clock.js';
import type { Channel } from '../../src/core/channels.js';
import type { DeliveryMode } from '../../src/ledger/cell-moves.js';
import { ApiPoller, type PolledApi } from '../support/api-poller.js';
import { CampaignApi, type CampaignState } from '../support/campaign-api.js';
import {
  attemptsByMember,
  expectedOutcome,
  timesDelivered,
  type Attempt,
} from '../support/moody-vendor/expected-outcome.js';
import { MoodyVendor } from '../support/moody-vendor/moody-vendor.js';
import type { SeenRequest } from '../support/moody-vendor/vendor-script.js';
import { addMembers } from '../support/push-rig.js';
import { ServerProcess } from '../support/server-process.js';

export const TRIES = { maxDefiniteTries: 3, maxAmbiguousTries: 1 } as const;
const MAX_RSS_BYTES = 512 * 1_048_576;

/** How one channel of a scene is reached: its mode, and the vendor's path that is its own. */
export interface SceneChannel {
  readonly channel: Channel;
  readonly mode: DeliveryMode;
  readonly path: string;
}

export interface SceneOptions {
  readonly members: number;
  readonly configOf: (ports: MoodyVendor['ports']) => object | Promise<object>;
}

export interface LaunchOptions {
  readonly audience?: object;
  readonly membersPerSecond?: number;
}

const MEMBERS_AT_ONCE = 50_000;
const contactPointsOf = (index: number) => ({
  phone: phoneOf(index),
  email: `m${index}@shop.example`,
  pushToken: `device-${index}`,
});

export const phoneOf = (index: number): string => `+86138${String(index).padStart(8, '0')}`;

export class Scene {
  private constructor(
    readonly folder: string,
    readonly vendor: MoodyVendor,
    readonly server: ServerProcess,
    readonly members: number,
    private readonly poller: ApiPoller,
  ) {}

  static async open({ members, configOf }: SceneOptions): Promise<Scene> {
    const folder = mkdtempSync(join(tmpdir(), 'fanfare-vendors-'));
    const dataFolder = join(folder, 'data');
    mkdirSync(dataFolder, { mode: 0o700 });
    const store = new SqliteStore({ file: join(dataFolder, 'fanfare.db'), clock: systemClock });
    for (let first = 0; first < members; first += MEMBERS_AT_ONCE) {
      await addMembers(store, systemClock, {
        count: Math.min(MEMBERS_AT_ONCE, members - first),
        fieldsOf: (index) => contactPointsOf(first + index),
      });
    }
    await store.close();
    const vendor = await MoodyVendor.start(join(folder, 'vendor.log'));
    try {
      writeFileSync(join(dataFolder, 'fanfare.config.json'), JSON.stringify(await configOf(vendor.ports)));
      const server = await ServerProcess.start(dataFolder);
      return new Scene(folder, vendor, server, members, new ApiPoller(server.url, server.pid));
    } catch (error) {
      await vendor.stop();
      rmSync(folder, { recursive: true });
      throw error;
    }
  }

  get api(): CampaignApi {
    return new CampaignApi(this.server.url);
  }

  async launch(
    channels: readonly SceneChannel[],
    { audience = { kind: 'everybody' }, membersPerSecond }: LaunchOptions = {},
  ): Promise<number> {
    const { id } = await this.api.launch({
      name: 'Whatever the vendor does',
      audience,
      channels: channels.map(({ channel, mode }) => ({
        channel,
        mode,
        ...(membersPerSecond !== undefined && { membersPerSecond }),
        message: { ...(channel === 'email' && { subject: 'Hello' }), body: 'Hello {{member.name}}' },
      })),
    });
    return id;
  }

  /** The slowest answer of the API since the last call. */
  takeSlowestMs(): number {
    return this.poller.takeSlowestMs();
  }

  /** Every call of the API was answered meanwhile, memory stayed bounded, and the audit finds nothing. */
  async end(): Promise<PolledApi> {
    const polled = await this.poller.stop();
    expect(await this.api.auditDifferences()).toEqual([]);
    expect(polled.notAnswered).toBe(0);
    expect(polled.answered).toBeGreaterThan(20);
    expect(polled.peakRssBytes).toBeLessThan(MAX_RSS_BYTES);
    expect(await this.server.stop()).toBe(0);
    return polled;
  }

  async remove(): Promise<void> {
    await this.poller.stop();
    await this.server.kill();
    await this.vendor.stop();
    rmSync(this.folder, { recursive: true });
  }
}

/** An answer that took the vendor so long may have come too late to be heard: then its log cannot explain the books. */
const MAX_ANSWER_MS = 1_500;

export interface Judgement {
  readonly outcomes: Readonly<Record<string, number>>;
  readonly delivered: number;
  readonly doubled: number;
  readonly attempts: ReadonlyMap<number, readonly Attempt[]>;
}

/**
 * Compares the books of a settled channel with the vendor's log, member by member: each outcome is the one that the
 * log explains, and deliveries are as many as the mode allows.
 */
export async function judge(
  scene: Scene,
  about: SceneChannel & {
    readonly campaignId: number;
    readonly state: CampaignState;
    readonly seen: readonly SeenRequest[];
  },
): Promise<Judgement> {
  const { campaignId, channel, mode, path, state } = about;
  const outcomes = await scene.api.outcomes(campaignId, channel);
  const attempts = attemptsByMember(about.seen, { path, campaignId });
  const rules = { mode, ...TRIES };
  const wrong = Array.from({ length: scene.members }, (_, ordinal) => ordinal).flatMap((ordinal) => {
    const tried = attempts.get(ordinal) ?? [];
    if (tried.some(({ fault, tookMs }) => fault.kind === 'accept' && tookMs > MAX_ANSWER_MS)) return [];
    const expected = expectedOutcome(tried, rules);
    const booked = outcomes.get(ordinal);
    const maxDeliveries = mode === 'atLeastOnce' ? 1 + TRIES.maxAmbiguousTries : 1;
    const times = timesDelivered(tried);
    const isListed = booked === 'sentPossiblyDoubled' || booked === 'unknown';
    const isWrong = booked !== expected || times > maxDeliveries || (times > 1 && !isListed);
    const isMissed = mode === 'keyed' && booked === 'sent' && times !== 1;
    return isWrong || isMissed ? [{ ordinal, booked, expected, times, tried }] : [];
  });
  expect(wrong.slice(0, 3), `${channel}: the books against the vendor’s log (${wrong.length} differ)`).toEqual([]);
  const books = state.channels.find((row) => row.channel === channel);
  expect(books?.isBalanced).toBe(true);
  expect(Object.values(books?.books ?? {}).reduce((sum, count) => sum + count, 0)).toBe(scene.members);
  const counted: Record<string, number> = {};
  for (const outcome of outcomes.values()) counted[outcome] = (counted[outcome] ?? 0) + 1;
  const times = [...attempts.values()].map(timesDelivered);
  return {
    outcomes: counted,
    delivered: times.filter((count) => count > 0).length,
    doubled: times.reduce((sum, count) => sum + Math.max(0, count - 1), 0),
    attempts,
  };
}
