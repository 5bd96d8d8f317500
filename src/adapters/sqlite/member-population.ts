import type Database from 'better-sqlite3';
import {
  BLOCK_BITMAP_BYTES,
  BLOCK_SIZE,
  blockOf,
  offsetInBlock,
  writeBit,
  type OrdinalRange,
} from '../../core/ranges.js';
import type { PopulationBlock } from '../../membership/member-repository.js';

/** Flags of a member after a write; 0 when there is nobody (any more). */
export interface FlagWrite {
  readonly ordinal: number;
  readonly flags: number;
}

const FLAG_BYTES = 2;
const FLAGS_BYTES = BLOCK_SIZE * FLAG_BYTES;

/**
 * Who exists and everybody's flags, packed by block of 1,000 ordinals. An existing member's flags are never 0 (the
 * inbox can always be reached), so the bitmap follows from the flags. About 10 µs a block that is touched.
 */
export class MemberPopulation {
  private readonly selectFlags: Database.Statement<[number], Uint8Array>;
  private readonly saveBlock: Database.Statement<[number, number, Uint8Array]>;
  private readonly saveFlags: Database.Statement<[number, Uint8Array]>;
  private readonly deleteBlock: Database.Statement<[number]>;
  private readonly deleteFlags: Database.Statement<[number]>;
  private readonly selectBlocks: Database.Statement<[number, number], RawBlock>;
  private readonly selectEnds: Database.Statement<[], [first: number | null, last: number | null]>;
  private readonly selectCount: Database.Statement<[], number>;

  constructor(database: Database.Database) {
    this.selectFlags = database
      .prepare<[number], Uint8Array>('SELECT flags FROM population_flags WHERE block = ?')
      .pluck();
    this.saveBlock = database.prepare(
      `INSERT INTO population_block (block, member_count, exists_bits) VALUES (?, ?, ?)
       ON CONFLICT DO UPDATE SET member_count = excluded.member_count, exists_bits = excluded.exists_bits`,
    );
    this.saveFlags = database.prepare(
      'INSERT INTO population_flags (block, flags) VALUES (?, ?) ON CONFLICT DO UPDATE SET flags = excluded.flags',
    );
    this.deleteBlock = database.prepare('DELETE FROM population_block WHERE block = ?');
    this.deleteFlags = database.prepare('DELETE FROM population_flags WHERE block = ?');
    this.selectBlocks = database
      .prepare<[number, number], RawBlock>(
        `SELECT block, member_count, CASE WHEN member_count < 1000 THEN exists_bits END
         FROM population_block WHERE block >= ? ORDER BY block LIMIT ?`,
      )
      .raw();
    this.selectEnds = database
      .prepare<[], [number | null, number | null]>(
        `SELECT (SELECT ordinal FROM member_core ORDER BY ordinal LIMIT 1),
                (SELECT ordinal FROM member_core ORDER BY ordinal DESC LIMIT 1)`,
      )
      .raw();
    this.selectCount = database
      .prepare<[], number>('SELECT coalesce(sum(member_count), 0) FROM population_block')
      .pluck();
  }

  /** Writes flags of members, block by block; `writes` may come in any order. */
  write(writes: readonly FlagWrite[]): void {
    const byBlock = new Map<number, FlagWrite[]>();
    for (const write of writes) {
      const block = blockOf(write.ordinal);
      const others = byBlock.get(block);
      if (others === undefined) byBlock.set(block, [write]);
      else others.push(write);
    }
    for (const [block, blockWrites] of byBlock) this.writeBlock(block, blockWrites);
  }

  flagsOfBlock(block: number): Uint16Array {
    return toFlags(this.selectFlags.get(block));
  }

  blocks(fromBlock: number, limit: number): readonly PopulationBlock[] {
    return this.selectBlocks
      .all(fromBlock, limit)
      .map(([block, memberCount, members]) => ({ block, memberCount, members: members ?? FULL_BLOCK }));
  }

  extent(): OrdinalRange | undefined {
    const [first, last] = this.selectEnds.get() ?? [null, null];
    return first === null || last === null ? undefined : { from: first, until: last + 1 };
  }

  count(): number {
    return this.selectCount.get() ?? 0;
  }

  private writeBlock(block: number, writes: readonly FlagWrite[]): void {
    const flags = this.flagsOfBlock(block);
    for (const write of writes) flags[offsetInBlock(write.ordinal)] = write.flags;
    const { memberCount, existsBits } = packExistence(flags);
    if (memberCount === 0) {
      this.deleteBlock.run(block);
      this.deleteFlags.run(block);
      return;
    }
    this.saveBlock.run(block, memberCount, existsBits);
    this.saveFlags.run(block, fromFlags(flags));
  }
}

/** Without the bits of a full block: to make 10,000 buffers takes longer than to read the rows. */
type RawBlock = [block: number, memberCount: number, existsBits: Uint8Array | null];
const FULL_BLOCK: Uint8Array = new Uint8Array(BLOCK_BITMAP_BYTES).fill(255);

/** The bitmap and the count that flags imply. */
export function packExistence(flags: Uint16Array): { readonly memberCount: number; readonly existsBits: Uint8Array } {
  const existsBits = new Uint8Array(BLOCK_BITMAP_BYTES);
  let memberCount = 0;
  for (let offset = 0; offset < flags.length; offset++) {
    if (flags[offset] === 0) continue;
    writeBit(existsBits, offset, true);
    memberCount += 1;
  }
  return { memberCount, existsBits };
}

/** A view over the blob where its bytes lie right, a copy elsewhere; all 0 where there is no row. */
function toFlags(blob: Uint8Array | undefined): Uint16Array {
  if (blob === undefined) return new Uint16Array(BLOCK_SIZE);
  if (blob.byteOffset % FLAG_BYTES === 0 && IS_LITTLE_ENDIAN)
    return new Uint16Array(blob.buffer, blob.byteOffset, BLOCK_SIZE);
  const view = new DataView(blob.buffer, blob.byteOffset, FLAGS_BYTES);
  return Uint16Array.from({ length: BLOCK_SIZE }, (_, offset) => view.getUint16(offset * FLAG_BYTES, true));
}

function fromFlags(flags: Uint16Array): Uint8Array {
  if (IS_LITTLE_ENDIAN) return new Uint8Array(flags.buffer, flags.byteOffset, FLAGS_BYTES);
  const bytes = new Uint8Array(FLAGS_BYTES);
  const view = new DataView(bytes.buffer);
  flags.forEach((value, offset) => view.setUint16(offset * FLAG_BYTES, value, true));
  return bytes;
}

const IS_LITTLE_ENDIAN = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;
