/**
 * The books of campaigns beside what their vendors' own logs say, counted from the files: the server is asked for the
 * one side only. Pure but for reading the logs.
 */
import type { Channel } from '../core/channels.js';
import type { CampaignView, ChannelView } from './campaign-watch.js';
import { countDeliveries, type CampaignDeliveries } from './vendors/read-delivery-log.js';

/** What a vendor's log says of a campaign. */
export interface VendorCount {
  /** Lines of the log. */
  readonly accepted: number;
  readonly uniqueMembers: number;
  /** Lines beyond the first of each member. */
  readonly doubled: number;
}

/** One channel of one campaign, from both sides. */
export interface ChannelBooks {
  readonly campaign: CampaignView;
  readonly channel: ChannelView;
  /** Undefined for the own inbox, which has no vendor. */
  readonly vendor: VendorCount | undefined;
}

export interface Books {
  readonly channels: readonly ChannelBooks[];
  /** Lines of a vendor's log whose key is none of ours. */
  readonly strangers: readonly { readonly channel: Channel; readonly lines: number }[];
}

/** Something that does not agree. */
export type Difference =
  | { readonly kind: 'unbalanced' | 'pending'; readonly campaign: string; readonly channel: Channel }
  | {
      readonly kind: 'vendor';
      readonly campaign: string;
      readonly channel: Channel;
      readonly books: number;
      readonly vendor: number;
    }
  | {
      readonly kind: 'doubled';
      readonly campaign: string;
      readonly channel: Channel;
      readonly doubled: number;
      readonly listed: number;
    }
  | { readonly kind: 'strangers'; readonly channel: Channel; readonly lines: number };

/** Reads the logs; `logs` names the file of each channel that has a vendor. */
export async function readBooks(
  campaigns: readonly CampaignView[],
  logs: Readonly<Partial<Record<Channel, string>>>,
): Promise<Books> {
  const counted = new Map<Channel, Awaited<ReturnType<typeof countDeliveries>>>();
  for (const channel of new Set(campaigns.flatMap(({ channels }) => channels.map((each) => each.channel)))) {
    const file = logs[channel];
    if (file !== undefined) counted.set(channel, await countDeliveries(file, channel));
  }
  return {
    channels: campaigns.flatMap((campaign) =>
      campaign.channels.map((channel) => {
        const ofChannel = counted.get(channel.channel);
        return { campaign, channel, vendor: ofChannel && vendorCount(ofChannel.get(campaign.id)) };
      }),
    ),
    strangers: [...counted].flatMap(([channel, counts]) => {
      const strange = counts.get(undefined);
      return strange === undefined ? [] : [{ channel, lines: strange.members + strange.doubled }];
    }),
  };
}

const vendorCount = (deliveries: CampaignDeliveries | undefined): VendorCount => ({
  accepted: (deliveries?.members ?? 0) + (deliveries?.doubled ?? 0),
  uniqueMembers: deliveries?.members ?? 0,
  doubled: deliveries?.doubled ?? 0,
});

/** Everything that does not agree: within the books, and between them and the vendors. */
export function differencesOf({ channels, strangers }: Books): readonly Difference[] {
  return [
    ...channels.flatMap((books) => differencesOfChannel(books)),
    ...strangers.map(({ channel, lines }) => ({ kind: 'strangers' as const, channel, lines })),
  ];
}

function differencesOfChannel({ campaign, channel, vendor }: ChannelBooks): readonly Difference[] {
  const about = { campaign: campaign.name, channel: channel.channel };
  const found: Difference[] = [];
  if (!channel.isBalanced) found.push({ kind: 'unbalanced', ...about });
  if (channel.books.pending > 0) found.push({ kind: 'pending', ...about });
  if (vendor === undefined) return found;
  const { sent, unknown } = channel.books;
  // Nobody knows of an unknown member whether the vendor has it; of everybody else the books do.
  if (vendor.uniqueMembers < sent || vendor.uniqueMembers > sent + unknown) {
    found.push({ kind: 'vendor', ...about, books: sent, vendor: vendor.uniqueMembers });
  }
  const listed = possiblyDoubled(channel);
  if (vendor.doubled > listed) found.push({ kind: 'doubled', ...about, doubled: vendor.doubled, listed });
  return found;
}

/** Members that the books themselves list as possibly told twice. */
export const possiblyDoubled = ({ outcomes }: ChannelView): number =>
  outcomes.find(({ outcome }) => outcome === 'sentPossiblyDoubled')?.members ?? 0;
