/**
 * Receipts: what a vendor says after it accepted a message (or before its acceptance was recorded). A receipt names its
 * cell by its reference and moves it by the table of moves, without a lease: whoever holds the bucket merges its own
 * outcomes around it. Safe to repeat, and in any order with everything else.
 */
import type { AudienceRepository } from '../campaign/audience-repository.js';
import type { CampaignRepository } from '../campaign/campaign-repository.js';
import { settleIfDone, type SettleTx } from '../campaign/settle.js';
import { assert } from '../core/assert.js';
import type { Clock } from '../core/ports/clock.js';
import type { Store } from '../core/ports/store.js';
import type { Reference, ReferenceCodec } from '../push/reference.js';
import { decodeBucket, type FrozenBucket } from './bucket-members.js';
import { definiteTries, isPending, isInFlight, OUTCOME_CODES, PENDING_FRESH } from './cell-code.js';
import { countClasses, countDeltas } from './cell-counts.js';
import { afterReceipt } from './cell-moves.js';
import type { BucketKey, CountDelta, LedgerRepository } from './ledger-repository.js';

export interface Receipt {
  /** As it was given to the vendor. */
  readonly reference: string;
  readonly outcome: 'delivered' | 'bounced';
}

/**
 * `recorded`: the cell moved. `unchanged`: it stood there already, or the receipt is older than what is known.
 * `notOurs`: the reference was not made here, or its campaign is gone.
 */
export type ReceiptResult = 'recorded' | 'unchanged' | 'notOurs';

/** The part of a transaction that recording uses. */
export interface ReceiptTx extends SettleTx {
  readonly campaigns: CampaignRepository;
  readonly audiences: Pick<AudienceRepository, 'bucketOf'>;
  readonly ledger: LedgerRepository;
}

export interface ReceiptDeps {
  readonly store: Store<ReceiptTx>;
  readonly clock: Clock;
  readonly references: Pick<ReferenceCodec, 'read'>;
}

/** Receipts that share a transaction. */
const RECEIPTS_PER_TRANSACTION = 1_000;

/**
 * Records receipts, durable when this resolves, and answers for each in the order given.
 * Costs two look-ups per bucket touched: receipts of neighbours are cheapest together.
 */
export async function recordReceipts(
  deps: ReceiptDeps,
  receipts: readonly Receipt[],
): Promise<readonly ReceiptResult[]> {
  const results: ReceiptResult[] = receipts.map(() => 'notOurs');
  const placed = receipts.flatMap((receipt, index): PlacedReceipt[] => {
    const reference = deps.references.read(receipt.reference);
    return reference === undefined ? [] : [{ index, reference, outcome: receipt.outcome }];
  });
  placed.sort(byCell);
  for (let first = 0; first < placed.length; first += RECEIPTS_PER_TRANSACTION) {
    const batch = placed.slice(first, first + RECEIPTS_PER_TRANSACTION);
    const answers = await deps.store.transaction((tx) => recordBatch(tx, deps.clock, batch), { isBulk: true });
    answers.forEach((answer, index) => {
      const receipt = batch[index];
      if (receipt !== undefined) results[receipt.index] = answer;
    });
  }
  return results;
}

interface PlacedReceipt {
  /** Place in the caller's list. */
  readonly index: number;
  readonly reference: Reference;
  readonly outcome: Receipt['outcome'];
}

/** Cells in order, and for one cell the order in which the receipts came. */
function byCell(left: PlacedReceipt, right: PlacedReceipt): number {
  return (
    left.reference.campaignId - right.reference.campaignId ||
    left.reference.channel.localeCompare(right.reference.channel) ||
    left.reference.ordinal - right.reference.ordinal ||
    left.index - right.index
  );
}

async function recordBatch(
  tx: ReceiptTx,
  clock: Clock,
  batch: readonly PlacedReceipt[],
): Promise<readonly ReceiptResult[]> {
  const results: ReceiptResult[] = [];
  const deltas: CountDelta[] = [];
  let open: OpenBucket | undefined;
  for (const receipt of batch) {
    if (open === undefined || !holds(open, receipt.reference)) {
      deltas.push(...(await closeBucket(tx, open)));
      open = await openBucket(tx, receipt.reference);
    }
    results.push(open === undefined ? 'notOurs' : applyReceipt(open, receipt));
  }
  deltas.push(...(await closeBucket(tx, open)));
  // After all rows: whoever pushes holds rows before it comes to the counts, too.
  await tx.ledger.addCounts(deltas);
  const settling = deltas.filter(({ code }) => code === PENDING_FRESH).map(({ campaignId }) => campaignId);
  for (const campaignId of new Set(settling)) await settleIfDone(tx, campaignId, clock.now());
  return results;
}

interface OpenBucket {
  readonly key: BucketKey;
  readonly members: FrozenBucket;
  readonly ordinals: Float64Array;
  readonly before: Uint8Array;
  readonly cells: Uint8Array;
}

const holds = (open: OpenBucket, { campaignId, channel, ordinal }: Reference): boolean =>
  open.key.campaignId === campaignId &&
  open.key.channel === channel &&
  ordinal >= open.members.from &&
  ordinal < open.members.until;

async function openBucket(tx: ReceiptTx, reference: Reference): Promise<OpenBucket | undefined> {
  const { campaignId, channel, ordinal } = reference;
  const campaign = await tx.campaigns.find(campaignId);
  const members = campaign === undefined ? undefined : await tx.audiences.bucketOf(campaign.audienceId, ordinal);
  if (members === undefined) return undefined;
  const key: BucketKey = { campaignId, channel, bucket: members.bucket };
  const row = await tx.ledger.lock(key);
  return row === undefined
    ? undefined
    : { key, members, ordinals: decodeBucket(members), before: Uint8Array.from(row.cells), cells: row.cells };
}

function applyReceipt({ ordinals, cells }: OpenBucket, { reference, outcome }: PlacedReceipt): ReceiptResult {
  const position = ordinals.indexOf(reference.ordinal);
  const code = cells[position];
  if (code === undefined) return 'notOurs';
  if (outcome === 'bounced' && isAboutEarlierTry(code, reference.round)) return 'unchanged';
  const next = afterReceipt(code, outcome);
  if (next === undefined || next === code) return 'unchanged';
  cells[position] = next;
  return 'recorded';
}

/** A bounce of a try that was already counted as failed says nothing about the try of now. */
function isAboutEarlierTry(code: number, round: number): boolean {
  const showsRound = isPending(code) || isInFlight(code) || (code & ~15) === OUTCOME_CODES.unknown;
  return showsRound && round < definiteTries(code);
}

/** Answers what it changed, by code. */
async function closeBucket(tx: ReceiptTx, open: OpenBucket | undefined): Promise<readonly CountDelta[]> {
  if (open === undefined) return [];
  const deltas = countDeltas(open.key, open.before, open.cells);
  if (deltas.length === 0) return deltas;
  const counts = countClasses(open.cells);
  assert(counts !== undefined, 'every byte of a ledger row is a code');
  await tx.ledger.merge(open.key, open.cells, counts);
  return deltas;
}
