import type { AudienceId } from '../core/ids.js';
import type { EpochMs } from '../core/time.js';
import type { BucketMembers, FrozenBucket } from '../ledger/bucket-members.js';
import type { Audience, AudienceDefinition } from './audience.js';

/** Frozen audiences. Ordinals ascend over the buckets of an audience. */
export interface AudienceRepository {
  insert(audienceId: AudienceId, definition: AudienceDefinition): Promise<void>;
  find(audienceId: AudienceId): Promise<Audience | undefined>;
  /** Appends buckets behind those already there and moves the cursor, in one step; a step taken before is a bug. */
  append(
    audienceId: AudienceId,
    step: { readonly firstBucket: number; readonly buckets: readonly BucketMembers[]; readonly cursor: number },
  ): Promise<void>;
  markFrozen(audienceId: AudienceId, frozenAt: EpochMs): Promise<void>;
  /** Forgets the audience of a draft that chose another; never one that was launched. */
  remove(audienceId: AudienceId): Promise<void>;
  /** Buckets in order from `firstBucket`. */
  buckets(audienceId: AudienceId, firstBucket: number, limit: number): Promise<readonly FrozenBucket[]>;
  /** The bucket whose range holds an ordinal (which may still not be a member). */
  bucketOf(audienceId: AudienceId, ordinal: number): Promise<FrozenBucket | undefined>;
  /** The buckets whose ranges hold any of these ordinals, each once, in order; in a few statements however many they are. */
  bucketsOf(audienceId: AudienceId, ordinals: readonly number[]): Promise<readonly FrozenBucket[]>;
  /** Buckets whose ranges touch [from, until), in order. */
  bucketsTouching(audienceId: AudienceId, from: number, until: number): Promise<readonly FrozenBucket[]>;
}
