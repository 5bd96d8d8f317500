import type { PaceLimit } from '../core/ports/pacer.js';
import { TURN_WEIGHTS, type Campaign, type CampaignChannel } from '../campaign/campaign.js';
import { columnsOfMessage, parseMessage } from '../message/message.js';
import type { ChannelSettings } from './channel-settings.js';
import type { PushTx } from './push-tx.js';
import type { ParentStream, PushStream } from './stream.js';

export interface LoadedStream {
  readonly stream: PushStream;
  readonly pace: PaceLimit;
}

/** The campaigns that may push on a channel now. What is `known` is fixed and not read again; only pace can change. */
export async function loadStreams(
  tx: Pick<PushTx, 'campaigns'>,
  settings: ChannelSettings,
  known: ReadonlyMap<number, PushStream>,
): Promise<readonly LoadedStream[]> {
  const loaded: LoadedStream[] = [];
  for (const campaign of await tx.campaigns.inStates(['running'])) {
    if (campaign.pauseReasons.length > 0) continue;
    const channel = await tx.campaigns.findChannel(campaign.campaignId, settings.channel);
    if (channel === undefined || channel.settledAt !== null || channel.pauseReasons.length > 0) continue;
    const stream = known.get(campaign.campaignId) ?? (await loadStream(tx, { campaign, channel, settings }));
    if (stream === undefined) continue;
    loaded.push({
      stream,
      pace: {
        membersPerSecond: channel.membersPerSecond ?? undefined,
        requestsPerSecond: channel.requestsPerSecond ?? undefined,
      },
    });
  }
  return loaded;
}

async function loadStream(
  tx: Pick<PushTx, 'campaigns'>,
  about: { readonly campaign: Campaign; readonly channel: CampaignChannel; readonly settings: ChannelSettings },
): Promise<PushStream | undefined> {
  const { campaign, channel, settings } = about;
  const message = await tx.campaigns.messageVersion(channel.messageVersionId);
  if (message === undefined) return undefined;
  const channels = await tx.campaigns.channels(campaign.campaignId);
  const needs = settings.provider?.capabilities;
  const messageColumns =
    needs?.rendersMessage === true ? columnsOfMessage(parseMessage(message, Object.keys(campaign.commonFields))) : [];
  return {
    campaignId: campaign.campaignId,
    channel: channel.channel,
    audienceId: campaign.audienceId,
    campaignClass: campaign.campaignClass,
    weight: TURN_WEIGHTS[campaign.campaignClass],
    choiceOrder: campaign.policy === 'first' ? channels.map(({ channel: name }) => name) : null,
    rules: {
      mode: channel.mode,
      sharesKeys: campaign.sharesReferences,
      maxDefiniteTries: settings.maxDefiniteTries,
      maxAmbiguousTries: settings.maxAmbiguousTries,
    },
    messageVersionId: channel.messageVersionId,
    message,
    commonFields: campaign.commonFields,
    columns: [...new Set([...messageColumns, ...(needs?.recipientColumns ?? [])])],
    parent: await parentOf(tx, campaign),
  };
}

async function parentOf(tx: Pick<PushTx, 'campaigns'>, campaign: Campaign): Promise<ParentStream | null> {
  if (campaign.parentCampaignId === null) return null;
  const parent = await tx.campaigns.find(campaign.parentCampaignId);
  if (parent === undefined) return null;
  return { campaignId: parent.campaignId, audienceId: parent.audienceId, sharesReferences: campaign.sharesReferences };
}
