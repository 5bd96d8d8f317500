/**
 * A campaign to everybody over a keyed vendor that accepts at once and the own inbox, with full books and full sync:
 * what the engine itself costs. Beside it, in the same run and alternating:
 *
 *   packed read        the flags of all members, read and nothing else
 *   the store's floor  the same cells marked and settled, 32 buckets a commit, with no lease, no reasons, no counts,
 *                      no retries (`packedFlags` in support/steps.ts)
 *   the reference      one message, one key, one record per member (support/reference-pipeline.ts says what that does
 *                      and does not do)
 *
 * `rendered` is the same campaign to generated members: name and three fields into Chinese batch bodies with a
 * reference each, in the vendor's thread; the vendor accepts at once. The shares of the steps are of one more campaign,
 * which is timed inside and counts for nothing else.
 *
 * What it does not show: network, and for all but `rendered` members of one's own (the population is blocks of flags
 * made here; who has consent and a phone is as in the generator, about four of five).
 */
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { MemoryPacer } from '../src/adapters/memory/memory-pacer.js';
import { SqliteStore } from '../src/adapters/sqlite/sqlite-store.js';
import { systemClock } from '../src/adapters/system/system-clock.js';
import { createProvider } from '../src/adapters/vendors/create-provider.js';
import { freezeCampaign } from '../src/campaign/freeze-audience.js';
import { startCampaign } from '../src/campaign/start-campaign.js';
import type { Channel } from '../src/core/channels.js';
import type { CampaignId } from '../src/core/ids.js';
import type { Store } from '../src/core/ports/store.js';
import { BLOCK_SIZE } from '../src/core/ranges.js';
import { SeededRandom } from '../src/core/seeded-random.js';
import { OUTCOME_CODES } from '../src/ledger/cell-code.js';
import { ChannelPusher } from '../src/push/channel-pusher.js';
import { setUpChannel, setUpInbox } from '../src/push/channel-setup.js';
import type { ChannelSetup } from '../src/push/channel-setup.js';
import { channelsSchema } from '../src/push/config/channel-config.js';
import type { PushTx } from '../src/push/push-tx.js';
import { figureOf, type Bench, type BenchOptions, type Figure } from './figure.js';
import { runFolder } from './support/bench-folder.js';
import { withCleanUp } from './support/clean-up.js';
import { copyOfMembers } from './support/members-folder.js';
import { writePopulation } from './support/packed-population.js';
import {
  REFERENCE_STAGES,
  referencePipeline,
  type ReferenceRun,
  type ReferenceStage,
} from './support/reference-pipeline.js';
import { packedFlags } from './support/steps.js';
import { STEPS, StepTimes, type Step } from './support/timed-store.js';

const REFERENCE_MEMBERS = 100_000;
const RENDERED_MEMBERS = 1_000_000;
const RENDERED_BODY =
  '{{member.name|朋友}}，{{campaign.name}}开始了，您有{{member.points}}积分，等级{{member.level}}，' +
  '近30天活跃{{member.activeDays}}天，可以打开APP进入活动页面。拒收请回复R';

export const fanout: Bench = {
  name: 'fanout',
  about: 'a campaign to everybody, keyed no-op vendor and own inbox, full books, full sync',
  run,
};

interface Round {
  readonly read: number;
  readonly floor: Timed;
  readonly sms: CampaignRun;
  readonly inbox: CampaignRun;
  readonly rendered: CampaignRun;
  readonly reference: ReferenceRun;
}

async function run({ numberOf, say }: BenchOptions): Promise<readonly Figure[]> {
  const members = Math.ceil(numberOf('members', 10_000_000) / BLOCK_SIZE) * BLOCK_SIZE;
  const runs = numberOf('runs', 3);
  const few = Math.min(members, REFERENCE_MEMBERS);
  return withCleanUp(async (cleanUp) => {
    const folder = runFolder(cleanUp);
    const file = join(folder, 'fanfare.db');
    const store = new SqliteStore({ file, clock: systemClock });
    cleanUp.add(() => store.close());
    say(`making ${members.toLocaleString('en')} members' flags`);
    writePopulation(file, members);
    const named = await copyOfMembers({ members: Math.min(members, RENDERED_MEMBERS), say }, cleanUp);
    const namedStore = new SqliteStore({ file: join(named, 'fanfare.db'), clock: systemClock });
    cleanUp.add(() => namedStore.close());
    const rounds: Round[] = [];
    for (let round = 1; round <= runs; round++) {
      say(`run ${round} of ${runs}`);
      rounds.push({
        read: packedRead(file, members),
        sms: await campaign(store, 'sms'),
        floor: await floor(runFolder(cleanUp), members),
        inbox: await campaign(store, 'inbox'),
        rendered: await campaign(namedStore, 'sms', { isRendered: true }),
        reference: referencePipeline(folder, few),
      });
    }
    say('one more of each channel, timed inside');
    const smsSteps = new StepTimes(store);
    const inboxSteps = new StepTimes(store);
    const sms = await campaign(store, 'sms', { pushStore: smsSteps.timed() });
    const inbox = await campaign(store, 'inbox', { pushStore: inboxSteps.timed() });
    return [
      ...figures(rounds, { members, few }),
      ...shareFigures('keyed', smsSteps.shares(sms.spanMs)),
      ...shareFigures('inbox', inboxSteps.shares(inbox.spanMs)),
    ];
  });
}

