/**
 * "Did she get it?": what every campaign did with one member, newest first, out of the ledger's cells. Nothing is kept
 * per member for this: each campaign costs one look-up of the member's bucket and one row per channel.
 */
import type { AudienceRepository } from '../campaign/audience-repository.js';
import type { Campaign } from '../campaign/campaign.js';
import type { CampaignRepository } from '../campaign/campaign-repository.js';
import { readMessages } from '../campaign/read-message.js';
import { assert } from '../core/assert.js';
import type { Channel } from '../core/channels.js';
import type { CampaignId } from '../core/ids.js';
import type { Language } from '../core/language.js';
import type { Store } from '../core/ports/store.js';
import type { EpochMs } from '../core/time.js';
import { yieldTurn } from '../core/yield-turn.js';
import { findOrdinal } from '../membership/find-ordinal.js';
import type { MemberRepository } from '../membership/member-repository.js';
import type { RenderedMessage } from '../message/message.js';
import { positionOf } from './bucket-members.js';
import {
  ambiguousTries,
  classOfCode,
  definiteTries,
  isInFlight,
  isPending,
  nameOfCode,
  PENDING_FRESH,
  type OutcomeClass,
} from './cell-code.js';
import type { DetailRow, LedgerRepository } from './ledger-repository.js';
import { outcomeWords, type MemberOutcome } from './outcome-words.js';

/** The part of a transaction that a record is read with. */
export interface MemberRecordTx {
  readonly campaigns: Pick<CampaignRepository, 'page' | 'channels' | 'findChannel' | 'messageVersion'>;
  readonly audiences: Pick<AudienceRepository, 'bucketOf'>;
  readonly ledger: Pick<LedgerRepository, 'find' | 'details'>;
  readonly members: Pick<MemberRepository, 'findOrdinals' | 'recipients' | 'changedAtOf'>;
}

export interface MemberCampaign {
  readonly campaignId: CampaignId;
  readonly campaignName: string;
  readonly launchedAt: EpochMs;
  /** In the campaign's order of channels. */
  readonly channels: readonly MemberChannelRecord[];
}

export interface MemberChannelRecord {
  readonly channel: Channel;
  readonly outcome: MemberOutcome;
  readonly outcomeClass: OutcomeClass;
  /** The outcome in words: why the member was suppressed, what the vendor refused. */
  readonly reason: string;
  /** Tries so far with a definite failure, and with an answer that says nothing; null where the outcome hides them. */
  readonly tries: { readonly definite: number; readonly ambiguous: number } | null;
  /** First and last hand-over of the member's bucket; null where this member was never handed over. */
  readonly firstHandoverAt: EpochMs | null;
  readonly lastHandoverAt: EpochMs | null;
  /** The vendor's words, oldest first, where they were kept (failed and unknown members). */
  readonly details: readonly DetailRow[];
  /** The text rendered again, from the version fixed at launch with the member's fields of now; null if never sent. */
  readonly message: RenderedMessage | null;
  /** True when a field that messages show has changed since: what she read may have been worded otherwise. */
  readonly hasMemberChanged: boolean;
}

export interface MemberRecordPage {
  readonly campaigns: readonly MemberCampaign[];
  /** `before` of the next page; null on the last one. */
  readonly nextBefore: CampaignId | null;
}

export interface MemberRecordQuery {
  readonly memberId: string;
  /** Campaigns of a page. */
  readonly limit: number;
  readonly before?: CampaignId | undefined;
  readonly language: Language;
}

/** Campaigns looked at in one slice; most of them may not concern the member. */
const CAMPAIGNS_PER_SLICE = 50;

/**
 * A page of a member's record, newest campaign first. Campaigns that have not frozen the member's bucket yet are left out.
 * @throws DomainError `NOT_FOUND` when there is no such member (any more).
 */
