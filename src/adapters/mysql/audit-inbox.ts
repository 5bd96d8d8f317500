import { channelIndex } from '../../core/channels.js';
import { campaignId as toCampaignId } from '../../core/ids.js';
import { BLOCK_SIZE, blockOf } from '../../core/ranges.js';
import type { AuditRepository, InboxFinding } from '../../ledger/audit/audit-repository.js';
import { selectValue, type MysqlSession } from './session.js';

interface Held {
  readonly block: number;
  readonly campaign_id: number;
}

const BLOCKS =
  'SELECT block, campaign_id, delivered IS NULL AS is_mark FROM inbox_block WHERE block >= ? AND block < ?';
const ROWS = `
  SELECT DISTINCT ordinal DIV ${BLOCK_SIZE} AS block, campaign_id FROM inbox_row WHERE ordinal >= ? AND ordinal < ?`;
const HAS_INBOX = `
  SELECT 1 FROM campaign JOIN campaign_channel USING (campaign_id)
  WHERE campaign_id = ? AND channel = ? AND launched_at IS NOT NULL`;
const NEXT_BLOCK = 'SELECT MIN(block) FROM inbox_block WHERE block >= ?';
const NEXT_ROW = 'SELECT MIN(ordinal) FROM inbox_row WHERE ordinal >= ?';

/** Inboxes read without trust: that the forms of a block and the marks of its rows agree. */
export function createInboxAudit(session: MysqlSession): Pick<AuditRepository, 'inboxFindings' | 'nextInboxBlock'> {
  const isUnknown = async ({ campaign_id: id }: Held): Promise<boolean> =>
    (await selectValue(session, HAS_INBOX, [id, channelIndex('inbox')])) === undefined;
  return {
    inboxFindings: async (fromBlock, untilBlock) => {
      const inBlocks = await session.selectRows<Held & { readonly is_mark: number }>(BLOCKS, [fromBlock, untilBlock]);
      const inRows = await session.selectRows<Held>(ROWS, [fromBlock * BLOCK_SIZE, untilBlock * BLOCK_SIZE]);
      const bitmaps = new Set(inBlocks.filter((held) => held.is_mark === 0).map(nameOf));
      const marks = new Set(inBlocks.filter((held) => held.is_mark === 1).map(nameOf));
      const rows = new Set(inRows.map(nameOf));
      const findings: InboxFinding[] = [];
      for (const held of [...inBlocks.filter((block) => block.is_mark === 0), ...inRows]) {
        if (await isUnknown(held)) findings.push(finding(held, 'unknownCampaign'));
      }
      for (const held of inRows) {
        if (bitmaps.has(nameOf(held))) findings.push(finding(held, 'bothForms'));
        if (!marks.has(nameOf(held))) findings.push(finding(held, 'unmarkedRows'));
      }
      const empty = inBlocks.filter((held) => held.is_mark === 1 && !rows.has(nameOf(held)));
      return [...findings, ...empty.map((held) => finding(held, 'markWithoutRows'))];
    },
    nextInboxBlock: async (fromBlock) => {
      const block = (await selectValue<number | null>(session, NEXT_BLOCK, [fromBlock])) ?? null;
      const ordinal = (await selectValue<number | null>(session, NEXT_ROW, [fromBlock * BLOCK_SIZE])) ?? null;
      if (block === null || ordinal === null) return block ?? (ordinal === null ? null : blockOf(ordinal));
      return Math.min(block, blockOf(ordinal));
    },
  };
}

const nameOf = ({ block, campaign_id }: Held): string => `${block}/${campaign_id}`;

const finding = ({ block, campaign_id }: Held, what: InboxFinding['what']): InboxFinding => ({
  campaignId: toCampaignId(campaign_id),
  block,
  what,
});
