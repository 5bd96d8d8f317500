import { assert } from '../core/assert.js';
import type { AudienceId, CampaignId } from '../core/ids.js';
import type { Clock } from '../core/ports/clock.js';
import type { Store } from '../core/ports/store.js';
import type { TaskTx } from '../core/ports/task-outbox.js';
import type { EpochMs } from '../core/time.js';
import { TOPICS } from '../core/topics.js';
import { yieldTurn } from '../core/yield-turn.js';
import { PENDING_FRESH } from '../ledger/cell-code.js';
import type { Audience } from './audience.js';
import type { Campaign, CampaignPauseReason } from './campaign.js';
import { campaignEvent } from './campaign-event.js';
import { inviteNodes } from './look-ahead.js';
import { freezeSteps, type FreezeReadTx, type FreezeStep } from './freeze-steps.js';
import { settleIfDone, type SettleTx } from './settle.js';

/** What freezing needs of a transaction. */
export interface FreezeTx extends SettleTx, FreezeReadTx, TaskTx {}

export interface FreezeDeps<Tx extends FreezeTx> {
  readonly store: Store<Tx>;
  readonly clock: Clock;
}

/** Slices are kept together until they are so many buckets or took so long: a persona's would be a sync each. */
const KEEP_BUCKETS = 256;
const KEEP_MS = 200;

/**
 * Freezes the audience of a campaign that is `freezing` and starts it: every member in exactly one bucket, a ledger row
 * per channel and bucket, all pending; then it is running, or held back where the audience is not what was confirmed.
 * Goes in slices of bulk work, durable every 200 ms, so that a killed freeze goes on from there and makes the same buckets.
 * Answers false when the campaign was not freezing (any more), or `signal` aborted between slices; safe to call again.
 */
export async function freezeCampaign<Tx extends FreezeTx>(
  { store, clock }: FreezeDeps<Tx>,
  campaignId: CampaignId,
  { signal }: { readonly signal?: AbortSignal } = {},
): Promise<boolean> {
  const audience = await store.read((tx) => findFreezing(tx, campaignId));
  if (audience === undefined) return false;
  if (audience.frozenAt === null && !(await keepSteps({ store, clock }, { campaignId, audience, signal })))
    return false;
  return store.transaction((tx) => startRunning(tx, campaignId, clock.now()), { isBulk: true });
}

/** The audience of a campaign that is to be frozen. */
async function findFreezing(tx: FreezeReadTx, campaignId: CampaignId): Promise<Audience | undefined> {
  const campaign = await tx.campaigns.find(campaignId);
  return campaign?.state === 'freezing' ? tx.audiences.find(campaign.audienceId) : undefined;
}

/** Keeps the slices that are left; false when the campaign was not freezing any more, or the signal aborted. */
async function keepSteps<Tx extends FreezeTx>(
  { store, clock }: FreezeDeps<Tx>,
  { campaignId, audience, signal }: FreezeWork,
): Promise<boolean> {
  const { audienceId } = audience;
  let firstBucket = audience.bucketCount;
  let waiting: FreezeStep | undefined;
  let keptAtMs = clock.monotonicMs();
  const keep = async (): Promise<boolean> => {
    if (waiting === undefined || waiting.buckets.length === 0) return true; // nobody: not worth a commit
    const isKept = await keepStep(store, { campaignId, audienceId, firstBucket, step: waiting });
    firstBucket += waiting.buckets.length;
    waiting = undefined;
    keptAtMs = clock.monotonicMs();
    return isKept;
  };
  for await (const step of freezeSteps((body) => store.read(body), audience)) {
    waiting = { buckets: [...(waiting?.buckets ?? []), ...step.buckets], cursor: step.cursor };
    const isDue = waiting.buckets.length >= KEEP_BUCKETS || clock.monotonicMs() - keptAtMs >= KEEP_MS;
    if (isDue || signal?.aborted === true) {
      if (!(await keep()) || signal?.aborted === true) return false;
    } else {
      await yieldTurn();
    }
  }
  return keep();
}

interface FreezeWork {
  readonly campaignId: CampaignId;
  readonly audience: Audience;
  readonly signal: AbortSignal | undefined;
}

