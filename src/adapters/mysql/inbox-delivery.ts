/**
 * Delivering to inboxes by many at once. A block of 1,000 ordinals keeps a campaign in one of two forms:
 *
 *   rows    one per member, while fewer than 16 of the block have it; the block's row is there with an empty `delivered`
 *   bitmap  from 16 on; later deliveries to the same block turn rows into a bitmap, never back
 *
 * The block's row is the lock of both: it is made, or met, before anything of the block is read, blocks ascending. Full
 * blocks that nobody has delivered to are one insert for all of them. O(ordinals).
 */
import { assert } from '../../core/assert.js';
import type { CampaignId } from '../../core/ids.js';
import { BLOCK_BITMAP_BYTES, BLOCK_SIZE, blockOf, testBit, writeBit } from '../../core/ranges.js';
import type { MysqlSession, StatementOptions } from './session.js';

/** Members of a campaign in a block from which a bitmap is less than rows. */
export const BITMAP_FROM_MEMBERS = 16;

const IN_TEXT: StatementOptions = { isText: true };
const ROWS_PER_INSERT = 500;

const LOCK_BLOCKS = `
  INSERT INTO inbox_block (block, campaign_id) VALUES ? ON DUPLICATE KEY UPDATE block = VALUES(block)`;
const BLOCKS = 'SELECT block, delivered FROM inbox_block WHERE campaign_id = ? AND block IN (?)';
const SAVE_BITMAPS = `
  INSERT INTO inbox_block (block, campaign_id, delivered, read_marks) VALUES ?
  ON DUPLICATE KEY UPDATE delivered = VALUES(delivered), read_marks = COALESCE(read_marks, VALUES(read_marks))`;
const ROWS = `
  SELECT ordinal, is_read FROM inbox_row WHERE ordinal >= ? AND ordinal < ? AND campaign_id = ? ORDER BY ordinal`;
const INSERT_ROWS = `
  INSERT INTO inbox_row (ordinal, campaign_id) VALUES ? ON DUPLICATE KEY UPDATE ordinal = VALUES(ordinal)`;
const DELETE_ROWS = 'DELETE FROM inbox_row WHERE ordinal >= ? AND ordinal < ? AND campaign_id = ?';

interface BlockRow {
  readonly block: number;
  readonly delivered: Buffer | null;
}

interface MemberRow {
  readonly ordinal: number;
  readonly is_read: number;
}

/** What a delivery adds to one block. */
interface BlockPart {
  readonly block: number;
  readonly ordinals: readonly number[];
  readonly bitmap: Uint8Array;
}

export async function deliver(
  session: MysqlSession,
  campaignId: CampaignId,
  ordinals: ArrayLike<number>,
): Promise<void> {
  const parts = partsOf(ordinals);
  for (let first = 0; first < parts.length; first += ROWS_PER_INSERT) {
    await deliverParts(session, campaignId, parts.slice(first, first + ROWS_PER_INSERT));
  }
}

async function deliverParts(session: MysqlSession, campaignId: CampaignId, parts: readonly BlockPart[]): Promise<void> {
  const blocks = parts.map(({ block }) => block);
  await session.execute(LOCK_BLOCKS, [blocks.map((block) => [block, campaignId])], IN_TEXT);
  const held = await session.selectRows<BlockRow>(BLOCKS, [campaignId, blocks], IN_TEXT);
  const deliveredOf = new Map(held.map(({ block, delivered }) => [block, delivered]));
  const besideOf = await rowsOf(session, campaignId, blocks);
  const bitmaps: (readonly [number, number, Uint8Array, Uint8Array | null])[] = [];
  const rows: (readonly [number, number])[] = [];
  for (const part of parts) {
    const delivered = deliveredOf.get(part.block) ?? null;
    if (delivered !== null) {
      bitmaps.push([part.block, campaignId, union(part.bitmap, delivered), null]);
      continue;
    }
    const beside = besideOf(part.block);
    const bitmap = withRows(part, beside);
    if (countOf(part, beside) < BITMAP_FROM_MEMBERS) {
      rows.push(...part.ordinals.map((ordinal) => [ordinal, campaignId] as const));
      continue;
    }
    if (beside.length > 0) await session.execute(DELETE_ROWS, [...rangeOf(part.block), campaignId]);
    bitmaps.push([part.block, campaignId, bitmap, readMarks(part.block, beside)]);
  }
  if (bitmaps.length > 0) await session.execute(SAVE_BITMAPS, [bitmaps], IN_TEXT);
  if (rows.length > 0) await session.execute(INSERT_ROWS, [rows], IN_TEXT);
}

/** The members whom blocks keep in rows; one scan over the range of all of them, where it is short. */
async function rowsOf(
  session: MysqlSession,
  campaignId: CampaignId,
  blocks: readonly number[],
): Promise<(block: number) => readonly MemberRow[]> {
  const byBlock = new Map<number, MemberRow[]>();
  const [first = 0, last = first] = [blocks[0], blocks.at(-1)];
  const isShort = last - first < blocks.length * 2;
  const ranges = isShort ? [[first, last + 1] as const] : blocks.map((block) => [block, block + 1] as const);
  for (const [from, until] of ranges) {
    const values = [from * BLOCK_SIZE, until * BLOCK_SIZE, campaignId];
    for (const row of await session.selectRows<MemberRow>(ROWS, values)) {
      const block = blockOf(row.ordinal);
      byBlock.set(block, [...(byBlock.get(block) ?? []), row]);
    }
  }
  return (block) => byBlock.get(block) ?? [];
}

/** Ordinals ascend. */
function partsOf(ordinals: ArrayLike<number>): BlockPart[] {
  const parts: { block: number; ordinals: number[]; bitmap: Uint8Array }[] = [];
  for (let index = 0; index < ordinals.length; index++) {
    const ordinal = ordinals[index];
    assert(ordinal !== undefined, `no ordinal at position ${index}`);
    const block = blockOf(ordinal);
    let part = parts.at(-1);
    if (part?.block !== block) {
      part = { block, ordinals: [], bitmap: new Uint8Array(BLOCK_BITMAP_BYTES) };
      parts.push(part);
    }
    part.ordinals.push(ordinal);
    writeBit(part.bitmap, ordinal - block * BLOCK_SIZE, true);
  }
  return parts;
}

const rangeOf = (block: number): readonly [number, number] => [block * BLOCK_SIZE, (block + 1) * BLOCK_SIZE];

const union = (left: Uint8Array, right: Uint8Array): Uint8Array =>
  left.map((byte, index) => byte | (right[index] ?? 0));

function withRows(part: BlockPart, rows: readonly MemberRow[]): Uint8Array {
  const bitmap = Uint8Array.from(part.bitmap);
  for (const { ordinal } of rows) writeBit(bitmap, ordinal - part.block * BLOCK_SIZE, true);
  return bitmap;
}

/** Members that have it afterwards. */
const countOf = (part: BlockPart, rows: readonly MemberRow[]): number =>
  part.ordinals.length + rows.filter(({ ordinal }) => !testBit(part.bitmap, ordinal - part.block * BLOCK_SIZE)).length;

/** Null where nobody has read it yet. */
function readMarks(block: number, rows: readonly MemberRow[]): Uint8Array | null {
  const read = rows.filter(({ is_read: isRead }) => isRead === 1);
  if (read.length === 0) return null;
  const marks = new Uint8Array(BLOCK_BITMAP_BYTES);
  for (const { ordinal } of read) writeBit(marks, ordinal - block * BLOCK_SIZE, true);
  return marks;
}
