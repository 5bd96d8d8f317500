import type { MemberId } from '../core/ids.js';
import type { MemberFilter } from '../core/member-filter.js';
import type { OrdinalRange } from '../core/ranges.js';

/** Who exists of 1,000 neighbouring ordinals. */
export interface PopulationBlock {
  readonly block: number;
  readonly memberCount: number;
  /** 125 bytes, a bit per ordinal. */
  readonly members: Uint8Array;
}

/** What campaigns need of the membership. */
export interface CampaignMembers {
  /** Blocks with at least one member, from `fromBlock` on, in order. */
  populationBlocks(options: {
    readonly fromBlock: number;
    readonly limit: number;
  }): Promise<readonly PopulationBlock[]>;
  /** Ordinals of the members that pass, ascending. */
  selectOrdinals(options: { readonly filter: MemberFilter; readonly range: OrdinalRange }): Promise<ArrayLike<number>>;
  /** Flags of the 1,000 ordinals of each block, in the order asked; 0 where nobody is. */
  flagsOfBlocks(blocks: readonly number[]): Promise<readonly Uint16Array[]>;
  /** In the order asked; undefined where nobody has the id. */
  findOrdinals(memberIds: readonly MemberId[]): Promise<readonly (number | undefined)[]>;
}
