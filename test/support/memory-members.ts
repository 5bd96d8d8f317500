import { assert } from '../../src/core/assert.js';
import { CHANNELS, consentBit, contactBit } from '../../src/core/channels.js';
import type { MemberFilter } from '../../src/core/member-filter.js';
import type { Store } from '../../src/core/ports/store.js';
import { BLOCK_BITMAP_BYTES, BLOCK_SIZE, blockOf, offsetInBlock, writeBit } from '../../src/core/ranges.js';
import type { CampaignMembers } from '../../src/campaign/campaign-members.js';
import type { PopulationBlock } from '../../src/membership/member-repository.js';

export interface MemoryMember {
  readonly flags: number;
  readonly level: number;
}

/** Flags of a member who may be told, and can be reached, everywhere. */
export const REACHABLE = CHANNELS.reduce((flags, channel) => flags | consentBit(channel) | contactBit(channel), 0);

/** A membership small enough to read at a glance: `m<ordinal>` is the id, filters ask for a list of levels. */
export class MemoryMembers implements CampaignMembers {
  private readonly members = new Map<number, MemoryMember>();

  put(ordinal: number, member: Partial<MemoryMember> = {}): this {
    this.members.set(ordinal, { flags: REACHABLE, level: 1, ...member });
    return this;
  }

  putRange(from: number, until: number, member?: Partial<MemoryMember>): this {
    for (let ordinal = from; ordinal < until; ordinal++) this.put(ordinal, member);
    return this;
  }

  remove(ordinal: number): void {
    this.members.delete(ordinal);
  }

  get ordinals(): number[] {
    return [...this.members.keys()].sort((left, right) => left - right);
  }

  async populationBlocks({ fromBlock, limit }: { fromBlock: number; limit: number }): Promise<PopulationBlock[]> {
    const blocks = new Map<number, { block: number; memberCount: number; members: Uint8Array }>();
    for (const ordinal of this.ordinals) {
      const block = blockOf(ordinal);
      if (block < fromBlock) continue;
      const entry = blocks.get(block) ?? { block, memberCount: 0, members: new Uint8Array(BLOCK_BITMAP_BYTES) };
      entry.memberCount++;
      writeBit(entry.members, offsetInBlock(ordinal), true);
      blocks.set(block, entry);
    }
    return [...blocks.values()].slice(0, limit);
  }

  async selectOrdinals({
    filter,
    range,
  }: {
    filter: MemberFilter;
    range: { from: number; until: number };
  }): Promise<Float64Array> {
    assert(
      filter.kind === 'number' && filter.field === 'level' && filter.test.kind === 'in',
      'a list of levels is asked',
    );
    const levels = filter.test.values;
    const isMatch = (ordinal: number): boolean =>
      ordinal >= range.from && ordinal < range.until && levels.includes(this.members.get(ordinal)?.level ?? -1);
    return Float64Array.from(this.ordinals.filter(isMatch));
  }

  async flagsOfBlocks(blocks: readonly number[]): Promise<Uint16Array[]> {
    return blocks.map((block) =>
      Uint16Array.from(
        { length: BLOCK_SIZE },
        (_, offset) => this.members.get(block * BLOCK_SIZE + offset)?.flags ?? 0,
      ),
    );
  }

  async flagsOf(ordinals: ArrayLike<number>): Promise<Uint16Array> {
    return Uint16Array.from(ordinals, (ordinal) => this.members.get(ordinal)?.flags ?? 0);
  }

  async findOrdinals(memberIds: readonly string[]): Promise<(number | undefined)[]> {
    return memberIds.map((id) => {
      const ordinal = /^m\d+$/.test(id) ? Number(id.slice(1)) : -1;
      return this.members.has(ordinal) ? ordinal : undefined;
    });
  }
}

/** A store whose transactions see these members too. */
export function withMembers<Tx extends object>(
  store: Store<Tx>,
  members: CampaignMembers,
): Store<Omit<Tx, 'members'> & { readonly members: CampaignMembers }> {
  return {
    transaction: (body, options) => store.transaction((tx) => body({ ...tx, members }), options),
    read: (body) => store.read((tx) => body({ ...tx, members })),
  };
}
