import { assert } from '../core/assert.js';
import { DomainError } from '../core/errors.js';
import type { CampaignId } from '../core/ids.js';
import type { Clock } from '../core/ports/clock.js';
import type { Store } from '../core/ports/store.js';
import { addMs, DAY_MS, type EpochMs } from '../core/time.js';
import { findOrdinal } from '../membership/find-ordinal.js';
import type { MemberRepository } from '../membership/member-repository.js';
import type { RenderedMessage } from '../message/message.js';
import type { Campaign } from './campaign.js';
import type { CampaignRepository } from './campaign-repository.js';
import type { InboxPurge, InboxPurgeStep, InboxRepository } from './inbox-repository.js';
import { readMessages } from './read-message.js';

/** Messages leave inboxes this long after their campaign's launch. */
export const INBOX_RETENTION_MS = 90 * DAY_MS;

/** The part of a transaction that inboxes use. */
export interface InboxTx {
  readonly inbox: InboxRepository;
  readonly campaigns: Pick<CampaignRepository, 'find' | 'findChannel' | 'messageVersion'>;
  readonly members: Pick<MemberRepository, 'findOrdinals' | 'recipients'>;
}

export interface InboxMessage {
  readonly campaignId: CampaignId;
  /** Of the campaign. */
  readonly launchedAt: EpochMs;
  readonly isRead: boolean;
  readonly message: RenderedMessage;
}

export interface InboxPage {
  readonly messages: readonly InboxMessage[];
  /** `before` of the next page; null on the last one. */
  readonly nextBefore: CampaignId | null;
}

/**
 * A page of a member's inbox, newest campaign first, each text as the member reads it now.
 * @throws DomainError `NOT_FOUND` when there is no such member.
 */
export async function readInbox(
  tx: InboxTx,
  memberId: string,
  { limit, before }: { readonly limit: number; readonly before?: CampaignId | undefined },
): Promise<InboxPage> {
  const ordinal = await findOrdinal(tx.members, memberId);
  const found = await tx.inbox.page(ordinal, { limit: limit + 1, before });
  const entries = found.slice(0, limit);
  const shown = [];
  for (const { campaignId, isRead } of entries) {
    const campaign = await tx.campaigns.find(campaignId);
    assert(campaign !== undefined, `campaign ${campaignId} was delivered to inboxes`);
    shown.push({ campaign, isRead, channel: 'inbox' as const });
  }
  const texts = await readMessages(tx, ordinal, shown);
  return {
    messages: shown.map(({ campaign, isRead }, index) => ({
      campaignId: campaign.campaignId,
      launchedAt: launchOf(campaign),
      isRead,
      message: texts[index] ?? {},
    })),
    nextBefore: found.length > limit ? (entries.at(-1)?.campaignId ?? null) : null,
  };
}

const launchOf = (campaign: Campaign): EpochMs => campaign.launchedAt ?? campaign.createdAt;

/** @throws DomainError `NOT_FOUND` when there is no such member. */
export async function countUnread(tx: Pick<InboxTx, 'inbox' | 'members'>, memberId: string): Promise<number> {
  return tx.inbox.unreadCount(await findOrdinal(tx.members, memberId));
}

/**
 * Safe to repeat.
 * @throws DomainError `NOT_FOUND` when there is no such member, or the member's inbox has no message of the campaign.
 */
export async function markRead(
  tx: Pick<InboxTx, 'inbox' | 'members'>,
  memberId: string,
  campaignId: CampaignId,
): Promise<void> {
  const ordinal = await findOrdinal(tx.members, memberId);
  if (await tx.inbox.markRead(ordinal, campaignId)) return;
  throw new DomainError(
    'NOT_FOUND',
    `The inbox of member "${memberId}" has no message of campaign ${campaignId}; messages leave after 90 days.`,
    { memberId, campaignId },
  );
}

const MARKS_PER_TRANSACTION = 200;

/**
 * Marks everything in a member's inbox as read; answers how many messages were unread. Goes by slices: a message that
 * arrives meanwhile may be marked too.
 * @throws DomainError `NOT_FOUND` when there is no such member.
 */
export async function markAllRead(store: Store<Pick<InboxTx, 'inbox' | 'members'>>, memberId: string): Promise<number> {
  let total = 0;
  for (;;) {
    const marked = await store.transaction(async (tx) =>
      tx.inbox.markAllRead(await findOrdinal(tx.members, memberId), MARKS_PER_TRANSACTION),
    );
    total += marked;
    if (marked < MARKS_PER_TRANSACTION) return total;
  }
}

const PURGED_BLOCKS_PER_TRANSACTION = 50;

/**
 * Takes messages older than 90 days out of all inboxes, slice by slice; answers how many bitmaps and rows went.
 * Once a day is enough: it looks at every block.
 */
export async function purgeInboxes(
  { store, clock }: { readonly store: Store<Pick<InboxTx, 'inbox'>>; readonly clock: Pick<Clock, 'now'> },
  { signal }: { readonly signal?: AbortSignal } = {},
): Promise<number> {
  const launchedBefore = addMs(clock.now(), -INBOX_RETENTION_MS);
  let removed = 0;
  let fromBlock: number | null = 0;
  while (fromBlock !== null && signal?.aborted !== true) {
    const slice: InboxPurge = { launchedBefore, fromBlock, blockCount: PURGED_BLOCKS_PER_TRANSACTION };
    const step: InboxPurgeStep = await store.transaction((tx) => tx.inbox.purge(slice), { isBulk: true });
    removed += step.removed;
    fromBlock = step.nextBlock;
  }
  return removed;
}
