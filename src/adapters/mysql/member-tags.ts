import { blockOf, type OrdinalRange } from '../../core/ranges.js';
import { changedBlock, maskOfBlocks, type TagChanges } from '../stored/tag-blocks.js';
import { TERM_KIND } from '../stored/term-kinds.js';
import { keySlices, rowSlices } from './bounded-lists.js';
import type { TermNumbers } from './member-terms.js';
import type { MysqlSession } from './session.js';

const KNOWN = 'SELECT tag_id, block, members FROM member_tag_block WHERE tag_id IN (?) AND block IN (?)';
const SAVE = `INSERT INTO member_tag_block (tag_id, block, members) VALUES ?
   ON DUPLICATE KEY UPDATE members = VALUES(members)`;
const REMOVE = 'DELETE FROM member_tag_block WHERE tag_id = ? AND block IN (?)';
const IN_RANGE = `SELECT t.term, b.block, b.members FROM member_term AS t JOIN member_tag_block AS b ON b.tag_id = t.term_id
   WHERE t.kind = ${TERM_KIND.tag} AND t.term IN (?) AND b.block >= ? AND b.block < ?`;

const ROW_BYTES = 300;

/** Who carries which tag, by tag and block; see tag-blocks.ts. */
export class MemberTags {
  constructor(private readonly session: MysqlSession) {}

  /** Writes changes in blocks that are held, of words that are entered. */
  async write(changes: TagChanges, numbers: TermNumbers): Promise<void> {
    if (changes.size === 0) return;
    const byTag = [...changes].map(([tag, byBlock]) => ({ tagId: numbers.idOf(TERM_KIND.tag, tag), byBlock }));
    const known = await this.known(
      byTag.map(({ tagId }) => tagId),
      new Set(byTag.flatMap(({ byBlock }) => [...byBlock.keys()])),
    );
    const saved: [tagId: number, block: number, members: Uint8Array][] = [];
    for (const { tagId, byBlock } of byTag) {
      const empty: number[] = [];
      for (const [block, change] of byBlock) {
        const members = changedBlock(known.get(`${tagId}:${block}`), change);
        if (members.length > 0) saved.push([tagId, block, members]);
        else empty.push(block);
      }
      for (const slice of keySlices(empty)) await this.session.execute(REMOVE, [tagId, slice], { isText: true });
    }
    for (const slice of rowSlices(saved, () => ROW_BYTES)) await this.session.execute(SAVE, [slice], { isText: true });
  }

  /**
   * For each of the tags, one byte per ordinal of the range, 1 where the member carries it; undefined where nobody does.
   */
  async masks(
    tagLists: readonly (readonly string[])[],
    range: OrdinalRange,
  ): Promise<(tags: readonly string[]) => Uint8Array | undefined> {
    const blocks = new Map<string, [block: number, members: Uint8Array][]>();
    for (const slice of keySlices([...new Set(tagLists.flat())])) {
      const rows = await this.session.selectArrays<[tag: string, block: number, members: Uint8Array]>(
        IN_RANGE,
        [slice, blockOf(range.from), blockOf(range.until - 1) + 1],
        { isText: true },
      );
      for (const [tag, block, members] of rows) {
        const others = blocks.get(tag);
        if (others === undefined) blocks.set(tag, [[block, members]]);
        else others.push([block, members]);
      }
    }
    const masks = new Map<string, Uint8Array | undefined>();
    return (tags) => {
      const key = JSON.stringify(tags);
      if (!masks.has(key)) {
        masks.set(
          key,
          maskOfBlocks(
            [...new Set(tags)].flatMap((tag) => blocks.get(tag) ?? []),
            range,
          ),
        );
      }
      return masks.get(key);
    };
  }

  private async known(
    tagIds: readonly number[],
    blocks: ReadonlySet<number>,
  ): Promise<ReadonlyMap<string, Uint8Array>> {
    const known = new Map<string, Uint8Array>();
    for (const slice of keySlices([...blocks])) {
      for (const tags of keySlices(tagIds, 50)) {
        const rows = await this.session.selectArrays<[tagId: number, block: number, members: Uint8Array]>(
          KNOWN,
          [tags, slice],
          { isText: true },
        );
        for (const [tagId, block, members] of rows) known.set(`${tagId}:${block}`, members);
      }
    }
    return known;
  }
}
