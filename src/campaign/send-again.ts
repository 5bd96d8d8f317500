/**
 * Telling members of a campaign again who were not told, or of whom nobody knows: a child campaign, a draft like any
 * other, over the parent's chosen cells on one channel.
 *
 *   failed   under references of its own: a vendor would replay the stored error under the old ones
 *   unknown  keyed, within the life of the vendor's keys: under the parent's references, so nobody gets it twice;
 *            else only when a person confirms how many may get it twice
 *
 * Who was told meanwhile is left out when the child is sent (covered).
 */
import { assert } from '../core/assert.js';
import type { Channel } from '../core/channels.js';
import { DomainError } from '../core/errors.js';
import { audienceId, campaignId as toCampaignId, type CampaignId } from '../core/ids.js';
import type { MessageTemplate } from '../core/ports/provider.js';
import { addMs, type EpochMs } from '../core/time.js';
import { TOPICS } from '../core/topics.js';
import { classOfOutcome, nameOfCode, type OutcomeName } from '../ledger/cell-code.js';
import type { DeliveryMode } from '../ledger/cell-moves.js';
import type { LedgerRepository } from '../ledger/ledger-repository.js';
import type { Campaign, CampaignChannel } from './campaign.js';
import { checkDraft, type CampaignPace } from './campaign-draft.js';
import { campaignEvent } from './campaign-event.js';
import { getCampaign, requireAction } from './campaign-refusals.js';
import { requireCells } from './forget-cells.js';
import { offerOf, requireMode, type ChannelOffer } from './channel-offer.js';
import type { CampaignContext, CampaignTx } from './create-campaign.js';

export interface SendAgain extends CampaignPace {
  /** The campaign whose members are told again. */
  readonly campaignId: CampaignId;
  /** Any but the inbox, where nothing fails. */
  readonly channel: Channel;
  /** Kinds of failed, or `unknown` alone. */
  readonly outcomes: readonly OutcomeName[];
  /** The parent's name unless said otherwise. */
  readonly name?: string | undefined;
  /** The parent's unless said otherwise; always the parent's under its references. */
  readonly message?: MessageTemplate | undefined;
  /** The parent's unless said otherwise. */
  readonly mode?: DeliveryMode | undefined;
  /** How many may get it twice, typed by the person who accepts that. */
  readonly confirmTwice?: number | undefined;
}

export interface SendAgainTx extends CampaignTx {
  readonly ledger: Pick<LedgerRepository, 'counts'>;
}

/** Part of a vendor's key life in which a member may be sent again under the same key. */
const KEY_LIFE_SHARE = 0.9;

/**
 * Makes the draft of a campaign that sends again; it is dry-run and launched like any other.
 * @throws DomainError `NOT_FOUND`, `CAMPAIGN_STATE` when the parent was never sent, `INVALID_INPUT` for the inbox, for
 *   outcomes that do not go together or that nobody has; `CONFIRMATION_MISMATCH` naming how many may get it twice;
 *   `CHANNEL_NOT_READY`, `DELIVERY_MODE_REFUSED`, `INVALID_TEMPLATE`.
 */
export async function sendAgain(tx: SendAgainTx, context: CampaignContext, command: SendAgain): Promise<Campaign> {
  const parent = await getCampaign(tx, command.campaignId);
  requireAction(parent, 'sendAgain');
  requireCells(parent);
  const source = await findSource(tx, command);
  const wish = checkOutcomes(command.outcomes);
  const memberCount = await countChosen(tx, command);
  const offer = offerOf(context.catalogue, command.channel);
  const mode = command.mode ?? source.mode;
  requireMode(offer, mode);
  const keysEndAt = wish === 'unknown' ? keysEnd({ parent, source, offer, mode }) : undefined;
  const sharesReferences = keysEndAt !== undefined && keysEndAt > context.now && command.message === undefined;
  if (wish === 'unknown' && !sharesReferences) requireConfirmed(memberCount, command.confirmTwice);

  const message = command.message ?? (await tx.campaigns.messageVersion(source.messageVersionId));
  assert(message !== undefined, `message version ${source.messageVersionId} of campaign ${parent.campaignId} is kept`);
  const { name } = checkDraft(
    {
      name: command.name ?? parent.name,
      promotionId: parent.promotionId ?? undefined,
      couponId: parent.couponId ?? undefined,
      channels: [{ channel: command.channel, message, mode, ...paceOf(command) }],
    },
    context,
  );
  const child = await makeChild(tx, context, { parent, name, sharesReferences, command, keysEndAt });
  await tx.campaigns.insert(child, [await childChannel(tx, context, { child, source, command, mode })]);
  const detail = `sends campaign ${parent.campaignId} again: ${command.outcomes.join(', ')} by ${command.channel}`;
  await tx.campaigns.addMove({
    campaignId: child.campaignId,
    at: context.now,
    actor: context.actor,
    move: 'created',
    detail,
  });
  const body = { parentCampaignId: parent.campaignId };
  await tx.outbox.append(campaignEvent(TOPICS.campaignCreated, child, context.now, body));
  return child;
}

