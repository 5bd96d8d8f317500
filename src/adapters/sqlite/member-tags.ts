import type Database from 'better-sqlite3';
import { blockOf, type OrdinalRange } from '../../core/ranges.js';
import { changedBlock, maskOfBlocks, parseTags, type BlockChange, type TagChanges } from '../stored/tag-blocks.js';
import { TERM_KIND } from '../stored/term-kinds.js';
import type { MemberTerms } from './member-terms.js';

/** Who carries which tag, by tag and block; see tag-blocks.ts. */
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

  write(changes: TagChanges): void {
    for (const [tag, byBlock] of changes) {
      const tagId = this.terms.idOf(TERM_KIND.tag, tag);
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
    return maskOfBlocks(this.blocksOf(tags, range), range);
  }

  private *blocksOf(tags: readonly string[], range: OrdinalRange): Generator<[block: number, members: Uint8Array]> {
    for (const tag of tags) {
      const tagId = this.terms.find(TERM_KIND.tag, tag);
      if (tagId === undefined) continue;
      yield* this.selectRange.iterate(tagId, blockOf(range.from), blockOf(range.until - 1) + 1);
    }
  }

  private writeBlock(tagId: number, block: number, change: BlockChange): void {
    const packed = changedBlock(this.select.get(tagId, block), change);
    if (packed.length === 0) this.deleteRow.run(tagId, block);
    else this.save.run(tagId, block, packed);
  }
}
