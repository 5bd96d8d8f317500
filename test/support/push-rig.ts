import { setImmediate as nextTurn } from 'node:timers/promises';
import { MemoryPacer } from '../../src/adapters/memory/memory-pacer.js';
import type { PreparedAudience } from '../../src/campaign/audience-choice.js';
import { freezeCampaign } from '../../src/campaign/freeze-audience.js';
import type { EngineTx } from '../../src/compose.js';
import type { ChannelOffer } from '../../src/campaign/channel-offer.js';
import type { CampaignId } from '../../src/core/ids.js';
import type { CampaignDraft } from '../../src/campaign/campaign-draft.js';
import { startCampaign } from '../../src/campaign/start-campaign.js';
import { SeededRandom } from '../../src/core/seeded-random.js';
import { nameOfCode } from '../../src/ledger/cell-code.js';
import type { DeliveryMode } from '../../src/ledger/cell-moves.js';
import type { MemberRepository } from '../../src/membership/member-repository.js';
import type { MemberFields } from '../../src/membership/member.js';
import { toRow } from '../../src/membership/member-row.js';
import { ChannelPusher, type PushEvent } from '../../src/push/channel-pusher.js';
import type { PushTx } from '../../src/push/push-tx.js';
import type { ChannelSettings } from '../../src/push/channel-settings.js';
import type { Channel } from '../../src/core/channels.js';
import type { IdAllocator } from '../../src/core/id-allocator.js';
import type { Clock } from '../../src/core/ports/clock.js';
import type { Store } from '../../src/core/ports/store.js';
import type { ManualClock } from './manual-clock.js';
import type { ScriptedProvider } from './scripted-provider.js';

/** A member whom every channel may tell and can reach. */
export const REACHABLE: MemberFields = {
  name: '李伟',
  level: 1,
  points: 100,
  activeDays: 3,
  lastActiveAt: null,
  tags: [],
  timeZone: null,
  locale: 'zh-CN',
  email: 'li.wei@example.com',
  phone: '+8613800138000',
  pushToken: 'token-of-a-device',
  pushPlatform: 'android',
  consent: {
    sms: { state: 'granted', at: null, source: 'test' },
    email: { state: 'granted', at: null, source: 'test' },
    app: { state: 'granted', at: null, source: 'test' },
  },
  attributes: {},
};

interface MembersTx {
  readonly ids: IdAllocator;
  readonly members: Pick<MemberRepository, 'insert'>;
}

/** Adds members; `fieldsOf` says what is not as in REACHABLE. */
export async function addMembers(
  store: Store<MembersTx>,
  clock: Pick<Clock, 'now'>,
  {
    count,
    fieldsOf = () => ({}),
  }: { readonly count: number; readonly fieldsOf?: (index: number) => Partial<MemberFields> },
): Promise<void> {
  await store.transaction(async (tx) => {
    const first = await tx.ids.take('ordinal', count);
    const rows = Array.from({ length: count }, (_, index) =>
      toRow(`m${first + index}`, { ...REACHABLE, ...fieldsOf(index) }),
    );
    await tx.members.insert(first, rows, clock.now());
  });
}

/** A launched campaign, frozen and running. */
export async function runningCampaign(
  store: Store<EngineTx>,
  clock: Clock,
  {
    channels,
    mode = 'keyed',
    audience = { definition: { kind: 'everybody' }, buckets: [] },
    ...draft
  }: Partial<Omit<CampaignDraft, 'channels'>> & {
    readonly channels: readonly Channel[];
    readonly mode?: DeliveryMode;
    readonly audience?: PreparedAudience;
  },
): Promise<CampaignId> {
  const catalogue = new Map(
    channels.map((channel): [Channel, ChannelOffer] => [
      channel,
      {
        channel,
        capabilities:
          channel === 'inbox'
            ? undefined
            : {
                maxChunkMembers: 100,
                maxRequestMembers: 100,
                isKeyed: mode === 'keyed',
                keyLifeMs: mode === 'keyed' ? 86_400_000 : undefined,
                maxConcurrentRequests: 8,
                rendersMessage: false,
                recipientColumns: [],
              },
        defaultMode: channel === 'inbox' ? 'keyed' : mode,
        windowMembers: 1_000,
        maxAmbiguousTries: 1,
        price: undefined,
        pace: {},
      },
    ]),
  );
  const campaign = await store.transaction((tx) =>
    startCampaign(
      tx,
      { now: clock.now(), actor: 'ann', catalogue, wording: { language: 'en', timeZone: 'UTC' } },
      {
        name: 'Autumn',
        audience,
        channels: channels.map((channel) => ({
          channel,
          message: channel === 'email' ? { subject: 'Hi', body: 'Hello' } : { body: 'Hello' },
        })),
        ...draft,
      },
    ),
  );
  await freezeCampaign({ store, clock }, campaign.campaignId);
  return campaign.campaignId;
}

