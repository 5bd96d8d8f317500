import { CHANNELS } from '../../core/channels.js';
import type { LedgerRepository } from '../../ledger/ledger-repository.js';
import { bucketIds, streamId } from '../stored/packed-ids.js';
import type { MysqlSession } from './session.js';

const CHOICES = 'DELETE FROM campaign_choice WHERE id >= ? AND id < ? LIMIT ?';
const ROWS = 'DELETE FROM ledger_bucket WHERE id >= ? AND id < ? LIMIT ?';
const DETAILS = 'DELETE FROM ledger_detail WHERE stream = ? LIMIT ?';
const DETAIL_COUNT = 'DELETE FROM ledger_detail_count WHERE stream = ?';

/** Takes away what a ledger knows member by member. Its counts are rows of their own and stay. */
export function createLedgerForgetting(session: MysqlSession): Pick<LedgerRepository, 'forget'> {
  return {
    forget: async (campaignId, limit) => {
      const chosen = bucketIds(campaignId);
      let removed = await session.execute(CHOICES, [chosen.from, chosen.until, limit]);
      for (const channel of CHANNELS) {
        const stream = streamId(campaignId, channel);
        const ids = bucketIds(stream);
        removed += await session.execute(ROWS, [ids.from, ids.until, Math.max(0, limit - removed)]);
        removed += await session.execute(DETAILS, [stream, Math.max(0, limit - removed)]);
        if (removed < limit) await session.execute(DETAIL_COUNT, [stream]);
      }
      return removed < limit;
    },
  };
}
