import type { StoredBucket, StoredLedgerRow } from '../../ledger/audit/audit-repository.js';
import { MEMBER_FORMS } from '../../ledger/bucket-members.js';
import { checksum } from './cells-crc.js';
import { bucketBytes, type RawBucketRow } from './ledger-rows.js';
import { bucketOfId } from './packed-ids.js';
import { instantOrNull } from './stored-values.js';

/** Columns of ledger_bucket in the order of `RawAuditRow`. */
export const AUDIT_ROW_COLUMNS = `id, member_count, pending_count, sent_count, failed_count, unknown_count, suppressed_count, lease_owner,
  due_at, open_since, first_handover_at, last_handover_at, crc, cells`;

export type RawAuditRow = [
  id: number,
  memberCount: number,
  pending: number,
  sent: number,
  failed: number,
  unknown: number,
  suppressed: number,
  leaseOwner: string | null,
  dueAt: number | null,
  openSince: number | null,
  firstHandoverAt: number | null,
  lastHandoverAt: number | null,
  crc: number | null,
  cells: Uint8Array | null,
];

export function toStoredBucket([id, from, until, memberCount, form, bytes, crc]: RawBucketRow): StoredBucket {
  const memberForm = MEMBER_FORMS[form];
  const members = memberForm === undefined ? null : { from, until, memberCount, form: memberForm, members: bytes };
  const isIntact = members !== null && checksum(bucketBytes(members), id) === crc;
  return { bucket: bucketOfId(id), from, until, memberCount, members: isIntact ? members : null };
}

export function toStoredRow(raw: RawAuditRow): StoredLedgerRow {
  const [id, memberCount, pending, sent, failed, unknown, suppressed, owner, due, open, first, last, crc, cells] = raw;
  return {
    bucket: bucketOfId(id),
    memberCount,
    counts: { pending, sent, failed, unknown, suppressed },
    isLeased: owner !== null,
    dueAt: instantOrNull(due),
    openSince: instantOrNull(open),
    firstHandoverAt: instantOrNull(first),
    lastHandoverAt: instantOrNull(last),
    cells,
    isIntact: cells === null ? crc === null : checksum(cells, id) === crc,
  };
}
