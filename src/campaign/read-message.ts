/** A campaign's message as one member reads it: the version fixed at launch, with the member's fields of now. */
import { assert } from '../core/assert.js';
import type { Channel } from '../core/channels.js';
import type { RecipientColumn, RecipientFields } from '../core/ports/provider.js';
import type { MemberRepository } from '../membership/member-repository.js';
import {
  columnsOfMessage,
  parseMessage,
  renderForMember,
  type ParsedMessage,
  type RenderedMessage,
} from '../message/message.js';
import type { Campaign } from './campaign.js';
import type { CampaignRepository } from './campaign-repository.js';

export interface ReadMessageTx {
  readonly campaigns: Pick<CampaignRepository, 'findChannel' | 'messageVersion'>;
  readonly members: Pick<MemberRepository, 'recipients'>;
}

export interface MessageOf {
  readonly campaign: Campaign;
  readonly channel: Channel;
}

/**
 * The messages in the order asked. The member is read once for all of them, and only what they show of her.
 */
export async function readMessages(
  tx: ReadMessageTx,
  ordinal: number,
  wanted: readonly MessageOf[],
): Promise<readonly RenderedMessage[]> {
  const parsed: ParsedMessage[] = [];
  for (const { campaign, channel } of wanted) parsed.push(await findMessage(tx, campaign, channel));
  const member = await readFields(tx, ordinal, [...new Set(parsed.flatMap(columnsOfMessage))]);
  return parsed.map((message, index) => renderForMember(message, member, wanted[index]?.campaign.commonFields ?? {}));
}

async function findMessage(tx: ReadMessageTx, campaign: Campaign, channel: Channel): Promise<ParsedMessage> {
  const { campaignId, commonFields } = campaign;
  const found = await tx.campaigns.findChannel(campaignId, channel);
  assert(found !== undefined, `campaign ${campaignId} has the channel ${channel}`);
  const message = await tx.campaigns.messageVersion(found.messageVersionId);
  assert(message !== undefined, `campaign ${campaignId} has its message by ${channel}`);
  return parseMessage(message, Object.keys(commonFields));
}

async function readFields(
  tx: ReadMessageTx,
  ordinal: number,
  columns: readonly RecipientColumn[],
): Promise<Partial<RecipientFields>> {
  if (columns.length === 0) return {};
  const texts = await tx.members.recipients([ordinal], columns);
  return Object.fromEntries(
    Object.entries(texts).map(([column, text]) => [column, (JSON.parse(text) as readonly unknown[])[0]]), // arrays, by the port
  );
}
