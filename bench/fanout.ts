/**
 * A campaign to everybody over a keyed vendor that accepts at once and the own inbox, with full books and full sync:
 * what the engine itself costs. Beside it, in the same run and alternating: the packed read of the same flags (the
 * store's floor), and a pipeline that does one message, one dedupe key and one push record per member.
 *
 * What it does not show: rendering and network (the vendor is a function), and members of one's own (the population is
 * blocks of flags made here; who has consent and a phone is as in the generator, about four of five).
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { MemoryPacer } from '../src/adapters/memory/memory-pacer.js';
import { SqliteStore } from '../src/adapters/sqlite/sqlite-store.js';
import { systemClock } from '../src/adapters/system/system-clock.js';
import { freezeCampaign } from '../src/campaign/freeze-audience.js';
import { startCampaign } from '../src/campaign/start-campaign.js';
import { consentBit, contactBit, type Channel } from '../src/core/channels.js';
import type { CampaignId } from '../src/core/ids.js';
import { BLOCK_SIZE } from '../src/core/ranges.js';
import { SeededRandom } from '../src/core/seeded-random.js';
import { ChannelPusher } from '../src/push/channel-pusher.js';
import { setUpChannel, setUpInbox } from '../src/push/channel-setup.js';
import type { ChannelSetup } from '../src/push/channel-setup.js';
import { SimulatedProvider } from '../src/adapters/vendors/simulated/simulated-provider.js';
import { channelsSchema } from '../src/push/config/channel-config.js';
import { figureOf, type Bench, type BenchOptions, type Figure } from './figure.js';

const MEMBERS_PER_MESSAGE_PIPELINE = 100_000;

export const fanout: Bench = {
  name: 'fanout',
  about: 'a campaign to everybody, keyed no-op vendor and own inbox, full books, full sync',
  run,
};

async function run({ numberOf, say }: BenchOptions): Promise<readonly Figure[]> {
  const members = Math.ceil(numberOf('members', 10_000_000) / BLOCK_SIZE) * BLOCK_SIZE;
  const runs = numberOf('runs', 3);
  const folder = mkdtempSync(join(tmpdir(), 'fanfare-bench-'));
  const file = join(folder, 'fanfare.db');
  const store = new SqliteStore({ file, clock: systemClock });
  try {
    say(`making ${members.toLocaleString('en')} members' flags`);
    makePopulation(file, members);
    const results: Round[] = [];
    for (let round = 1; round <= runs; round++) {
      say(`run ${round} of ${runs}`);
      results.push({
        read: packedRead(file, members),
        sms: await campaign(store, 'sms', members),
        inbox: await campaign(store, 'inbox', members),
        perMember: perMemberPipeline(folder, Math.min(members, MEMBERS_PER_MESSAGE_PIPELINE)),
      });
    }
    return figures(results, members);
  } finally {
    await store.close();
    rmSync(folder, { recursive: true });
  }
}

interface Round {
  readonly read: number;
  readonly sms: CampaignRun;
  readonly inbox: CampaignRun;
  readonly perMember: number;
}

interface CampaignRun {
  readonly membersPerSecond: number;
  readonly cpuMicrosPerMember: number;
  readonly freezeMs: number;
  readonly rssMiB: number;
}

function figures(rounds: readonly Round[], members: number): readonly Figure[] {
  const of = (read: (round: Round) => number): number[] => rounds.map(read);
  return [
    figureOf(
      'packed read',
      'members/s',
      of(({ read }) => read),
    ),
    figureOf(
      'fan-out, keyed vendor',
      'members/s',
      of(({ sms }) => sms.membersPerSecond),
      of(({ read }) => read),
    ),
    figureOf(
      'fan-out, own inbox',
      'members/s',
      of(({ inbox }) => inbox.membersPerSecond),
      of(({ read }) => read),
    ),
    figureOf(
      'a message, a key, a record per member',
      'members/s',
      of(({ perMember }) => perMember),
    ),
    figureOf(
      'fan-out against that',
      'times',
      rounds.map(({ sms, perMember }) => sms.membersPerSecond / perMember),
    ),
    figureOf(
      'CPU, keyed vendor',
      'µs/member',
      of(({ sms }) => sms.cpuMicrosPerMember),
    ),
    figureOf(
      'CPU, own inbox',
      'µs/member',
      of(({ inbox }) => inbox.cpuMicrosPerMember),
    ),
    figureOf(
      `freeze of ${members.toLocaleString('en')}`,
      'ms',
      of(({ sms }) => sms.freezeMs),
    ),
    figureOf(
      'RSS after a campaign',
      'MiB',
      of(({ sms }) => sms.rssMiB),
    ),
  ];
}

/** Blocks of flags as imports leave them; rows of members are not read by a campaign that renders nothing. */
function makePopulation(file: string, members: number): void {
  const database = new Database(file);
  const random = new SeededRandom('fanout');
  const insertBlock = database.prepare(
    'INSERT INTO population_block (block, member_count, exists_bits) VALUES (?, ?, ?)',
  );
  const insertFlags = database.prepare('INSERT INTO population_flags (block, flags) VALUES (?, ?)');
  const everybody = Buffer.alloc(BLOCK_SIZE / 8, 0xff);
  const inbox = consentBit('inbox') | contactBit('inbox');
  const sms = consentBit('sms') | contactBit('sms');
  const patterns = Array.from({ length: 16 }, () =>
    Uint16Array.from({ length: BLOCK_SIZE }, () => inbox | (random.next() < 0.8 ? sms : contactBit('sms'))),
  );
  database.transaction(() => {
    for (let block = 0; block < members / BLOCK_SIZE; block++) {
      const flags = patterns[block % patterns.length] ?? new Uint16Array(BLOCK_SIZE);
      insertBlock.run(block, BLOCK_SIZE, everybody);
      insertFlags.run(block, Buffer.from(flags.buffer));
    }
  })();
  database.close();
}

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

