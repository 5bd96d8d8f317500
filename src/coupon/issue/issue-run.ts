/**
 * An issue run: a coupon of the platform given now, to all who are due, instead of at their next login.
 *
 *   running ⇄ paused          by a person
 *   running ─► completed      nobody is left
 *   running, paused ─► cancelled   by a person; who is left gets it at login
 *                   ─► cutOff      its coupon ended first; the loop sees to it within seconds
 *
 * It goes over blocks of 1,000 ordinals, ascending, in slices of one transaction each, and can stop between any two.
 */
import type { AudienceId, CouponId, IssueRunId } from '../../core/ids.js';
import type { EpochMs } from '../../core/time.js';

export const ISSUE_RUN_STATES = ['running', 'paused', 'completed', 'cancelled', 'cutOff'] as const;
export type IssueRunState = (typeof ISSUE_RUN_STATES)[number];

/** Who started it: a person, or the coupon's own `sweepAtClose`. */
export const ISSUE_RUN_CAUSES = ['person', 'close'] as const;
export type IssueRunCause = (typeof ISSUE_RUN_CAUSES)[number];

/** Whom the run has looked at, by what came of it. */
export interface IssueRunCounts {
  /** Got it from this run. */
  readonly granted: number;
  /** Had it already. */
  readonly alreadyHeld: number;
  /** The stock was gone. */
  readonly withoutStock: number;
  /** In the frozen audience and erased since. */
  readonly gone: number;
}

export interface IssueRun extends IssueRunCounts {
  readonly id: IssueRunId;
  readonly couponId: CouponId;
  readonly state: IssueRunState;
  readonly cause: IssueRunCause;
  /** The frozen audience that it is for; undefined = everybody. */
  readonly audienceId: AudienceId | undefined;
  /** Everything before this block is done. */
  readonly cursorBlock: number;
  /** Fixed at the start: who joins behind it is due at login. */
  readonly untilBlock: number;
  /** How many it had not come to when it ended; undefined before. */
  readonly leftOver: number | undefined;
  readonly createdBy: string;
  readonly createdAt: EpochMs;
  readonly endedAt: EpochMs | undefined;
}

export const hasEnded = ({ state }: Pick<IssueRun, 'state'>): boolean => state !== 'running' && state !== 'paused';
