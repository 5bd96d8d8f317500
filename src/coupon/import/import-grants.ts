/**
 * Grants out of a file: what another system gave, or what somebody shall have. Each row is recognised by its member and
 * key, and the grant keeps that: the same file again, whole or from any line on, gives nobody a second one.
 */
import { assert } from '../../core/assert.js';
import { ordinal as toOrdinal, type CouponId, type Ordinal } from '../../core/ids.js';
import type { Clock, ReadNow } from '../../core/ports/clock.js';
import type { Store } from '../../core/ports/store.js';
import { structuredHash } from '../../core/structured-hash.js';
import { TOPICS } from '../../core/topics.js';
import type { Reject } from '../../membership/import/import-settings.js';
import { claimCoupons, type Claim } from '../claim/claim-coupons.js';
import type { CouponTx } from '../coupon-repository.js';
import { GRANT_REQUEST_BYTES } from '../grant/grant.js';
import { readGrantRows, type GrantRow } from './grant-rows.js';

export interface GrantImportCounts {
  readonly granted: number;
  /** Given by an earlier import of the same row. */
  readonly unchanged: number;
  readonly rejected: number;
}

export interface ImportGrants {
  readonly couponId: CouponId;
  readonly input: AsyncIterable<Uint8Array>;
  /** As the journal says who gave them. */
  readonly actor: string;
  readonly onRejects: (rejects: readonly Reject[]) => Promise<void>;
  readonly onProgress: (counts: GrantImportCounts) => void;
  readonly signal: AbortSignal;
}

/**
 * Gives row by row, in transactions of up to 1,000; a row that cannot be given is rejected with the answer that a claim
 * would get (`soldOut`, `alreadyGranted`, ...), and stops nothing.
 * @throws DomainError `NOT_FOUND` for the coupon; `INVALID_INPUT` for a file without members. What was given stays.
 */
export async function importGrants<Tx extends CouponTx>(
  { store, clock }: { readonly store: Store<Tx>; readonly clock: Clock },
  { couponId, input, actor, onRejects, onProgress, signal }: ImportGrants,
): Promise<GrantImportCounts> {
  let counts: GrantImportCounts = { granted: 0, unchanged: 0, rejected: 0 };
  for await (const { rows, rejects } of readGrantRows(input)) {
    signal.throwIfAborted();
    const given = await store.transaction((tx) => giveRows(tx, { couponId, rows, actor, readNow: () => clock.now() }), {
      isBulk: true,
    });
    const refused = [...rejects, ...given.rejects].sort((left, right) => left.line - right.line);
    if (refused.length > 0) await onRejects(refused);
    counts = {
      granted: counts.granted + given.granted,
      unchanged: counts.unchanged + given.unchanged,
      rejected: counts.rejected + refused.length,
    };
    onProgress(counts);
  }
  return counts;
}

interface GivenRows extends Omit<GrantImportCounts, 'rejected'> {
  readonly rejects: readonly Reject[];
}

async function giveRows(
  tx: CouponTx,
  batch: {
    readonly couponId: CouponId;
    readonly rows: readonly GrantRow[];
    readonly actor: string;
    readonly readNow: ReadNow;
  },
): Promise<GivenRows> {
  const { couponId, rows, actor, readNow } = batch;
  const askedAt = readNow();
  const rejects: Reject[] = [];
  const reject = ({ line, memberId }: GrantRow, column: string, reason: string): void => {
    rejects.push({ line, column, reason, memberId });
  };
  const ordinals = await tx.members.findOrdinals(rows.map(({ memberId }) => memberId));
  const asked: { readonly row: GrantRow; readonly claim: Claim }[] = [];
  for (const [index, row] of rows.entries()) {
    const found = ordinals[index];
    if (found === undefined) reject(row, 'memberId', 'unknownMember');
    else if (row.grantedAt !== undefined && row.grantedAt > askedAt) reject(row, 'grantedAt', 'lies in the future');
    else asked.push({ row, claim: claimOf(couponId, toOrdinal(found), row) });
  }
  const giver = { actor, topic: TOPICS.couponGranted, mayGiveAny: true };
  const claims = asked.map(({ claim }) => claim);
  const answers = claims.length === 0 ? [] : await claimCoupons(tx, readNow, claims, giver);
  let granted = 0;
  for (const [index, { row }] of asked.entries()) {
    const answer = answers[index];
    assert(answer !== undefined, 'every row is answered');
    if (answer.outcome !== 'granted') reject(row, '', answer.outcome);
    else if (answer.isNew) granted += 1;
  }
  return { granted, unchanged: rows.length - rejects.length - granted, rejects };
}

const claimOf = (couponId: CouponId, ordinal: Ordinal, { key, grantedAt }: GrantRow): Claim => ({
  couponId,
  ordinal,
  grantedAt,
  request: structuredHash(['import', couponId, ordinal, key]).subarray(0, GRANT_REQUEST_BYTES),
});
