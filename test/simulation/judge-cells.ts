import { channelIndex } from '../../src/core/channels.js';
import { classOfCode, nameOfCode } from '../../src/ledger/cell-code.js';
import { cellKey } from './history.js';
import type { Page } from './judge-books.js';
import { isReachable } from './population.js';
import type { World } from './world.js';

const MAX_NAMED = 5;

/**
 * Holds every cell against the vendors' own logs, member by member:
 *
 *   sent, delivered, bounced   she got it (0 missed)
 *   failed, suppressed         she did not
 *   unknown                    only after an ambiguous answer, a takeover, or a key that grew too old
 *   keyed, at most once        never twice
 *   at least once              as often as answers were ambiguous and processes died, and then it is listed
 */
export function judgeCells(world: World, pages: readonly Page[]): void {
  const delivered = countMessages(world);
  const evidence = countEvidence(world);
  let named = 0;
  for (const page of pages) {
    if (page.channel === 'inbox') continue;
    for (const [ordinal, code] of page.cells) {
      const wrong = judgeCell(world, page, { ordinal, code, delivered, evidence });
      if (wrong !== undefined && named++ < MAX_NAMED) {
        const { campaign, channel } = page;
        const mode = world.planOf(channel).mode;
        world.violate(`campaign ${campaign.campaignId} on ${channel} (${mode}), member ${ordinal}: ${wrong}`);
      }
    }
  }
  judgeStrangers(world, pages);
}

interface Evidence {
  /** Answers that left it open whether she got it. */
  readonly ambiguous: ReadonlyMap<number, number>;
  readonly transient: ReadonlyMap<number, number>;
}

interface Cell {
  readonly ordinal: number;
  readonly code: number;
  readonly delivered: Deliveries;
  readonly evidence: Evidence;
}

function judgeCell(world: World, { campaign, channel }: Page, cell: Cell): string | undefined {
  const { ordinal, code, delivered, evidence } = cell;
  const { mode, maxAmbiguousTries } = world.planOf(channel);
  const { history, sightings } = world;
  const name = nameOfCode(code) ?? `code ${code}`;
  const key = cellKey(campaign.campaignId, channelIndex(channel), ordinal);
  const messages = delivered.byCampaign.get(key) ?? 0;
  const named = (campaign.sharesReferences ? campaign.parentCampaignId : null) ?? campaign.campaignId;
  const underReference = delivered.byReference.get(cellKey(named, channelIndex(channel), ordinal)) ?? 0;
  const ambiguous = evidence.ambiguous.get(key) ?? 0;
  const takenOver = history.takenOver.get(key) ?? 0;
  const got = `she got ${messages}`;
  switch (classOfCode(code)) {
    case 'pending':
      return campaign.state === 'draft' ? undefined : `is still ${name} at the end`;
    case 'sent':
      // Under a shared reference the parent may have been the one that sent it.
      if (messages + underReference === 0) return `is ${name}, and ${got}: missed`;
      break;
    case 'failed':
    case 'suppressed':
      if (messages > 0) return `is ${name}, and ${got}`;
      break;
    case 'unknown':
      if (ambiguous + takenOver === 0 && !wasLeft(world, campaign.campaignId, channel))
        return `is unknown, and nothing ambiguous ever happened to her`;
      if (takenOver > 0) sightings.saw('unknown after a takeover');
      if (ambiguous > 0) sightings.saw('ambiguous answer left unknown');
      break;
    default:
      return `has no code: ${code}`;
  }
  if (name === 'sentPossiblyDoubled') sightings.saw('possibly doubled listed');
  if (mode !== 'atLeastOnce') {
    if (messages > 1 || underReference > 1) return `is ${name}, and ${got} (${underReference}): doubled`;
  } else if (messages > 1) {
    sightings.saw('really doubled, and listed');
    if (name === 'sent') return `is sent, and ${got}: doubled and not listed`;
    if (messages > 1 + Math.min(ambiguous, maxAmbiguousTries) + takenOver) {
      return `${got} with ${ambiguous} ambiguous answers (${maxAmbiguousTries} tries) and ${takenOver} takeovers`;
    }
  }
  return reasonAgainst(world, { campaign, channel }, { ...cell, name });
}

/** Whether the campaign ended with members of a dead holder in flight. */
const wasLeft = (world: World, campaignId: number, channel: string): boolean =>
  [...world.history.leftInFlight].some((bucket) => bucket.startsWith(`${campaignId}/${channel}/`));

