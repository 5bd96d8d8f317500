/** Issue runs as they cross the HTTP edge. */
import { z } from 'zod';
import { formatInstant, type EpochMs } from '../core/time.js';
import type { Coupon } from '../coupon/coupon.js';
import { isDue } from '../coupon/grant/grant-due.js';
import type { IssueRunBooks } from '../coupon/issue/issue-run-books.js';
import { ISSUE_RUN_CAUSES, ISSUE_RUN_STATES, type IssueRun } from '../coupon/issue/issue-run.js';
import { idOutput, instantOutput } from './schemas.js';

export const issueRunOutput = z
  .object({
    id: idOutput,
    couponId: idOutput,
    state: z.enum(ISSUE_RUN_STATES),
    isWaiting: z.boolean().describe('Whether it would go on, were its coupon open and not paused'),
    cause: z.enum(ISSUE_RUN_CAUSES).describe('Who started it: a person, or the sweep before the close'),
    targeted: z.int().nonnegative().describe('granted + alreadyHeld + withoutStock + remaining'),
    granted: z.int().nonnegative().describe('Got it from this run'),
    alreadyHeld: z.int().nonnegative().describe('Had it before the run came to them'),
    withoutStock: z.int().nonnegative().describe('Got none, because the stock was gone'),
    remaining: z.int().nonnegative().describe('The run has not come to them'),
    createdBy: z.string(),
    createdAt: instantOutput,
    endedAt: instantOutput.nullable(),
  })
  .meta({ id: 'IssueRun' });

export const renderIssueRun = (
  run: IssueRun,
  { books, coupon, now }: { readonly books: IssueRunBooks; readonly coupon: Coupon; readonly now: EpochMs },
): z.output<typeof issueRunOutput> => ({
  id: run.id,
  couponId: run.couponId,
  state: run.state,
  isWaiting: run.state === 'running' && !isDue(coupon, now),
  cause: run.cause,
  ...books,
  createdBy: run.createdBy,
  createdAt: formatInstant(run.createdAt),
  endedAt: run.endedAt === undefined ? null : formatInstant(run.endedAt),
});
