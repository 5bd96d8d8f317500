import type Database from 'better-sqlite3';
import { channelIndex } from '../../core/channels.js';
import { campaignId as toCampaignId } from '../../core/ids.js';
import { BLOCK_SIZE, blockOf, testBit } from '../../core/ranges.js';
import type { AuditRepository, InboxFinding } from '../../ledger/audit/audit-repository.js';
import { SEGMENT_BLOCKS } from './inbox-delivery.js';

interface Held {
  readonly block: number;
  readonly campaign_id: number;
}

/** Inboxes read without trust: that the forms of a block and the marks of its rows agree. */
export function createInboxAudit(
  database: Database.Database,
): Pick<AuditRepository, 'inboxFindings' | 'nextInboxBlock'> {
  const bitmaps = database.prepare<[number, number], Held>(
    'SELECT block, campaign_id FROM inbox_block WHERE block >= ? AND block < ?',
  );
  const rows = database.prepare<[number, number], Held>(
    'SELECT DISTINCT ordinal / 1000 AS block, campaign_id FROM inbox_row WHERE ordinal >= ? AND ordinal < ?',
  );
  const marks = database.prepare<
    [number, number],
    { readonly segment: number; readonly campaign_id: number; readonly blocks: Buffer }
  >('SELECT segment, campaign_id, blocks FROM inbox_row_blocks WHERE segment >= ? AND segment < ?');
  const hasInbox = database
    .prepare<[number, number], number>(
      `SELECT 1 FROM campaign JOIN campaign_channel USING (campaign_id)
       WHERE campaign_id = ? AND channel = ? AND launched_at IS NOT NULL`,
    )
    .pluck();
  const nextBitmap = database
    .prepare<[number], number | null>('SELECT min(block) FROM inbox_block WHERE block >= ?')
    .pluck();
  const nextRow = database
    .prepare<[number], number | null>('SELECT min(ordinal) FROM inbox_row WHERE ordinal >= ?')
    .pluck();

  const markedBlocks = (fromBlock: number, untilBlock: number): Set<string> => {
    const marked = new Set<string>();
    const segments = marks.all(Math.floor(fromBlock / SEGMENT_BLOCKS), Math.ceil(untilBlock / SEGMENT_BLOCKS));
    for (const { segment, campaign_id, blocks } of segments) {
      for (let block = fromBlock; block < untilBlock; block++) {
        const isOfSegment = Math.floor(block / SEGMENT_BLOCKS) === segment;
        if (isOfSegment && testBit(blocks, block % SEGMENT_BLOCKS)) marked.add(`${block}/${campaign_id}`);
      }
    }
    return marked;
  };

  return {
    inboxFindings: async (fromBlock, untilBlock) => {
      const inBitmaps = bitmaps.all(fromBlock, untilBlock);
      const inRows = rows.all(fromBlock * BLOCK_SIZE, untilBlock * BLOCK_SIZE);
      const marked = markedBlocks(fromBlock, untilBlock);
      const bitmapNames = new Set(inBitmaps.map(nameOf));
      const rowNames = new Set(inRows.map(nameOf));
      const isUnknown = ({ campaign_id }: Held): boolean =>
        hasInbox.get(campaign_id, channelIndex('inbox')) === undefined;
      return [
        ...[...inBitmaps, ...inRows].filter(isUnknown).map((held) => finding(held, 'unknownCampaign')),
        ...inRows.filter((held) => bitmapNames.has(nameOf(held))).map((held) => finding(held, 'bothForms')),
        ...inRows.filter((held) => !marked.has(nameOf(held))).map((held) => finding(held, 'unmarkedRows')),
        ...[...marked].filter((name) => !rowNames.has(name)).map((name) => finding(heldOf(name), 'markWithoutRows')),
      ];
    },
    nextInboxBlock: async (fromBlock) => {
      const ordinal = nextRow.get(fromBlock * BLOCK_SIZE) ?? null;
      const found = [nextBitmap.get(fromBlock) ?? null, ordinal === null ? null : blockOf(ordinal)];
      const blocks = found.filter((block) => block !== null);
      return blocks.length === 0 ? null : Math.min(...blocks);
    },
  };
}

const nameOf = ({ block, campaign_id }: Held): string => `${block}/${campaign_id}`;

function heldOf(name: string): Held {
  const [block = 0, campaign = 0] = name.split('/').map(Number);
  return { block, campaign_id: campaign };
}

const finding = ({ block, campaign_id }: Held, what: InboxFinding['what']): InboxFinding => ({
  campaignId: toCampaignId(campaign_id),
  block,
  what,
});
