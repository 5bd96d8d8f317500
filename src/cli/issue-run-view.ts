/** Issue runs as the API gives them, and as people read them. */
import { z } from 'zod';
import type { CliContext } from './cli-context.js';
import { formatCount, formatTime } from './format-values.js';
import { renderPairs, renderTable } from './tables.js';
import { ISSUE_TEXT as T } from './text/issue-text.js';
import type { Say, Wording } from './wording.js';

export const issueRunAnswer = z.object({
  id: z.int(),
  couponId: z.int(),
  state: z.string(),
  isWaiting: z.boolean(),
  cause: z.string(),
  targeted: z.int(),
  granted: z.int(),
  alreadyHeld: z.int(),
  withoutStock: z.int(),
  remaining: z.int(),
  createdBy: z.string(),
  createdAt: z.string(),
  endedAt: z.string().nullable(),
});
export type IssueRunAnswer = z.output<typeof issueRunAnswer>;

export const issueRunPage = z.object({ items: z.array(issueRunAnswer), nextCursor: z.string().nullable() });

export function renderIssueRun(run: IssueRunAnswer, { say }: Pick<CliContext, 'say'>): string {
  return renderPairs([
    [say(T.fieldRun), `${run.id}`],
    [say(T.fieldCoupon), `${run.couponId}`],
    [say(T.fieldState), stateWords(run, say)],
    [say(T.fieldTargeted), formatCount(run.targeted)],
    [say(T.fieldGranted), formatCount(run.granted)],
    [say(T.fieldAlreadyHeld), formatCount(run.alreadyHeld)],
    [say(T.fieldWithoutStock), formatCount(run.withoutStock)],
    [say(T.fieldRemaining), formatCount(run.remaining)],
    [say(T.fieldStarted), `${formatTime(run.createdAt)}, ${run.cause === 'close' ? say(T.bySweep) : run.createdBy}`],
    [say(T.fieldEnded), run.endedAt === null ? null : formatTime(run.endedAt)],
  ]);
}

export function renderIssueRuns(runs: readonly IssueRunAnswer[], { say }: Pick<CliContext, 'say'>): string {
  return renderTable(
    [
      { title: say(T.fieldRun), value: ({ id }) => `${id}`, isNumber: true },
      { title: say(T.fieldState), value: (run) => stateWords(run, say) },
      { title: say(T.fieldTargeted), value: ({ targeted }) => formatCount(targeted), isNumber: true },
      { title: say(T.fieldGranted), value: ({ granted }) => formatCount(granted), isNumber: true },
      { title: say(T.fieldRemaining), value: ({ remaining }) => formatCount(remaining), isNumber: true },
      { title: say(T.fieldStarted), value: ({ createdAt }) => formatTime(createdAt) },
    ],
    runs,
  );
}

function stateWords({ state, isWaiting }: IssueRunAnswer, say: Say): string {
  if (isWaiting) return say(T.waiting);
  const words = (T.states as Readonly<Record<string, Wording>>)[state]; // a newer server may know more
  return words === undefined ? state : say(words);
}