/** A pusher over a provider (none for the inbox) with settings for tests. */
export function pusherOf(
  store: Store<PushTx>,
  clock: Clock,
  options: Partial<ChannelSettings> & {
    readonly channel: Channel;
    readonly provider: ScriptedProvider | undefined;
    readonly owner?: string;
    readonly usesTasks?: boolean;
    /** Told of trouble; what is not expected fails the test unless this is given. */
    readonly onTrouble?: (event: PushEvent) => void;
  },
): ChannelPusher {
  const { owner = 'test', usesTasks = false, onTrouble, ...settings } = options;
  return new ChannelPusher({
    settings: {
      windowMembers: 1_000,
      pace: {},
      maxDefiniteTries: 3,
      maxAmbiguousTries: 1,
      retry: { firstDelayMs: 1_000, maxDelayMs: 60_000 },
      ...settings,
    },
    store,
    pacer: new MemoryPacer(clock),
    clock,
    random: new SeededRandom(1),
    owner,
    usesTasks,
    onEvent: (event) => {
      if (event.kind === 'push.circuit') return;
      if (onTrouble === undefined) throw event.error;
      onTrouble(event);
    },
  });
}

/** A store that a process uses until it dies: from then on it answers nobody, and what it did stays done. */
export function mortalStore(store: Store<PushTx>): { readonly store: Store<PushTx>; readonly die: () => void } {
  let isDead = false;
  const never = new Promise<never>(() => undefined);
  const unlessDead = async <Result>(running: Promise<Result>): Promise<Result> => {
    const result = await running;
    return isDead ? never : result;
  };
  return {
    store: {
      transaction: (body, options) => (isDead ? never : unlessDead(store.transaction(body, options))),
      read: (body) => (isDead ? never : unlessDead(store.read(body))),
    },
    die: () => {
      isDead = true;
    },
  };
}

const MAX_ROUNDS = 20_000;

/** Lets loops make their turns, moving the clock, until `condition` holds; fails loudly when it never does. */
export async function runUntil(
  clock: ManualClock,
  condition: () => boolean | Promise<boolean>,
  { stepMs = 20 }: { readonly stepMs?: number } = {},
): Promise<void> {
  for (let round = 0; round < MAX_ROUNDS; round++) {
    if (await condition()) return;
    await nextTurn();
    await clock.run(stepMs);
  }
  throw new Error(`The condition never held in ${MAX_ROUNDS} rounds.`);
}

/** Members of a campaign's channel by outcome. */
export async function outcomes(
  store: Store<EngineTx>,
  campaignId: CampaignId,
  channel: Channel,
): Promise<Readonly<Record<string, number>>> {
  const counts = await store.read((tx) => tx.ledger.counts({ campaignId, channel }));
  const named: Record<string, number> = {};
  for (const [code, members] of counts) {
    const name = nameOfCode(code) ?? `code ${code}`;
    named[name] = (named[name] ?? 0) + members;
  }
  return named;
}

export const isCompleted = async (store: Store<EngineTx>, campaignId: CampaignId): Promise<boolean> =>
  (await store.read((tx) => tx.campaigns.find(campaignId)))?.state === 'completed';
