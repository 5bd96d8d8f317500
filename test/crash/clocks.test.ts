/** A server whose wall clock is set while it sends, and one that is stopped for a while and woken. */
import { join } from 'node:path';
import { setTimeout as after } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { SqliteStore } from '../../src/adapters/sqlite/sqlite-store.js';
import { systemClock } from '../../src/adapters/system/system-clock.js';
import { appPushVendorSettings, smsVendorSettings } from '../../src/demo/vendors/vendor-settings.js';
import { readDeliveryLog } from '../../src/demo/vendors/read-delivery-log.js';
import { peekReference } from '../../src/push/reference.js';
import { CampaignApi } from '../support/campaign-api.js';
import { FakeTime, startingAt, whyNoFakeTime } from '../support/fake-time.js';
import { OutsideWorld } from '../support/outside-world.js';
import { minutes, reportFigures, size } from '../support/proof.js';
import { addMembers } from '../support/push-rig.js';
import { ServerProcess } from '../support/server-process.js';
import { SMALL_VICTIM, SmallRig } from '../support/small-rig.js';
import { live } from '../support/victim.js';

const HOUR_S = 3_600;
const DAY_S = 86_400;
/** How far the clock is ahead, one after another; each is a step from the one before. */
const STEPS_S = [HOUR_S, 0, -HOUR_S, 0, DAY_S, 0, -DAY_S, 0];
const MEMBERS = size(8_000, 20_000);
const CHANNELS = ['inbox', 'sms', 'app'] as const;

const draft = {
  name: 'At any time',
  audience: { kind: 'everybody' },
  // Slow enough that there is work left after the last step or waking; lifted then.
  channels: CHANNELS.map((channel) => ({ channel, message: { body: 'Hello {{member.name}}' }, membersPerSecond: 200 })),
};

/** A world whose vendors fail now and then, so that members wait for their next try; keyed where they know keys. */
async function openWorld(): Promise<OutsideWorld> {
  const world = await OutsideWorld.open({
    sms: { latencyMs: 5, jitterMs: 20, failRate: 0.2 },
    app: { latencyMs: 5, jitterMs: 20, failRate: 0.1 },
  });
  const store = new SqliteStore({ file: join(world.dataFolder, 'fanfare.db'), clock: systemClock });
  await addMembers(store, systemClock, {
    count: MEMBERS,
    fieldsOf: (index) => ({ phone: `+86138${String(index).padStart(8, '0')}`, pushToken: `device-${index}` }),
  });
  await store.close();
  const retry = { firstDelayMs: 300, maxDelayMs: 2_000 };
  // Longer than any step: by a clock that is a day ahead, a key of a day is too old to be asked again under.
  const keyLifeMs = 30 * DAY_S * 1_000;
  world.writeConfig({
    channels: {
      sms: {
        provider: { ...smsVendorSettings(world.sms.port), keyLifeMs },
        maxDefiniteTries: 15,
        windowMembers: 2_000,
        retry,
      },
      app: {
        provider: { ...appPushVendorSettings(world.app.port), keyLifeMs },
        maxDefiniteTries: 15,
        windowMembers: 500,
        retry,
      },
    },
  });
  return world;
}

/** Lets a campaign begin: it has told somebody on each channel. */
async function hasBegun(api: CampaignApi, id: number): Promise<void> {
  for (const channel of CHANNELS) {
    await expect
      .poll(async () => (await api.campaign(id)).channels.find((row) => row.channel === channel)?.books['sent'])
      .toBeGreaterThan(0);
  }
}

/** Fails unless the campaign was at work until now and tells everybody once by each channel, by the books and the vendors' logs. */
async function expectToldOnce(world: OutsideWorld, server: ServerProcess, id: number): Promise<void> {
  const api = new CampaignApi(server.url);
  for (const { channel, books } of (await api.campaign(id)).channels) {
    expect(books['pending'], `${channel} had work left`).toBeGreaterThan(0);
  }
  for (const channel of CHANNELS) await api.liftPace(id, channel);
  const { channels } = await api.completed(id, 240_000);
  for (const { channel, books } of channels) {
    expect({ channel, told: books['sent'] }).toEqual({ channel, told: MEMBERS });
  }
  expect(await api.auditDifferences()).toEqual([]);
  expect(await server.stop()).toBe(0);
  await world.stopVendors();
  for (const { name, logFile } of [world.sms, world.app]) {
    const times = new Map<number, number>();
    for await (const { key } of readDeliveryLog(logFile)) {
      const ordinal = peekReference(key)?.ordinal ?? -1;
      times.set(ordinal, (times.get(ordinal) ?? 0) + 1);
    }
    expect({ name, told: times.size, doubled: [...times.values()].filter((count) => count > 1).length }).toEqual({
      name,
      told: MEMBERS,
      doubled: 0,
    });
  }
}