export async function readMemberRecord(
  store: Store<MemberRecordTx>,
  query: MemberRecordQuery,
): Promise<MemberRecordPage> {
  const campaigns: MemberCampaign[] = [];
  let before = query.before;
  for (;;) {
    const from = before;
    const slice = await store.read((tx) => readSlice(tx, { ...query, before: from }));
    for (const campaign of slice.campaigns) {
      const last = campaigns.at(-1);
      if (campaigns.length === query.limit) return { campaigns, nextBefore: last?.campaignId ?? null };
      campaigns.push(campaign);
    }
    if (slice.nextBefore === null) return { campaigns, nextBefore: null };
    before = slice.nextBefore;
    await yieldTurn();
  }
}

async function readSlice(tx: MemberRecordTx, query: MemberRecordQuery): Promise<MemberRecordPage> {
  const ordinal = await findOrdinal(tx.members, query.memberId);
  const looked = await tx.campaigns.page({ limit: CAMPAIGNS_PER_SLICE, before: query.before });
  const [changedAt] = await tx.members.changedAtOf([ordinal]);
  const campaigns: MemberCampaign[] = [];
  for (const campaign of looked) {
    const found = await readCampaign(tx, campaign, { ordinal, changedAt: changedAt ?? null, language: query.language });
    if (found !== undefined) campaigns.push(found);
  }
  const isEnd = looked.length < CAMPAIGNS_PER_SLICE;
  return { campaigns, nextBefore: isEnd ? null : (looked.at(-1)?.campaignId ?? null) };
}

interface Reader {
  readonly ordinal: number;
  readonly changedAt: EpochMs | null;
  readonly language: Language;
}

async function readCampaign(
  tx: MemberRecordTx,
  campaign: Campaign,
  reader: Reader,
): Promise<MemberCampaign | undefined> {
  if (campaign.launchedAt === null) return undefined;
  const bucket = await tx.audiences.bucketOf(campaign.audienceId, reader.ordinal);
  const position = bucket === undefined ? -1 : positionOf(bucket, reader.ordinal);
  if (bucket === undefined || position < 0) return undefined;
  const channels: MemberChannelRecord[] = [];
  for (const { channel } of await tx.campaigns.channels(campaign.campaignId)) {
    const place = { campaign, channel, bucket: bucket.bucket, position };
    const record = await readChannel(tx, place, reader);
    if (record !== undefined) channels.push(record);
  }
  const { campaignId, name: campaignName, launchedAt } = campaign;
  return channels.length === 0 ? undefined : { campaignId, campaignName, launchedAt, channels };
}

interface CellPlace {
  readonly campaign: Campaign;
  readonly channel: Channel;
  readonly bucket: number;
  readonly position: number;
}

async function readChannel(
  tx: MemberRecordTx,
  { campaign, channel, bucket, position }: CellPlace,
  { ordinal, changedAt, language }: Reader,
): Promise<MemberChannelRecord | undefined> {
  const stream = { campaignId: campaign.campaignId, channel };
  const row = await tx.ledger.find({ ...stream, bucket });
  const code = row?.cells[position];
  if (row === undefined || code === undefined) return undefined;
  const outcome = nameOfCode(code);
  const outcomeClass = classOfCode(code);
  assert(outcome !== undefined && outcomeClass !== undefined, `${code} is a code of the ledger`);
  const wasHandedOver = code !== PENDING_FRESH && outcomeClass !== 'suppressed';
  const firstHandoverAt = wasHandedOver ? row.firstHandoverAt : null;
  const [message] = wasHandedOver ? await readMessages(tx, ordinal, [{ campaign, channel }]) : [];
  return {
    channel,
    outcome,
    outcomeClass,
    reason: outcomeWords(outcome, language),
    tries: triesOf(code),
    firstHandoverAt,
    lastHandoverAt: wasHandedOver ? row.lastHandoverAt : null,
    details: await tx.ledger.details(stream, ordinal),
    message: message ?? null,
    hasMemberChanged: changedAt !== null && firstHandoverAt !== null && changedAt > firstHandoverAt,
  };
}

const triesOf = (code: number): MemberChannelRecord['tries'] =>
  isPending(code) || isInFlight(code) ? { definite: definiteTries(code), ambiguous: ambiguousTries(code) } : null;
