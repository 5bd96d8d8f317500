/**
 * Flags of a block's 1,000 members as they are stored: little-endian 16-bit numbers, 0 where nobody is. An existing
 * member's flags are never 0 (the inbox can always be reached), so who exists follows from them.
 */
import { BLOCK_BITMAP_BYTES, BLOCK_SIZE, blockOf, writeBit } from '../../core/ranges.js';

/** Flags of a member after a write; 0 when there is nobody (any more). */
export interface FlagWrite {
  readonly ordinal: number;
  readonly flags: number;
}

const FLAG_BYTES = 2;
export const FLAGS_BYTES = BLOCK_SIZE * FLAG_BYTES;

/** Writes of the same block together; they may come in any order. */
export function writesByBlock(writes: readonly FlagWrite[]): ReadonlyMap<number, readonly FlagWrite[]> {
  const byBlock = new Map<number, FlagWrite[]>();
  for (const write of writes) {
    const block = blockOf(write.ordinal);
    const others = byBlock.get(block);
    if (others === undefined) byBlock.set(block, [write]);
    else others.push(write);
  }
  return byBlock;
}

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
export function toFlags(blob: Uint8Array | undefined): Uint16Array {
  if (blob === undefined) return new Uint16Array(BLOCK_SIZE);
  if (blob.byteOffset % FLAG_BYTES === 0 && IS_LITTLE_ENDIAN)
    return new Uint16Array(blob.buffer, blob.byteOffset, BLOCK_SIZE);
  const view = new DataView(blob.buffer, blob.byteOffset, FLAGS_BYTES);
  return Uint16Array.from({ length: BLOCK_SIZE }, (_, offset) => view.getUint16(offset * FLAG_BYTES, true));
}

/** The flags as a blob, a view where bytes lie right. */
export function fromFlags(flags: Uint16Array): Uint8Array {
  if (IS_LITTLE_ENDIAN) return new Uint8Array(flags.buffer, flags.byteOffset, FLAGS_BYTES);
  const bytes = new Uint8Array(FLAGS_BYTES);
  const view = new DataView(bytes.buffer);
  flags.forEach((value, offset) => view.setUint16(offset * FLAG_BYTES, value, true));
  return bytes;
}

const IS_LITTLE_ENDIAN = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;
