/**
 * Inboxes over bitmaps and rows; how they are written stands in inbox-delivery.ts.
 *
 * A member's bit is tested in SQL, so that only campaigns that she has cross into JavaScript. A page is a scan over the
 * campaigns of one block (primary key of inbox_block, newest first) and one over her rows (primary key of inbox_row).
 * Marks are changed under the lock of the block's row.
 */
import type { InboxEntry, InboxPurge, InboxPurgeStep, InboxRepository } from '../../campaign/inbox-repository.js';
import { campaignId as toCampaignId, type CampaignId } from '../../core/ids.js';
import { BLOCK_SIZE, blockOf, offsetInBlock, testBit, writeBit, type OrdinalRange } from '../../core/ranges.js';
import { deliver } from './inbox-delivery.js';
import { selectOne, selectValue, selectValues, type Bound, type MysqlSession } from './session.js';

/** A byte of the member's bitmap with her bit in it; the two parameters are the byte, from 1, and the bit's value. */
const HAS_MESSAGE = 'ORD(SUBSTRING(delivered, ?, 1)) & ? > 0';
const HAS_READ = 'COALESCE(ORD(SUBSTRING(read_marks, ?, 1)) & ? > 0, 0)';

const BLOCK_PAGE = `
  SELECT campaign_id, ${HAS_READ} AS is_read FROM inbox_block
  WHERE block = ? AND campaign_id < ? AND ${HAS_MESSAGE} ORDER BY campaign_id DESC LIMIT ?`;
const ROW_PAGE = `
  SELECT campaign_id, is_read FROM inbox_row
  WHERE ordinal = ? AND campaign_id < ? ORDER BY campaign_id DESC LIMIT ?`;
const UNREAD_IN_BLOCKS = `
  SELECT COUNT(*) FROM inbox_block WHERE block = ? AND ${HAS_MESSAGE} AND NOT ${HAS_READ}`;
const UNREAD_IN_ROWS = 'SELECT COUNT(*) FROM inbox_row WHERE ordinal = ? AND is_read = 0';
const UNREAD_BLOCKS = `
  SELECT campaign_id FROM inbox_block WHERE block = ? AND ${HAS_MESSAGE} AND NOT ${HAS_READ}
  ORDER BY campaign_id DESC LIMIT ?`;
const MARK_ROWS_READ = `
  UPDATE inbox_row SET is_read = 1 WHERE ordinal = ? AND is_read = 0 ORDER BY campaign_id DESC LIMIT ?`;
const MARK_ROW_READ = 'UPDATE inbox_row SET is_read = 1 WHERE ordinal = ? AND campaign_id = ?';
const BLOCK = 'SELECT delivered, read_marks FROM inbox_block WHERE block = ? AND campaign_id = ?';
const SAVE_MARKS = 'UPDATE inbox_block SET read_marks = ? WHERE block = ? AND campaign_id = ?';

const BITMAPS_BETWEEN = `
  SELECT block, delivered FROM inbox_block
  WHERE block >= ? AND block < ? AND campaign_id = ? AND delivered IS NOT NULL ORDER BY block`;
const ROWS_BETWEEN =
  'SELECT ordinal FROM inbox_row WHERE ordinal >= ? AND ordinal < ? AND campaign_id = ? ORDER BY ordinal';
const LAST_BLOCK = 'SELECT MAX(block) FROM inbox_block';
const NEXT_BLOCK = 'SELECT MIN(block) FROM inbox_block WHERE block >= ?';

const LAUNCHED_BEFORE = '(SELECT launched_at FROM campaign WHERE campaign.campaign_id = entry.campaign_id) < ?';
/** One-table form with an alias is not known to all servers: names of tables in the multi-table form are. */
const PURGE_BLOCKS = `
  DELETE entry FROM inbox_block AS entry WHERE entry.block >= ? AND entry.block < ? AND ${LAUNCHED_BEFORE}`;
const PURGE_ROWS = `
  DELETE entry FROM inbox_row AS entry WHERE entry.ordinal >= ? AND entry.ordinal < ? AND ${LAUNCHED_BEFORE}`;

/** Blocks that a look for holders reads at once. */
const BLOCKS_AT_ONCE = 1_000;

interface EntryRow {
  readonly campaign_id: number;
  readonly is_read: number;
}

interface BlockRow {
  readonly delivered: Buffer | null;
  readonly read_marks: Buffer | null;
}

