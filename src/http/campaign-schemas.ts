import { z } from 'zod';
import { CHANNELS } from '../core/channels.js';
import { couponId, memberId, promotionId } from '../core/ids.js';
import { formatInstant, type EpochMs } from '../core/time.js';
import type { AudienceChoice } from '../campaign/audience-choice.js';
import {
  CAMPAIGN_CLASSES,
  CAMPAIGN_STATES,
  CHANNEL_POLICIES,
  shownState,
  type CampaignMove,
} from '../campaign/campaign.js';
import type { CampaignProgress } from '../campaign/campaign-progress.js';
import { DELIVERY_MODES } from '../ledger/cell-moves.js';
import { OUTCOME_NAMES } from '../ledger/cell-code.js';
import { parseFilter } from '../membership/filter-json.js';
import { parseFilterText } from '../membership/filter-text.js';
import { instantInput, instantOutput } from './schemas.js';

const messageBody = z
  .strictObject({
    subject: z.string().max(1_000).optional().describe('E-mail only'),
    title: z.string().max(1_000).optional().describe('Inbox and app push'),
    body: z.string().min(1).max(65_536),
    html: z.string().max(262_144).optional().describe('E-mail only; made from `body` where absent'),
    link: z.string().max(2_000).optional(),
  })
  .describe(
    'Logic-less templates over {{member.*}}, {{promotion.*}}, {{coupon.*}} and {{campaign.*}}; {{member.name|friend}} has a fallback',
  );

const pace = z.number().min(0.1).max(10_000_000);

/** One channel of a campaign. */
export const channelBody = z.strictObject({
  channel: z.enum(CHANNELS),
  message: messageBody,
  mode: z.enum(DELIVERY_MODES).optional().describe("The channel's own where absent"),
  membersPerSecond: pace.optional(),
  requestsPerSecond: pace.optional(),
});

const openAudience = [
  z.strictObject({ kind: z.literal('everybody') }),
  z.strictObject({
    kind: z.literal('filter'),
    filter: z.unknown().optional().describe('A filter tree'),
    where: z.string().max(10_000).optional().describe('The same as text: level in (3,4) and points >= 1000'),
  }),
] as const;

/** A list of 100,000 members is the largest part of a campaign's body. */
export const MAX_CAMPAIGN_BODY_BYTES = 16 * 1024 * 1024;

/** Who hears of it: everybody, a filter (as tree or text), or up to 100,000 members by the shop's own keys. */
export const audienceBody = z
  .discriminatedUnion('kind', [
    ...openAudience,
    z.strictObject({ kind: z.literal('list'), memberIds: z.array(z.string().min(1).max(128)).min(1).max(100_000) }),
  ])
  .transform((audience): AudienceChoice => {
    if (audience.kind === 'list') return { kind: 'list', memberIds: audience.memberIds.map(memberId) };
    return openAudienceOf(audience);
  });

const openAudienceBody = z.discriminatedUnion('kind', openAudience).transform((audience) => openAudienceOf(audience));

/** @throws DomainError `INVALID_FILTER` with the place of the mistake. */
function openAudienceOf(
  audience: z.output<(typeof openAudience)[number]>,
): Exclude<AudienceChoice, { readonly kind: 'list' }> {
  if (audience.kind === 'everybody') return audience;
  const filter = audience.where === undefined ? parseFilter(audience.filter) : parseFilterText(audience.where);
  return { kind: 'filter', filter };
}

/** The coupon that a campaign tells of. */
export const advertisedCoupon = z
  .int()
  .positive()
  .transform((id) => couponId(id))
  .describe('It is held back while the coupon is given out, and ends with it');

const commonBody = {
  campaignClass: z.enum(CAMPAIGN_CLASSES).optional().describe('Weight of its turns: reminder 8, scheduled 4, bulk 1'),
  policy: z
    .enum(CHANNEL_POLICIES)
    .optional()
    .describe('`all` channels tell each member, or the `first` in order that can reach them'),
  channels: z.array(channelBody).min(1).max(CHANNELS.length),
  launchAt: instantInput.optional(),
  deliverUntil: instantInput.optional(),
};

export const createCampaignBody = z
  .strictObject({
    name: z.string().min(1).max(200),
    promotionId: z
      .int()
      .positive()
      .transform((id) => promotionId(id))
      .optional(),
    couponId: advertisedCoupon.optional(),
    audience: audienceBody,
    ...commonBody,
  })
  .meta({ id: 'CreateCampaign' });

/** What a promotion's `announce` holds. */
export const announcementBody = z.strictObject({
  name: z.string().min(1).max(200).optional().describe("The promotion's name where absent"),
  audience: openAudienceBody,
  maxMembers: z.int().min(0).optional().describe('A larger audience pauses until it is confirmed'),
  ...commonBody,
});

export const launchBody = z
  .strictObject({
    dryRunId: z.int().positive(),
    confirm: z.int().min(0).describe('Members that the dry run counted'),
    confirmExpiring: z.int().min(0).optional().describe('Members that would expire, where the dry run found any'),
    launchAt: instantInput.optional(),
  })
  .meta({ id: 'LaunchCampaign' });

const nullableInstant = instantOutput.nullable();
const members = z.int().min(0);

