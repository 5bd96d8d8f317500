/**
 * A long life: the same work over and over on one data folder, through a restart. After each round, when all of it has
 * ended and garbage was collected, the process must hold what it held before.
 *
 * A slope counts as above 0 when it exceeds four times its standard error (once in tens of thousands by chance) and
 * comes to more than the step that the measure has anyway: a line through all rounds but the first third, in which
 * caches fill and code is compiled.
 */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Pool } from 'undici';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { CampaignApi } from '../support/campaign-api.js';
import { IS_FULL, minutes, reportFigures, size } from '../support/proof.js';
import { ServerProcess } from '../support/server-process.js';
import type { SoakSample } from '../support/soak-probe.js';
import { trendOf } from '../support/trend.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const PROBE = pathToFileURL(join(ROOT, 'dist', 'test', 'support', 'soak-probe.js')).href;
/** Kept between the two parts of the full form. */
const FOLDER = IS_FULL ? join(ROOT, '.cache', 'soak') : mkdtempSync(join(tmpdir(), 'fanfare-soak-'));
const SOAK_MS = size(10_000, 25 * 60_000);
const LEAST_ROUNDS = 9;
const MEMBERS = size(500, 3_000);
const REQUESTS = size(40, 120);
const WATCHERS = 10;
const CERTAIN = 4;
/**
 * What a round may add without being called a leak. In its few rounds the short form still sees code being loaded, so it
 * finds what holds on to members or requests; the full form, with hundreds of rounds, what holds on to a single object.
 */
const STEPS: Readonly<Record<keyof SoakSample, number>> = {
  heapBytes: size(64, 2) * 1_024,
  residentBytes: 256 * 1_024,
  // Whoever holds on to one in each round adds one; a few rounds of connections that come and go can look like less.
  descriptors: size(0.5, 0),
  resources: size(0.5, 0),
  timers: size(0.5, 0),
};
/** The page caches of SQLite fill for as long as the short form lasts. */
const JUDGED = (Object.keys(STEPS) as (keyof SoakSample)[]).filter((name) => IS_FULL || name !== 'residentBytes');

const CONFIG = {
  channels: {
    sms: {
      provider: {
        kind: 'simulated',
        retryAfterMs: 50,
        answers: size({ addressRefused: 0.1 }, { addressRefused: 0.1, transient: 0.05, throttled: 0.02 }),
      },
    },
    app: {
      provider: {
        kind: 'http',
        url: 'http://127.0.0.1:1/away',
        body: { to: '{{recipient.pushToken}}', text: '{{message.body}}' },
      },
    },
  },
};

describe('the same work over and over', () => {
  afterAll(() => {
    if (!IS_FULL) rmSync(FOLDER, { recursive: true, force: true });
  });

  it(
    'leaves nothing behind in the first life of a folder',
    async () => {
      rmSync(FOLDER, { recursive: true, force: true });
      mkdirSync(join(FOLDER, 'data'), { recursive: true });
      writeFileSync(join(FOLDER, 'data', 'fanfare.config.json'), JSON.stringify(CONFIG));
      await soak('first');
    },
    minutes(15, 35),
  );

  it(
    'leaves nothing behind in the second',
    async (context) => {
      if (!existsSync(FOLDER)) context.skip('goes on where the first soak stopped: run that one before');
      await soak('second');
      if (IS_FULL) rmSync(FOLDER, { recursive: true, force: true });
    },
    minutes(15, 35),
  );
});

