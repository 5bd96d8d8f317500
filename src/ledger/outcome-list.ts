/**
 * Members of a campaign on a channel by outcome, in the order of ordinals. Pages go by place (bucket and position), so
 * that the millionth costs what the first does; rows without a wanted class are skipped by their counts.
 */
import type { AudienceRepository } from '../campaign/audience-repository.js';
import type { CampaignRepository } from '../campaign/campaign-repository.js';
import { requireCells } from '../campaign/forget-cells.js';
import { assert } from '../core/assert.js';
import { DomainError } from '../core/errors.js';
import type { CampaignId } from '../core/ids.js';
import type { Store } from '../core/ports/store.js';
import type { EpochMs } from '../core/time.js';
import type { MemberRepository } from '../membership/member-repository.js';
import { BUCKET_SIZE, decodeBucket } from './bucket-members.js';
import { classOfCode, nameOfCode, type OutcomeClass } from './cell-code.js';
import type { LedgerRepository, LedgerRow, Stream } from './ledger-repository.js';
import type { OutcomeFilter } from './outcome-filter.js';
import type { MemberOutcome } from './outcome-words.js';

/** The part of a transaction that listing uses. */
export interface OutcomeListTx {
  readonly campaigns: Pick<CampaignRepository, 'find' | 'findChannel'>;
  readonly audiences: Pick<AudienceRepository, 'buckets'>;
  readonly ledger: Pick<LedgerRepository, 'rowsWith' | 'details'>;
  readonly members: Pick<MemberRepository, 'memberIdsOf'>;
}

export interface ListedMember {
  /** Null once the member was erased. */
  readonly memberId: string | null;
  readonly ordinal: number;
  readonly outcome: MemberOutcome;
  readonly outcomeClass: OutcomeClass;
  /** When the outcome was recorded, where details are kept; else the last hand-over of the member's bucket. */
  readonly at: EpochMs | null;
  readonly vendorCode: string | null;
  readonly vendorText: string | null;
  readonly vendorMessageId: string | null;
}

export interface OutcomeSlice {
  readonly members: readonly ListedMember[];
  /** Place where the next slice begins; null at the end. */
  readonly nextPlace: number | null;
}

export interface OutcomeQuery extends Stream {
  readonly filter: OutcomeFilter;
  /** Where to begin: 0, or the `nextPlace` of the slice before. */
  readonly fromPlace: number;
  /** Members of a slice at most; fewer where the rows looked at hold no more. */
  readonly limit: number;
}

/**
 * A full page of members, from as many slices as it takes; all after the first are bulk.
 * @throws DomainError `NOT_FOUND` as `readOutcomeSlice`.
 */
export async function readOutcomePage(store: Store<OutcomeListTx>, query: OutcomeQuery): Promise<OutcomeSlice> {
  const members: ListedMember[] = [];
  let fromPlace: number | null = query.fromPlace;
  for (let isBulk = false; ; isBulk = true) {
    const wanted: OutcomeQuery = { ...query, fromPlace, limit: query.limit - members.length };
    const slice: OutcomeSlice = await store.read((tx) => readOutcomeSlice(tx, wanted), { isBulk });
    members.push(...slice.members);
    fromPlace = slice.nextPlace;
    if (fromPlace === null || members.length === query.limit) return { members, nextPlace: fromPlace };
  }
}

/** Rows looked at in one slice: 20,000 cells, about a millisecond. */
const ROWS_PER_SLICE = 20;

/**
 * The next members that match, from one look at up to 20 rows. A slice can be empty and still have a next place.
 * @throws DomainError `NOT_FOUND` when there is no such campaign, or it does not use the channel.
 */
