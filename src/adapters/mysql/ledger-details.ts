import { createHash } from 'node:crypto';
import { epochMs } from '../../core/time.js';
import type { DetailRow, LedgerRepository } from '../../ledger/ledger-repository.js';
import { countByCode, MAX_DETAILS_PER_STREAM } from '../stored/detail-rows.js';
import { streamId } from '../stored/packed-ids.js';
import { selectValue, selectValues, type MysqlSession, type StatementOptions } from './session.js';

/** Makes the row if it is not there, and is the lock of the stream's details. */
const ADD_KEPT = `
  INSERT INTO ledger_detail_count (stream, details) VALUES (?, ?) ON DUPLICATE KEY UPDATE details = details + VALUES(details)`;
const KEPT = 'SELECT details FROM ledger_detail_count WHERE stream = ?';
const STREAMS = 'SELECT stream FROM ledger_detail_count';
const LAST_SEQUENCES = `
  SELECT ordinal, MAX(sequence) FROM ledger_detail WHERE stream = ? AND ordinal IN (?) GROUP BY ordinal`;
/** Kept as they are until the end: whoever erases one waits, and finds what was written here. */
const MEMBERS = 'SELECT ordinal FROM member_core WHERE ordinal IN (?)';
const INSERT = `
  INSERT INTO ledger_detail (stream, ordinal, at, sequence, cell_code, vendor_code, vendor_text, vendor_message_id)
  VALUES ?`;
const COUNT_ERRORS = `
  INSERT INTO ledger_error_count (stream, code_hash, vendor_code, members) VALUES ?
  ON DUPLICATE KEY UPDATE members = members + VALUES(members)`;
const FORGET = 'UPDATE ledger_detail SET vendor_text = NULL, vendor_message_id = NULL WHERE stream = ? AND ordinal = ?';
const DETAILS = `
  SELECT ordinal, at, cell_code, vendor_code, vendor_text, vendor_message_id FROM ledger_detail
  WHERE stream = ? AND ordinal = ? ORDER BY sequence`;
const ERRORS = 'SELECT vendor_code, members FROM ledger_error_count WHERE stream = ? ORDER BY members DESC, code_hash';

const IN_TEXT: StatementOptions = { isText: true };
const ROWS_PER_INSERT = 1_000;

type RawDetail = readonly [
  ordinal: number,
  at: number,
  cellCode: number,
  vendorCode: string | null,
  vendorText: string | null,
  vendorMessageId: string | null,
];

/** The vendor's words on failed and unknown members. */
export function createLedgerDetails(
  session: MysqlSession,
): Pick<LedgerRepository, 'addDetails' | 'forgetVendorWords' | 'details' | 'errorCounts'> {
  const keep = async (stream: number, rows: readonly DetailRow[]): Promise<void> => {
    const ordinals = [...new Set(rows.map(({ ordinal }) => ordinal))];
    const sequences = new Map(
      await session.selectArrays<readonly [number, number]>(LAST_SEQUENCES, [stream, ordinals], IN_TEXT),
    );
    const members = new Set(await selectValues<number>(session, MEMBERS, [ordinals], { isText: true, lock: 'keep' }));
    const values = rows.map(({ ordinal, at, cellCode, vendorCode, vendorText, vendorMessageId }) => {
      const sequence = (sequences.get(ordinal) ?? 0) + 1;
      sequences.set(ordinal, sequence);
      const words = members.has(ordinal) ? [vendorText, vendorMessageId] : [null, null];
      return [stream, ordinal, at, sequence, cellCode, vendorCode, ...words];
    });
    await session.execute(INSERT, [values], IN_TEXT);
  };

  return {
    addDetails: async (stream, details) => {
      if (details.length === 0) return;
      const id = streamId(stream.campaignId, stream.channel);
      await session.execute(ADD_KEPT, [id, 0]);
      const room = MAX_DETAILS_PER_STREAM - ((await selectValue<number>(session, KEPT, [id])) ?? 0);
      const rows = details.slice(0, Math.max(0, room));
      for (let first = 0; first < rows.length; first += ROWS_PER_INSERT) {
        await keep(id, rows.slice(first, first + ROWS_PER_INSERT));
      }
      if (rows.length > 0) await session.execute(ADD_KEPT, [id, rows.length]);
      const errors = [...countByCode(details)].map(([code, members]) => [id, hashOf(code), code, members]);
      await session.execute(COUNT_ERRORS, [errors], IN_TEXT);
    },
    forgetVendorWords: async (ordinal) => {
      for (const stream of await selectValues<number>(session, STREAMS, [])) {
        await session.execute(FORGET, [stream, ordinal]);
      }
    },
    details: async (stream, ordinal) => {
      const values = [streamId(stream.campaignId, stream.channel), ordinal];
      const rows = await session.selectArrays<RawDetail>(DETAILS, values);
      return rows.map(([member, at, cellCode, vendorCode, vendorText, vendorMessageId]) => ({
        ordinal: member,
        at: epochMs(at),
        cellCode,
        vendorCode,
        vendorText,
        vendorMessageId,
      }));
    },
    errorCounts: async (stream) => {
      const rows = await session.selectArrays<readonly [string, number]>(ERRORS, [
        streamId(stream.campaignId, stream.channel),
      ]);
      return rows.map(([vendorCode, members]) => ({ vendorCode, members }));
    },
  };
}

const hashOf = (code: string): Uint8Array => createHash('sha256').update(code).digest();
