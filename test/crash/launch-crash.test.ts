import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as after } from 'node:timers/promises';
import { expect, it, vi } from 'vitest';
import type { SqliteTx } from '../../src/adapters/sqlite/sqlite-tx.js';
import { SqliteStore } from '../../src/adapters/sqlite/sqlite-store.js';
import { systemClock } from '../../src/adapters/system/system-clock.js';
import type { Campaign } from '../../src/campaign/campaign.js';
import { Planner } from '../../src/campaign/planner.js';
import { workerFile } from '../../src/core/worker-file.js';
import { decodeBucket } from '../../src/ledger/bucket-members.js';
import { addMembers } from '../support/members.js';
import { minutes, reportFigures, size } from '../support/proof.js';
import { temporarySqliteStore } from '../support/temporary-sqlite.js';

const MEMBERS = 2_500;
const KILLS = size(8, 200);
/** Lives are cut short at these many moments, one after another, so many milliseconds apart. */
const MOMENTS = 40;
const MOMENT_MS = 13;
const VICTIM = workerFile(import.meta.url, './launch-victim.js');

/** Runs the victim, kills it after a while and answers the campaigns whose launch it had said was done. */
async function launchUntilKilled(file: string, killAfterMs: number): Promise<number[]> {
  const victim = spawn(process.execPath, [VICTIM.pathname, file], { stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  victim.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  await once(victim.stdout, 'data');
  await after(killAfterMs);
  victim.kill('SIGKILL');
  await once(victim, 'close');
  return said.split('\n').slice(0, -1).map(Number); // what follows the last line break was cut off
}

async function launchedEvents(tx: SqliteTx, group: string): Promise<number[]> {
  const now = systemClock.now();
  await tx.events.ensureGroup({ topic: 'campaign.launched', group, now });
  const leased = await tx.events.lease(
    { topic: 'campaign.launched', group, maxMessages: 100_000, leaseMs: 1_000 },
    now,
  );
  return (leased ?? []).map(({ body }) => (JSON.parse(body) as { campaignId: number }).campaignId);
}

/** Every campaign's frozen members and pending cells are exactly those it is for. */
async function checkBooks(tx: SqliteTx, campaign: Campaign): Promise<void> {
  const audience = await tx.audiences.find(campaign.audienceId);
  const everybody = Array.from({ length: MEMBERS }, (_, ordinal) => ordinal);
  const expected =
    audience?.definition.kind === 'everybody' ? everybody : everybody.filter((ordinal) => ordinal % 5 === 2);
  const buckets = await tx.audiences.buckets(campaign.audienceId, 0, 100);
  expect(buckets.flatMap((bucket) => [...decodeBucket(bucket)])).toEqual(expected);
  for (const channel of await tx.campaigns.channels(campaign.campaignId)) {
    expect([...(await tx.ledger.counts(channel))]).toEqual([[0, expected.length]]);
    expect(await tx.ledger.rows(channel, 0, 100)).toHaveLength(buckets.length);
  }
}

it(
  `campaigns and their events survive ${KILLS} kills at any moment, each exactly once`,
  async () => {
    const temporary = temporarySqliteStore();
    const members = Array.from({ length: MEMBERS }, (_, ordinal) => ({
      ordinal,
      memberId: `m${ordinal}`,
      level: ordinal % 5,
    }));
    await addMembers(temporary.store, members);
    await temporary.store.close();
    const acknowledged: number[] = [];
    for (let kill = 0; kill < KILLS; kill++) {
      acknowledged.push(...(await launchUntilKilled(temporary.file, (kill % MOMENTS) * MOMENT_MS)));
    }

    expect(acknowledged.length).toBeGreaterThanOrEqual(KILLS);

    const store = new SqliteStore({ file: temporary.file, clock: systemClock });
    const planner = new Planner({ store, clock: systemClock, onEvent: () => undefined });
    try {
      const campaigns = () => store.read((tx) => tx.campaigns.page({ limit: 100_000 }));
      const before = await campaigns();
      const launched = before.map(({ campaignId }) => Number(campaignId)).sort((left, right) => left - right);
      expect(before.every(({ state }) => state === 'freezing' || state === 'running')).toBe(true);
      expect(launched).toEqual(expect.arrayContaining(acknowledged));
      expect(await store.transaction((tx) => launchedEvents(tx, 'test'))).toEqual(launched);

      planner.start();
      await vi.waitFor(
        async () => {
          expect((await campaigns()).every(({ state }) => state === 'running')).toBe(true);
        },
        { timeout: minutes(3, 20), interval: 50 },
      );
      await store.read(async (tx) => {
        for (const campaign of await campaigns()) await checkBooks(tx, campaign);
      });
      reportFigures('R11', {
        'kills while campaigns were launched': KILLS,
        'launches acknowledged': acknowledged.length,
        'campaigns without their event, or events without their campaign': 0,
      });
    } finally {
      await planner.close();
      await store.close();
      await temporary.remove();
    }
  },
  minutes(10, 35),
);
