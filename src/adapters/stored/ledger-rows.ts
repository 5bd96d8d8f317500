import { assert } from '../../core/assert.js';
import { CHANNELS } from '../../core/channels.js';
import { epochMs, type EpochMs } from '../../core/time.js';
import { MEMBER_FORMS, type FrozenBucket } from '../../ledger/bucket-members.js';
import type { LedgerRow } from '../../ledger/ledger-repository.js';
import { verifyChecksum } from './cells-crc.js';
import { bucketOfId, campaignOfStream, channelOfStream, ownerOfId } from './packed-ids.js';

/** Columns of ledger_bucket in the order of `RawLedgerRow`. */
export const LEDGER_COLUMNS = `id, member_count, pending_count, token, lease_owner, loss_count, next_attempt_at, retry_at,
  open_since, first_handover_at, last_handover_at, crc, cells`;

/** Read as an array: objects cost twice as much here. */
export type RawLedgerRow = [
  id: number,
  memberCount: number,
  pendingCount: number,
  token: number,
  leaseOwner: string | null,
  lossCount: number,
  nextAttemptAt: number | null,
  retryAt: number | null,
  openSince: number | null,
  firstHandoverAt: number | null,
  lastHandoverAt: number | null,
  crc: number | null,
  cells: Uint8Array | null,
];

export function toLedgerRow(raw: RawLedgerRow): LedgerRow {
  const [id, memberCount, pendingCount, token, owner, lossCount, next, retry, open, first, last, crc, cells] = raw;
  if (cells !== null) {
    assert(crc !== null && cells.length === memberCount, `${nameOfRow(id)} has ${memberCount} members`);
    verifyChecksum(cells, { rowId: id, crc, what: nameOfRow(id) });
  }
  return {
    bucket: bucketOfId(id),
    memberCount,
    cells: cells ?? new Uint8Array(memberCount),
    pendingCount,
    token,
    isLeased: owner !== null,
    lossCount,
    nextAttemptAt: instant(next),
    retryAt: instant(retry),
    openSince: instant(open),
    firstHandoverAt: instant(first),
    lastHandoverAt: instant(last),
  };
}

export const BUCKET_COLUMNS = 'id, first_ordinal, until_ordinal, member_count, form, members, crc';
export type RawBucketRow = [
  id: number,
  from: number,
  until: number,
  memberCount: number,
  form: number,
  members: Uint8Array | null,
  crc: number,
];

/** Bytes that a bucket's check sum covers: its numbers and its members. */
export function bucketBytes(bucket: Omit<FrozenBucket, 'bucket'>): Uint8Array {
  const bytes = new Uint8Array(20 + (bucket.members?.length ?? 0));
  const view = new DataView(bytes.buffer);
  view.setFloat64(0, bucket.from);
  view.setFloat64(8, bucket.until);
  view.setUint16(16, bucket.memberCount);
  view.setUint16(18, MEMBER_FORMS.indexOf(bucket.form));
  if (bucket.members !== null) bytes.set(bucket.members, 20);
  return bytes;
}

export function toFrozenBucket([id, from, until, memberCount, form, members, crc]: RawBucketRow): FrozenBucket {
  const memberForm = MEMBER_FORMS[form];
  assert(memberForm !== undefined, `bucket ${id} has the unknown form ${form}`);
  const bucket = { bucket: bucketOfId(id), from, until, memberCount, form: memberForm, members };
  verifyChecksum(bucketBytes(bucket), {
    rowId: id,
    crc,
    what: `Bucket ${bucket.bucket} of audience ${ownerOfId(id)}`,
  });
  return bucket;
}

const instant = (value: number | null): EpochMs | null => (value === null ? null : epochMs(value));

function nameOfRow(id: number): string {
  const stream = ownerOfId(id);
  return `The ledger row of campaign ${campaignOfStream(stream)}, channel ${CHANNELS[channelOfStream(stream)] ?? '?'}, bucket ${bucketOfId(id)}`;
}
