/**
 * Packed row ids of the wide tables, so that a bucket's row is one integer key beside its neighbours:
 * 29 bits of campaign, 3 of channel, 21 of bucket make 53, the largest exact integer of a JavaScript number.
 */
import { assert } from '../../core/assert.js';
import { channelIndex, type Channel } from '../../core/channels.js';

const BUCKETS = 2 ** 21;
const CHANNELS_PER_CAMPAIGN = 8;
const CAMPAIGNS = 2 ** 29;

export const streamId = (campaignId: number, channel: Channel): number => {
  assert(campaignId >= 0 && campaignId < CAMPAIGNS, `campaign id ${campaignId} is out of range`);
  return campaignId * CHANNELS_PER_CAMPAIGN + channelIndex(channel);
};
export const campaignOfStream = (stream: number): number => Math.floor(stream / CHANNELS_PER_CAMPAIGN);
export const channelOfStream = (stream: number): number => stream % CHANNELS_PER_CAMPAIGN;

/** Row id of bucket `bucket` of a stream, an audience or a campaign. */
export const packBucket = (owner: number, bucket: number): number => {
  assert(bucket >= 0 && bucket < BUCKETS, `bucket ${bucket} is out of range`);
  return owner * BUCKETS + bucket;
};
/** The ids of all buckets of an owner: [from, until). */
export const bucketIds = (owner: number): { readonly from: number; readonly until: number } => ({
  from: owner * BUCKETS,
  until: (owner + 1) * BUCKETS,
});
export const bucketOfId = (id: number): number => id % BUCKETS;
export const ownerOfId = (id: number): number => Math.floor(id / BUCKETS);
