/**
 * The one move that makes a campaign be sent: it, its event and everything fixed at launch commit together.
 */
import { DomainError } from '../core/errors.js';
import type { CampaignId } from '../core/ids.js';
import { addMs, epochMs, formatInstant, HOUR_MS, MINUTE_MS, type EpochMs } from '../core/time.js';
import { TOPICS } from '../core/topics.js';
import type { Promotion } from '../promotion/promotion.js';
import { promotionState } from '../promotion/promotion.js';
import type { Campaign } from './campaign.js';
import { checkTimes } from './campaign-draft.js';
import { campaignEvent } from './campaign-event.js';
import { lockCampaign, requireAction } from './campaign-refusals.js';
import type { DryRunRecord } from './campaign-repository.js';
import { offerOf, requireMode } from './channel-offer.js';
import { commonFieldsOf, type FieldWording } from './common-fields.js';
import { getCampaignPromotion, type CampaignContext, type CampaignTx } from './create-campaign.js';

/** What the launch rests on: a dry run that a person read and confirmed, or nothing where nobody watches. */
export type LaunchBasis =
  | {
      readonly kind: 'dryRun';
      readonly dryRunId: number;
      /** Members the dry run counted, typed again by the person. */
      readonly confirmMembers: number;
      /** Members that would expire; needed where the dry run found any. */
      readonly confirmExpiring?: number | undefined;
    }
  /** By a schedule, a reminder or with a promotion; a larger audience than `maxMembers` pauses. */
  | { readonly kind: 'unattended'; readonly maxMembers?: number | undefined };

export interface LaunchCampaign {
  readonly campaignId: CampaignId;
  readonly basis: LaunchBasis;
  /** Replaces the draft's time; undefined keeps it. A dry run must have been made for the same. */
  readonly launchAt?: EpochMs | undefined;
}

export interface LaunchContext extends CampaignContext {
  readonly wording: FieldWording;
}

/** How old a dry run may be when a launch names it. */
export const DRY_RUN_LIFE_MS = 15 * MINUTE_MS;
/** How long a campaign delivers when neither it nor a promotion says. */
export const DEFAULT_DELIVERY_MS = 72 * HOUR_MS;

/**
 * Launches a draft, now or at its time. Filter, messages, prices and common fields are fixed here.
 * @throws DomainError `NOT_FOUND`; `CAMPAIGN_STATE` when it is no draft (any more); `DRY_RUN_STALE`;
 *   `CONFIRMATION_MISMATCH`; `CHANNEL_NOT_READY`; `DELIVERY_MODE_REFUSED`; `PROMOTION_ENDED`; `INVALID_INPUT` when
 *   delivery would end before it starts.
 */
export async function launchCampaign(
  tx: CampaignTx,
  context: LaunchContext,
  { campaignId, basis, launchAt }: LaunchCampaign,
): Promise<Campaign> {
  const { now, actor } = context;
  const found = await lockCampaign(tx, campaignId);
  requireAction(found, 'launch');
  const draft = { ...found, launchAt: launchAt ?? found.launchAt };
  await checkBasis(tx, { draft, basis, now });
  const { plan, promotion } = await planDelivery(tx, draft, now);
  await fixPrices(tx, campaignId, context);
  const change = {
    state: plan.startsAt > now ? ('scheduled' as const) : ('freezing' as const),
    launchAt: draft.launchAt,
    launchedAt: now,
    deliverUntil: plan.deliverUntil,
    expectedMembers: basis.kind === 'dryRun' ? basis.confirmMembers : null,
    maxMembers: basis.kind === 'unattended' ? (basis.maxMembers ?? null) : null,
    // A child says what its parent said.
    commonFields:
      draft.parentCampaignId === null ? commonFieldsOf(draft, promotion, context.wording) : draft.commonFields,
  };
  await tx.campaigns.update(campaignId, change);
  const startsAt = formatInstant(plan.startsAt);
  const detail = change.state === 'scheduled' ? `to start at ${startsAt}` : null;
  await tx.campaigns.addMove({ campaignId, at: now, actor, move: 'launched', detail });
  await tx.outbox.append(campaignEvent(TOPICS.campaignLaunched, draft, now, { startsAt }));
  return { ...draft, ...change };
}

/** When a campaign that is launched now would send. */
export interface DeliveryPlan {
  readonly startsAt: EpochMs;
  readonly deliverUntil: EpochMs;
}

