import { ISSUE_RUN_MOVES, type IssueRunMove } from '../../coupon/issue/issue-runs.js';
import { path, type Answer } from '../api-client.js';
import type { CliContext } from '../cli-context.js';
import { UsageError } from '../cli-errors.js';
import { argument, command } from '../command-spec.js';
import { couponIdArgument, cursorOption, idempotencyKeyOption, limitOption, yesOption } from '../common-options.js';
import { couponAnswer, renderCoupon } from '../coupon-view.js';
import { formatCount } from '../format-values.js';
import {
  issueRunAnswer,
  issueRunPage,
  renderIssueRun,
  renderIssueRuns,
  type IssueRunAnswer,
} from '../issue-run-view.js';
import { required, rowId } from '../option-reader.js';
import { showPage } from '../show-page.js';
import { FAILURE_TEXT } from '../text/general-text.js';
import { ISSUE_TEXT as T } from '../text/issue-text.js';

const runArgument = argument('<run>', T.run, required(rowId));

async function showRun(context: CliContext, answer: Answer): Promise<IssueRunAnswer> {
  const run = answer.read(issueRunAnswer);
  await context.result(answer.document, () => renderIssueRun(run, context));
  return run;
}

const issueCoupon = command({
  name: 'issue',
  summary: T.issue,
  details: T.issueDetails,
  args: { id: couponIdArgument },
  options: { idempotencyKey: idempotencyKeyOption },
  examples: ['fanfare coupons issue 3'],
  run: async (context, { args: { id }, options }) => {
    const idempotencyKey = options.idempotencyKey ?? context.newKey();
    const answer = await context.api().post(path`/v1/coupons/${id}/issue-runs`, { idempotencyKey });
    const run = await showRun(context, answer);
    context.note(context.say(T.started, run.id));
    context.next(`fanfare coupons issue-show ${id} ${run.id}`);
  },
});

const listRuns = command({
  name: 'issue-list',
  summary: T.issueRuns,
  args: { id: couponIdArgument },
  options: { limit: limitOption, cursor: cursorOption },
  examples: ['fanfare coupons issue-list 3'],
  run: async (context, { args: { id }, options }) => {
    const answer = await context.api().get(path`/v1/coupons/${id}/issue-runs`, options);
    const page = answer.read(issueRunPage);
    const [first] = page.items;
    await showPage(context, {
      document: answer.document,
      page,
      line: `fanfare coupons issue-list ${id}`,
      render: (items) => renderIssueRuns(items, context),
      next: [first === undefined ? `fanfare coupons issue ${id}` : `fanfare coupons issue-show ${id} ${first.id}`],
    });
  },
});

const showOne = command({
  name: 'issue-show',
  summary: T.issueRun,
  args: { id: couponIdArgument, run: runArgument },
  options: {},
  examples: ['fanfare coupons issue-show 3 1'],
  run: async (context, { args: { id, run } }) => {
    await showRun(context, await context.api().get(path`/v1/coupons/${id}/issue-runs/${run}`));
    context.next(`fanfare coupons issue-list ${id}`);
  },
});

const moveRun = (move: IssueRunMove) =>
  command({
    name: `issue-${move}`,
    summary: T[move],
    args: { id: couponIdArgument, run: runArgument },
    options: { idempotencyKey: idempotencyKeyOption },
    examples: [`fanfare coupons issue-${move} 3 1`],
    run: async (context, { args: { id, run }, options }) => {
      const idempotencyKey = options.idempotencyKey ?? context.newKey();
      await showRun(
        context,
        await context.api().post(path`/v1/coupons/${id}/issue-runs/${run}/${move}`, { idempotencyKey }),
      );
      context.note(context.say(T.moved[move], run));
      context.next(`fanfare coupons issue-show ${id} ${run}`);
    },
  });

const recallCoupon = command({
  name: 'recall',
  summary: T.recall,
  details: T.recallDetails,
  args: { id: couponIdArgument },
  options: { yes: yesOption, idempotencyKey: idempotencyKeyOption },
  examples: ['fanfare coupons recall 3 --yes'],
  run: async (context, { args: { id }, options: { yes, ...options } }) => {
    if (!yes) throw new UsageError(FAILURE_TEXT.needsConfirmation(T.recallCannotBeUndone, '--yes'));
    const idempotencyKey = options.idempotencyKey ?? context.newKey();
    const answer = await context.api().post(path`/v1/coupons/${id}/recall`, { idempotencyKey });
    const coupon = answer.read(couponAnswer);
    await context.result(answer.document, () => renderCoupon(coupon, context));
    context.note(context.say(T.recalled, formatCount(coupon.revoked)));
    context.next(`fanfare coupons show ${id}`);
  },
});

/** Of the group `coupons`: giving to many at once, and taking back. */
export const ISSUE_COMMANDS = [issueCoupon, listRuns, showOne, ...ISSUE_RUN_MOVES.map(moveRun), recallCoupon] as const;
