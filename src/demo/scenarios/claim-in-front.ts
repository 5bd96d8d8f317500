import { formatCount } from '../../cli/format-values.js';
import type { ScenarioContext } from '../scenario.js';
import { COUPON_DEMO_TEXT as T } from '../text/coupon-demo-text.js';
import { claimFor } from './coupon-steps.js';

/** Lets them all claim, and says how it went. */
export async function claimInFront(
  context: ScenarioContext,
  id: number,
  memberIds: readonly string[],
): ReturnType<typeof claimFor> {
  const { stages, say, clock } = context;
  const startedMs = clock.monotonicMs();
  const claimed = await claimFor(context, id, memberIds);
  const spanMs = clock.monotonicMs() - startedMs;
  stages.done(
    say(T.claimStage),
    say(T.claimed, formatCount(memberIds.length), formatCount(claimed.holders.size)),
    spanMs,
  );
  return claimed;
}
