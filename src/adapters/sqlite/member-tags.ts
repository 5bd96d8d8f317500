import type Database from 'better-sqlite3';
import {
  BLOCK_BITMAP_BYTES,
  BLOCK_SIZE,
  blockOf,
  offsetInBlock,
  testBit,
  writeBit,
  type OrdinalRange,
} from '../../core/ranges.js';
import { TERM_KIND, type MemberTerms } from './member-terms.js';

/** By tag and block, the offsets whose bit changes. Collected over a batch in which each member comes once, then written. */
export type TagChanges = Map<number, Map<number, BlockChange>>;

interface BlockChange {
  readonly added: number[];
  readonly taken: number[];
}

/** Members below which a block's offsets are shorter than its bitmap; a list is never 125 bytes long. */
const MAX_LISTED = 61;

/**
 * Who carries which tag, packed by tag and block: a filter on tags reads 50 short rows for 50,000 ordinals instead of
 * a row per member and tag, and a bulk load writes next to nothing.
 */
export class MemberTags {
  private readonly select: Database.Statement<[number, number], Uint8Array>;
  private readonly selectRange: Database.Statement<[number, number, number], [block: number, members: Uint8Array]>;
  private readonly selectAny: Database.Statement<[number], number>;
  private readonly save: Database.Statement<[number, number, Uint8Array]>;
  private readonly deleteRow: Database.Statement<[number, number]>;

  constructor(
    database: Database.Database,
    private readonly terms: MemberTerms,
  ) {
    this.select = database
      .prepare<[number, number], Uint8Array>('SELECT members FROM member_tag_block WHERE tag_id = ? AND block = ?')
      .pluck();
    this.selectRange = database
      .prepare<[number, number, number], [number, Uint8Array]>(
        'SELECT block, members FROM member_tag_block WHERE tag_id = ? AND block >= ? AND block < ?',
      )
      .raw();
    this.selectAny = database
      .prepare<[number], number>('SELECT 1 FROM member_tag_block WHERE tag_id = ? LIMIT 1')
      .pluck();
    this.save = database.prepare(
      `INSERT INTO member_tag_block (tag_id, block, members) VALUES (?, ?, ?)
       ON CONFLICT DO UPDATE SET members = excluded.members`,
    );
    this.deleteRow = database.prepare('DELETE FROM member_tag_block WHERE tag_id = ? AND block = ?');
  }

  /** Notes that a member's tags change from one JSON text to another. */
  note(changes: TagChanges, { ordinal, before, after }: TagsOfMember): void {
    if (before === after) return;
    const had = parseTags(before);
    const has = parseTags(after);
    const [block, offset] = [blockOf(ordinal), offsetInBlock(ordinal)];
    for (const tag of had) if (!has.includes(tag)) blockChange(this.ofTag(changes, tag), block).taken.push(offset);
    for (const tag of has) if (!had.includes(tag)) blockChange(this.ofTag(changes, tag), block).added.push(offset);
  }

  /** Notes the tags of new members with neighbouring ordinals. */
  noteAdded(changes: TagChanges, firstOrdinal: number, tagsTexts: readonly string[]): void {
    const ordinalsByText = new Map<string, number[]>();
    tagsTexts.forEach((text, index) => getOrAdd(ordinalsByText, text, () => []).push(firstOrdinal + index));
    for (const [text, ordinals] of ordinalsByText) {
      for (const tag of parseTags(text)) {
        const byBlock = this.ofTag(changes, tag);
        for (const ordinal of ordinals) blockChange(byBlock, blockOf(ordinal)).added.push(offsetInBlock(ordinal));
      }
    }
  }

  write(changes: TagChanges): void {
    for (const [tagId, byBlock] of changes) {
      for (const [block, change] of byBlock) this.writeBlock(tagId, block, change);
    }
  }

  /** After an erasure: a tag that nobody carries any more is forgotten, as it may have named the person. */
  forgetUnused(tagsTexts: readonly string[]): void {
    for (const tag of new Set(tagsTexts.flatMap(parseTags))) {
      const tagId = this.terms.find(TERM_KIND.tag, tag);
      if (tagId !== undefined && this.selectAny.get(tagId) === undefined) this.terms.remove(tagId);
    }
  }

  /** One byte per ordinal of the range, 1 where the member carries one of the tags; undefined where nobody does. */
  mask(tags: readonly string[], range: OrdinalRange): Uint8Array | undefined {
    let mask: Uint8Array | undefined;
    for (const tag of tags) {
      const tagId = this.terms.find(TERM_KIND.tag, tag);
      if (tagId === undefined) continue;
      for (const [block, members] of this.selectRange.iterate(
        tagId,
        blockOf(range.from),
        blockOf(range.until - 1) + 1,
      )) {
        mask ??= new Uint8Array(range.until - range.from);
        forEachOffset(members, (offset) => {
          const index = block * BLOCK_SIZE + offset - range.from;
          if (index >= 0 && index < range.until - range.from && mask !== undefined) mask[index] = 1;
        });
      }
    }
    return mask;
  }

  private ofTag(changes: TagChanges, tag: string): Map<number, BlockChange> {
    return getOrAdd(changes, this.terms.idOf(TERM_KIND.tag, tag), () => new Map<number, BlockChange>());
  }

  private writeBlock(tagId: number, block: number, { added, taken }: BlockChange): void {
    const bitmap = new Uint8Array(BLOCK_BITMAP_BYTES);
    const known = this.select.get(tagId, block);
    if (known !== undefined) forEachOffset(known, (offset) => writeBit(bitmap, offset, true));
    for (const offset of taken) writeBit(bitmap, offset, false);
    for (const offset of added) writeBit(bitmap, offset, true);
    const packed = packOffsets(bitmap);
    if (packed.length === 0) this.deleteRow.run(tagId, block);
    else this.save.run(tagId, block, packed);
  }
}

const blockChange = (byBlock: Map<number, BlockChange>, block: number): BlockChange =>
  getOrAdd(byBlock, block, () => ({ added: [], taken: [] }));

/** A member's tags as JSON texts, before and after a write. */
export interface TagsOfMember {
  readonly ordinal: number;
  readonly before: string;
  readonly after: string;
}

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

/** Tags of members repeat: the texts that were seen are remembered, bounded. */
function parseTags(text: string): readonly string[] {
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