export async function readOutcomeSlice(tx: OutcomeListTx, query: OutcomeQuery): Promise<OutcomeSlice> {
  const { audienceId } = await findStream(tx, query);
  const firstBucket = Math.floor(query.fromPlace / BUCKET_SIZE);
  const members: ListedMember[] = [];
  let rowCount = 0;
  let nextBucket = firstBucket;
  for await (const row of rowsOfSlice(tx, query)) {
    rowCount++;
    nextBucket = row.bucket + 1;
    const from = row.bucket === firstBucket ? query.fromPlace % BUCKET_SIZE : 0;
    const room = query.limit - members.length;
    const positions = wantedPositions(row.cells, query.filter, from).slice(0, room + 1);
    const [bucket] = await tx.audiences.buckets(audienceId, row.bucket, 1);
    assert(bucket?.bucket === row.bucket, `the audience of campaign ${query.campaignId} has a bucket ${row.bucket}`);
    members.push(
      ...(await describeMembers(tx, query, {
        row,
        ordinals: decodeBucket(bucket),
        positions: positions.slice(0, room),
      })),
    );
    const next = positions[room];
    if (next !== undefined) return { members, nextPlace: row.bucket * BUCKET_SIZE + next };
  }
  return { members, nextPlace: rowCount < ROWS_PER_SLICE ? null : nextBucket * BUCKET_SIZE };
}

/** One row holds enough where most members are wanted; the others are read where it did not. */
async function* rowsOfSlice(tx: OutcomeListTx, query: OutcomeQuery): AsyncGenerator<LedgerRow> {
  const { classes } = query.filter;
  let firstBucket = Math.floor(query.fromPlace / BUCKET_SIZE);
  for (const limit of [1, ROWS_PER_SLICE - 1]) {
    const rows = await tx.ledger.rowsWith(query, { classes, firstBucket, limit });
    yield* rows;
    if (rows.length < limit) return;
    firstBucket = (rows.at(-1)?.bucket ?? firstBucket) + 1;
  }
}

async function findStream(tx: OutcomeListTx, { campaignId, channel }: Stream) {
  const campaign = await tx.campaigns.find(campaignId);
  if (campaign === undefined) throw noCampaign(campaignId);
  requireCells(campaign);
  if ((await tx.campaigns.findChannel(campaignId, channel)) !== undefined) return campaign;
  throw new DomainError('NOT_FOUND', `Campaign ${campaignId} does not go by ${channel}.`, { campaignId, channel });
}

const noCampaign = (campaignId: CampaignId): DomainError =>
  new DomainError('NOT_FOUND', `There is no campaign ${campaignId}; list them to see which exist.`, { campaignId });

function wantedPositions(cells: Uint8Array, { isWanted }: OutcomeFilter, from: number): number[] {
  const positions: number[] = [];
  for (let position = from; position < cells.length; position++) {
    if (isWanted[cells[position] ?? 255] === 1) positions.push(position);
  }
  return positions;
}

interface Described {
  readonly row: LedgerRow;
  readonly ordinals: Float64Array;
  readonly positions: readonly number[];
}

async function describeMembers(
  tx: OutcomeListTx,
  stream: Stream,
  { row, ordinals, positions }: Described,
): Promise<readonly ListedMember[]> {
  const wanted = positions.map((position) => ordinals[position] ?? 0);
  const memberIds = await tx.members.memberIdsOf(wanted);
  const described: ListedMember[] = [];
  for (const [index, position] of positions.entries()) {
    const code = row.cells[position] ?? 0;
    const outcome = nameOfCode(code);
    const outcomeClass = classOfCode(code);
    assert(outcome !== undefined && outcomeClass !== undefined, `${code} is a code of the ledger`);
    const ordinal = wanted[index] ?? 0;
    const hasDetails = outcomeClass === 'failed' || outcomeClass === 'unknown';
    const detail = hasDetails ? (await tx.ledger.details(stream, ordinal)).at(-1) : undefined;
    described.push({
      memberId: memberIds[index] ?? null,
      ordinal,
      outcome,
      outcomeClass,
      at: detail?.at ?? (wasHandedOver(outcome, outcomeClass) ? row.lastHandoverAt : null),
      vendorCode: detail?.vendorCode ?? null,
      vendorText: detail?.vendorText ?? null,
      vendorMessageId: detail?.vendorMessageId ?? null,
    });
  }
  return described;
}

const wasHandedOver = (outcome: MemberOutcome, outcomeClass: OutcomeClass): boolean =>
  outcome === 'inFlight' || (outcomeClass !== 'pending' && outcomeClass !== 'suppressed');
