/**
 * Members as a store keeps them. Every write keeps the packed population (who exists, everybody's flags, by block of
 * 1,000 ordinals), the tags' blocks and the addresses' index in the same transaction.
 */
import type { Channel } from '../core/channels.js';
import type { MemberFilter } from '../core/member-filter.js';
import type { RecipientColumn, RecipientsJson } from '../core/ports/provider.js';
import type { OrdinalRange } from '../core/ranges.js';
import type { EpochMs } from '../core/time.js';
import type { ChannelMask } from './flags.js';
import type { MemberRow, StoredMember } from './member-row.js';
import type { Suppression } from './suppression.js';

export interface MemberRepository {
  /** Members by the shop's key, in the order asked; undefined where there is none. */
  findByMemberIds(memberIds: readonly string[]): Promise<readonly (StoredMember | undefined)[]>;
  /** Members by ordinal, in the order asked; undefined where there is none (any more). */
  findByOrdinals(ordinals: ArrayLike<number>): Promise<readonly (StoredMember | undefined)[]>;
  /** In the order asked; undefined where nobody has the id. */
  findOrdinals(memberIds: readonly string[]): Promise<readonly (number | undefined)[]>;
  memberIdsOf(ordinals: ArrayLike<number>): Promise<readonly (string | undefined)[]>;
  /** Those of these who exist; none of them is erased before this transaction has ended. */
  keepExisting(ordinals: readonly number[]): Promise<ReadonlySet<number>>;
  /**
   * When something that a message can show of a member last changed, in the order asked: null while nothing did,
   * undefined where nobody is.
   */
  changedAtOf(ordinals: ArrayLike<number>): Promise<readonly (EpochMs | null | undefined)[]>;

  /**
   * Adds members that do not exist yet at the ordinals from `firstOrdinal` on, which the caller took from the
   * allocator. Their addresses wait in the backlog for the index (see index-addresses.ts).
   */
  insert(firstOrdinal: number, rows: readonly MemberRow[], now: EpochMs): Promise<void>;
  /** Writes the columns that differ. `after` has the same member and ordinal as `before`. */
  update(changes: readonly MemberChange[], now: EpochMs): Promise<void>;
  /** Takes members away for good; their ordinals are never given again. */
  remove(members: readonly StoredMember[]): Promise<void>;
  /**
   * Drops the address of a channel and the bit that says it is there, where no address of the member has changed
   * since it was sent to.
   */
  dropContactPoints(channel: Channel, drops: readonly ContactPointDrop[]): Promise<void>;

  /** Ordinals of members with this address whose block is in the index, ascending. */
  ordinalsByAddress(address: AddressQuery): Promise<readonly number[]>;
  /** Those in blocks that still wait for the index: reads the blocks, 0.3 ms each. */
  unindexedOrdinalsByAddress(address: AddressQuery, blocks: readonly number[]): Promise<readonly number[]>;
  /** Blocks whose addresses wait for the index, ascending from `fromBlock`. */
  addressBacklog(options: { readonly fromBlock: number; readonly limit: number }): Promise<readonly number[]>;
  /** First step of entering them (see index-addresses.ts): a change from here on keeps its block waiting. */
  startAddressBlocks(blocks: readonly number[]): Promise<void>;
  /** The index entries of the members of these blocks, in no order. */
  addressEntries(blocks: readonly number[]): Promise<Float64Array>;
  /** Enters a slice of them; sorted slices touch each page of the index once. */
  enterAddresses(entries: Float64Array): Promise<void>;
  finishAddressBlocks(blocks: readonly number[]): Promise<void>;

  /** Blocks with members, ascending, from `fromBlock`. */
  populationBlocks(options: {
    readonly fromBlock: number;
    readonly limit: number;
  }): Promise<readonly PopulationBlock[]>;
  /** How many members these blocks have, and the end of the last that has any (0 where there is nobody). */
  populationOf(blocks: {
    readonly fromBlock: number;
    readonly untilBlock: number;
  }): Promise<{ readonly memberCount: number; readonly untilBlock: number }>;
  /** Flags of the 1,000 ordinals of each block, in the order asked; 0 where nobody is. */
  flagsOfBlocks(blocks: readonly number[]): Promise<readonly Uint16Array[]>;
  /** Flags of members by ordinal, in the order asked; 0 where nobody is. For buckets that span many blocks. */
  flagsOf(ordinals: ArrayLike<number>): Promise<Uint16Array>;
  /** The ordinals from the first member to the last, undefined where there is nobody. */
  extent(): Promise<OrdinalRange | undefined>;
  memberCount(): Promise<number>;

  /** Members of the range that match. Slices are the caller's: about 0.05 µs an ordinal on core columns. */
  countIn(options: { readonly filter: MemberFilter; readonly range: OrdinalRange }): Promise<number>;
  /** Ordinals of the range that match, ascending; at most `limit`, from the end where `isDescending`. */
  selectOrdinals(options: {
    readonly filter: MemberFilter;
    readonly range: OrdinalRange;
    readonly limit?: number | undefined;
    readonly isDescending?: boolean | undefined;
  }): Promise<Float64Array>;

  /** Columns of members in the order of `ordinals`, each the JSON text of an array; null where nobody is any more. */
  recipients(ordinals: ArrayLike<number>, columns: readonly RecipientColumn[]): Promise<RecipientsJson>;

  hasSuppressions(): Promise<boolean>;
  /** Channels suppressed under each hash, in the order asked. */
  suppressedChannels(subjectHashes: readonly Uint8Array[]): Promise<readonly ChannelMask[]>;
  /** Adds (or takes away) channels of each subject; a subject without channels goes. */
  changeSuppressions(changes: readonly SuppressionChange[]): Promise<void>;
  /** After `afterHash`, in the order of hashes. */
  suppressions(options: {
    readonly afterHash?: Uint8Array | undefined;
    readonly limit: number;
  }): Promise<readonly Suppression[]>;

  /** What rows say against what the blocks, tags and terms hold, for one range of blocks; for the audit. */
  blockDifferences(range: {
    readonly fromBlock: number;
    readonly untilBlock: number;
  }): Promise<readonly BlockDifference[]>;
}

export interface MemberChange {
  readonly before: StoredMember;
  readonly after: MemberRow;
}

export interface ContactPointDrop {
  readonly ordinal: number;
  /** Nothing is dropped when an address changed after this instant. */
  readonly sentAt: number;
}

export type AddressQuery =
  | { readonly kind: 'email'; readonly address: string }
  | { readonly kind: 'phone'; readonly address: string }
  | { readonly kind: 'pushToken'; readonly address: string };

export interface PopulationBlock {
  readonly block: number;
  /** 125 bytes, not to be changed; bit i is ordinal block × 1,000 + i. */
  readonly members: Uint8Array;
  readonly memberCount: number;
}

export interface SuppressionChange {
  readonly subjectHash: Uint8Array;
  readonly add: ChannelMask;
  readonly remove: ChannelMask;
  readonly changedAt: EpochMs;
  readonly reason: string;
}

/** One thing that is not as the rows say. */
export interface BlockDifference {
  readonly block: number;
  readonly what: string;
}
