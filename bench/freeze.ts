/**
 * Fixing an audience member by member, durably, with the books' rows for one channel: everybody, and personas by core
 * columns, a tag, an attribute. In process, on a store that nobody else uses. Baseline: counting the same filter, which
 * reads as much and keeps nothing.
 *
 * What it does not show: a store that does not fit the machine's memory.
 */
import { join } from 'node:path';
import { SqliteStore } from '../src/adapters/sqlite/sqlite-store.js';
import { systemClock } from '../src/adapters/system/system-clock.js';
import type { Audience } from '../src/campaign/audience.js';
import { freezeCampaign } from '../src/campaign/freeze-audience.js';
import { startCampaign } from '../src/campaign/start-campaign.js';
import { EVERYBODY } from '../src/core/member-filter.js';
import { canonicalFilter } from '../src/membership/filter-canonical.js';
import { filterToJson } from '../src/membership/filter-json.js';
import { parseFilterText } from '../src/membership/filter-text.js';
import { countMembers } from '../src/membership/scan-members.js';
import { setUpInbox } from '../src/push/channel-setup.js';
import { channelsSchema } from '../src/push/config/channel-config.js';
import { figureOf, type Bench, type BenchOptions, type Figure } from './figure.js';
import { withCleanUp } from './support/clean-up.js';
import { copyOfMembers } from './support/members-folder.js';

export const freeze: Bench = {
  name: 'freeze',
  about: 'fixing an audience member by member: everybody and personas',
  run,
};

const CASES = [
  { name: 'everybody', where: undefined },
  { name: 'two top levels', where: 'level in (4,5)' },
  { name: 'points and active days', where: 'points >= 1000 and activeDays >= 5' },
  { name: 'a tag', where: "tag = 'coupon-hunter'" },
  { name: 'an attribute', where: "attributes.city = '上海' and attributes.birthMonth <= 6" },
] as const;

interface Round {
  readonly freezeMs: number;
  readonly countMs: number;
  readonly members: number;
}

async function run({ numberOf, say }: BenchOptions): Promise<readonly Figure[]> {
  const members = numberOf('members', 10_000_000);
  const runs = numberOf('runs', 3);
  const rounds = CASES.map((): Round[] => []);
  await withCleanUp(async (cleanUp) => {
    const folder = await copyOfMembers({ members, say }, cleanUp);
    const store = new SqliteStore({ file: join(folder, 'fanfare.db'), clock: systemClock });
    cleanUp.add(() => store.close());
    for (let round = 1; round <= runs; round++) {
      for (const [index, { name, where }] of CASES.entries()) {
        say(`run ${round} of ${runs}: ${name}`);
        rounds[index]?.push(await freezeOne(store, where));
      }
    }
  });
  return CASES.flatMap(({ name }, index) => {
    const of = (read: (round: Round) => number): number[] => (rounds[index] ?? []).map(read);
    return [
      figureOf(
        `${name}, against counting`,
        'ms',
        of(({ freezeMs }) => freezeMs),
        of(({ countMs }) => countMs),
      ),
      figureOf(
        `${name}, members`,
        'members',
        of((round) => round.members),
      ),
    ];
  });
}

async function freezeOne(store: SqliteStore, where: string | undefined): Promise<Round> {
  const filter = where === undefined ? EVERYBODY : parseFilterText(where);
  const counted = await timed(() => countMembers({ store, clock: systemClock }, filter));
  const definition: Audience['definition'] =
    where === undefined ? { kind: 'everybody' } : { kind: 'filter', filter: filterToJson(canonicalFilter(filter)) };
  const { offer } = setUpInbox(channelsSchema.parse({}).inbox);
  const { campaignId } = await store.transaction((tx) =>
    startCampaign(
      tx,
      {
        now: systemClock.now(),
        actor: 'bench',
        catalogue: new Map([['inbox', offer]]),
        wording: { language: 'en', timeZone: 'UTC' },
      },
      {
        name: where ?? 'everybody',
        audience: { definition, buckets: [] },
        channels: [{ channel: 'inbox', message: { body: 'Hello' } }],
      },
    ),
  );
  const frozen = await timed(() => freezeCampaign({ store, clock: systemClock }, campaignId));
  const audience = await store.read(async (tx) => {
    const campaign = await tx.campaigns.find(campaignId);
    return campaign && tx.audiences.find(campaign.audienceId);
  });
  if (audience === undefined || audience.memberCount !== counted.result) {
    throw new Error(`${audience?.memberCount ?? 0} members were frozen, ${counted.result} were counted.`);
  }
  return { freezeMs: frozen.spanMs, countMs: counted.spanMs, members: audience.memberCount };
}

async function timed<Result>(
  work: () => Promise<Result>,
): Promise<{ readonly result: Result; readonly spanMs: number }> {
  const startedMs = performance.now();
  const result = await work();
  return { result, spanMs: performance.now() - startedMs };
}
