import { z } from 'zod';
import type { CliContext } from '../cli-context.js';
import { command } from '../command-spec.js';
import { formatCount, formatTime } from '../format-values.js';
import { countWords, importAnswer } from '../import-progress.js';
import { showPage } from '../show-page.js';
import { renderTable } from '../tables.js';
import { GENERAL_TEXT } from '../text/general-text.js';
import { IMPORT_STATE_WORDS, MEMBER_TEXT as T } from '../text/member-text.js';

const jobAnswer = importAnswer.extend({
  format: z.string(),
  startedBy: z.string(),
  startedAt: z.string(),
});
type JobAnswer = z.output<typeof jobAnswer>;

export const listImports = command({
  name: 'imports',
  summary: T.imports,
  details: T.importsDetails,
  args: {},
  options: {},
  examples: ['fanfare members imports'],
  run: async (context) => {
    const answer = await context.api().get('/v1/members/imports');
    await showPage(context, {
      document: answer.document,
      page: answer.read(z.object({ items: z.array(jobAnswer) })),
      line: 'fanfare members imports',
      render: (jobs) => renderJobs(jobs, context),
      next: ['fanfare members count'],
    });
  },
});

const renderJobs = (jobs: readonly JobAnswer[], context: CliContext): string => {
  const { say } = context;
  return renderTable(
    [
      { title: say(T.fieldJob), value: ({ id }: JobAnswer) => formatCount(id), isNumber: true },
      { title: say(T.fieldFormat), value: ({ format }) => format },
      { title: say(T.fieldState), value: (job) => stateWords(job, context) },
      { title: say(T.fieldStarted), value: ({ startedAt, startedBy }) => `${formatTime(startedAt)}  ${startedBy}` },
      { title: say(T.fieldRows), value: (job) => countWords(job, context).join('  ') || say(GENERAL_TEXT.none) },
    ],
    jobs,
  );
};

function stateWords({ state, error }: JobAnswer, { say }: CliContext): string {
  const words = IMPORT_STATE_WORDS[state];
  return `${words === undefined ? state : say(words)}${error === null ? '' : ` (${error.code})`}`;
}
