import { audienceId, couponId, issueRunId } from '../../core/ids.js';
import { epochMs } from '../../core/time.js';
import type { GrantBits } from '../../coupon/grant/grant-bits-repository.js';
import type { IssueRun, IssueRunCause, IssueRunState } from '../../coupon/issue/issue-run.js';
import { FULL_BLOCK } from '../../core/block-bits.js';

/** Of the table `coupon_run`. */
export interface IssueRunRow {
  readonly run_id: number;
  readonly coupon_id: number;
  readonly state: string;
  readonly cause: string;
  readonly audience_id: number | null;
  readonly cursor_block: number;
  readonly until_block: number;
  readonly granted: number;
  readonly already_held: number;
  readonly without_stock: number;
  readonly gone: number;
  readonly left_over: number | null;
  readonly created_by: string;
  readonly created_at: number;
  readonly ended_at: number | null;
}

export const toIssueRunRow = (run: IssueRun): IssueRunRow => ({
  run_id: run.id,
  coupon_id: run.couponId,
  state: run.state,
  cause: run.cause,
  audience_id: run.audienceId ?? null,
  cursor_block: run.cursorBlock,
  until_block: run.untilBlock,
  granted: run.granted,
  already_held: run.alreadyHeld,
  without_stock: run.withoutStock,
  gone: run.gone,
  left_over: run.leftOver ?? null,
  created_by: run.createdBy,
  created_at: run.createdAt,
  ended_at: run.endedAt ?? null,
});

/* The words of a row are those that CHECKs let in. */
export const fromIssueRunRow = (row: IssueRunRow): IssueRun => ({
  id: issueRunId(row.run_id),
  couponId: couponId(row.coupon_id),
  state: row.state as IssueRunState,
  cause: row.cause as IssueRunCause,
  audienceId: row.audience_id === null ? undefined : audienceId(row.audience_id),
  cursorBlock: row.cursor_block,
  untilBlock: row.until_block,
  granted: row.granted,
  alreadyHeld: row.already_held,
  withoutStock: row.without_stock,
  gone: row.gone,
  leftOver: row.left_over ?? undefined,
  createdBy: row.created_by,
  createdAt: epochMs(row.created_at),
  endedAt: row.ended_at === null ? undefined : epochMs(row.ended_at),
});

/** Of `coupon_bits` and of its journal; no bytes where all 1,000 bits are set. */
export interface GrantBitsRow {
  readonly coupon_id: number;
  readonly block: number;
  readonly run_id: number;
  readonly granted_at: number;
  readonly bits: Uint8Array | null;
}

export const fromGrantBitsRow = (row: GrantBitsRow): GrantBits => ({
  couponId: couponId(row.coupon_id),
  block: row.block,
  runId: issueRunId(row.run_id),
  grantedAt: epochMs(row.granted_at),
  bits: row.bits ?? FULL_BLOCK,
});

/** What is stored of a bitmap. */
export const storedBits = (bits: Uint8Array): Uint8Array | null =>
  bits === FULL_BLOCK || bits.every((byte) => byte === 255) ? null : bits;
