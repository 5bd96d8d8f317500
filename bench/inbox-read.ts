/**
 * A member's inbox when 2,000 campaigns have been sent to everybody's: the first page, the unread count, and a page far
 * down, over HTTP, of members all over the store. Baseline: the same reads when there were 20 campaigns, in the same run.
 *
 * What it does not show: a store larger than memory. Neither read looks at more than the member's own block.
 */
import { z } from 'zod';
import { figureOf, type Bench, type BenchOptions, type Figure } from './figure.js';
import type { BenchApi } from './support/bench-api.js';
import { withCleanUp } from './support/clean-up.js';
import { Latencies } from './support/latencies.js';
import { memberIdAt } from './support/members-folder.js';
import { openServerWorld } from './support/server-world.js';

export const inboxRead: Bench = {
  name: 'inbox-read',
  about: "a page of a member's inbox when 2,000 campaigns have told everybody",
  takes: ['members', 'campaigns'],
  run,
};

const FEW = 20;
const PAGE = 10;
/** Largest page of the API: as far down as one request gets. */
const MAX_PAGE = 200;
const READS = 500;
const pageSchema = z.object({ items: z.array(z.unknown()), nextCursor: z.string().nullable() });

interface Reads {
  readonly first: Latencies;
  readonly deep: Latencies;
  readonly unread: Latencies;
}

async function run({ numberOf, say }: BenchOptions): Promise<readonly Figure[]> {
  const members = numberOf('members', 100_000);
  const campaigns = numberOf('campaigns', 2_000);
  const { few, many } = await withCleanUp(async (cleanUp) => {
    const { api } = await openServerWorld({ members, say, channels: {} }, cleanUp);
    await sendCampaigns(api, { from: 0, until: FEW, say });
    const before = await readInboxes(api, { members, campaigns: FEW });
    await sendCampaigns(api, { from: FEW, until: campaigns, say });
    return { few: before, many: await readInboxes(api, { members, campaigns }) };
  });
  const figure = (name: string, which: keyof Reads, share: number): Figure =>
    figureOf(name, 'ms', [many[which].percentileMs(share)], [few[which].percentileMs(share)]);
  return [
    figure(`first page of ${campaigns.toLocaleString('en')} campaigns, median`, 'first', 0.5),
    figure('first page, 99 %', 'first', 0.99),
    figure('page further down, median', 'deep', 0.5),
    figure('page further down, 99 %', 'deep', 0.99),
    figure('unread count, median', 'unread', 0.5),
    figure('unread count, 99 %', 'unread', 0.99),
  ];
}

async function sendCampaigns(
  api: BenchApi,
  { from, until, say }: { readonly from: number; readonly until: number; readonly say: (line: string) => void },
): Promise<void> {
  const AT_ONCE = 8; // as many as the planner tends side by side
  let next = from;
  const lane = async (): Promise<void> => {
    while (next < until) {
      if (next++ % 200 === 0) say(`campaign ${next} of ${until}`);
      const { campaignId } = await api.createPromotion({ channels: ['inbox'] });
      await api.untilEnded(campaignId);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
}

async function readInboxes(
  api: BenchApi,
  { members, campaigns }: { readonly members: number; readonly campaigns: number },
): Promise<Reads> {
  const reads = { first: new Latencies(), deep: new Latencies(), unread: new Latencies() };
  const depth = Math.min(MAX_PAGE, Math.floor(campaigns / 2));
  for (let count = 0; count < Math.min(READS, Math.ceil(members / 20)); count++) {
    const inbox = `/v1/members/${memberIdAt((count * 7_919) % members)}/inbox`;
    await reads.first.time(() => api.call('GET', `${inbox}?limit=${PAGE}`));
    const { nextCursor } = pageSchema.parse(await api.call('GET', `${inbox}?limit=${depth}`));
    if (nextCursor !== null) {
      const cursor = encodeURIComponent(nextCursor);
      await reads.deep.time(() => api.call('GET', `${inbox}?limit=${PAGE}&cursor=${cursor}`));
    }
    await reads.unread.time(() => api.call('GET', `${inbox}/unread`));
  }
  return reads;
}