/**
 * Delivery starts now or at the draft's time, and ends as the draft says, else with the promotion, else after 72 h.
 * @throws DomainError `NOT_FOUND` or `PROMOTION_ENDED` for its promotion; `INVALID_INPUT` when the end comes first.
 */
export async function planDelivery(
  tx: Pick<CampaignTx, 'promotions'>,
  draft: Campaign,
  now: EpochMs,
): Promise<{ readonly plan: DeliveryPlan; readonly promotion: Promotion | undefined }> {
  const promotion = draft.promotionId === null ? undefined : await getCampaignPromotion(tx, draft.promotionId);
  if (promotion !== undefined) refuseEnded(promotion, now);
  checkTimes({ launchAt: draft.launchAt ?? undefined }, now);
  const startsAt = epochMs(Math.max(now, draft.launchAt ?? now));
  const deliverUntil = draft.deliverUntil ?? promotion?.endsAt ?? addMs(startsAt, DEFAULT_DELIVERY_MS);
  if (deliverUntil > startsAt) return { plan: { startsAt, deliverUntil }, promotion };
  throw new DomainError(
    'INVALID_INPUT',
    `Campaign ${draft.campaignId} would start at ${formatInstant(startsAt)}, but delivery ends at ${formatInstant(deliverUntil)}; set a later deliverUntil or an earlier launch.`,
    { field: 'deliverUntil', startsAt: formatInstant(startsAt), deliverUntil: formatInstant(deliverUntil) },
  );
}

async function checkBasis(
  tx: CampaignTx,
  { draft, basis, now }: { readonly draft: Campaign; readonly basis: LaunchBasis; readonly now: EpochMs },
): Promise<void> {
  if (basis.kind === 'unattended') return;
  const record = await tx.campaigns.findDryRun(basis.dryRunId);
  if (record?.campaignId !== draft.campaignId) {
    throw new DomainError(
      'NOT_FOUND',
      `Campaign ${draft.campaignId} has no dry run ${basis.dryRunId}; make one first.`,
      {
        campaignId: draft.campaignId,
        dryRunId: basis.dryRunId,
      },
    );
  }
  refuseStale(record, { draft, now });
  refuseMismatch('members', record.memberCount, basis.confirmMembers);
  if (record.expiringCount > 0) refuseMismatch('expiring members', record.expiringCount, basis.confirmExpiring);
}

function refuseStale(record: DryRunRecord, { draft, now }: { readonly draft: Campaign; readonly now: EpochMs }): void {
  const isEdited = record.campaignVersion !== draft.version || record.launchAt !== draft.launchAt;
  if (!isEdited && now - record.madeAt <= DRY_RUN_LIFE_MS) return;
  const reason = isEdited
    ? 'the campaign, or the time of its launch, was changed since'
    : `it was made at ${formatInstant(record.madeAt)}, more than 15 minutes ago`;
  throw new DomainError('DRY_RUN_STALE', `Dry run ${record.dryRunId} no longer holds: ${reason}. Make a new one.`, {
    dryRunId: record.dryRunId,
    madeAt: formatInstant(record.madeAt),
    isEdited,
  });
}

function refuseMismatch(what: string, counted: number, confirmed: number | undefined): void {
  if (confirmed === counted) return;
  throw new DomainError(
    'CONFIRMATION_MISMATCH',
    `The dry run counted ${counted} ${what}, ${confirmed === undefined ? 'and none were' : `not ${confirmed} as`} confirmed; confirm ${counted} to launch.`,
    { what, counted, confirmed: confirmed ?? null },
  );
}

function refuseEnded(promotion: Promotion, now: EpochMs): void {
  if (promotionState(promotion, now) !== 'ended') return;
  throw new DomainError('PROMOTION_ENDED', `Promotion ${promotion.id} has ended; nobody is told about it any more.`, {
    promotionId: promotion.id,
  });
}

/** A channel may have changed since the draft was made: what it cannot keep is refused now. */
async function fixPrices(tx: CampaignTx, campaignId: CampaignId, { catalogue }: LaunchContext): Promise<void> {
  for (const { channel, mode } of await tx.campaigns.channels(campaignId)) {
    const offer = offerOf(catalogue, channel);
    requireMode(offer, mode);
    await tx.campaigns.updateChannel(campaignId, channel, { price: offer.price ?? null });
  }
}