it.skipIf(whyNoFakeTime !== undefined)(
  `a campaign is told once and in time while the clock is set by hours and days${whyNoFakeTime === undefined ? '' : ` (skipped: ${whyNoFakeTime})`}`,
  async () => {
    const time = new FakeTime();
    const world = await openWorld();
    const server = await ServerProcess.start(world.dataFolder, { environment: time.environment });
    try {
      const api = new CampaignApi(server.url);
      const { id } = await api.launch(draft);
      await hasBegun(api, id);
      for (const aheadS of STEPS_S) {
        time.set(aheadS);
        await after(size(1_500, 2_500)); // how long the clock stays so: longer than the server takes to see it
      }
      await expectToldOnce(world, server, id);
      const seen = server.complaints.split('"clock.setBack"').length - 1;
      expect(seen, 'or the server met no step at all').toBeGreaterThan(0);
      reportFigures('R9', {
        'steps of the clock': STEPS_S.length,
        'of them back, and seen': seen,
        members: MEMBERS,
        lost: 0,
        doubled: 0,
      });
    } finally {
      await server.kill();
      await world.remove();
      time.remove();
    }
  },
  minutes(15, 15),
);

/** Nights on which the clock of some zone goes astray, and the day that exists every fourth year. */
const NIGHTS = [
  { zone: 'America/New_York', at: '2027-03-14 01:59:59', what: 'summer time begins' },
  { zone: 'America/New_York', at: '2027-11-07 01:59:59', what: 'summer time ends' },
  { zone: 'UTC', at: '2028-02-28 23:59:59', what: '29 February begins' },
];

it.skipIf(whyNoFakeTime !== undefined)(
  `campaigns are told once on nights when the local time jumps, and on 29 February${whyNoFakeTime === undefined ? '' : ` (skipped: ${whyNoFakeTime})`}`,
  async () => {
    const rig = await SmallRig.open('keyed');
    try {
      for (const { zone, at, what } of NIGHTS) {
        /** Lives through the night, up to a statement (0 = to the end). */
        const liveTo = (point: number) =>
          rig.judgeLife(rig.nextFolder(), (folder) =>
            live('env', [...startingAt(at, zone), process.execPath, SMALL_VICTIM, folder, String(point)]),
          );
        const whole = await liveTo(0);
        expect(whole.code, `${what}: ${whole.complaints}`).toBe(0);
        // Killed half-way: what it leaves is taken up by a clock that is far behind it.
        const half = Math.floor(Number(/points (\d+)/.exec(whole.said.join(' '))?.[1]) / 2);
        const killed = await liveTo(half);
        expect(killed.wasKilled, `${what}: ${killed.complaints}`).toBe(true);
        expect(killed.said, 'it had begun').toContain('launched');
      }
      reportFigures('R9', { 'nights of odd local time': NIGHTS.length, 'lives killed in them': rig.kills });
    } finally {
      await rig.close();
    }
  },
  minutes(15, 15),
);

it(
  'a server that is stopped for longer than a lease and woken goes on, and tells nobody twice',
  async () => {
    const pauseMs = size(9_000, 60_000);
    const world = await openWorld();
    const server = await ServerProcess.start(world.dataFolder);
    try {
      const api = new CampaignApi(server.url);
      const { id } = await api.launch(draft);
      await hasBegun(api, id);
      for (let pause = 0; pause < size(1, 3); pause++) {
        if (pause > 0) await after(700); // some work between two stops
        process.kill(server.pid, 'SIGSTOP');
        await after(pauseMs); // how long it stands still
        process.kill(server.pid, 'SIGCONT');
      }
      await expectToldOnce(world, server, id);
      reportFigures('R9', { 'stops and wakings': size(1, 3), 's each': pauseMs / 1_000, 'lost or doubled': 0 });
    } finally {
      await server.kill();
      await world.remove();
    }
  },
  minutes(15, 15),
);
