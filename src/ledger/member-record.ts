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
import type { BucketKey, DetailRow, LedgerRepository } from './ledger-repository.js';
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

/** Campaigns looked at in one slice: few where each concerns the member, more while none does. */
const MIN_SLICE = 10;
const MAX_SLICE = 50;

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
  for (let limit = query.limit + 1; ; limit *= 2) {
    const sliced = { ...query, before, limit: Math.min(MAX_SLICE, Math.max(MIN_SLICE, limit)) };
    const slice = await store.read((tx) => readSlice(tx, sliced), { isBulk: before !== query.before });
    for (const campaign of slice.campaigns) {
      const last = campaigns.at(-1);
      if (campaigns.length === query.limit) return { campaigns, nextBefore: last?.campaignId ?? null };
      campaigns.push(campaign);
    }
    if (slice.nextBefore === null) return { campaigns, nextBefore: null };
    before = slice.nextBefore;
  }
}

async function readSlice(tx: MemberRecordTx, query: MemberRecordQuery): Promise<MemberRecordPage> {
  const ordinal = await findOrdinal(tx.members, query.memberId);
  const looked = await tx.campaigns.page({ limit: query.limit, before: query.before });
  const [changedAt] = await tx.members.changedAtOf([ordinal]);
  const reader = { ordinal, changedAt: changedAt ?? null, language: query.language };
  const found: CampaignCells[] = [];
  for (const campaign of looked) {
    const cells = await readCells(tx, campaign, reader);
    if (cells.length > 0) found.push({ campaign, cells });
  }
  return {
    campaigns: await withMessages(tx, ordinal, found),
    nextBefore: looked.length < query.limit ? null : (looked.at(-1)?.campaignId ?? null),
  };
}

/** A member's cells of one campaign, in its order of channels. */
interface CampaignCells {
  readonly campaign: Campaign;
  readonly cells: readonly CellRecord[];
}

interface CellRecord {
  readonly record: Omit<MemberChannelRecord, 'message'>;
  /** A message went to the vendor, or may have. */
  readonly wasHandedOver: boolean;
}

/** Renders what was sent, reading the member once for all of it. */
async function withMessages(
  tx: MemberRecordTx,
  ordinal: number,
  found: readonly CampaignCells[],
): Promise<readonly MemberCampaign[]> {
  const sent = found.flatMap(({ campaign, cells }) =>
    cells.filter((cell) => cell.wasHandedOver).map(({ record }) => ({ campaign, channel: record.channel })),
  );
  const messages = (await readMessages(tx, ordinal, sent)).values();
  return found.map(({ campaign, cells }) => ({
    campaignId: campaign.campaignId,
    campaignName: campaign.name,
    launchedAt: campaign.launchedAt ?? campaign.createdAt,
    channels: cells.map(({ record, wasHandedOver }) => ({
      ...record,
      message: wasHandedOver ? (messages.next().value ?? null) : null,
    })),
  }));
}

interface Reader {
  readonly ordinal: number;
  readonly changedAt: EpochMs | null;
  readonly language: Language;
}

async function readCells(tx: MemberRecordTx, campaign: Campaign, reader: Reader): Promise<readonly CellRecord[]> {
  if (campaign.launchedAt === null || campaign.cellsForgottenAt !== null) return [];
  const bucket = await tx.audiences.bucketOf(campaign.audienceId, reader.ordinal);
  const position = bucket === undefined ? -1 : positionOf(bucket, reader.ordinal);
  if (bucket === undefined || position < 0) return [];
  const cells: CellRecord[] = [];
  for (const { channel } of await tx.campaigns.channels(campaign.campaignId)) {
    const key = { campaignId: campaign.campaignId, channel, bucket: bucket.bucket };
    const cell = await readCell(tx, { key, position }, reader);
    if (cell !== undefined) cells.push(cell);
  }
  return cells;
}

async function readCell(
  tx: MemberRecordTx,
  { key, position }: { readonly key: BucketKey; readonly position: number },
  { ordinal, changedAt, language }: Reader,
): Promise<CellRecord | undefined> {
  const row = await tx.ledger.find(key);
  const code = row?.cells[position];
  if (row === undefined || code === undefined) return undefined;
  const outcome = nameOfCode(code);
  const outcomeClass = classOfCode(code);
  assert(outcome !== undefined && outcomeClass !== undefined, `${code} is a code of the ledger`);
  const wasHandedOver = code !== PENDING_FRESH && outcomeClass !== 'suppressed';
  const firstHandoverAt = wasHandedOver ? row.firstHandoverAt : null;
  const record = {
    channel: key.channel,
    outcome,
    outcomeClass,
    reason: outcomeWords(outcome, language),
    tries: triesOf(code),
    firstHandoverAt,
    lastHandoverAt: wasHandedOver ? row.lastHandoverAt : null,
    details: await tx.ledger.details(key, ordinal),
    hasMemberChanged: changedAt !== null && firstHandoverAt !== null && changedAt > firstHandoverAt,
  };
  return { record, wasHandedOver };
}

const triesOf = (code: number): MemberChannelRecord['tries'] =>
  isPending(code) || isInFlight(code) ? { definite: definiteTries(code), ambiguous: ambiguousTries(code) } : null;
