import type Database from 'better-sqlite3';
import { CHANNELS } from '../../core/channels.js';
import type { LedgerRepository } from '../../ledger/ledger-repository.js';
import { bucketIds, streamId } from '../stored/packed-ids.js';

/** Takes away what a ledger knows member by member. Its counts are rows of their own and stay. */
export function createLedgerForgetting(database: Database.Database): Pick<LedgerRepository, 'forget'> {
  const rows = database.prepare<[number, number, number]>(
    'DELETE FROM ledger_bucket WHERE id IN (SELECT id FROM ledger_bucket WHERE id >= ? AND id < ? LIMIT ?)',
  );
  const choices = database.prepare<[number, number, number]>(
    'DELETE FROM campaign_choice WHERE id IN (SELECT id FROM campaign_choice WHERE id >= ? AND id < ? LIMIT ?)',
  );
  const details = database.prepare<[number, number, number]>(
    `DELETE FROM ledger_detail WHERE stream = ? AND (ordinal, sequence) IN
       (SELECT ordinal, sequence FROM ledger_detail WHERE stream = ? LIMIT ?)`,
  );
  const detailCount = database.prepare<[number]>('DELETE FROM ledger_detail_count WHERE stream = ?');

  return {
    forget: async (campaignId, limit) => {
      const chosen = bucketIds(campaignId);
      let removed = choices.run(chosen.from, chosen.until, limit).changes;
      for (const channel of CHANNELS) {
        const stream = streamId(campaignId, channel);
        const ids = bucketIds(stream);
        removed += rows.run(ids.from, ids.until, Math.max(0, limit - removed)).changes;
        removed += details.run(stream, stream, Math.max(0, limit - removed)).changes;
        if (removed < limit) detailCount.run(stream);
      }
      return removed < limit;
    },
  };
}