async function campaign(store: SqliteStore, channel: Channel, members: number): Promise<CampaignRun> {
  const setup = setUp(channel);
  const now = systemClock.now();
  const { campaignId } = await store.transaction((tx) =>
    startCampaign(
      tx,
      {
        now,
        actor: 'bench',
        catalogue: new Map([[channel, setup.offer]]),
        wording: { language: 'en', timeZone: 'UTC' },
      },
      {
        name: `fan-out by ${channel}`,
        audience: { definition: { kind: 'everybody' }, buckets: [] },
        channels: [{ channel, message: { body: 'Hello' } }],
      },
    ),
  );
  const freezeStartedMs = performance.now();
  await freezeCampaign({ store, clock: systemClock }, campaignId);
  const freezeMs = performance.now() - freezeStartedMs;
  const pusher = new ChannelPusher({
    settings: setup.settings,
    store,
    pacer: new MemoryPacer(systemClock),
    clock: systemClock,
    random: new SeededRandom(1),
    owner: 'bench',
    onEvent: (event) => {
      if (event.kind === 'push.storeError') throw event.error;
    },
  });
  const cpuStarted = process.cpuUsage();
  const startedMs = performance.now();
  pusher.start();
  await ended(store, campaignId);
  const spanMs = performance.now() - startedMs;
  const cpu = process.cpuUsage(cpuStarted);
  await pusher.stop(0);
  const counts = await store.read((tx) => tx.ledger.counts({ campaignId, channel }));
  const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
  if (total !== members || (counts.get(0) ?? 0) > 0) throw new Error('The books of the bench do not balance.');
  return {
    membersPerSecond: perSecond(members, spanMs),
    cpuMicrosPerMember: (cpu.user + cpu.system) / members,
    freezeMs,
    rssMiB: process.memoryUsage().rss / 2 ** 20,
  };
}

function setUp(channel: Channel): ChannelSetup {
  const channels = channelsSchema.parse({
    sms: { provider: { kind: 'simulated', keyLifeMs: 86_400_000, maxMembers: 1_000, maxConcurrentRequests: 32 } },
  });
  if (channel === 'inbox') return setUpInbox(channels.inbox);
  const config = channels.sms;
  if (config?.provider.kind !== 'simulated') throw new Error('The bench simulates its vendor.');
  const provider = new SimulatedProvider('sms', config.provider, { clock: systemClock, practice: undefined });
  return setUpChannel('sms', config, provider);
}

async function ended(store: SqliteStore, campaignId: CampaignId): Promise<void> {
  for (;;) {
    const campaignRow = await store.read((tx) => tx.campaigns.find(campaignId));
    if (campaignRow?.state === 'completed') return;
    await systemClock.sleep(2);
  }
}

/**
 * The usual way, over the same engine: batches of 100 messages, one per member, are stored; each is taken, its dedupe
 * key inserted, the member's flags read, the (no-op) send made and a push record written, a hundred a commit.
 */
function perMemberPipeline(folder: string, members: number): number {
  const file = join(folder, 'per-member.db');
  const database = new Database(file);
  database.pragma('journal_mode = WAL');
  database.pragma('synchronous = FULL');
  database.exec(`
    CREATE TABLE message (id INTEGER PRIMARY KEY, body TEXT NOT NULL);
    CREATE TABLE dedupe_key (key TEXT PRIMARY KEY) WITHOUT ROWID;
    CREATE TABLE push_record (id INTEGER PRIMARY KEY, campaign INTEGER, member INTEGER, outcome TEXT, at INTEGER);
  `);
  const enqueue = database.prepare('INSERT INTO message (body) VALUES (?)');
  const lease = database.prepare<[], { id: number; body: string }>(
    'SELECT id, body FROM message ORDER BY id LIMIT 100',
  );
  const remove = database.prepare('DELETE FROM message WHERE id = ?');
  const keep = database.prepare('INSERT INTO dedupe_key (key) VALUES (?) ON CONFLICT DO NOTHING');
  const record = database.prepare('INSERT INTO push_record (campaign, member, outcome, at) VALUES (1, ?, ?, ?)');
  const startedMs = performance.now();
  for (let from = 0; from < members; from += 100) {
    database.transaction(() => {
      for (let member = from; member < from + 100; member++) enqueue.run(JSON.stringify({ campaign: 1, member }));
    })();
  }
  for (let batch = lease.all(); batch.length > 0; batch = lease.all()) {
    database.transaction(() => {
      for (const { id, body } of batch) {
        const { member } = JSON.parse(body) as { readonly member: number };
        if (keep.run(`1:${member}`).changes === 1) record.run(member, 'sent', Date.now());
        remove.run(id);
      }
    })();
  }
  const spanMs = performance.now() - startedMs;
  database.close();
  for (const suffix of ['', '-wal', '-shm']) rmSync(file + suffix, { force: true });
  return perSecond(members, spanMs);
}

const perSecond = (members: number, spanMs: number): number => (members / spanMs) * 1_000;
