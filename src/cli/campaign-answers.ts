/** Campaigns as the API answers them: what the command line reads of it. */
import { z } from 'zod';
import { CHANNELS } from '../core/channels.js';

const instant = z.string().nullable();
const books = z.object({
  pending: z.int(),
  sent: z.int(),
  failed: z.int(),
  unknown: z.int(),
  suppressed: z.int(),
});

const messageAnswer = z.object({
  subject: z.string().optional(),
  title: z.string().optional(),
  body: z.string(),
  html: z.string().optional(),
  link: z.string().optional(),
});

export const campaignAnswer = z.object({
  id: z.int(),
  name: z.string(),
  state: z.string(),
  pauseReasons: z.array(z.string()),
  promotionId: z.int().nullable(),
  couponId: z.int().nullable(),
  parentCampaignId: z.int().nullable(),
  policy: z.string(),
  audience: z.object({ kind: z.string(), definition: z.unknown(), members: z.int().nullable() }),
  channels: z.array(
    z.object({
      channel: z.enum(CHANNELS),
      mode: z.string(),
      pauseReasons: z.array(z.string()),
      message: messageAnswer.nullable(),
      membersPerSecond: z.number().nullable(),
      requestsPerSecond: z.number().nullable(),
      books,
      outcomes: z.array(z.object({ outcome: z.string(), members: z.int() })),
      isBalanced: z.boolean(),
      settledAt: instant,
    }),
  ),
  launchAt: instant,
  launchedAt: instant,
  deliverUntil: instant,
  version: z.int(),
  createdAt: z.string(),
  createdBy: z.string(),
  endedAt: instant,
  cellsForgottenAt: instant,
});
export type CampaignAnswer = z.output<typeof campaignAnswer>;
export type ChannelAnswer = CampaignAnswer['channels'][number];

export const campaignPage = z.object({ items: z.array(campaignAnswer), nextCursor: z.string().nullable() });

export const dryRunAnswer = z.object({
  dryRunId: z.int(),
  madeAt: z.string(),
  startsAt: z.string(),
  deliverUntil: z.string(),
  memberCount: z.int(),
  expiringCount: z.int(),
  channels: z.array(
    z.object({
      channel: z.enum(CHANNELS),
      mode: z.string(),
      promise: z.string(),
      reach: z.object({ members: z.int(), suppressed: z.record(z.string(), z.int()) }),
      membersPerSecond: z.number().nullable(),
      endsAt: instant,
      expiringMembers: z.int(),
      cost: z.object({ amountMinor: z.string(), currency: z.string() }).nullable(),
    }),
  ),
});
export type DryRunAnswer = z.output<typeof dryRunAnswer>;

export const movesAnswer = z.object({
  items: z.array(z.object({ at: z.string(), actor: z.string(), move: z.string(), detail: z.string().nullable() })),
});

export const outcomePage = z.object({
  items: z.array(
    z.object({
      memberId: z.string().nullable(),
      ordinal: z.int(),
      outcome: z.string(),
      reason: z.string(),
      at: instant,
      vendorCode: z.string().nullable(),
      vendorText: z.string().nullable(),
    }),
  ),
  nextCursor: z.string().nullable(),
});

/** Members of a channel in all classes together. */
export const membersOf = ({ books: counts }: Pick<ChannelAnswer, 'books'>): number =>
  Object.values(counts).reduce((sum, count) => sum + count, 0);