const channelOutput = z.object({
  channel: z.enum(CHANNELS),
  mode: z.enum(DELIVERY_MODES),
  pauseReasons: z.array(z.string()),
  message: messageBody.nullable(),
  membersPerSecond: z.number().nullable(),
  requestsPerSecond: z.number().nullable(),
  books: z
    .object({ pending: members, sent: members, failed: members, unknown: members, suppressed: members })
    .describe('Members by class; together the audience'),
  outcomes: z.array(z.object({ outcome: z.enum(OUTCOME_NAMES), members })).describe('The same by outcome and reason'),
  isBalanced: z.boolean(),
  firstHandoverAt: nullableInstant,
  lastOutcomeAt: nullableInstant,
  settledAt: nullableInstant,
});

export const campaignOutput = z
  .object({
    id: z.int().positive(),
    name: z.string(),
    state: z.enum([...CAMPAIGN_STATES, 'paused']),
    pauseReasons: z.array(z.string()),
    promotionId: z.int().positive().nullable(),
    couponId: z.int().positive().nullable().describe('The coupon that it tells of'),
    parentCampaignId: z.int().positive().nullable(),
    campaignClass: z.enum(CAMPAIGN_CLASSES),
    policy: z.enum(CHANNEL_POLICIES),
    audience: z.object({
      kind: z.string(),
      definition: z.unknown(),
      members: members.nullable().describe('Frozen size; null before the freeze'),
      buckets: members.nullable(),
    }),
    channels: z.array(channelOutput),
    launchAt: nullableInstant,
    launchedAt: nullableInstant,
    deliverUntil: nullableInstant,
    version: z.int().positive(),
    createdAt: instantOutput,
    createdBy: z.string(),
    endedAt: nullableInstant,
    cellsForgottenAt: nullableInstant.describe('Since when only its counts are left: 400 days after its end'),
  })
  .meta({ id: 'Campaign' });

export const moveOutput = z.object({
  at: instantOutput,
  actor: z.string(),
  move: z.string(),
  detail: z.string().nullable(),
});

const reachOutput = z.object({
  members: members.describe('Members that the channel would tell'),
  suppressed: z.record(z.string(), members).describe('Members it would not tell, by reason'),
});

export const dryRunOutput = z
  .object({
    dryRunId: z.int().positive().describe('Name it at launch, within 15 minutes'),
    campaignId: z.int().positive(),
    campaignVersion: z.int().positive(),
    madeAt: instantOutput,
    startsAt: instantOutput,
    deliverUntil: instantOutput,
    memberCount: members.describe('Size of the audience; confirm it at launch'),
    expiringCount: members.describe('Members still pending at `deliverUntil`, at the set pace; confirm them too'),
    channels: z.array(
      z.object({
        channel: z.enum(CHANNELS),
        mode: z.enum(DELIVERY_MODES),
        promise: z.string().describe('What the mode promises, in words'),
        reach: reachOutput,
        membersPerSecond: z.number().nullable(),
        endsAt: nullableInstant,
        expiringMembers: members,
        cost: z.object({ amountMinor: z.string(), currency: z.string() }).nullable(),
      }),
    ),
  })
  .meta({ id: 'DryRun' });

const instantOrNull = (instant: EpochMs | null): string | null => (instant === null ? null : formatInstant(instant));

export function renderCampaign({ campaign, audience, channels }: CampaignProgress): z.output<typeof campaignOutput> {
  const isFrozen = audience.frozenAt !== null;
  return {
    id: campaign.campaignId,
    name: campaign.name,
    state: shownState(campaign),
    pauseReasons: [...campaign.pauseReasons],
    promotionId: campaign.promotionId,
    couponId: campaign.couponId,
    parentCampaignId: campaign.parentCampaignId,
    campaignClass: campaign.campaignClass,
    policy: campaign.policy,
    audience: {
      kind: audience.definition.kind,
      definition: audience.definition,
      members: isFrozen ? audience.memberCount : null,
      buckets: isFrozen ? audience.bucketCount : null,
    },
    channels: channels.map(({ channel, message, histogram }) => ({
      channel: channel.channel,
      mode: channel.mode,
      pauseReasons: [...channel.pauseReasons],
      message: message ?? null,
      membersPerSecond: channel.membersPerSecond,
      requestsPerSecond: channel.requestsPerSecond,
      books: { ...histogram.byClass },
      outcomes: histogram.byOutcome.map(({ outcome, members: count }) => ({ outcome, members: count })),
      isBalanced: histogram.isBalanced,
      firstHandoverAt: instantOrNull(channel.firstHandoverAt),
      lastOutcomeAt: instantOrNull(channel.lastOutcomeAt),
      settledAt: instantOrNull(channel.settledAt),
    })),
    launchAt: instantOrNull(campaign.launchAt),
    launchedAt: instantOrNull(campaign.launchedAt),
    deliverUntil: instantOrNull(campaign.deliverUntil),
    version: campaign.version,
    createdAt: formatInstant(campaign.createdAt),
    createdBy: campaign.createdBy,
    endedAt: instantOrNull(campaign.endedAt),
    cellsForgottenAt: instantOrNull(campaign.cellsForgottenAt),
  };
}

export const renderMove = ({ at, actor, move, detail }: CampaignMove): z.output<typeof moveOutput> => ({
  at: formatInstant(at),
  actor,
  move,
  detail,
});
