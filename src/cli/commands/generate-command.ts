import { path } from '../api-client.js';
import type { CliContext } from '../cli-context.js';
import { ApiProblem, Interrupted, UnreachableError } from '../cli-errors.js';
import { argument, command, option } from '../command-spec.js';
import { formatCount, formatDuration } from '../format-values.js';
import { countWords, importAnswer, type ImportAnswer } from '../import-progress.js';
import { required, singleOr, wholeNumber } from '../option-reader.js';
import { openProgress } from '../progress-display.js';
import { RateMeter } from '../rate-meter.js';
import { renderPairs } from '../tables.js';
import { CAMPAIGN_TEXT } from '../text/campaign-text.js';
import { MEMBER_TEXT as T } from '../text/member-text.js';

const MAX_MEMBERS = 100_000_000;
const MAX_SEED = 2_147_483_647;

export const generateMembers = command({
  name: 'generate',
  summary: T.generate,
  details: T.generateDetails,
  args: { count: argument('<n>', T.generateCount, required(wholeNumber(1, MAX_MEMBERS))) },
  options: { seed: option('--seed <s>', T.seed, singleOr(wholeNumber(0, MAX_SEED), 1)) },
  examples: ['fanfare members generate 1000000 --seed 42'],
  run: async (context, { args: { count }, options: { seed } }) => {
    const { say, clock, language } = context;
    const startedMs = clock.monotonicMs();
    const begun = (await context.api().post('/v1/members/generate', { body: { count, seed } })).read(importAnswer);
    const { job, document } = await follow(context, begun, count);
    if (job.error !== null) throw ApiProblem.read({ ...job.error, status: 500 }) ?? new Error(job.error.detail);
    await context.result(document, () =>
      renderPairs([
        [say(T.fieldCreated), formatCount(job.created)],
        [say(T.fieldUpdated), formatCount(job.updated)],
        [say(T.fieldUnchanged), formatCount(job.unchanged)],
      ]),
    );
    const spanMs = Math.max(1, clock.monotonicMs() - startedMs);
    const rate = formatCount(Math.round((count / spanMs) * 1_000));
    context.note(say(T.imported, formatCount(count), formatDuration(spanMs, language), rate));
    context.next('fanfare members count', 'fanfare members sample');
  },
});

interface Followed {
  readonly job: ImportAnswer;
  readonly document: unknown;
}

/** Shows how far a job is until it has ended. @throws Interrupted when the person stops watching: the job goes on. */
async function follow(context: CliContext, begun: ImportAnswer, total: number): Promise<Followed> {
  const { say, clock, language } = context;
  const display = openProgress(context);
  const meter = new RateMeter();
  try {
    for await (const { data } of context.api().events(path`/v1/members/imports/${begun.id}/progress`)) {
      const { data: job } = importAnswer.safeParse(data);
      if (job === undefined) throw ApiProblem.read(data) ?? new UnreachableError(context.api().url, 'stranger');
      const done = job.created + job.updated + job.unchanged;
      const rate = meter.add(clock.monotonicMs(), done);
      const left =
        rate >= 1 && done < total
          ? [say(CAMPAIGN_TEXT.left, formatDuration(((total - done) / rate) * 1_000, language))]
          : [];
      const text = [`${formatCount(done)}/${formatCount(total)}`, ...left, ...countWords(job, context)].join('  ');
      display.update([{ label: say(T.generating), done, total, text }]);
      if (job.state !== 'running') return { job, document: data };
    }
    throw new UnreachableError(context.api().url, 'broken');
  } catch (error) {
    if (!context.signal.aborted) throw error;
    display.note(say(T.generationGoesOn));
    throw new Interrupted();
  } finally {
    display.stop();
  }
}
