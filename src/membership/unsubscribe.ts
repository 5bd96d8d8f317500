import type { Channel } from '../core/channels.js';
import { isDomainError } from '../core/errors.js';
import { ordinal, type CampaignId } from '../core/ids.js';
import { changeMember } from './change-member.js';
import { findMember } from './find-member.js';
import type { MembershipDeps } from './members-tx.js';
import { StatementBuilder } from './read-statement.js';

/**
 * A member leaves a channel by the link in a message: consent is denied from now on, so that only a later consent of
 * the member's own lifts it. Safe to repeat: the first time stands. Of a member who was erased nothing is left to deny.
 */
export async function unsubscribe(
  deps: MembershipDeps,
  target: { readonly ordinal: number; readonly channel: Channel; readonly campaignId: CampaignId },
): Promise<void> {
  try {
    const member = await findMember(deps, { ordinal: ordinal(target.ordinal) });
    if (member.consent[target.channel]?.state === 'denied') return;
    const now = deps.clock.now();
    const builder = new StatementBuilder(member.memberId, { receivedAt: now, defaultRegion: undefined });
    builder.setConsent(target.channel, {
      state: 'denied',
      at: now,
      source: `unsubscribe link, campaign ${target.campaignId}`,
    });
    await changeMember(deps, builder.build());
  } catch (error) {
    if (!isDomainError(error, 'NOT_FOUND')) throw error;
  }
}
