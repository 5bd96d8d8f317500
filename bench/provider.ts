/**
 * What a provider costs beside the engine.
 *
 * `rendered`: chunks handed from the main thread to the vendor's and back, each member rendered (name and three fields,
 * zh-CN) into a batch body with its reference; the vendor accepts at once. Baseline: the plain way in one thread, an
 * object per member, a regular expression over the text, JSON.stringify over the batch.
 *
 * `one request per member`: real HTTP to a stand-in in another process. Baseline: undici's pool with as many
 * connections in a loop that reads each answer and nothing else.
 *
 * What it does not show: reading members, books, and a vendor that takes its time.
 */
import { createHmac } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Pool } from 'undici';
import { systemClock } from '../src/adapters/system/system-clock.js';
import { createProvider } from '../src/adapters/vendors/create-provider.js';
import type { Channel } from '../src/core/channels.js';
import { campaignId } from '../src/core/ids.js';
import type { Chunk, MessageTemplate, Provider, RecipientsJson } from '../src/core/ports/provider.js';
import { appPushVendorSettings } from '../src/demo/vendors/vendor-settings.js';
import { VendorProcess } from '../src/demo/vendors/vendor-process.js';
import { channelsSchema } from '../src/push/config/channel-config.js';
import { figureOf, type Bench, type BenchOptions, type Figure } from './figure.js';

export const provider: Bench = {
  name: 'provider',
  about: 'rendering in the thread of a vendor, and one HTTP request per member',
  run,
};

/** Chunks handed over before the first is answered. */
const CHUNKS_AT_ONCE = 16;
const CONNECTIONS = 32;
const SINGLES_PER_MEMBER = 1 / 50; // one request per member takes some fifty times as long
const BODY =
  '{{member.name|朋友}}，{{promotion.name}}开始了，您有{{member.points}}积分，等级{{member.level}}，' +
  '近30天活跃{{member.activeDays}}天，可以打开APP进入活动页面。拒收请回复R';

async function run({ numberOf, say }: BenchOptions): Promise<readonly Figure[]> {
  const members = numberOf('members', 2_000_000);
  const runs = numberOf('runs', 3);
  const rounds: Round[] = [];
  for (let round = 1; round <= runs; round++) {
    say(`run ${round} of ${runs}`);
    rounds.push({
      rendered: await rendered(members),
      plain: plainly(Math.ceil(members / 10)),
      ...(await oneByOne(Math.ceil(members * SINGLES_PER_MEMBER))),
    });
  }
  const of = (name: keyof Round): number[] => rounds.map((round) => round[name]);
  return [
    figureOf('rendered', 'members/s', of('rendered'), of('plain')),
    figureOf('one request per member', 'members/s', of('single'), of('bare')),
  ];
}

interface Round {
  readonly rendered: number;
  readonly plain: number;
  readonly single: number;
  readonly bare: number;
}

async function rendered(members: number): Promise<number> {
  const vendor = openProvider('sms', { kind: 'simulated', rendersMessage: true, keyLifeMs: 86_400_000 });
  try {
    await sendAll(vendor, 50_000, { body: BODY }); // the thread starts, the code warms up
    return await sendAll(vendor, members, { body: BODY });
  } finally {
    await vendor.close();
  }
}

async function oneByOne(members: number): Promise<{ readonly single: number; readonly bare: number }> {
  const folder = mkdtempSync(join(tmpdir(), 'fanfare-bench-'));
  const vendor = await VendorProcess.start('app-push-vendor', { logFile: join(folder, 'log'), isKeyed: false });
  const ours = openProvider('app', { ...appPushVendorSettings(vendor.port), connections: CONNECTIONS });
  try {
    const message = { title: '{{promotion.name}}', body: '{{member.name|朋友}}' };
    await sendAll(ours, 2_000, message);
    return { single: await sendAll(ours, members, message), bare: await bareLoop(vendor.port, members) };
  } finally {
    await ours.close();
    await vendor.stop();
    rmSync(folder, { recursive: true });
  }
}