const STAGE_NAMES: Readonly<Record<ReferenceStage, string>> = {
  bucketMessages: 'event to bucket messages',
  memberMessages: 'a message per member',
  dedupeKeys: 'dedupe keys',
  sends: 'sends',
  pushRecords: 'push records',
};
const STEP_NAMES: Readonly<Record<Step, string>> = {
  claim: 'claims',
  load: 'rows read again',
  flags: 'flags read',
  save: 'rows written',
  deliver: 'inboxes written',
  books: 'counts, times, settling',
  decide: 'deciding, marking, merging',
  commit: 'commits, and waiting for them',
  between: 'between turns',
};

function figures(
  rounds: readonly Round[],
  { members, few }: { readonly members: number; readonly few: number },
): Figure[] {
  const of = (read: (round: Round) => number): number[] => rounds.map(read);
  const floors = of(({ floor: { spanMs } }) => perSecond(members, spanMs));
  const floorCpu = of(({ floor: { cpuMs } }) => microsEach(cpuMs, members));
  const reference = of(({ reference: { spanMs } }) => perSecond(few, spanMs));
  const rate = (channel: 'sms' | 'inbox') => of((round) => perSecond(members, round[channel].spanMs));
  const cpu = (channel: 'sms' | 'inbox') => of((round) => microsEach(round[channel].cpuMs, members));
  const sms = rate('sms');
  return [
    figureOf(
      'packed read',
      'members/s',
      of(({ read }) => read),
    ),
    figureOf("the store's floor", 'members/s', floors),
    figureOf('fan-out, keyed vendor', 'members/s', sms, floors),
    figureOf('fan-out, own inbox', 'members/s', rate('inbox'), floors),
    figureOf(
      'rendered, keyed vendor',
      'sent/s',
      of(({ rendered }) => perSecond(rendered.sentMembers, rendered.spanMs)),
    ),
    figureOf('the reference', 'members/s', reference),
    figureOf(
      'keyed vendor against the reference',
      'times',
      sms.map((value, round) => value / (reference[round] ?? 1)),
    ),
    figureOf("CPU, the store's floor", 'µs/member', floorCpu),
    figureOf('CPU, keyed vendor', 'µs/member', cpu('sms'), floorCpu),
    figureOf('CPU, own inbox', 'µs/member', cpu('inbox'), floorCpu),
    figureOf(
      'CPU, rendered',
      'µs/sent',
      of(({ rendered }) => microsEach(rendered.cpuMs, rendered.sentMembers)),
    ),
    figureOf(
      'turns, keyed vendor',
      'turns',
      of(({ sms: { turns } }) => turns),
    ),
    figureOf(
      `freeze of ${members.toLocaleString('en')}`,
      'ms',
      of(({ sms: { freezeMs } }) => freezeMs),
    ),
    figureOf(
      'RSS after a campaign',
      'MiB',
      of(({ sms: { rssMiB } }) => rssMiB),
    ),
    ...REFERENCE_STAGES.map((stage) =>
      figureOf(
        `reference: ${STAGE_NAMES[stage]}`,
        '% of its time',
        of(({ reference: { stageMs, spanMs } }) => (100 * stageMs[stage]) / spanMs),
      ),
    ),
  ];
}

const shareFigures = (channel: string, shares: Readonly<Record<Step, number>>): Figure[] =>
  STEPS.filter((step) => shares[step] > 0).map((step) =>
    figureOf(`${channel}: ${STEP_NAMES[step]}`, '% of its time', [shares[step]]),
  );

