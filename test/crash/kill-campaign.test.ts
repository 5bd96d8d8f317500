/**
 * A campaign over all four channels, whose server is killed, or stopped in order, again and again while it sends. What
 * counts is what the vendors, processes of their own that nobody ends, wrote into their logs.
 *
 *   inbox, sms   keyed           nobody missed, nobody told twice
 *   app          at least once   nobody missed; at most the window told twice per kill
 *   email        at most once    nobody told twice; at most the window unknown per kill
 *
 * A stop in order costs nothing at all, but for members whose vendor did not answer in time; it says how many.
 */
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as after } from 'node:timers/promises';
import { expect, it, vi } from 'vitest';
import { SqliteStore } from '../../src/adapters/sqlite/sqlite-store.js';
import { systemClock } from '../../src/adapters/system/system-clock.js';
import { assert } from '../../src/core/assert.js';
import { CHANNELS, type Channel } from '../../src/core/channels.js';
import { SeededRandom } from '../../src/core/seeded-random.js';
import type { VendorProcess } from '../../src/demo/vendors/vendor-process.js';
import {
  appPushVendorSettings,
  mailServerSettings,
  smsVendorSettings,
} from '../../src/demo/vendors/vendor-settings.js';
import { peekReference } from '../../src/push/reference.js';
import { CampaignApi } from '../support/campaign-api.js';
import { OutsideWorld } from '../support/outside-world.js';
import { minutes, reportFigures, size, takeSeed } from '../support/proof.js';
import { addMembers } from '../support/push-rig.js';
import { ServerProcess } from '../support/server-process.js';

/** How the server's lives end. */
interface Course {
  readonly members: number;
  readonly lives: number;
  /** Ends a life; answers how many members of a channel may have been left without an answer. */
  end(server: ServerProcess): Promise<number>;
}

/** Longest a life goes on after it was seen to work: the moment of its end is left to chance. */
const MAX_LIFE_MS = 400;
/** Window of the channels where a kill may cost something. */
const WINDOW_MEMBERS = 64;
/** Slow enough that there is work left at the last kill, also where a server takes seconds to start; lifted after it. */
const MEMBERS_PER_SECOND: Readonly<Record<Channel, number>> = { inbox: 400, sms: 400, app: 200, email: 100 };

const hasPhone = (index: number): boolean => index % 10 !== 3;
const hasDevice = (index: number): boolean => index % 2 === 0;
const hasEmail = (index: number): boolean => index % 4 === 1;
const REACHED: Readonly<Record<Channel, (ordinal: number) => boolean>> = {
  inbox: () => true,
  sms: hasPhone,
  app: hasDevice,
  email: hasEmail,
};

const phoneOf = (index: number): string => `+86138${String(index).padStart(8, '0')}`;

async function fillFolder(dataFolder: string, members: number): Promise<void> {
  const store = new SqliteStore({ file: join(dataFolder, 'fanfare.db'), clock: systemClock });
  await addMembers(store, systemClock, {
    count: members,
    fieldsOf: (index) => ({
      phone: hasPhone(index) ? phoneOf(index) : null,
      ...(hasDevice(index) ? { pushToken: `device-${index}` } : { pushToken: null, pushPlatform: null }),
      email: hasEmail(index) ? `m${index}@shop.example` : null,
    }),
  });
  await store.close();
}

/** At least once on a vendor that remembers no keys, and at most once by mail. */
function configOf({ sms, app, mail }: OutsideWorld): object {
  const retry = { firstDelayMs: 200, maxDelayMs: 1_000 };
  const push = Object.entries(appPushVendorSettings(app.port)).filter(([key]) => key !== 'keyLifeMs');
  const windowMembers = WINDOW_MEMBERS;
  return {
    channels: {
      sms: { provider: smsVendorSettings(sms.port), retry },
      app: { provider: Object.fromEntries(push), mode: 'atLeastOnce', windowMembers, retry },
      email: { provider: mailServerSettings(mail.port), mode: 'atMostOnce', windowMembers, retry },
    },
  };
}

const draft = {
  name: 'Told once, whatever happens',
  audience: { kind: 'everybody' },
  channels: CHANNELS.map((channel) => ({
    channel,
    message: { ...(channel === 'email' && { subject: 'Hello' }), body: 'Hello {{member.name}}' },
    membersPerSecond: MEMBERS_PER_SECOND[channel],
  })),
};

