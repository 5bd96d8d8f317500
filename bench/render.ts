/**
 * What rendering costs: a name and three fields of each member, zh-CN, into batch bodies with a reference each; the vendor
 * takes everything at once.
 *
 * `provider`: chunks handed from the main thread to the vendor's and back. `campaign`: the same within a campaign of a
 * server, from its first hand-over to its last outcome: members read, decided, marked and recorded with full sync.
 * Baseline of both: the plain way in one thread, an object per member, a regular expression over the text, JSON.stringify
 * over the batch. The aim for the campaign is 600,000 members/s.
 *
 * What it does not show: a network, and a vendor that takes its time.
 */
import { createHmac } from 'node:crypto';
import { systemClock } from '../src/adapters/system/system-clock.js';
import { createProvider } from '../src/adapters/vendors/create-provider.js';
import type { Channel } from '../src/core/channels.js';
import { campaignId } from '../src/core/ids.js';
import type { Chunk, MessageTemplate, Provider, RecipientsJson } from '../src/core/ports/provider.js';
import { channelsSchema } from '../src/push/config/channel-config.js';
import { figureOf, type Bench, type BenchOptions, type Figure } from './figure.js';
import { withCleanUp } from './support/clean-up.js';
import { channelSeconds, openServerWorld } from './support/server-world.js';
import { populationFor } from './support/vendor-run.js';

export const render: Bench = {
  name: 'render',
  about: "rendering members into batch bodies, in the vendor's thread and in a whole campaign",
  run,
};

/** Chunks handed over before the first is answered. */
const CHUNKS_AT_ONCE = 16;
const VENDOR = { kind: 'simulated', rendersMessage: true, keyLifeMs: 86_400_000 };
const BODY =
  '{{member.name|朋友}}，{{promotion.name}}开始了，您有{{member.points}}积分，等级{{member.level}}，' +
  '近30天活跃{{member.activeDays}}天，可以打开APP进入活动页面。拒收请回复R';

async function run({ numberOf, say }: BenchOptions): Promise<readonly Figure[]> {
  const members = numberOf('members', 1_500_000);
  const runs = numberOf('runs', 3);
  const rounds: Round[] = [];
  for (let round = 1; round <= runs; round++) {
    say(`run ${round} of ${runs}`);
    rounds.push({
      plain: plainly(Math.ceil(members / 10)),
      provider: await rendered(members),
      campaign: await renderedInCampaign(members, say),
    });
  }
  const of = (name: keyof Round): number[] => rounds.map((round) => round[name]);
  return [
    figureOf('provider', 'members/s', of('provider'), of('plain')),
    figureOf('campaign', 'members/s', of('campaign'), of('plain')),
  ];
}

interface Round {
  readonly plain: number;
  readonly provider: number;
  readonly campaign: number;
}

function renderedInCampaign(members: number, say: (line: string) => void): Promise<number> {
  return withCleanUp(async (cleanUp) => {
    const channels = { sms: { provider: VENDOR } };
    const { api } = await openServerWorld({ members: populationFor(members), say, channels }, cleanUp);
    const { campaignId } = await api.createPromotion({ channels: ['sms'], where: 'consent.sms', body: BODY });
    const campaign = await api.untilEnded(campaignId, say);
    return (campaign.channels[0]?.books.sent ?? 0) / channelSeconds(campaign);
  });
}

async function rendered(members: number): Promise<number> {
  const vendor = openProvider('sms', VENDOR);
  try {
    await sendAll(vendor, 50_000, { body: BODY }); // the thread starts, the code warms up
    return await sendAll(vendor, members, { body: BODY });
  } finally {
    await vendor.close();
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
    startWithinMs: 600_000,
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

/** The baseline. */
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