/** Why an outcome can't be, by what was done to the member; undefined when it can. */
function reasonAgainst(
  world: World,
  { campaign, channel }: Pick<Page, 'campaign' | 'channel'>,
  { ordinal, name, evidence }: Cell & { readonly name: string },
): string | undefined {
  const { history, sightings, vendors } = world;
  const verdicts = vendors.get(channel)?.verdictsOn(ordinal);
  const left = history.optOuts.filter((optOut) => optOut.ordinal === ordinal && optOut.channel === channel);
  const isLate = ordinal >= world.scenario.memberCount;
  const key = cellKey(campaign.campaignId, channelIndex(channel), ordinal);
  switch (name) {
    case 'failedAddress':
      sightings.saw('address refused');
      return verdicts?.has('ADDRESS') === true ? undefined : 'is failedAddress, and the vendor never said so';
    case 'failedMessage':
      sightings.saw('message refused');
      return verdicts?.has('MESSAGE') === true ? undefined : 'is failedMessage, and the vendor never said so';
    case 'failedExhausted':
      sightings.saw('exhausted');
      return (evidence.transient.get(key) ?? 0) > 0 ? undefined : 'is failedExhausted without a transient failure';
    case 'suppressedErased':
      sightings.saw('erased member suppressed');
      return left.some(({ how }) => how === 'erased') ? undefined : 'is suppressedErased, and never asked for it';
    case 'suppressedByList':
      return left.some(({ how }) => how === 'suppressed') ? undefined : 'is suppressedByList, and is on no list';
    case 'suppressedNoConsent':
    case 'suppressedNoContactPoint':
      if (left.length > 0) sightings.saw('opted out before being sent to');
      if (verdicts?.has('ADDRESS') === true || isLate || !isReachable(ordinal, channel) || left.length > 0) {
        return undefined;
      }
      return `is ${name}, and nothing was said against it`;
    case 'suppressedCovered':
      if (campaign.policy === 'first') sightings.saw('policy first chose');
      else if (campaign.parentCampaignId !== null) sightings.saw('child covered by what became known');
      else return 'is suppressedCovered in a campaign that chooses nothing';
      return undefined;
    case 'suppressedCancelled':
      return history.cancelAsked.has(campaign.campaignId) ? undefined : 'is suppressedCancelled, and nobody cancelled';
    case 'suppressedSoldOut':
    case 'suppressedCouponEnded':
      return campaign.couponId === null ? `is ${name}, and tells of no coupon` : undefined;
    case 'suppressedExpired':
      sightings.saw('expired at deliverUntil');
      return campaign.deliverUntil === null ? 'is suppressedExpired, and delivery never ends' : undefined;
    default:
      return undefined;
  }
}

interface Deliveries {
  /** By the campaign that asked. */
  readonly byCampaign: ReadonlyMap<number, number>;
  /** By the campaign that the reference names. */
  readonly byReference: ReadonlyMap<number, number>;
}

function countMessages(world: World): Deliveries {
  const senders = new Map<string, number>();
  for (const { channel, referenceCampaignId, ordinal, round, campaignId } of world.history.written) {
    const reference = `${channel}/${referenceCampaignId}/${ordinal}/${round}`;
    if (!senders.has(reference)) senders.set(reference, campaignId);
  }
  const byCampaign = new Map<number, number>();
  const byReference = new Map<number, number>();
  for (const [channel, { messages }] of world.vendors) {
    for (const { campaignId, ordinal, round } of messages) {
      const sender = senders.get(`${channel}/${campaignId}/${ordinal}/${round}`) ?? campaignId;
      add(byCampaign, cellKey(sender, channelIndex(channel), ordinal));
      add(byReference, cellKey(campaignId, channelIndex(channel), ordinal));
    }
  }
  return { byCampaign, byReference };
}

function countEvidence(world: World): Evidence {
  const ambiguous = new Map<number, number>();
  const transient = new Map<number, number>();
  for (const { campaignId, channel, ordinal, kind } of world.history.answered) {
    if (kind === 'ambiguous') add(ambiguous, cellKey(campaignId, channelIndex(channel), ordinal));
    if (kind === 'transient') add(transient, cellKey(campaignId, channelIndex(channel), ordinal));
  }
  return { ambiguous, transient };
}

/** Nobody outside the audiences, and of no campaign that was never launched, got anything. */
function judgeStrangers(world: World, pages: readonly Page[]): void {
  const cells = new Map<string, Page['cells']>(
    pages.map(({ campaign, channel, cells: page }) => [`${campaign.campaignId}/${channel}`, page] as const),
  );
  const strangers = world.history.written.filter(
    ({ campaignId, channel, ordinal }) => cells.get(`${campaignId}/${channel}`)?.has(ordinal) !== true,
  );
  for (const { campaignId, channel, ordinal } of strangers.slice(0, MAX_NAMED)) {
    world.violate(`member ${ordinal} was sent campaign ${campaignId} on ${channel}, and is in no such audience`);
  }
}

const add = (counts: Map<number, number>, key: number): void => {
  counts.set(key, (counts.get(key) ?? 0) + 1);
};