async function findSource(tx: SendAgainTx, { campaignId, channel }: SendAgain): Promise<CampaignChannel> {
  if (channel === 'inbox') refuse('channel', 'The inbox never fails, so there is nobody to tell again there.');
  const source = await tx.campaigns.findChannel(campaignId, channel);
  if (source !== undefined) return source;
  throw new DomainError('NOT_FOUND', `Campaign ${campaignId} did not use ${channel}.`, { campaignId, channel });
}

function checkOutcomes(outcomes: readonly OutcomeName[]): 'failed' | 'unknown' {
  const classes = new Set(outcomes.map(classOfOutcome));
  const [only] = classes;
  if (classes.size === 1 && (only === 'failed' || only === 'unknown')) return only;
  refuse('outcomes', 'Choose kinds of failed, or unknown alone: they are sent again under different references.');
}

async function countChosen(tx: SendAgainTx, { campaignId, channel, outcomes }: SendAgain): Promise<number> {
  let memberCount = 0;
  for (const [code, members] of await tx.ledger.counts({ campaignId, channel })) {
    const name = nameOfCode(code);
    if (outcomes.some((outcome) => outcome === name)) memberCount += members;
  }
  if (memberCount === 0) {
    refuse(
      'outcomes',
      `Nobody of campaign ${campaignId} is ${outcomes.join(' or ')} by ${channel}; there is nothing to send again.`,
    );
  }
  return memberCount;
}

/**
 * Until when the vendor knows the parent's keys for certain: counted from the parent's first hand-over. Undefined where
 * it knows none, or where the parent itself used another campaign's references.
 */
function keysEnd(about: {
  readonly parent: Campaign;
  readonly source: CampaignChannel;
  readonly offer: ChannelOffer;
  readonly mode: DeliveryMode;
}): EpochMs | undefined {
  const { parent, source, offer, mode } = about;
  const keyLifeMs = offer.capabilities?.keyLifeMs;
  if (mode !== 'keyed' || source.mode !== 'keyed' || parent.sharesReferences) return undefined;
  if (keyLifeMs === undefined || source.firstHandoverAt === null) return undefined;
  return addMs(source.firstHandoverAt, Math.floor(keyLifeMs * KEY_LIFE_SHARE));
}

function requireConfirmed(memberCount: number, confirmTwice: number | undefined): void {
  if (confirmTwice === memberCount) return;
  throw new DomainError(
    'CONFIRMATION_MISMATCH',
    `Up to ${memberCount} members may get it twice: nobody knows whether the first message arrived, and the vendor would not recognise a second. Confirm ${memberCount} to accept that.`,
    { what: 'members who may get it twice', counted: memberCount, confirmed: confirmTwice ?? null },
  );
}

interface Child {
  readonly parent: Campaign;
  readonly name: string;
  readonly sharesReferences: boolean;
  readonly command: SendAgain;
  readonly keysEndAt: EpochMs | undefined;
}

/** The child's row and its audience, which is frozen when it starts. */
async function makeChild(
  tx: SendAgainTx,
  { now, actor }: CampaignContext,
  { parent, name, sharesReferences, command, keysEndAt }: Child,
): Promise<Campaign> {
  const itsAudience = audienceId(await tx.ids.take('audience', 1));
  const { campaignId, channel, outcomes } = command;
  await tx.audiences.insert(itsAudience, { kind: 'cells', campaignId, channel, outcomes });
  return {
    campaignId: toCampaignId(await tx.ids.take('campaign', 1)),
    name,
    promotionId: parent.promotionId,
    couponId: parent.couponId,
    parentCampaignId: parent.campaignId,
    sharesReferences,
    campaignClass: parent.campaignClass,
    state: 'draft',
    pauseReasons: [],
    policy: 'all',
    audienceId: itsAudience,
    launchAt: null,
    launchedAt: null,
    deliverUntil: sharesReferences ? (keysEndAt ?? null) : null,
    expectedMembers: null,
    maxMembers: null,
    commonFields: parent.commonFields,
    version: 1,
    createdAt: now,
    createdBy: actor,
    endedAt: null,
    cellsForgottenAt: null,
    ownDeliverUntil: null,
  };
}

async function childChannel(
  tx: SendAgainTx,
  { now }: CampaignContext,
  about: {
    readonly child: Campaign;
    readonly source: CampaignChannel;
    readonly command: SendAgain;
    readonly mode: DeliveryMode;
  },
): Promise<CampaignChannel> {
  const { child, source, command, mode } = about;
  let { messageVersionId } = source;
  if (command.message !== undefined) {
    messageVersionId = await tx.ids.take('messageVersion', 1);
    await tx.campaigns.insertMessageVersion(messageVersionId, command.message, now);
  }
  return {
    campaignId: child.campaignId,
    channel: command.channel,
    position: 0,
    pauseReasons: [],
    mode,
    messageVersionId,
    membersPerSecond: command.membersPerSecond ?? null,
    requestsPerSecond: command.requestsPerSecond ?? null,
    price: null,
    settledAt: null,
    firstHandoverAt: null,
    lastOutcomeAt: null,
  };
}

const paceOf = ({ membersPerSecond, requestsPerSecond }: CampaignPace): CampaignPace => ({
  membersPerSecond,
  requestsPerSecond,
});

function refuse(field: string, message: string): never {
  throw new DomainError('INVALID_INPUT', message, { field });
}