const logSize = ({ logFile }: VendorProcess): number => statSync(logFile).size;

/** Lets a server work until every vendor has had something from it, and for a random while longer. */
async function letWork(server: ServerProcess, vendors: readonly VendorProcess[], random: SeededRandom) {
  const before = vendors.map(logSize);
  await vi.waitFor(
    () => {
      if (server.hasEnded) throw new Error('the server ended by itself');
      vendors.forEach((vendor, index) => expect(logSize(vendor), vendor.name).toBeGreaterThan(before[index] ?? 0));
    },
    { timeout: 120_000, interval: 5 },
  );
  await after(random.next() * MAX_LIFE_MS);
}

/** Members in the order in which a vendor served them; one list per life of the server. */
function deliveriesByLife({ logFile }: VendorProcess, endsOfLives: readonly number[]): number[][] {
  const log = readFileSync(logFile);
  const starts = [0, ...endsOfLives];
  return starts.map((start, life) =>
    log
      .subarray(start, starts[life + 1])
      .toString('utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => peekReference(line.split('\t', 1)[0] ?? '')?.ordinal ?? -1),
  );
}

/** How often each member was served, and how many were served again up to the end of each life. */
function countDeliveries(lives: readonly (readonly number[])[]) {
  const times = new Map<number, number>();
  let doubled = 0;
  const doubledByLife = lives.map((ordinals) => {
    for (const ordinal of ordinals) {
      const before = times.get(ordinal) ?? 0;
      if (before > 0) doubled++;
      times.set(ordinal, before + 1);
    }
    return doubled;
  });
  return { times, doubled, doubledByLife };
}

const isTold = (outcome: string | undefined): boolean => outcome === 'sent' || outcome === 'sentPossiblyDoubled';

/** Launches the campaign and ends its server at work, again and again; answers what there is to judge. */
async function tellThroughLives(world: OutsideWorld, course: Course, random: SeededRandom) {
  const vendors = [world.sms, world.app, world.mail];
  let server = await ServerProcess.start(world.dataFolder);
  try {
    const { id } = await new CampaignApi(server.url).launch(draft);
    const endsOfLives = vendors.map((): number[] => []);
    const left: number[] = [0];
    for (let life = 0; life < course.lives; life++) {
      await letWork(server, vendors, random);
      left.push((left.at(-1) ?? 0) + (await course.end(server)));
      vendors.forEach((vendor, index) => endsOfLives[index]?.push(logSize(vendor)));
      server = await ServerProcess.start(world.dataFolder);
    }
    const books = await readBooks(new CampaignApi(server.url), id, course.members);
    const { repeated } = await world.sms.stats();
    expect(await server.stop()).toBe(0);
    await world.stopVendors();
    const [sms, app, email] = vendors.map((vendor, index) =>
      countDeliveries(deliveriesByLife(vendor, endsOfLives[index] ?? [])),
    );
    assert(sms !== undefined && app !== undefined && email !== undefined, 'there are three vendors');
    return { ...books, left, repeated, sms, app, email };
  } finally {
    await server.kill();
  }
}

/** Lets the campaign end, and reads all that is known of it. */
async function readBooks(api: CampaignApi, id: number, members: number) {
  for (const channel of CHANNELS) await api.liftPace(id, channel);
  const { channels } = await api.completed(id, size(240_000, 300_000));
  const outcomes = new Map<Channel, ReadonlyMap<number, string>>();
  for (const channel of CHANNELS) outcomes.set(channel, await api.outcomes(id, channel));
  const differences = await api.auditDifferences();
  for (const ordinal of [0, 777, 1_234, members - 1]) expect(await api.inboxOf(`m${ordinal}`)).toEqual([id]);
  return { channels, outcomes, differences };
}

/** Runs a campaign through its server's lives and holds each channel to the promise of its mode. */
async function judgeCourse(course: Course) {
  const random = new SeededRandom(takeSeed('moments when the server ends'));
  const everybody = Array.from({ length: course.members }, (_, ordinal) => ordinal);
  const world = await OutsideWorld.open({
    sms: { latencyMs: 20, jitterMs: 40 },
    app: { isKeyed: false, latencyMs: 10, jitterMs: 40 },
    mail: { latencyMs: 5, jitterMs: 20 },
  });
  try {
    await fillFolder(world.dataFolder, course.members);
    world.writeConfig(configOf(world));
    const story = await tellThroughLives(world, course, random);
    const { sms, app, email, repeated, outcomes, left } = story;
    const outcomeOf = (channel: Channel, ordinal: number) => outcomes.get(channel)?.get(ordinal);
    const unknown = everybody.filter((ordinal) => outcomeOf('email', ordinal) === 'unknown').length;
    console.log(
      `${course.lives} lives: sms ${sms.times.size} told, ${sms.doubled} twice (${repeated} asked again under their key); ` +
        `app ${app.times.size} told, ${app.doubled} again; email ${email.times.size} told, ${email.doubled} twice, ${unknown} unknown`,
    );

    expect(story.differences).toEqual([]);
    for (const { books, isBalanced } of story.channels) {
      expect(isBalanced).toBe(true);
      expect(books['pending']).toBe(0);
      expect(Object.values(books).reduce((sum, members) => sum + members, 0)).toBe(course.members);
    }
    // Inbox, SMS and app: told are exactly those who can be reached, by the books and by the logs.
    for (const channel of ['inbox', 'sms', 'app'] as const) {
      const wronglyBooked = everybody.filter((o) => isTold(outcomeOf(channel, o)) !== REACHED[channel](o));
      expect(wronglyBooked, `${channel} by the books`).toEqual([]);
    }
    expect(everybody.filter((ordinal) => sms.times.has(ordinal) !== hasPhone(ordinal))).toEqual([]);
    expect(everybody.filter((ordinal) => app.times.has(ordinal) !== hasDevice(ordinal))).toEqual([]);
    expect(sms.doubled).toBe(0);
    app.doubledByLife.forEach((doubled, life) => expect(doubled).toBeLessThanOrEqual(left[life] ?? 0));
    // E-mail: whoever is sent was told, and whoever was told is sent or unknown.
    const wronglyMailed = everybody.filter((ordinal) => {
      const outcome = outcomeOf('email', ordinal);
      if (outcome === 'unknown') return !hasEmail(ordinal);
      return isTold(outcome) !== hasEmail(ordinal) || email.times.has(ordinal) !== hasEmail(ordinal);
    });
    expect(wronglyMailed).toEqual([]);
    expect(email.doubled).toBe(0);
    expect(unknown).toBeLessThanOrEqual(left.at(-1) ?? 0);
    const figures = {
      members: course.members,
      'missed on keyed and at least once': 0,
      'told twice on keyed': sms.doubled,
      'asked again under their key': repeated,
      'told again on at least once': app.doubled,
      'told twice on at most once': email.doubled,
      'unknown on at most once': unknown,
    };
    return { figures, repeated, appAgain: app.doubled, unknown, left: left.at(-1) ?? 0 };
  } finally {
    await world.remove();
  }
}

const KILLS = size(20, 200);
it(
  `a campaign survives ${KILLS} kills at random moments: the vendors' logs hold what the books say`,
  async () => {
    const { figures, repeated, appAgain, unknown } = await judgeCourse({
      members: size(20_000, 200_000),
      lives: KILLS,
      end: async (server) => {
        await server.kill();
        return WINDOW_MEMBERS;
      },
    });
    // Or the kills met nobody under way, and all of this proves nothing.
    expect(repeated).toBeGreaterThan(0);
    expect(appAgain + unknown).toBeGreaterThan(0);
    reportFigures('R3', { 'kills at random moments': KILLS, ...figures });
  },
  minutes(30, 39),
);

const STOPS = size(3, 50);
it(
  `a campaign goes through ${STOPS} stops in order without any loss`,
  async () => {
    let longestMs = 0;
    const { figures, left } = await judgeCourse({
      members: size(6_000, 60_000),
      lives: STOPS,
      end: async (server) => {
        const startedMs = performance.now();
        expect(await server.stop(), server.complaints).toBe(0);
        longestMs = Math.max(longestMs, performance.now() - startedMs);
        return server.unansweredMembers;
      },
    });
    reportFigures('R26', {
      'stops by SIGTERM, exit code 0': STOPS,
      's for the longest': (longestMs / 1_000).toFixed(1),
      'requests without an answer': left,
      ...figures,
    });
  },
  minutes(15, 20),
);