async function soak(life: string): Promise<void> {
  const samplesFile = join(FOLDER, `samples-${life}.ndjson`);
  rmSync(samplesFile, { force: true });
  const environment = { NODE_OPTIONS: `--import ${PROBE}`, FANFARE_SOAK_SAMPLES: samplesFile };
  const server = await ServerProcess.start(join(FOLDER, 'data'), { environment });
  const samples: SoakSample[] = [];
  const endsMs = performance.now() + SOAK_MS;
  try {
    await generate(server.url);
    while (performance.now() < endsMs || samples.length < LEAST_ROUNDS) {
      await round(server.url);
      samples.push(await takeSample(server, samplesFile, samples.length));
    }
    expect((await new CampaignApi(server.url).auditDifferences()).length).toBe(0);
  } finally {
    await server.stop();
  }
  const settled = samples.slice(Math.floor(samples.length / 3));
  const trends = JUDGED.map((name) => ({ name, ...trendOf(settled.map((sample) => sample[name])) }));
  const rising = trends.filter(({ name, slope, certainty }) => certainty > CERTAIN && slope > STEPS[name]);
  expect(rising, JSON.stringify(samples)).toEqual([]);
  reportFigures('R25', {
    [`rounds of the ${life} soak`]: samples.length,
    ...Object.fromEntries(trends.map(({ name, slope }) => [`${name} a round`, Math.round(slope * 10) / 10])),
    'MiB resident at the end': Math.round((samples.at(-1)?.residentBytes ?? 0) / 2 ** 20),
  });
}

/** One dose of everything: a campaign over a vendor that fails and one that is away, readers of its progress, requests. */
async function round(url: string): Promise<void> {
  const api = new CampaignApi(url);
  const message = { title: 'Hi', body: 'Hi {{member.name|friend}}' };
  const channels = [
    { channel: 'inbox', message },
    { channel: 'sms', message: { body: message.body } },
    { channel: 'app', message },
  ];
  const { id } = await api.launch({ name: 'round', audience: { kind: 'everybody' }, channels });
  const watching = Array.from({ length: WATCHERS }, () => watch(`${url}/v1/campaigns/${id}/progress`));
  await askMany(url, id);
  await vi.waitFor(
    async () => {
      const campaign = await api.campaign(id);
      const sms = campaign.channels.find(({ channel }) => channel === 'sms');
      expect(sms?.books['pending']).toBe(0);
    },
    { timeout: 120_000, interval: 50 },
  );
  await fetch(`${url}/v1/campaigns/${id}/cancel`, { method: 'POST' }); // the vendor that is away would be waited for
  await Promise.all(watching);
}

/** Reads a stream of progress until the campaign has ended. */
async function watch(url: string): Promise<void> {
  await (await fetch(url)).text();
}

async function askMany(url: string, id: number): Promise<void> {
  const pool = new Pool(url, { connections: 4 });
  const paths = [
    '/v1/campaigns?limit=20',
    `/v1/campaigns/${id}`,
    '/v1/members?limit=50',
    '/v1/promotions',
    '/metrics',
    '/v1/nothing',
    '/v1/members/none',
    '/v1/members?where=level%20>%202',
    `/v1/campaigns/${id}/channels/sms/members.csv`,
  ];
  for (let asked = 0; asked < REQUESTS; asked += 4) {
    await Promise.all(
      [0, 1, 2, 3].map(async (offset) => {
        const path = paths[(asked + offset) % paths.length] ?? '/';
        const { body, statusCode } = await pool.request({ method: 'GET', path });
        await body.text();
        expect(statusCode, path).toBeLessThan(500);
      }),
    );
  }
  await pool.close();
}

async function generate(url: string): Promise<void> {
  await fetch(`${url}/v1/members/generate`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ count: MEMBERS, seed: 1 }),
  });
  await vi.waitFor(
    async () => {
      const { items } = (await (await fetch(`${url}/v1/members/imports`)).json()) as { items: { state: string }[] };
      expect(items[0]?.state).toBe('done');
    },
    { timeout: 120_000, interval: 50 },
  );
}

/** Asks for a sample, and waits until it is written. */
async function takeSample(server: ServerProcess, file: string, index: number): Promise<SoakSample> {
  process.kill(server.pid, 'SIGUSR2');
  return vi.waitFor(
    () => {
      const line = readFileSync(file, 'utf8').trim().split('\n')[index];
      if (line === undefined) throw new Error('no sample yet');
      return JSON.parse(line) as SoakSample;
    },
    { timeout: 60_000, interval: 20 },
  );
}
