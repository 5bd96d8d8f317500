import { z } from 'zod';
import { ApiProblem } from '../cli/cli-errors.js';
import { formatCount } from '../cli/format-values.js';
import { DemoFailure } from './demo-failure.js';
import type { ScenarioContext } from './scenario.js';
import { STAGE_TEXT as T } from './text/stage-text.js';

const counted = z.object({ memberCount: z.int() });
const job = z.object({
  id: z.int(),
  state: z.enum(['running', 'done', 'failed']),
  created: z.int(),
  updated: z.int(),
  unchanged: z.int(),
  error: z.object({ detail: z.string() }).nullable(),
});
type Job = z.output<typeof job>;

/** Generated members are the same for the same seed, so that what was broken off is simply begun again. */
const SEED = 11;
const RETRY_MS = 500;

/**
 * Makes sure that the folder has its members; those that are there stay as they are.
 * @throws DemoFailure when they cannot be generated.
 */
export async function fillMembers(context: ScenarioContext, members: number): Promise<void> {
  const { api, stages, say } = context;
  const { memberCount } = (await api.post('/v1/members/count', {})).read(counted);
  if (memberCount >= members) {
    stages.done(say(T.members), say(T.membersThere, formatCount(memberCount)), undefined);
    return;
  }
  await stages.run(say(T.members), async (show) => {
    let done = await generate(context, members, show);
    while (done.state === 'running') done = await generate(context, members, show); // the server was started again
    if (done.error !== null) throw new DemoFailure(T.membersFailed(done.error.detail));
    return { text: say(T.membersGenerated, formatCount(members)) };
  });
}

async function generate(context: ScenarioContext, members: number, show: (text: string) => void): Promise<Job> {
  const { api, say } = context;
  let last = await begin(context, members);
  try {
    for await (const { event, data } of api.events(`/v1/members/imports/${last.id}/progress`)) {
      if (event !== 'progress') break;
      last = job.parse(data);
      show(say(T.membersSoFar, formatCount(last.created + last.updated + last.unchanged), formatCount(members)));
      if (last.state !== 'running') break;
    }
  } catch (error) {
    if (!(error instanceof ApiProblem && error.code === 'NOT_FOUND')) throw error; // a new server knows no old jobs
  }
  return last;
}

async function begin({ api, clock, signal }: ScenarioContext, members: number): Promise<Job> {
  for (;;) {
    try {
      return (await api.post('/v1/members/generate', { count: members, seed: SEED })).read(job);
    } catch (error) {
      if (!(error instanceof ApiProblem && error.code === 'JOB_RUNNING')) throw error;
      await clock.sleep(RETRY_MS, signal);
      signal.throwIfAborted();
    }
  }
}
