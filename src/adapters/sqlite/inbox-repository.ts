/**
 * Inboxes over bitmaps and rows; how they are written stands in inbox-delivery.ts.
 *
 * A member's bit is tested in SQL, so that only campaigns that she has cross into JavaScript: the byte that holds it is
 * cut out, and looked for among the 128 bytes that have the bit. A page is a scan over the campaigns of one block
 * (primary key of inbox_block, newest first) and one over her rows (primary key of inbox_row).
 */
import type Database from 'better-sqlite3';
import type { InboxEntry, InboxPurge, InboxPurgeStep, InboxRepository } from '../../campaign/inbox-repository.js';
import { campaignId as toCampaignId, type CampaignId } from '../../core/ids.js';
import { BLOCK_SIZE, blockOf, offsetInBlock, testBit, writeBit, type OrdinalRange } from '../../core/ranges.js';
import { prepareDelivery, SEGMENT_BLOCKS } from './inbox-delivery.js';

export function createInboxRepository(database: Database.Database): InboxRepository {
  const deliver = prepareDelivery(database);
  const statements = prepareStatements(database);
  return {
    deliver: async (campaignId, ordinals) => deliver(campaignId, ordinals),
    page: async (ordinal, { limit, before }) => readPage(statements, ordinal, { limit, before: before ?? NO_CAMPAIGN }),
    unreadCount: async (ordinal) => countUnread(statements, ordinal),
    markRead: async (ordinal, campaignId) => markRead(statements, ordinal, campaignId),
    markAllRead: async (ordinal, limit) => markAllRead(statements, ordinal, limit),
    holdersBetween: async (campaignId, range) => holdersBetween(statements, campaignId, range),
    purge: async (options) => purge(statements, options),
  };
}

/** Above every id: the page begins at the newest campaign. */
const NO_CAMPAIGN = Number.MAX_SAFE_INTEGER;

/** Where a member's bit stands in her block's bitmaps, for the statements below. */
interface BitPlace {
  readonly block: number;
  /** From 1, as SQL counts. */
  readonly byteAt: number;
  /** All bytes that have the bit. */
  readonly bytesWithBit: Uint8Array;
}

const BYTES_WITH_BIT = Array.from({ length: 8 }, (_, bit) =>
  Uint8Array.from(Array.from({ length: 256 }, (_, byte) => byte).filter((byte) => (byte & (1 << bit)) !== 0)),
);

function bitPlace(ordinal: number): BitPlace {
  const offset = offsetInBlock(ordinal);
  return {
    block: blockOf(ordinal),
    byteAt: (offset >>> 3) + 1,
    bytesWithBit: BYTES_WITH_BIT[offset & 7] ?? new Uint8Array(0),
  };
}

interface EntryRow {
  readonly campaign_id: number;
  readonly is_read: number;
}

type Statements = ReturnType<typeof prepareStatements>;

const HAS_MESSAGE = 'instr(@bytesWithBit, substr(delivered, @byteAt, 1)) > 0';
const HAS_READ = 'coalesce(instr(@bytesWithBit, substr(read_marks, @byteAt, 1)) > 0, 0)';
const LAUNCHED_BEFORE =
  '(SELECT launched_at FROM campaign WHERE campaign.campaign_id = entry.campaign_id) < @launchedBefore';

