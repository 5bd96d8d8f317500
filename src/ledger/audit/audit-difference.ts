import type { Channel } from '../../core/channels.js';
import type { AudienceId, CampaignId } from '../../core/ids.js';

/** What can be wrong, by a stable name. */
export const AUDIT_KINDS = [
  'store.structure', // pages of the file contradict each other
  'store.unreadable', // a part of the books that could not be read to its end
  'audience.bucketNumbers', // a bucket is missing, or there is one too many
  'audience.damaged', // a bucket's bytes are not those that were written
  'audience.overlap', // ordinals do not ascend over the buckets
  'audience.counts', // the audience's own figures are not the sum of its buckets
  'audience.stray', // buckets without an audience
  'ledger.rowNumbers', // a row is missing, or there is one too many
  'ledger.damaged', // a row's cells are not those that were written
  'ledger.noCode', // a cell that no code stands for
  'ledger.rowSize', // a row has not its bucket's number of members
  'ledger.rowCounts', // the figures beside a row are not those of its cells
  'ledger.due', // a row that nobody would ever take, or that is due for nothing
  'ledger.handover', // times that the cells contradict
  'ledger.streamCounts', // the counts by outcome are not the sum of the rows
  'ledger.choice', // a member's cell contradicts the channel that was chosen for her
  'ledger.details', // the number of details kept is not the one that is counted
  'ledger.stray', // rows, counts or details without a campaign
  'campaign.state', // a state that its moves or its channels contradict
  'campaign.settled', // settled with somebody pending, or the other way round
  'inbox.missing', // recorded as sent and not in the inbox
  'inbox.extra', // in the inbox and not recorded as sent
  'inbox.form', // bitmaps and rows that contradict each other
  'inbox.stray', // messages of a campaign that has no inbox channel
  'events.missing', // a change that its event does not tell
  'events.doubled', // a change told more than once
  'events.ghost', // an event of something that did not happen
  'queue.group', // cursors and deliveries that contradict each other
  'coupon.counts', // a coupon counts other grants than there are, or than its journal tells of
  'coupon.journal', // the journal tells of a grant that is not there, or of another time
  'coupon.state', // a grant is in another state than its journal leads to, or of another order, discount or lock
  'coupon.grant', // grants of a member that are out of number, or beyond her limit
  'coupon.bits', // grants given to many at once that no journal tells of
  'coupon.run', // a run counts other grants than its journal tells of, or not its whole audience
  'coupon.code', // a used code names a grant that is not there
  'coupon.use', // what an order uses, or has released, is not what the journal tells of its locks
  'coupon.order', // what is known of an order contradicts what became of its grants, or itself
  'members.block', // what is packed by block is not what the members' rows say
] as const;
export type AuditKind = (typeof AUDIT_KINDS)[number];

/** One thing that is not as the rest of the books says. */
export interface AuditDifference {
  readonly kind: AuditKind;
  readonly audienceId?: AudienceId | undefined;
  readonly campaignId?: CampaignId | undefined;
  readonly channel?: Channel | undefined;
  readonly bucket?: number | undefined;
  /** In words: where it is, beyond the fields above. */
  readonly what: string;
  readonly expected: string;
  readonly found: string;
}

/** What was looked at. */
export interface AuditSummary {
  readonly audiences: number;
  readonly campaigns: number;
  readonly ledgerRows: number;
  readonly cells: number;
  readonly memberBlocks: number;
  readonly differences: number;
}