function packedRead(file: string, members: number): number {
  const database = new Database(file, { readonly: true });
  const flags = database.prepare<[number], Uint8Array>('SELECT flags FROM population_flags WHERE block = ?').pluck();
  const startedMs = performance.now();
  let bytes = 0;
  for (let block = 0; block < members / BLOCK_SIZE; block++) bytes += flags.get(block)?.length ?? 0;
  const spanMs = performance.now() - startedMs;
  database.close();
  if (bytes !== members * 2) throw new Error(`The population has ${bytes / 2} flags, not ${members}.`);
  return perSecond(members, spanMs);
}

interface Timed {
  readonly spanMs: number;
  readonly cpuMs: number;
}

interface CampaignRun extends Timed {
  readonly sentMembers: number;
  readonly turns: number;
  readonly freezeMs: number;
  readonly rssMiB: number;
}

async function timed(work: () => Promise<unknown>): Promise<Timed> {
  const cpuStarted = process.cpuUsage();
  const startedMs = performance.now();
  await work();
  const { user, system } = process.cpuUsage(cpuStarted);
  return { spanMs: performance.now() - startedMs, cpuMs: (user + system) / 1_000 };
}

/** It times itself, without making its members; the CPU of that is left out by running it on what was made. */
async function floor(folder: string, members: number): Promise<Timed> {
  let spanMs = 0;
  const { cpuMs, spanMs: wholeMs } = await timed(async () => {
    spanMs = (await packedFlags({ folder, members, vendorPort: 0 })) * 1_000;
  });
  return { spanMs, cpuMs: cpuMs * (spanMs / wholeMs) };
}

interface CampaignOptions {
  /** What the pusher works on, where that is not the store itself. */
  readonly pushStore?: Store<PushTx>;
  readonly isRendered?: boolean;
}

async function campaign(
  store: SqliteStore,
  channel: Channel,
  { pushStore = store, isRendered = false }: CampaignOptions = {},
): Promise<CampaignRun> {
  const setup = setUp(channel, isRendered);
  const { campaignId } = await store.transaction((tx) =>
    startCampaign(
      tx,
      {
        now: systemClock.now(),
        actor: 'bench',
        catalogue: new Map([[channel, setup.offer]]),
        wording: { language: 'en', timeZone: 'UTC' },
      },
      {
        name: '双11',
        audience: { definition: { kind: 'everybody' }, buckets: [] },
        channels: [{ channel, message: { body: isRendered ? RENDERED_BODY : 'Hello' } }],
      },
    ),
  );
  const { spanMs: freezeMs } = await timed(() => freezeCampaign({ store, clock: systemClock }, campaignId));
  const pusher = new ChannelPusher({
    settings: setup.settings,
    store: pushStore,
    pacer: new MemoryPacer(systemClock),
    clock: systemClock,
    random: new SeededRandom(1),
    owner: 'bench',
    onEvent: (event) => {
      if ('error' in event) throw event.error;
    },
  });
  const run = await timed(async () => {
    pusher.start();
    await ended(store, campaignId);
  });
  const { turns } = pusher.stats();
  await pusher.stop(0);
  await setup.settings.provider?.close();
  const counts = await store.read((tx) => tx.ledger.counts({ campaignId, channel }));
  if ((counts.get(0) ?? 0) > 0) throw new Error('The books of the bench do not balance.');
  const sentMembers = counts.get(OUTCOME_CODES.sent) ?? 0;
  return { ...run, sentMembers, turns, freezeMs, rssMiB: process.memoryUsage().rss / 2 ** 20 };
}

function setUp(channel: Channel, rendersMessage: boolean): ChannelSetup {
  const provider = { kind: 'simulated', keyLifeMs: 86_400_000, maxMembers: 1_000, maxConcurrentRequests: 32 };
  const channels = channelsSchema.parse({ sms: { provider: { ...provider, rendersMessage } } });
  if (channel === 'inbox') return setUpInbox(channels.inbox);
  const config = channels.sms;
  if (config === undefined) throw new Error('The bench has a vendor.');
  const keys = { current: { id: 1, secret: new Uint8Array(32) }, previous: [] };
  const deps = { clock: systemClock, keys, readSecret: () => '', onEvent: () => undefined };
  return setUpChannel('sms', config, createProvider('sms', config.provider, deps));
}

async function ended(store: SqliteStore, campaignId: CampaignId): Promise<void> {
  for (;;) {
    const campaignRow = await store.read((tx) => tx.campaigns.find(campaignId));
    if (campaignRow?.state === 'completed') return;
    await systemClock.sleep(2);
  }
}

const microsEach = (cpuMs: number, members: number): number => (cpuMs * 1_000) / Math.max(1, members);
const perSecond = (members: number, spanMs: number): number => (members / spanMs) * 1_000;