function prepareStatements(database: Database.Database) {
  return {
    blockPage: database.prepare<[BitPlace & { readonly before: number; readonly limit: number }], EntryRow>(
      `SELECT campaign_id, ${HAS_READ} AS is_read FROM inbox_block
       WHERE block = @block AND campaign_id < @before AND ${HAS_MESSAGE} ORDER BY campaign_id DESC LIMIT @limit`,
    ),
    rowPage: database.prepare<[number, number, number], EntryRow>(
      `SELECT campaign_id, is_read FROM inbox_row
       WHERE ordinal = ? AND campaign_id < ? ORDER BY campaign_id DESC LIMIT ?`,
    ),
    unreadInBlocks: database
      .prepare<[BitPlace], number>(
        `SELECT count(*) FROM inbox_block WHERE block = @block AND ${HAS_MESSAGE} AND NOT ${HAS_READ}`,
      )
      .pluck(),
    unreadInRows: database
      .prepare<[number], number>('SELECT count(*) FROM inbox_row WHERE ordinal = ? AND is_read = 0')
      .pluck(),
    unreadBlocks: database.prepare<[BitPlace & { readonly limit: number }], { readonly campaign_id: number }>(
      `SELECT campaign_id FROM inbox_block WHERE block = @block AND ${HAS_MESSAGE} AND NOT ${HAS_READ}
       ORDER BY campaign_id DESC LIMIT @limit`,
    ),
    markRowsRead: database.prepare<[number, number]>(
      `UPDATE inbox_row SET is_read = 1 WHERE (ordinal, campaign_id) IN (
         SELECT ordinal, campaign_id FROM inbox_row WHERE ordinal = ? AND is_read = 0 ORDER BY campaign_id DESC LIMIT ?)`,
    ),
    markRowRead: database.prepare<[number, number]>(
      'UPDATE inbox_row SET is_read = 1 WHERE ordinal = ? AND campaign_id = ?',
    ),
    block: database.prepare<[number, number], { readonly delivered: Buffer; readonly read_marks: Buffer | null }>(
      'SELECT delivered, read_marks FROM inbox_block WHERE block = ? AND campaign_id = ?',
    ),
    saveMarks: database.prepare<[Uint8Array, number, number]>(
      'UPDATE inbox_block SET read_marks = ? WHERE block = ? AND campaign_id = ?',
    ),
    rowHolders: database
      .prepare<[number, number, number], number>(
        'SELECT ordinal FROM inbox_row WHERE ordinal >= ? AND ordinal < ? AND campaign_id = ? ORDER BY ordinal',
      )
      .pluck(),
    lastBlock: database.prepare<[], number | null>('SELECT max(block) FROM inbox_block').pluck(),
    lastRow: database.prepare<[], number | null>('SELECT max(ordinal) FROM inbox_row').pluck(),
    nextBlock: database.prepare<[number], number | null>('SELECT min(block) FROM inbox_block WHERE block >= ?').pluck(),
    nextRow: database.prepare<[number], number | null>('SELECT min(ordinal) FROM inbox_row WHERE ordinal >= ?').pluck(),
    purgeBlocks: database.prepare<[PurgeRange]>(
      `DELETE FROM inbox_block AS entry WHERE block >= @from AND block < @until AND ${LAUNCHED_BEFORE}`,
    ),
    purgeRows: database.prepare<[PurgeRange]>(
      `DELETE FROM inbox_row AS entry WHERE ordinal >= @from AND ordinal < @until AND ${LAUNCHED_BEFORE}`,
    ),
    rowBlocksToPurge: database.prepare<
      [PurgeRange],
      { readonly segment: number; readonly campaign_id: number; readonly blocks: Buffer }
    >(
      `SELECT segment, campaign_id, blocks FROM inbox_row_blocks AS entry
       WHERE segment >= @from AND segment < @until AND ${LAUNCHED_BEFORE}`,
    ),
    saveRowBlocks: database.prepare<[Uint8Array, number, number]>(
      'UPDATE inbox_row_blocks SET blocks = ? WHERE segment = ? AND campaign_id = ?',
    ),
    deleteRowBlocks: database.prepare<[number, number]>(
      'DELETE FROM inbox_row_blocks WHERE segment = ? AND campaign_id = ?',
    ),
  };
}

interface PurgeRange {
  readonly from: number;
  readonly until: number;
  readonly launchedBefore: number;
}

function readPage(
  statements: Statements,
  ordinal: number,
  { limit, before }: { readonly limit: number; readonly before: number },
): InboxEntry[] {
  const found = [
    ...statements.blockPage.all({ ...bitPlace(ordinal), before, limit }),
    ...statements.rowPage.all(ordinal, before, limit),
  ];
  return found
    .sort((left, right) => right.campaign_id - left.campaign_id)
    .slice(0, limit)
    .map((row) => ({ campaignId: toCampaignId(row.campaign_id), isRead: row.is_read === 1 }));
}

