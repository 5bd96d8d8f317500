import type { EpochMs } from '../../core/time.js';
import type { CouponTx } from '../coupon-repository.js';
import type { IssueRun, IssueRunState } from './issue-run.js';

/** targeted = granted + alreadyHeld + withoutStock + remaining, always. */
export interface IssueRunBooks {
  readonly targeted: number;
  readonly granted: number;
  readonly alreadyHeld: number;
  readonly withoutStock: number;
  /** Not looked at yet; or never, where the run ended before it was through. */
  readonly remaining: number;
}

type BooksTx = Pick<CouponTx, 'audiences' | 'members'>;

/** Who is left is counted from who exists, so who was erased is targeted no more. */
export async function issueRunBooks(tx: BooksTx, run: IssueRun): Promise<IssueRunBooks> {
  const { granted, alreadyHeld, withoutStock } = run;
  const remaining = run.leftOver ?? (await remainingOf(tx, run));
  return { targeted: granted + alreadyHeld + withoutStock + remaining, granted, alreadyHeld, withoutStock, remaining };
}

/** Ends a run that this transaction has locked; who is left stays so for its books. */
export async function endIssueRun(
  tx: Pick<CouponTx, 'audiences' | 'members' | 'issueRuns'>,
  run: IssueRun,
  { state, now }: { readonly state: Exclude<IssueRunState, 'running' | 'paused'>; readonly now: EpochMs },
): Promise<IssueRun> {
  const ended: IssueRun = { ...run, state, endedAt: now, leftOver: await remainingOf(tx, run) };
  await tx.issueRuns.update(ended);
  return ended;
}

async function remainingOf(tx: BooksTx, run: IssueRun): Promise<number> {
  const { cursorBlock, untilBlock, audienceId } = run;
  if (cursorBlock >= untilBlock) return 0;
  if (audienceId === undefined) {
    const { memberCount } = await tx.members.populationOf({ fromBlock: cursorBlock, untilBlock });
    return memberCount;
  }
  const audience = await tx.audiences.find(audienceId);
  if (audience === undefined) return 0; // of a draft that has chosen another since
  return audience.memberCount - run.granted - run.alreadyHeld - run.withoutStock - run.gone;
}
