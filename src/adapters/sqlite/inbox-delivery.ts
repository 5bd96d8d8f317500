/**
 * Delivering to inboxes. A block of 1,000 ordinals keeps a campaign in one of two forms:
 *
 *   rows    one per member, while fewer than 16 of the block have it
 *   bitmap  from 16 on; later deliveries to the same block turn rows into a bitmap, never back
 *
 * Which blocks are in rows stands in `inbox_row_blocks`, one bit each, so that a delivery finds the form by one look-up
 * per 1,000 blocks. A delivery that fills a block is one upsert that reads nothing. O(ordinals).
 */
import type Database from 'better-sqlite3';
import { assert } from '../../core/assert.js';
import type { CampaignId } from '../../core/ids.js';
import { BLOCK_BITMAP_BYTES, BLOCK_SIZE, blockOf, setBits, testBit, writeBit } from '../../core/ranges.js';

/** Members of a campaign in a block from which a bitmap is less than rows. */
export const BITMAP_FROM_MEMBERS = 16;

/** Blocks of one row of `inbox_row_blocks`. */
export const SEGMENT_BLOCKS = 1_000;

const FULL_BLOCK = new Uint8Array(BLOCK_BITMAP_BYTES).fill(255);

/** The members of one block within a delivery: `ordinals[first]` to `ordinals[end - 1]`. */
interface BlockPart {
  readonly campaignId: CampaignId;
  readonly block: number;
  readonly ordinals: ArrayLike<number>;
  readonly first: number;
  readonly end: number;
}

export type Deliver = (campaignId: CampaignId, ordinals: ArrayLike<number>) => void;

export function prepareDelivery(database: Database.Database): Deliver {
  const statements = prepareStatements(database);
  return (campaignId, ordinals) => {
    const rowBlocks = new RowBlocks(statements, campaignId);
    for (let first = 0; first < ordinals.length;) {
      const block = blockOf(at(ordinals, first));
      const end = endOfBlock(ordinals, first, block);
      deliverToBlock(statements, rowBlocks, { campaignId, block, ordinals, first, end });
      first = end;
    }
    rowBlocks.save();
  };
}

type Statements = ReturnType<typeof prepareStatements>;

function prepareStatements(database: Database.Database) {
  return {
    /** The bitmap holds everyone who had it before, so that replacing is adding. */
    upsertBitmap: database.prepare<[number, number, Uint8Array]>(
      `INSERT INTO inbox_block (block, campaign_id, delivered) VALUES (?, ?, ?)
       ON CONFLICT DO UPDATE SET delivered = excluded.delivered`,
    ),
    insertBitmapWithMarks: database.prepare<[number, number, Uint8Array, Uint8Array | null]>(
      'INSERT INTO inbox_block (block, campaign_id, delivered, read_marks) VALUES (?, ?, ?, ?)',
    ),
    bitmap: database
      .prepare<[number, number], Buffer>('SELECT delivered FROM inbox_block WHERE block = ? AND campaign_id = ?')
      .pluck(),
    insertRow: database.prepare<[number, number]>(
      'INSERT INTO inbox_row (ordinal, campaign_id) VALUES (?, ?) ON CONFLICT DO NOTHING',
    ),
    rows: database.prepare<[number, number, number], { readonly ordinal: number; readonly is_read: number }>(
      'SELECT ordinal, is_read FROM inbox_row WHERE ordinal >= ? AND ordinal < ? AND campaign_id = ? ORDER BY ordinal',
    ),
    deleteRow: database.prepare<[number, number]>('DELETE FROM inbox_row WHERE ordinal = ? AND campaign_id = ?'),
    rowBlocks: database
      .prepare<[number, number], Buffer>('SELECT blocks FROM inbox_row_blocks WHERE segment = ? AND campaign_id = ?')
      .pluck(),
    saveRowBlocks: database.prepare<[number, number, Uint8Array]>(
      `INSERT INTO inbox_row_blocks (segment, campaign_id, blocks) VALUES (?, ?, ?)
       ON CONFLICT DO UPDATE SET blocks = excluded.blocks`,
    ),
  };
}

/** One past the last ordinal of the block. Ordinals ascend, so a full block is seen by its ends alone. */
function endOfBlock(ordinals: ArrayLike<number>, first: number, block: number): number {
  const until = (block + 1) * BLOCK_SIZE;
  if (at(ordinals, ordinals.length - 1) < until) return ordinals.length;
  if (first + BLOCK_SIZE <= ordinals.length && at(ordinals, first + BLOCK_SIZE - 1) === until - 1) {
    return first + BLOCK_SIZE;
  }
  let end = first + 1;
  while (at(ordinals, end) < until) end++;
  return end;
}