function countUnread(statements: Statements, ordinal: number): number {
  const inBlocks = statements.unreadInBlocks.get(bitPlace(ordinal)) ?? 0;
  return inBlocks + (statements.unreadInRows.get(ordinal) ?? 0);
}

function markRead(statements: Statements, ordinal: number, campaignId: CampaignId): boolean {
  if (statements.markRowRead.run(ordinal, campaignId).changes > 0) return true;
  const block = statements.block.get(blockOf(ordinal), campaignId);
  const offset = offsetInBlock(ordinal);
  if (block === undefined || !testBit(block.delivered, offset)) return false;
  const marks = block.read_marks ?? new Uint8Array(block.delivered.length);
  if (testBit(marks, offset)) return true;
  writeBit(marks, offset, true);
  statements.saveMarks.run(marks, blockOf(ordinal), campaignId);
  return true;
}

function markAllRead(statements: Statements, ordinal: number, limit: number): number {
  const unread = statements.unreadBlocks.all({ ...bitPlace(ordinal), limit });
  for (const { campaign_id } of unread) markRead(statements, ordinal, toCampaignId(campaign_id));
  return unread.length + statements.markRowsRead.run(ordinal, limit - unread.length).changes;
}

function holdersBetween(statements: Statements, campaignId: CampaignId, range: OrdinalRange): number[] {
  const lastBlock = Math.max(statements.lastBlock.get() ?? -1, blockOf(statements.lastRow.get() ?? -1));
  const until = Math.min(range.until, (lastBlock + 1) * BLOCK_SIZE);
  const holders: number[] = [];
  for (let block = blockOf(range.from); block * BLOCK_SIZE < until; block++) {
    const from = Math.max(range.from, block * BLOCK_SIZE);
    const end = Math.min(until, (block + 1) * BLOCK_SIZE);
    const delivered = statements.block.get(block, campaignId)?.delivered;
    if (delivered === undefined) continue;
    for (let ordinal = from; ordinal < end; ordinal++) {
      if (testBit(delivered, offsetInBlock(ordinal))) holders.push(ordinal);
    }
  }
  const inRows = statements.rowHolders.all(range.from, Math.max(range.from, until), campaignId);
  return inRows.length === 0 ? holders : [...holders, ...inRows].sort((left, right) => left - right);
}

function purge(statements: Statements, { launchedBefore, fromBlock, blockCount }: InboxPurge): InboxPurgeStep {
  const from = fromBlock;
  const until = fromBlock + blockCount;
  const blocks = statements.purgeBlocks.run({ from, until, launchedBefore }).changes;
  const rows = statements.purgeRows.run({ from: from * BLOCK_SIZE, until: until * BLOCK_SIZE, launchedBefore }).changes;
  forgetRowBlocks(statements, { from, until, launchedBefore });
  return { removed: blocks + rows, nextBlock: nextBlockFrom(statements, until) };
}

/** Clears the marks of the blocks whose rows went. */
function forgetRowBlocks(statements: Statements, range: PurgeRange): void {
  const segments = {
    from: Math.floor(range.from / SEGMENT_BLOCKS),
    until: Math.ceil(range.until / SEGMENT_BLOCKS),
    launchedBefore: range.launchedBefore,
  };
  for (const { segment, campaign_id, blocks } of statements.rowBlocksToPurge.all(segments)) {
    const firstBlock = segment * SEGMENT_BLOCKS;
    const end = Math.min(range.until - firstBlock, SEGMENT_BLOCKS);
    for (let index = Math.max(0, range.from - firstBlock); index < end; index++) writeBit(blocks, index, false);
    if (blocks.every((byte) => byte === 0)) statements.deleteRowBlocks.run(segment, campaign_id);
    else statements.saveRowBlocks.run(blocks, segment, campaign_id);
  }
}

function nextBlockFrom(statements: Statements, block: number): number | null {
  const bitmap = statements.nextBlock.get(block) ?? null;
  const ordinal = statements.nextRow.get(block * BLOCK_SIZE) ?? null;
  if (bitmap === null || ordinal === null) return bitmap ?? (ordinal === null ? null : blockOf(ordinal));
  return Math.min(bitmap, blockOf(ordinal));
}
