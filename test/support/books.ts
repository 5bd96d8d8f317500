import type { AudienceRepository } from '../../src/campaign/audience-repository.js';
import { campaignEvent } from '../../src/campaign/campaign-event.js';
import type { CampaignState } from '../../src/campaign/campaign.js';
import type { InboxRepository } from '../../src/campaign/inbox-repository.js';
import { settleIfDone, type SettleTx } from '../../src/campaign/settle.js';
import type { Channel } from '../../src/core/channels.js';
import type { IdAllocator } from '../../src/core/id-allocator.js';
import { audienceId, campaignId, type AudienceId, type CampaignId } from '../../src/core/ids.js';
import type { MessageTemplate } from '../../src/core/ports/provider.js';
import type { Store } from '../../src/core/ports/store.js';
import { epochMs, formatInstant } from '../../src/core/time.js';
import { TOPICS } from '../../src/core/topics.js';
import { BUCKET_SIZE, decodeBucket, encodeBucket } from '../../src/ledger/bucket-members.js';
import { isInFlight } from '../../src/ledger/cell-code.js';
import { countClasses, countDeltas } from '../../src/ledger/cell-counts.js';
import type { Stream } from '../../src/ledger/ledger-repository.js';

/** What keeping books needs of a store. */
export interface BooksTx extends SettleTx {
  readonly ids: IdAllocator;
  readonly audiences: AudienceRepository;
  readonly inbox: Pick<InboxRepository, 'deliver'>;
}

export interface BooksOptions {
  /** Ascending; cut into buckets of 1,000. */
  readonly ordinals: readonly number[];
  readonly channels: readonly Channel[];
  readonly message?: MessageTemplate;
  readonly commonFields?: Readonly<Record<string, string>>;
  readonly state?: CampaignState;
  readonly launchedAtMs?: number;
}

export interface Books {
  readonly campaignId: CampaignId;
  readonly audienceId: AudienceId;
}

const DEFAULT_LAUNCH_MS = Date.parse('2027-01-01T00:00:00Z');

/** A launched campaign with a frozen audience and ledger rows, all pending, as freezing leaves it. */
export async function openBooks(store: Store<BooksTx>, options: BooksOptions): Promise<Books> {
  return store.transaction(async (tx) => {
    const campaign = campaignId(await tx.ids.take('campaign', 1));
    const audience = audienceId(await tx.ids.take('audience', 1));
    const messageVersionId = await tx.ids.take('messageVersion', 1);
    const at = epochMs(options.launchedAtMs ?? DEFAULT_LAUNCH_MS);
    await freeze(tx, audience, options.ordinals);
    await tx.campaigns.insertMessageVersion(messageVersionId, options.message ?? { body: 'Hello {{member.name}}' }, at);
    await tx.campaigns.insert(
      {
        campaignId: campaign,
        name: `Campaign ${campaign}`,
        promotionId: null,
        couponId: null,
        parentCampaignId: null,
        sharesReferences: false,
        campaignClass: 'bulk',
        state: options.state ?? 'running',
        pauseReasons: [],
        policy: 'all',
        audienceId: audience,
        launchAt: null,
        launchedAt: at,
        deliverUntil: null,
        expectedMembers: null,
        maxMembers: null,
        commonFields: options.commonFields ?? {},
        version: 1,
        createdAt: at,
        createdBy: 'test',
        endedAt: null,
        cellsForgottenAt: null,
        ownDeliverUntil: null,
      },
      options.channels.map((channel, position) => ({
        campaignId: campaign,
        channel,
        position,
        pauseReasons: [],
        mode: 'keyed',
        messageVersionId,
        membersPerSecond: null,
        requestsPerSecond: null,
        price: null,
        settledAt: null,
        firstHandoverAt: null,
        lastOutcomeAt: null,
      })),
    );
    for (const move of ['created', 'launched', 'frozen']) {
      await tx.campaigns.addMove({ campaignId: campaign, at, actor: 'test', move, detail: null });
    }
    for (const topic of [TOPICS.campaignCreated, TOPICS.campaignLaunched]) {
      const detail = topic === TOPICS.campaignLaunched ? { startsAt: formatInstant(at) } : {};
      await tx.outbox.append(campaignEvent(topic, { campaignId: campaign, promotionId: null }, at, detail));
    }
    for (const channel of options.channels) {
      await tx.ledger.createRows({ campaignId: campaign, channel }, audience, at);
      await tx.ledger.addCounts([{ campaignId: campaign, channel, code: 0, members: options.ordinals.length }]);
    }
    return { campaignId: campaign, audienceId: audience };
  });
}

async function freeze(tx: BooksTx, audience: AudienceId, ordinals: readonly number[]): Promise<void> {
  await tx.audiences.insert(audience, { kind: 'list', memberCount: ordinals.length });
  const buckets = [];
  for (let first = 0; first < ordinals.length; first += BUCKET_SIZE) {
    buckets.push(encodeBucket(ordinals.slice(first, first + BUCKET_SIZE)));
  }
  await tx.audiences.append(audience, { firstBucket: 0, buckets, cursor: 0 });
  await tx.audiences.markFrozen(audience, epochMs(DEFAULT_LAUNCH_MS));
}

/** Gives every cell of a stream the code that `codeOf` answers, with its counts and inboxes, as a pusher would leave them. */
export async function settleCells(
  store: Store<BooksTx>,
  { campaignId: campaign, audienceId: audience }: Books,
  {
    channel,
    codeOf,
    at,
  }: { readonly channel: Channel; readonly codeOf: (ordinal: number) => number; readonly at?: number },
): Promise<void> {
  const stream: Stream = { campaignId: campaign, channel };
  await store.transaction(async (tx) => {
    const now = epochMs(at ?? DEFAULT_LAUNCH_MS);
    const claimed = await tx.ledger.claim(stream, { audienceId: audience, limit: 1_000, now, owner: 'test' });
    for (const { row, members } of claimed) {
      const ordinals = decodeBucket(members);
      const cells = Uint8Array.from(ordinals, codeOf);
      const counts = countClasses(cells);
      if (counts === undefined) throw new Error('codeOf answered a byte that is no code');
      await tx.ledger.addCounts(countDeltas(stream, row.cells, cells));
      const dueAt = counts.pending > 0 ? now : null;
      await tx.ledger.save([
        {
          key: { ...stream, bucket: row.bucket },
          token: row.token,
          cells,
          counts,
          lossCount: row.lossCount,
          openSince: cells.some(isInFlight) ? now : null,
          handedOverAt: now,
          release: { nextAttemptAt: dueAt, retryAt: null },
        },
      ]);
      const delivered = ordinals.filter((_, position) => counts.sent > 0 && isSent(cells[position] ?? 0));
      if (channel === 'inbox' && delivered.length > 0) await tx.inbox.deliver(campaign, delivered);
    }
    await settleIfDone(tx, campaign, now);
  });
}

const isSent = (code: number): boolean => code >= 128 && code < 144;