interface KeptStep {
  readonly campaignId: CampaignId;
  readonly audienceId: AudienceId;
  readonly firstBucket: number;
  readonly step: FreezeStep;
}

/** False when the campaign was cancelled, or another process froze on, meanwhile. */
async function keepStep<Tx extends FreezeTx>(
  store: Store<Tx>,
  { campaignId, audienceId, firstBucket, step }: KeptStep,
): Promise<boolean> {
  return store.transaction(
    async (tx) => {
      await tx.campaigns.lock(campaignId); // whoever else freezes it, or cancels it, comes before or after this step
      if ((await findFreezing(tx, campaignId))?.bucketCount !== firstBucket) return false;
      await tx.audiences.append(audienceId, { firstBucket, ...step });
      return true;
    },
    { isBulk: true },
  );
}

/** The last step, in one transaction: audience frozen, ledger rows and counts made, the campaign running. */
async function startRunning(tx: FreezeTx, campaignId: CampaignId, now: EpochMs): Promise<boolean> {
  const campaign = await tx.campaigns.lock(campaignId);
  if (campaign?.state !== 'freezing') return false;
  const { audienceId } = campaign;
  const audience = await tx.audiences.find(audienceId);
  assert(audience !== undefined, `campaign ${campaignId} has its audience ${audienceId}`);
  if (audience.frozenAt === null) await tx.audiences.markFrozen(audienceId, now);
  for (const { channel } of await tx.campaigns.channels(campaignId)) {
    await tx.ledger.createRows({ campaignId, channel }, audienceId, now);
    await tx.ledger.addCounts([{ campaignId, channel, code: PENDING_FRESH, members: audience.memberCount }]);
  }
  const doubts = audienceDoubts(campaign, audience.memberCount);
  await tx.campaigns.update(campaignId, { state: 'running', pauseReasons: [...campaign.pauseReasons, ...doubts] });
  const detail = `${audience.memberCount} members in ${audience.bucketCount} buckets`;
  await tx.campaigns.addMove({ campaignId, at: now, actor: 'system', move: 'frozen', detail });
  for (const reason of doubts) await recordDoubt(tx, { campaign, reason, memberCount: audience.memberCount, now });
  await settleIfDone(tx, campaignId, now);
  await inviteNodes(tx, campaign, { buckets: audience.bucketCount });
  return true;
}

/** Members by which a frozen audience may always differ from the confirmed one; beyond, 1 % may. */
const DRIFT_MEMBERS = 10;
const DRIFT_SHARE = 0.01;

/** Why an audience of this size is not sent to before a person has confirmed it. */
export function audienceDoubts(
  { expectedMembers, maxMembers }: Pick<Campaign, 'expectedMembers' | 'maxMembers'>,
  memberCount: number,
): readonly CampaignPauseReason[] {
  const allowed = Math.max(DRIFT_MEMBERS, (expectedMembers ?? 0) * DRIFT_SHARE);
  const hasDrifted = expectedMembers !== null && Math.abs(memberCount - expectedMembers) > allowed;
  const isTooLarge = maxMembers !== null && memberCount > maxMembers;
  return [...(hasDrifted ? (['audienceDrift'] as const) : []), ...(isTooLarge ? (['audienceMax'] as const) : [])];
}

async function recordDoubt(
  tx: FreezeTx,
  doubt: {
    readonly campaign: Campaign;
    readonly reason: CampaignPauseReason;
    readonly memberCount: number;
    readonly now: EpochMs;
  },
): Promise<void> {
  const { campaign, reason, memberCount, now } = doubt;
  const { campaignId, expectedMembers, maxMembers } = campaign;
  const limit = reason === 'audienceMax' ? `at most ${String(maxMembers)}` : `${String(expectedMembers)} confirmed`;
  const detail = `${reason}: ${memberCount} members, ${limit}`;
  await tx.campaigns.addMove({ campaignId, at: now, actor: 'system', move: 'paused', detail });
  await tx.outbox.append(campaignEvent(TOPICS.campaignPaused, campaign, now, { reason, memberCount }));
}
