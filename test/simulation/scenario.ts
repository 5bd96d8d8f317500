import type { Channel } from '../../src/core/channels.js';
import type { Random } from '../../src/core/ports/random.js';
import { SeededRandom } from '../../src/core/seeded-random.js';
import type { DeliveryMode } from '../../src/ledger/cell-moves.js';
import { channelsSchema, type ChannelsConfig } from '../../src/push/config/channel-config.js';
import { parseSettings } from '../../src/settings/parse-settings.js';
import { CRASH_POINTS, type CrashPoint } from './life.js';

/** What a seed is about beside the usual, so that rare branches are met in every batch. */
export const THEMES = [
  'poison',
  'shortKeys',
  'drift',
  'twoProcesses',
  'expiry',
  'sendAgain',
  'cancel',
  'optOuts',
  'disk',
  'clock',
] as const;
export type Theme = (typeof THEMES)[number] | 'usual';
/** Every theme comes once in so many seeds. */
const ROUND_OF_SEEDS = 16;

export interface VendorPlan {
  readonly mode: DeliveryMode;
  readonly isBatched: boolean;
  readonly chunkMembers: number;
  readonly connections: number;
  readonly windowMembers: number;
  readonly keyLifeMs: number | undefined;
  readonly timeoutMs: number;
  readonly membersPerSecond: number | undefined;
  readonly maxAmbiguousTries: number;
  readonly maxDefiniteTries: number;
  readonly throttleSpeaksFor: 'account' | 'member';
  /** Shifts who has a dead address and the like. */
  readonly salt: number;
}

export interface CampaignPlan {
  readonly createdAtMs: number;
  readonly channels: readonly Channel[];
  readonly policy: 'all' | 'first';
  readonly audience: 'everybody' | 'level' | 'list';
  readonly launchInMs: number | undefined;
  readonly deliverForMs: number | undefined;
  readonly membersPerSecond: number | undefined;
  readonly isByPerson: boolean;
  /** Members that join or leave between the dry run and the launch. */
  readonly drift: number;
  readonly maxMembers: number | undefined;
}

export interface CrashPlan {
  readonly atMs: number;
  readonly point: CrashPoint | 'any';
  /** Passes of the point that are survived. */
  readonly skip: number;
}

export interface Scenario {
  readonly seed: number;
  readonly theme: Theme;
  readonly memberCount: number;
  readonly vendors: ReadonlyMap<Channel, VendorPlan>;
  readonly campaigns: readonly CampaignPlan[];
  readonly crashes: readonly CrashPlan[];
  /** Faults end here; from then on everything must settle. */
  readonly calmAtMs: number;
  readonly poisonOrdinal: number | undefined;
}

/** Everything about a run that is decided before it starts. */
export function scenarioOf(seed: number): Scenario {
  const random = new SeededRandom(`scenario ${seed}`);
  const theme: Theme = THEMES[seed % ROUND_OF_SEEDS] ?? 'usual';
  const memberCount = seed % 50 === 20 ? 1_100 : pick(random, [9, 40, 40, 80, 80, 150, 250]);
  const calmAtMs = theme === 'shortKeys' ? 75_000 : between(random, 8_000, 25_000);
  const vendors = new Map(
    (['sms', 'email', 'app'] as const).map((channel, index): [Channel, VendorPlan] => [
      channel,
      vendorPlan(random, { theme, memberCount, mode: MODES[(index + seed) % MODES.length] ?? 'keyed' }),
    ]),
  );
  const campaignCount = theme === 'poison' ? 1 : between(random, 1, 3);
  const campaigns = Array.from({ length: campaignCount }, (_, index) =>
    campaignPlan(random, { theme, index, calmAtMs, memberCount }),
  );
  const crashCount = theme === 'poison' || theme === 'twoProcesses' ? 0 : pick(random, [0, 0, 1, 1, 2, 3]);
  const crashes = Array.from({ length: crashCount }, (): CrashPlan => ({
    atMs: between(random, 0, calmAtMs - 6_000),
    point: pick(random, [...CRASH_POINTS, 'any']),
    skip: between(random, 0, pick(random, [0, 20, 200])),
  }));
  return {
    seed,
    theme,
    memberCount,
    vendors,
    campaigns,
    crashes,
    calmAtMs,
    poisonOrdinal: theme === 'poison' ? between(random, 0, memberCount - 1) : undefined,
  };
}

const MODES: readonly DeliveryMode[] = ['keyed', 'atLeastOnce', 'atMostOnce'];

