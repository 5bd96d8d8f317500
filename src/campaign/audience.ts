/**
 * Who hears of a campaign: everybody, a filter, a list of members, or chosen cells of an earlier campaign.
 * Frozen = fixed member by member in buckets, before the first send.
 */
import type { Channel } from '../core/channels.js';
import type { AudienceId, CampaignId } from '../core/ids.js';
import type { EpochMs } from '../core/time.js';
import type { OutcomeName } from '../ledger/cell-code.js';

export type AudienceDefinition =
  | { readonly kind: 'everybody' }
  /** The filter's canonical JSON tree. */
  | { readonly kind: 'filter'; readonly filter: unknown }
  /** Frozen when the campaign was made. */
  | { readonly kind: 'list'; readonly memberCount: number }
  | {
      readonly kind: 'cells';
      readonly campaignId: CampaignId;
      readonly channel: Channel;
      readonly outcomes: readonly OutcomeName[];
    };

export interface Audience {
  readonly audienceId: AudienceId;
  readonly definition: AudienceDefinition;
  /** Next ordinal that the freeze looks at; everybody chosen before it is in a bucket. */
  readonly freezeCursor: number;
  readonly memberCount: number;
  readonly bucketCount: number;
  readonly frozenAt: EpochMs | null;
}
