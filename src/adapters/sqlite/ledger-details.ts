import type Database from 'better-sqlite3';
import { epochMs } from '../../core/time.js';
import type { DetailRow, LedgerRepository } from '../../ledger/ledger-repository.js';
import { countByCode, MAX_DETAILS_PER_STREAM } from '../stored/detail-rows.js';
import { streamId } from '../stored/packed-ids.js';

interface RawDetail {
  readonly ordinal: number;
  readonly at: number;
  readonly cell_code: number;
  readonly vendor_code: string | null;
  readonly vendor_text: string | null;
  readonly vendor_message_id: string | null;
}

const NOTHING_SAID: Pick<DetailRow, 'vendorText' | 'vendorMessageId'> = { vendorText: null, vendorMessageId: null };

/** The vendor's words on failed and unknown members. */
export function createLedgerDetails(
  database: Database.Database,
): Pick<LedgerRepository, 'addDetails' | 'forgetVendorWords' | 'details' | 'errorCounts'> {
  const insert = database.prepare(
    `INSERT INTO ledger_detail (stream, ordinal, at, sequence, cell_code, vendor_code, vendor_text, vendor_message_id)
     SELECT ?, ?, ?, coalesce(max(sequence), 0) + 1, ?, ?, ?, ? FROM ledger_detail WHERE stream = ? AND ordinal = ?`,
  );
  const isMember = database.prepare<[number], number>('SELECT 1 FROM member_core WHERE ordinal = ?').pluck();
  const streams = database.prepare<[], number>('SELECT stream FROM ledger_detail_count').pluck();
  const forget = database.prepare<[number, number]>(
    'UPDATE ledger_detail SET vendor_text = NULL, vendor_message_id = NULL WHERE stream = ? AND ordinal = ?',
  );
  const kept = database.prepare<[number], number>('SELECT details FROM ledger_detail_count WHERE stream = ?').pluck();
  const addKept = database.prepare<[number, number, number]>(
    'INSERT INTO ledger_detail_count (stream, details) VALUES (?, ?) ON CONFLICT DO UPDATE SET details = details + ?',
  );
  const countError = database.prepare<[number, string, number, number]>(
    `INSERT INTO ledger_error_count (stream, vendor_code, members) VALUES (?, ?, ?)
     ON CONFLICT DO UPDATE SET members = members + ?`,
  );
  const byMember = database.prepare<[number, number], RawDetail>(
    `SELECT ordinal, at, cell_code, vendor_code, vendor_text, vendor_message_id FROM ledger_detail
     WHERE stream = ? AND ordinal = ? ORDER BY sequence`,
  );
  const errors = database.prepare<[number], { readonly vendor_code: string; readonly members: number }>(
    'SELECT vendor_code, members FROM ledger_error_count WHERE stream = ? ORDER BY members DESC',
  );

  return {
    addDetails: async (stream, details) => {
      if (details.length === 0) return;
      const id = streamId(stream.campaignId, stream.channel);
      const room = MAX_DETAILS_PER_STREAM - (kept.get(id) ?? 0);
      const rows = details.slice(0, Math.max(0, room));
      for (const row of rows) {
        const { ordinal, at, cellCode, vendorCode } = row;
        const { vendorText, vendorMessageId } = isMember.get(ordinal) === undefined ? NOTHING_SAID : row;
        insert.run(id, ordinal, at, cellCode, vendorCode, vendorText, vendorMessageId, id, ordinal);
      }
      if (rows.length > 0) addKept.run(id, rows.length, rows.length);
      for (const [code, members] of countByCode(details)) countError.run(id, code, members, members);
    },
    forgetVendorWords: async (ordinal) => {
      for (const stream of streams.all()) forget.run(stream, ordinal);
    },
    details: async (stream, ordinal) =>
      byMember.all(streamId(stream.campaignId, stream.channel), ordinal).map((row) => ({
        ordinal: row.ordinal,
        at: epochMs(row.at),
        cellCode: row.cell_code,
        vendorCode: row.vendor_code,
        vendorText: row.vendor_text,
        vendorMessageId: row.vendor_message_id,
      })),
    errorCounts: async (stream) =>
      errors
        .all(streamId(stream.campaignId, stream.channel))
        .map(({ vendor_code: vendorCode, members }) => ({ vendorCode, members })),
  };
}