function vendorPlan(
  random: Random,
  { theme, mode, memberCount }: { readonly theme: Theme; readonly mode: DeliveryMode; readonly memberCount: number },
): VendorPlan {
  const isBatched = random.next() < 0.6;
  const chunkMembers = isBatched ? pick(random, [Math.ceil(memberCount / 9), 50, 200, 1_000]) : 1;
  return {
    mode,
    isBatched,
    chunkMembers,
    connections: pick(random, [1, 2, 4, 8, 32]),
    windowMembers: Math.ceil(memberCount / pick(random, [1, 2, 5, 12])),
    keyLifeMs: mode !== 'keyed' ? undefined : theme === 'shortKeys' ? 60_000 : 86_400_000,
    timeoutMs: pick(random, [500, 2_000, 5_000]),
    membersPerSecond: random.next() < 0.3 ? pick(random, [memberCount / 4, 200, 1_000]) : undefined,
    maxAmbiguousTries: pick(random, [0, 1, 1, 2, 3]),
    maxDefiniteTries: pick(random, [1, 2, 3, 5]),
    throttleSpeaksFor: pick(random, ['account', 'member']),
    salt: between(random, 0, 1_000),
  };
}

function campaignPlan(
  random: Random,
  about: {
    readonly theme: Theme;
    readonly index: number;
    readonly calmAtMs: number;
    readonly memberCount: number;
  },
): CampaignPlan {
  const { theme, index, calmAtMs, memberCount } = about;
  const drifts = theme === 'drift' && index === 0;
  const anyChannels = shuffled(random, ['inbox', 'sms', 'email', 'app'] as const).slice(0, between(random, 1, 4));
  const isRepeated = theme === 'sendAgain' && index === 0;
  const channels = isRepeated ? (['sms', 'email', 'app'] as const) : anyChannels;
  const isExpiring = theme === 'expiry' || random.next() < 0.15;
  return {
    createdAtMs: index === 0 ? 0 : between(random, 0, calmAtMs / 2),
    channels: theme === 'poison' ? [pick(random, ['sms', 'email', 'app'] as const)] : channels,
    policy: !isRepeated && channels.length > 1 && random.next() < 0.3 ? 'first' : 'all',
    audience:
      theme === 'poison' || drifts || isRepeated
        ? 'everybody'
        : pick(random, ['everybody', 'everybody', 'level', 'list']),
    launchInMs: !isRepeated && random.next() < 0.25 ? between(random, 100, 5_000) : undefined,
    deliverForMs: isExpiring ? between(random, 1_000, calmAtMs) : undefined,
    membersPerSecond: random.next() < 0.3 ? pick(random, [memberCount / 5, memberCount]) : undefined,
    isByPerson: drifts || random.next() < 0.6,
    drift: drifts ? 15 : 0,
    maxMembers: theme === 'drift' && index === 1 ? Math.floor(memberCount / 2) : undefined,
  };
}

/** The channels as a configuration file would say them. */
export function channelsOf({ vendors }: Scenario): ChannelsConfig {
  const channels = [...vendors].map(([channel, plan]) => [channel, channelConfig(channel, plan)] as const);
  return parseSettings(channelsSchema, Object.fromEntries(channels), 'the scenario');
}

const ADDRESS_FIELDS: Readonly<Record<Channel, string>> = {
  inbox: '',
  sms: '{{recipient.phone}}',
  email: '{{recipient.email}}',
  app: '{{recipient.pushToken}}',
};
const CODES = { OK: 'accepted', ADDRESS: 'addressRefused', MESSAGE: 'messageRefused', LATER: 'transient' };

function channelConfig(channel: Channel, plan: VendorPlan): object {
  const item = { ref: '{{reference}}', to: ADDRESS_FIELDS[channel] };
  const { throttleSpeaksFor } = plan;
  const answers = plan.isBatched
    ? { throttleSpeaksFor, members: { list: '/results', reference: '/ref', code: '/code', codes: CODES } }
    : { throttleSpeaksFor, request: { code: '/code', codes: CODES } };
  return {
    mode: plan.mode,
    windowMembers: plan.windowMembers,
    maxAmbiguousTries: plan.maxAmbiguousTries,
    maxDefiniteTries: plan.maxDefiniteTries,
    retry: { firstDelayMs: 300, maxDelayMs: 3_000 },
    ...(plan.membersPerSecond !== undefined && { pace: { membersPerSecond: plan.membersPerSecond } }),
    provider: {
      kind: 'http',
      url: `https://${channel}.vendor.example/send`,
      body: { items: plan.isBatched ? '{{items}}' : [item] },
      ...(plan.isBatched && { batch: { maxMembers: plan.chunkMembers, item } }),
      ...(plan.keyLifeMs !== undefined && { keyLifeMs: plan.keyLifeMs }),
      answers,
      connections: plan.connections,
    },
  };
}

export const between = (random: Random, least: number, most: number): number =>
  least + Math.floor(random.next() * (most - least + 1));

/** One of several; there is at least one. */
export const pick = <Item>(random: Random, items: readonly Item[]): Item =>
  items[Math.floor(random.next() * items.length)] as Item; // an index within

export function shuffled<Item>(random: Random, items: readonly Item[]): Item[] {
  return items
    .map((item) => ({ item, place: random.next() }))
    .sort((left, right) => left.place - right.place)
    .map(({ item }) => item);
}
