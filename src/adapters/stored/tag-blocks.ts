/**
 * Who carries which tag, packed by tag and block: a filter on tags reads 50 short rows for 50,000 ordinals instead of
 * a row per member and tag, and a bulk load writes next to nothing.
 */
import {
  BLOCK_BITMAP_BYTES,
  BLOCK_SIZE,
  blockOf,
  offsetInBlock,
  rangeLength,
  testBit,
  writeBit,
  type OrdinalRange,
} from '../../core/ranges.js';

/** By tag and block, the offsets whose bit changes. Collected over a batch in which each member comes once. */
export type TagChanges = Map<string, Map<number, BlockChange>>;

export interface BlockChange {
  readonly added: number[];
  readonly taken: number[];
}

/** A member's tags as JSON texts, before and after a write. */
export interface TagsOfMember {
  readonly ordinal: number;
  readonly before: string;
  readonly after: string;
}

/** Members below which a block's offsets are shorter than its bitmap; a list is never 125 bytes long. */
const MAX_LISTED = 61;

/** Notes that a member's tags change from one JSON text to another. */
export function noteTags(changes: TagChanges, { ordinal, before, after }: TagsOfMember): void {
  if (before === after) return;
  const had = parseTags(before);
  const has = parseTags(after);
  const [block, offset] = [blockOf(ordinal), offsetInBlock(ordinal)];
  for (const tag of had) if (!has.includes(tag)) blockChange(ofTag(changes, tag), block).taken.push(offset);
  for (const tag of has) if (!had.includes(tag)) blockChange(ofTag(changes, tag), block).added.push(offset);
}

/** Notes the tags of new members with neighbouring ordinals. */
export function noteAddedTags(changes: TagChanges, firstOrdinal: number, tagsTexts: readonly string[]): void {
  const ordinalsByText = new Map<string, number[]>();
  tagsTexts.forEach((text, index) => getOrAdd(ordinalsByText, text, () => []).push(firstOrdinal + index));
  for (const [text, ordinals] of ordinalsByText) {
    for (const tag of parseTags(text)) {
      const byBlock = ofTag(changes, tag);
      for (const ordinal of ordinals) blockChange(byBlock, blockOf(ordinal)).added.push(offsetInBlock(ordinal));
    }
  }
}

/** A block's packed members after a change; empty where nobody carries the tag any more. */
export function changedBlock(known: Uint8Array | undefined, { added, taken }: BlockChange): Uint8Array {
  const bitmap = new Uint8Array(BLOCK_BITMAP_BYTES);
  if (known !== undefined) forEachOffset(known, (offset) => writeBit(bitmap, offset, true));
  for (const offset of taken) writeBit(bitmap, offset, false);
  for (const offset of added) writeBit(bitmap, offset, true);
  return packOffsets(bitmap);
}

/** One byte per ordinal of the range, 1 where a member of these blocks is; undefined where there is none. */
export function maskOfBlocks(
  blocks: Iterable<readonly [block: number, members: Uint8Array]>,
  range: OrdinalRange,
): Uint8Array | undefined {
  let mask: Uint8Array | undefined;
  const length = rangeLength(range);
  for (const [block, members] of blocks) {
    const known = (mask ??= new Uint8Array(length));
    forEachOffset(members, (offset) => {
      const index = block * BLOCK_SIZE + offset - range.from;
      if (index >= 0 && index < length) known[index] = 1;
    });
  }
  return mask;
}

const ofTag = (changes: TagChanges, tag: string): Map<number, BlockChange> =>
  getOrAdd(changes, tag, () => new Map<number, BlockChange>());

const blockChange = (byBlock: Map<number, BlockChange>, block: number): BlockChange =>
  getOrAdd(byBlock, block, () => ({ added: [], taken: [] }));

/** The shorter of the two forms: the bitmap itself, or the offsets of its bits as little-endian 16-bit numbers. */
export function packOffsets(bitmap: Uint8Array): Uint8Array {
  const offsets: number[] = [];
  forEachOffset(bitmap, (offset) => offsets.push(offset));
  if (offsets.length > MAX_LISTED) return bitmap;
  const list = new Uint8Array(offsets.length * 2);
  offsets.forEach((offset, index) => {
    list[index * 2] = offset & 255;
    list[index * 2 + 1] = offset >> 8;
  });
  return list;
}

export function forEachOffset(packed: Uint8Array, visit: (offset: number) => void): void {
  if (packed.length === BLOCK_BITMAP_BYTES) {
    for (let offset = 0; offset < BLOCK_SIZE; offset++) {
      if (packed[offset >>> 3] === 0) offset |= 7;
      else if (testBit(packed, offset)) visit(offset);
    }
    return;
  }
  for (let index = 0; index < packed.length; index += 2) visit((packed[index] ?? 0) | ((packed[index + 1] ?? 0) << 8));
}

const parsedTags = new Map<string, readonly string[]>();
const MAX_PARSED = 10_000;

/** The tags of a JSON text. Texts repeat from member to member: those that were seen are remembered, bounded. */
export function parseTags(text: string): readonly string[] {
  let tags = parsedTags.get(text);
  if (tags === undefined) {
    tags = JSON.parse(text) as readonly string[]; // written by tagsText only
    if (parsedTags.size >= MAX_PARSED) parsedTags.clear();
    parsedTags.set(text, tags);
  }
  return tags;
}

function getOrAdd<Key, Value>(map: Map<Key, Value>, key: Key, make: () => Value): Value {
  let value = map.get(key);
  if (value === undefined) {
    value = make();
    map.set(key, value);
  }
  return value;
}
