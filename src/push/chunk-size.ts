/** How many members go out at once, and how many requests that is. */
import type { PaceLimit } from '../core/ports/pacer.js';
import type { ChannelSettings } from './channel-settings.js';

export const MAX_CHUNK_MEMBERS = 1_000;
/** Share of a second that one chunk may take under a limit in members. */
const CHUNKS_PER_SECOND = 50;

/** Requests to the vendor that a chunk of so many members is. */
export function requestsOf({ provider }: ChannelSettings, members: number): number {
  return Math.ceil(members / (provider?.capabilities.maxRequestMembers ?? MAX_CHUNK_MEMBERS));
}

/** Members of one chunk: what the vendor takes, and no more than a fiftieth of a second's pace. */
export function chunkMembersOf(settings: ChannelSettings, campaignPace: PaceLimit): number {
  const provider = settings.provider?.capabilities.maxChunkMembers ?? MAX_CHUNK_MEMBERS;
  const limit = Math.min(memberLimit(settings, settings.pace), memberLimit(settings, campaignPace));
  const paced = Number.isFinite(limit) ? Math.max(1, Math.floor(limit / CHUNKS_PER_SECOND)) : Infinity;
  return Math.min(provider, paced);
}

/** A limit in requests is one in members where each member is a request of its own. */
function memberLimit(
  { provider }: ChannelSettings,
  { membersPerSecond = Infinity, requestsPerSecond = Infinity }: PaceLimit,
): number {
  const isOneByOne = provider?.capabilities.maxRequestMembers === 1;
  return isOneByOne ? Math.min(membersPerSecond, requestsPerSecond) : membersPerSecond;
}
