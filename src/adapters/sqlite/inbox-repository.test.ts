import { afterAll, expect } from 'vitest';
import { inboxConformance, type InboxModel, type InboxTx } from '../../../test/conformance/inbox-repository.js';
import { temporarySqliteStore } from '../../../test/support/temporary-sqlite.js';
import { createCampaignRepository } from './campaign-repository.js';
import { openWriter } from './connection.js';
import { BITMAP_FROM_MEMBERS } from './inbox-delivery.js';
import { createInboxRepository } from './inbox-repository.js';

const temporary = temporarySqliteStore();
const database = openWriter(temporary.file); // so that a test looks into the transaction
const tx: InboxTx = { inbox: createInboxRepository(database), campaigns: createCampaignRepository(database) };
afterAll(async () => {
  database.close();
  await temporary.remove();
});

inboxConformance('SQLite', {
  numRuns: 150,
  undone: () => async (body) => {
    database.exec('BEGIN IMMEDIATE');
    try {
      await body(tx);
    } finally {
      database.exec('ROLLBACK');
    }
  },
  checkPacking: expectForms,
});

/** A block is in rows below the threshold and a bitmap from it on; the marks of row blocks say so. */
function expectForms(model: InboxModel): void {
  const inBitmaps: [number, number][] = [];
  const inRows: [number, number][] = [];
  for (const [id, members] of model) {
    const byBlock = new Map<number, number>();
    for (const member of members.keys()) {
      byBlock.set(Math.floor(member / 1_000), (byBlock.get(Math.floor(member / 1_000)) ?? 0) + 1);
    }
    for (const [block, count] of byBlock) (count < BITMAP_FROM_MEMBERS ? inRows : inBitmaps).push([id, block]);
  }
  const sorted = (pairs: [number, number][]): string[] => pairs.map(([id, block]) => `${id}/${block}`).sort();
  const read = (sql: string): string[] => sorted(database.prepare(sql).raw().all() as [number, number][]);
  expect(read('SELECT campaign_id, block FROM inbox_block')).toEqual(sorted(inBitmaps));
  expect(read('SELECT DISTINCT campaign_id, ordinal / 1000 FROM inbox_row')).toEqual(sorted(inRows));
}