function openProvider(channel: 'sms' | 'app', settings: object): Provider {
  const config = channelsSchema.parse({ [channel]: { provider: settings } })[channel];
  if (config === undefined) throw new Error(`${channel} has no provider.`);
  return createProvider(channel, config.provider, {
    clock: systemClock,
    keys: { current: { id: 1, secret: new Uint8Array(32) }, previous: [] },
    readSecret: () => '',
    onEvent: () => undefined,
  });
}

/** Members a second; every one must be accepted. */
async function sendAll(vendor: Provider, members: number, message: MessageTemplate): Promise<number> {
  const { signal } = new AbortController();
  const size = vendor.capabilities.maxChunkMembers;
  const recipients = recipientsOf(size);
  const chunks = Math.ceil(members / size);
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < chunks) {
      const answer = await vendor.send(chunkAt(next++ * size, size, { channel: vendor.channel, message, recipients }), {
        signal,
      });
      if (answer.kinds !== 'accepted') throw new Error(`The vendor answered ${JSON.stringify(answer.kinds)}.`);
    }
  };
  const startedMs = systemClock.monotonicMs();
  await Promise.all(Array.from({ length: CHUNKS_AT_ONCE }, lane));
  return ((chunks * size) / (systemClock.monotonicMs() - startedMs)) * 1_000;
}

function chunkAt(
  from: number,
  count: number,
  rest: { readonly channel: Channel; readonly message: MessageTemplate; readonly recipients: RecipientsJson },
): Chunk {
  return {
    campaignId: campaignId(1),
    referenceCampaignId: campaignId(1),
    messageVersionId: 1,
    ordinals: Float64Array.from({ length: count }, (_, index) => from + index),
    rounds: new Uint8Array(count),
    commonFields: { 'promotion.name': '双11' },
    sendWithinMs: 600_000,
    ...rest,
  };
}

function recipientsOf(count: number): RecipientsJson {
  const column = (valueOf: (index: number) => unknown): string =>
    JSON.stringify(Array.from({ length: count }, (_, index) => valueOf(index)));
  return {
    name: column((index) => `李伟${index}`),
    points: column((index) => index * 7),
    level: column((index) => index % 5),
    activeDays: column((index) => index % 30),
    phone: column((index) => `+86138${String(index).padStart(8, '0')}`),
    pushToken: column((index) => `token-${index}`),
  };
}

/** The baseline of `rendered`. */
function plainly(members: number): number {
  const count = 1_000;
  const columns = Object.entries(recipientsOf(count)).map(
    ([name, json]) => [name, JSON.parse(json) as unknown[]] as const,
  );
  const startedMs = systemClock.monotonicMs();
  for (let done = 0; done < members; done += count) {
    const messages = Array.from({ length: count }, (_, index) => {
      const member = Object.fromEntries(columns.map(([name, values]) => [`member.${name}`, values[index]]));
      const fields: Record<string, unknown> = { ...member, 'promotion.name': '双11' };
      const text = BODY.replace(/\{\{([^}|]+)(?:\|[^}]*)?\}\}/g, (_all, name: string) => String(fields[name]));
      const ref = createHmac('sha256', 'key')
        .update(`1/sms/0/${done + index}`)
        .digest('base64url');
      return { to: fields['member.phone'], text, ref };
    });
    Buffer.from(JSON.stringify({ messages }));
  }
  return (members / (systemClock.monotonicMs() - startedMs)) * 1_000;
}

/** The baseline of `one request per member`. */
async function bareLoop(port: number, members: number): Promise<number> {
  const pool = new Pool(`http://127.0.0.1:${port}`, { connections: CONNECTIONS });
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < members) {
      const body = JSON.stringify({ key: `bare-${next}`, token: `token-${next++}`, title: '双11', body: '李伟' });
      const headers = { 'content-type': 'application/json' };
      const response = await pool.request({ method: 'POST', path: '/v1/push', headers, body });
      await response.body.json();
      if (response.statusCode !== 200) throw new Error(`The vendor answered ${response.statusCode}.`);
    }
  };
  const startedMs = systemClock.monotonicMs();
  await Promise.all(Array.from({ length: CONNECTIONS }, lane));
  const spanMs = systemClock.monotonicMs() - startedMs;
  await pool.close();
  return (members / spanMs) * 1_000;
}
