import type { Channel } from '../core/channels.js';
import type { TaskTx } from '../core/ports/task-outbox.js';
import type { RecipientColumn, RecipientsJson } from '../core/ports/provider.js';
import type { CampaignRepository } from '../campaign/campaign-repository.js';
import type { AudienceRepository } from '../campaign/audience-repository.js';
import type { InboxRepository } from '../campaign/inbox-repository.js';
import type { SettleTx } from '../campaign/settle.js';
import type { LedgerRepository } from '../ledger/ledger-repository.js';

/** What pushing needs of members, by ordinal. */
export interface PushMembers {
  /** Flags of the 1,000 ordinals of each block, in the order asked; 0 where nobody is. */
  flagsOfBlocks(blocks: readonly number[]): Promise<readonly Uint16Array[]>;
  /** Columns of members in the order of `ordinals`, packed as JSON texts. */
  recipients(ordinals: Float64Array, columns: readonly RecipientColumn[]): Promise<RecipientsJson>;
  /** Drops the address of a channel if it is still the one that was sent to. */
  dropContactPoints(channel: Channel, drops: readonly ContactPointDrop[]): Promise<void>;
}

export interface ContactPointDrop {
  readonly ordinal: number;
  /** Nothing is dropped when the address changed after this instant. */
  readonly sentAt: number;
}

/** The part of a transaction that a turn of pushing uses. */
export interface PushTx extends SettleTx, TaskTx {
  readonly campaigns: CampaignRepository;
  readonly audiences: AudienceRepository;
  readonly ledger: LedgerRepository;
  readonly members: PushMembers;
  readonly inbox: Pick<InboxRepository, 'deliver'>;
}
