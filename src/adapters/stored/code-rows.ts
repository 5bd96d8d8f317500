import { couponId, ordinal } from '../../core/ids.js';
import { epochMs } from '../../core/time.js';
import { assert } from '../../core/assert.js';
import type { CouponState } from '../../coupon/coupon.js';
import type { CodeMaking, FoundCode } from '../../coupon/code/code-repository.js';
import type { GrantKey } from '../../coupon/grant/grant.js';

/** Of `coupon_code`, beside what its coupon says. */
export interface FoundCodeRow {
  readonly coupon_id: number;
  readonly ordinal: number | null;
  readonly n: number | null;
  readonly used_at: number | null;
  readonly state: string;
  readonly closes_at: number;
  readonly recalled_at: number | null;
  readonly by_code_only: number;
}

/** One look-up by key: where there is no code the coupon is not read. */
export const FIND_CODE = `
  SELECT coupon_id, ordinal, n, used_at, state, closes_at, recalled_at, by_code_only
  FROM coupon_code JOIN coupon USING (coupon_id) WHERE hash = ?`;
export const USE_CODE = 'UPDATE coupon_code SET ordinal = ?, n = ?, used_at = ? WHERE hash = ? AND ordinal IS NULL';

export const fromFoundCodeRow = (row: FoundCodeRow): FoundCode => ({
  couponId: couponId(row.coupon_id),
  use: useOf(row),
  coupon: {
    storedState: row.state as CouponState, // those that a CHECK lets in
    closesAt: epochMs(row.closes_at),
    recalledAt: row.recalled_at === null ? undefined : epochMs(row.recalled_at),
    byCodeOnly: row.by_code_only === 1,
  },
});

function useOf({ ordinal: member, n, used_at: usedAt }: FoundCodeRow): FoundCode['use'] {
  if (member === null) return undefined;
  assert(n !== null && usedAt !== null, 'a used code names its grant');
  return { ordinal: ordinal(member), n, usedAt: epochMs(usedAt) };
}

/** Both rely on coupon_code_by_making. */
export const MAKINGS = `
  SELECT made_at, COUNT(*) AS codes, COUNT(ordinal) AS used FROM coupon_code
  WHERE coupon_id = ? AND made_at BETWEEN ? AND ? GROUP BY made_at ORDER BY made_at DESC LIMIT ?`;
export const REMOVE_UNUSED = 'DELETE FROM coupon_code WHERE coupon_id = ? AND made_at = ? AND ordinal IS NULL';

export interface MakingRow {
  readonly made_at: number;
  readonly codes: number;
  readonly used: number;
}

export const fromMakingRow = ({ made_at: madeAt, codes, used }: MakingRow): CodeMaking => ({
  madeAt: epochMs(madeAt),
  codes,
  used,
});

/** Of a used code. */
export interface UsedCodeRow {
  readonly coupon_id: number;
  readonly ordinal: number;
  readonly n: number;
}

export const fromUsedCodeRow = (row: UsedCodeRow): GrantKey => ({
  couponId: couponId(row.coupon_id),
  ordinal: ordinal(row.ordinal),
  n: row.n,
});