function deliverToBlock(statements: Statements, rowBlocks: RowBlocks, part: BlockPart): void {
  if (rowBlocks.has(part.block)) {
    deliverBesideRows(statements, rowBlocks, part);
  } else if (part.end - part.first === BLOCK_SIZE) {
    statements.upsertBitmap.run(part.block, part.campaignId, FULL_BLOCK);
  } else {
    deliverToOpenBlock(statements, rowBlocks, part);
  }
}

/** A block that has a bitmap of the campaign, or nothing of it. */
function deliverToOpenBlock(statements: Statements, rowBlocks: RowBlocks, part: BlockPart): void {
  const delivered = statements.bitmap.get(part.block, part.campaignId);
  if (delivered === undefined && part.end - part.first < BITMAP_FROM_MEMBERS) {
    insertRows(statements, part);
    rowBlocks.set(part.block, true);
    return;
  }
  const bitmap = delivered ?? new Uint8Array(BLOCK_BITMAP_BYTES);
  addMembers(bitmap, part);
  statements.upsertBitmap.run(part.block, part.campaignId, bitmap);
}

function deliverBesideRows(statements: Statements, rowBlocks: RowBlocks, part: BlockPart): void {
  const base = part.block * BLOCK_SIZE;
  const rows = statements.rows.all(base, base + BLOCK_SIZE, part.campaignId);
  const bitmap = new Uint8Array(BLOCK_BITMAP_BYTES);
  addMembers(bitmap, part);
  const others = rows.filter(({ ordinal }) => !testBit(bitmap, ordinal - base));
  if (others.length + part.end - part.first < BITMAP_FROM_MEMBERS) {
    insertRows(statements, part);
    return;
  }
  for (const { ordinal } of others) writeBit(bitmap, ordinal - base, true);
  const readMarks = new Uint8Array(BLOCK_BITMAP_BYTES);
  const readRows = rows.filter(({ is_read }) => is_read === 1);
  for (const { ordinal } of readRows) writeBit(readMarks, ordinal - base, true);
  for (const { ordinal } of rows) statements.deleteRow.run(ordinal, part.campaignId);
  statements.insertBitmapWithMarks.run(part.block, part.campaignId, bitmap, readRows.length > 0 ? readMarks : null);
  rowBlocks.set(part.block, false);
}

function insertRows(statements: Statements, part: BlockPart): void {
  for (let index = part.first; index < part.end; index++) {
    statements.insertRow.run(at(part.ordinals, index), part.campaignId);
  }
}

function addMembers(bitmap: Uint8Array, { block, ordinals, first, end }: BlockPart): void {
  const base = block * BLOCK_SIZE;
  const from = at(ordinals, first) - base;
  const until = at(ordinals, end - 1) - base + 1;
  if (until - from === end - first) {
    setBits(bitmap, { from, until });
    return;
  }
  for (let index = first; index < end; index++) writeBit(bitmap, at(ordinals, index) - base, true);
}

/** The blocks of one campaign that are in rows, as one delivery sees and changes them; a segment is read once. */
class RowBlocks {
  private segment = -1;
  private blocks: Uint8Array = new Uint8Array(BLOCK_BITMAP_BYTES);
  private isChanged = false;

  constructor(
    private readonly statements: Statements,
    private readonly campaignId: CampaignId,
  ) {}

  has(block: number): boolean {
    this.load(Math.floor(block / SEGMENT_BLOCKS));
    return testBit(this.blocks, block % SEGMENT_BLOCKS);
  }

  set(block: number, isInRows: boolean): void {
    this.load(Math.floor(block / SEGMENT_BLOCKS));
    writeBit(this.blocks, block % SEGMENT_BLOCKS, isInRows);
    this.isChanged = true;
  }

  save(): void {
    if (this.isChanged) this.statements.saveRowBlocks.run(this.segment, this.campaignId, this.blocks);
    this.isChanged = false;
  }

  private load(segment: number): void {
    if (segment === this.segment) return;
    this.save();
    this.blocks = this.statements.rowBlocks.get(segment, this.campaignId) ?? new Uint8Array(SEGMENT_BLOCKS / 8);
    this.segment = segment;
  }
}

const at = (ordinals: ArrayLike<number>, index: number): number => {
  const ordinal = ordinals[index];
  assert(ordinal !== undefined, `no ordinal at position ${index}`);
  return ordinal;
};
