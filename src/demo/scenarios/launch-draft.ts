import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { ScenarioContext } from '../scenario.js';

const dryRunOutput = z.object({
  dryRunId: z.int(),
  memberCount: z.int(),
  expiringCount: z.int(),
  channels: z.array(z.object({ channel: z.string(), reach: z.object({ members: z.int() }) })),
});

export interface DryRun extends z.output<typeof dryRunOutput> {
  readonly spanMs: number;
}

/** Counts what a launch would do now. */
export async function dryRunOf({ api, clock }: ScenarioContext, id: number): Promise<DryRun> {
  const startedMs = clock.monotonicMs();
  const dryRun = (await api.post(`/v1/campaigns/${id}/dry-runs`, {})).read(dryRunOutput);
  return { ...dryRun, spanMs: clock.monotonicMs() - startedMs };
}

/** Launches a draft on what was counted. */
export async function launchOn(
  { api }: ScenarioContext,
  id: number,
  { dryRunId, memberCount, expiringCount }: DryRun,
): Promise<void> {
  const confirmed = { confirm: memberCount, confirmExpiring: expiringCount };
  await api.post(`/v1/campaigns/${id}/launch`, { dryRunId, ...confirmed }, randomUUID());
}
