import { isEnded, type Campaign, type CampaignChannel } from '../../campaign/campaign.js';
import { hasSettled } from '../../campaign/settle.js';
import type { CampaignId } from '../../core/ids.js';
import { PENDING_FRESH } from '../cell-code.js';
import type { Stream } from '../ledger-repository.js';
import type { AuditDifference } from './audit-difference.js';
import type { AuditRun, AuditTx, Differences } from './audit-run.js';
import { auditStream } from './audit-stream.js';

const CAMPAIGNS_PER_SLICE = 100;
const MAX_STRAYS = 1_000;

/** Every campaign with its channels, and parts of the ledger that belong to none. */
export async function* auditCampaigns(run: AuditRun): AsyncGenerator<AuditDifference> {
  let before: CampaignId | undefined;
  for (;;) {
    const last = before;
    const page = await run.slice((tx) => tx.campaigns.page({ limit: CAMPAIGNS_PER_SLICE, before: last }));
    for (const { campaignId } of page) yield* auditCampaign(run, campaignId);
    before = page.at(-1)?.campaignId;
    if (page.length < CAMPAIGNS_PER_SLICE) break;
  }
  for (const { campaignId, channel } of await run.slice((tx) => tx.audit.strayStreams(MAX_STRAYS))) {
    yield {
      kind: 'ledger.stray',
      campaignId,
      channel,
      what: 'ledger of a campaign that does not exist, or does not use the channel',
      expected: 'none',
      found: 'some',
    };
  }
}

async function* auditCampaign(run: AuditRun, campaignId: CampaignId): AsyncGenerator<AuditDifference> {
  const looked = await run.slice((tx) => checkCampaign(tx, campaignId, run.now()));
  if (looked === undefined) return;
  run.tally.campaigns++;
  yield* looked.differences;
  const { campaign, channels, bucketCount, isStarted } = looked;
  if (campaign.cellsForgottenAt !== null) return; // its sums were compared above, its cells are gone
  for (const { channel } of channels) {
    yield* auditStream(run, { campaign, stream: { campaignId, channel }, bucketCount: isStarted ? bucketCount : 0 });
  }
}

interface LookedCampaign {
  readonly campaign: Campaign;
  readonly channels: readonly CampaignChannel[];
  readonly bucketCount: number;
  /** True once its audience was frozen and its ledger rows were made. */
  readonly isStarted: boolean;
  readonly differences: Differences;
}

async function checkCampaign(
  tx: AuditTx,
  campaignId: CampaignId,
  now: ReturnType<AuditRun['now']>,
): Promise<LookedCampaign | undefined> {
  const campaign = await tx.campaigns.find(campaignId);
  if (campaign === undefined) return undefined;
  const channels = await tx.campaigns.channels(campaignId);
  const audience = await tx.audiences.find(campaign.audienceId);
  const moves = await tx.campaigns.moves(campaignId);
  const isStarted = moves.some(({ move }) => move === 'frozen');
  const differences: Differences = [...checkState(campaign, { isStarted, isFrozen: audience?.frozenAt != null })];
  if (isStarted) {
    for (const channel of channels) differences.push(...(await checkSettled(tx, campaign, channel)));
    if (campaign.cellsForgottenAt !== null) {
      for (const { channel } of channels) {
        differences.push(...(await checkSum(tx, { campaignId, channel }, audience?.memberCount ?? 0)));
      }
    }
    if (await hasSettled(tx, campaign, now)) {
      const found = `${campaign.state}, with nobody pending`;
      differences.push({ kind: 'campaign.settled', campaignId, what: 'state', expected: 'ended', found });
    }
  }
  return { campaign, channels, bucketCount: audience?.bucketCount ?? 0, isStarted, differences };
}

function* checkState(
  campaign: Campaign,
  { isStarted, isFrozen }: { readonly isStarted: boolean; readonly isFrozen: boolean },
): Generator<AuditDifference> {
  const { campaignId, state } = campaign;
  const wrong = (what: string, expected: string, found: string): AuditDifference => ({
    kind: 'campaign.state',
    campaignId,
    what,
    expected,
    found,
  });
  const needsStart = state === 'running' || state === 'completed';
  const forbidsStart = state === 'draft' || state === 'scheduled' || state === 'freezing';
  if (needsStart && !isStarted) yield wrong('state', 'a move "frozen" before it', `${state} without one`);
  if (forbidsStart && isStarted) yield wrong('state', 'running or later, as it was frozen', state);
  if (isStarted && !isFrozen) yield wrong('audience', 'frozen', 'not frozen');
  if (isEnded(state) !== (campaign.endedAt !== null)) {
    yield wrong('end', isEnded(state) ? 'a time of ending' : 'none', isEnded(state) ? 'none' : 'a time of ending');
  }
  const mayBeUnlaunched = state === 'draft' || state === 'cancelled';
  if (campaign.launchedAt === null && !mayBeUnlaunched) yield wrong('launch', 'a time of launch', 'none');
  if (state === 'draft' && campaign.launchedAt !== null)
    yield wrong('launch', 'none, as it is a draft', 'a time of launch');
  if (state === 'scheduled' && campaign.launchAt === null) yield wrong('timer', 'a time to start at', 'none');
}

async function checkSettled(tx: AuditTx, campaign: Campaign, settled: CampaignChannel): Promise<Differences> {
  const { campaignId, channel, settledAt } = settled;
  const pending = (await tx.ledger.counts({ campaignId, channel })).get(PENDING_FRESH) ?? 0;
  const at = { kind: 'campaign.settled', campaignId, channel, what: 'settled' } as const;
  if (settledAt !== null && pending > 0) {
    return [{ ...at, expected: 'not yet', found: `settled with ${pending} members pending` }];
  }
  if (settledAt === null && isEnded(campaign.state)) {
    return [{ ...at, expected: 'settled, as the campaign has ended', found: 'not settled' }];
  }
  return [];
}

/** All that can be asked of counts whose cells are forgotten. */
async function checkSum(tx: AuditTx, stream: Stream, memberCount: number): Promise<Differences> {
  const sum = [...(await tx.ledger.counts(stream)).values()].reduce((total, members) => total + members, 0);
  if (sum === memberCount) return [];
  const what = 'members by the counts';
  return [{ kind: 'ledger.streamCounts', ...stream, what, expected: String(memberCount), found: String(sum) }];
}