export function createInboxRepository(session: MysqlSession): InboxRepository {
  return {
    deliver: (campaignId, ordinals) => deliver(session, campaignId, ordinals),
    page: (ordinal, { limit, before = Number.MAX_SAFE_INTEGER }) => readPage(session, ordinal, { limit, before }),
    unreadCount: async (ordinal) => {
      const bit = bitOf(ordinal);
      const inBlocks = await selectValue<number>(session, UNREAD_IN_BLOCKS, [blockOf(ordinal), ...bit, ...bit]);
      return (inBlocks ?? 0) + ((await selectValue<number>(session, UNREAD_IN_ROWS, [ordinal])) ?? 0);
    },
    markRead: (ordinal, campaignId) => markRead(session, ordinal, campaignId),
    markAllRead: async (ordinal, limit) => {
      const bit = bitOf(ordinal);
      const unread = await selectValues<number>(session, UNREAD_BLOCKS, [blockOf(ordinal), ...bit, ...bit, limit]);
      for (const campaignId of unread) await markRead(session, ordinal, toCampaignId(campaignId));
      return unread.length + (await session.execute(MARK_ROWS_READ, [ordinal, limit - unread.length]));
    },
    holdersBetween: (campaignId, range) => holdersBetween(session, campaignId, range),
    purge: (options) => purge(session, options),
  };
}

/** Where a member's bit stands in her block's bitmaps: the byte, counted from 1, and the bit's value in it. */
function bitOf(ordinal: number): readonly [byteAt: number, bit: number] {
  const offset = offsetInBlock(ordinal);
  return [(offset >>> 3) + 1, 1 << (offset & 7)];
}

async function readPage(
  session: MysqlSession,
  ordinal: number,
  { limit, before }: { readonly limit: number; readonly before: number },
): Promise<InboxEntry[]> {
  const bit = bitOf(ordinal);
  const values: readonly Bound[] = [...bit, blockOf(ordinal), before, ...bit, limit];
  const inBlocks = await session.selectRows<EntryRow>(BLOCK_PAGE, values);
  const inRows = await session.selectRows<EntryRow>(ROW_PAGE, [ordinal, before, limit]);
  return [...inBlocks, ...inRows]
    .sort((left, right) => right.campaign_id - left.campaign_id)
    .slice(0, limit)
    .map((row) => ({ campaignId: toCampaignId(row.campaign_id), isRead: row.is_read === 1 }));
}

async function markRead(session: MysqlSession, ordinal: number, campaignId: CampaignId): Promise<boolean> {
  // The block first: while it is held, what is in rows does not pass into the bitmap.
  const place = [blockOf(ordinal), campaignId];
  const block = await selectOne<BlockRow>(session, BLOCK, place, { lock: 'change' });
  if ((await session.execute(MARK_ROW_READ, [ordinal, campaignId])) > 0) return true;
  const offset = offsetInBlock(ordinal);
  const delivered = block?.delivered ?? null;
  if (block === undefined || delivered === null || !testBit(delivered, offset)) return false;
  const marks = block.read_marks ?? new Uint8Array(delivered.length);
  if (testBit(marks, offset)) return true;
  writeBit(marks, offset, true);
  await session.execute(SAVE_MARKS, [marks, ...place]);
  return true;
}

async function holdersBetween(session: MysqlSession, campaignId: CampaignId, range: OrdinalRange): Promise<number[]> {
  const lastBlock = (await selectValue<number | null>(session, LAST_BLOCK, [])) ?? -1;
  const until = Math.min(range.until, (lastBlock + 1) * BLOCK_SIZE);
  const holders: number[] = [];
  for (let block = blockOf(range.from); block * BLOCK_SIZE < until; block += BLOCKS_AT_ONCE) {
    const values = [block, Math.min(block + BLOCKS_AT_ONCE, Math.ceil(until / BLOCK_SIZE)), campaignId];
    const rows = await session.selectArrays<readonly [number, Buffer]>(BITMAPS_BETWEEN, values);
    for (const [found, delivered] of rows) {
      const end = Math.min(until, (found + 1) * BLOCK_SIZE);
      for (let ordinal = Math.max(range.from, found * BLOCK_SIZE); ordinal < end; ordinal++) {
        if (testBit(delivered, offsetInBlock(ordinal))) holders.push(ordinal);
      }
    }
  }
  const rowsUntil = Math.max(range.from, until);
  const inRows = await selectValues<number>(session, ROWS_BETWEEN, [range.from, rowsUntil, campaignId]);
  return inRows.length === 0 ? holders : [...holders, ...inRows].sort((left, right) => left - right);
}

async function purge(
  session: MysqlSession,
  { launchedBefore, fromBlock, blockCount }: InboxPurge,
): Promise<InboxPurgeStep> {
  const until = fromBlock + blockCount;
  const rows = await session.execute(PURGE_ROWS, [fromBlock * BLOCK_SIZE, until * BLOCK_SIZE, launchedBefore]);
  const blocks = await session.execute(PURGE_BLOCKS, [fromBlock, until, launchedBefore]);
  // A block in rows has its own row as well, so that looking for the next block is looking there.
  return {
    removed: blocks + rows,
    nextBlock: (await selectValue<number | null>(session, NEXT_BLOCK, [until])) ?? null,
  };
}
