import type { CampaignRepository } from '../../campaign/campaign-repository.js';
import { isEnded, type Campaign } from '../../campaign/campaign.js';
import { decodeBucket, type FrozenBucket } from '../../ledger/bucket-members.js';
import { classOfCode } from '../../ledger/cell-code.js';
import type { LedgerRepository } from '../../ledger/ledger-repository.js';

/** What it takes to know who was sent a campaign. */
export interface ToldTx {
  readonly campaigns: Pick<CampaignRepository, 'channels'>;
  readonly ledger: Pick<LedgerRepository, 'rows'>;
}

/** Whether there are cells to tell by: before it ran there are none yet, after 400 days none any more. */
export const hasCells = ({ state, cellsForgottenAt }: Campaign): boolean =>
  (state === 'running' || state === 'cancelling' || isEnded(state)) && cellsForgottenAt === null;

/** Members of neighbouring buckets of a campaign whose cell on any of its channels says that they were sent to. */
export async function toldIn(
  tx: ToldTx,
  { campaignId }: Campaign,
  buckets: readonly FrozenBucket[],
): Promise<ReadonlySet<number>> {
  const told = new Set<number>();
  const [first, last] = [buckets.at(0), buckets.at(-1)];
  if (first === undefined || last === undefined) return told;
  for (const { channel } of await tx.campaigns.channels(campaignId)) {
    const rows = await tx.ledger.rows({ campaignId, channel }, first.bucket, last.bucket - first.bucket + 1);
    const cellsOf = new Map(rows.map(({ bucket, cells }) => [bucket, cells]));
    for (const bucket of buckets) {
      const cells = cellsOf.get(bucket.bucket);
      if (cells?.some(isSent) !== true) continue;
      decodeBucket(bucket).forEach((ordinal, position) => {
        if (isSent(cells[position] ?? 0)) told.add(ordinal);
      });
    }
  }
  return told;
}

const isSent = (code: number): boolean => classOfCode(code) === 'sent';
