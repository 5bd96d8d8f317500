import { afterAll, describe, expect, it } from 'vitest';
import { openBooks, settleCells } from '../../test/support/books.js';
import { temporaryStore } from '../../test/support/temporary-store.js';
import { ordinal, type CampaignId } from '../core/ids.js';
import { createReferenceCodec } from '../push/reference.js';
import { nameOfCode, OUTCOME_CODES, pendingCode, toInFlight } from './cell-code.js';
import { histogramOf } from './histogram.js';
import { recordReceipts, type Receipt } from './record-receipts.js';

const references = createReferenceCodec({ current: { id: 1, secret: new Uint8Array(32).fill(7) }, previous: [] });

describe('receipts', async () => {
  const { store, clock, remove } = await temporaryStore();
  const deps = { store, clock, references };
  afterAll(remove);

  const referenceOf = (campaignId: CampaignId, member: number, round = 0): string =>
    references.write({ campaignId, channel: 'sms', ordinals: [member], rounds: [round] })[0] ?? '';

  const outcomesOf = async (campaignId: CampaignId): Promise<string[]> => {
    const rows = await store.read((tx) => tx.ledger.rows({ campaignId, channel: 'sms' }, 0, 10));
    return rows.flatMap(({ cells }) => [...cells].map((code) => nameOfCode(code) ?? 'no code'));
  };

  it('move cells by the table, whatever state they are in, and keep the books balanced', async () => {
    const codes = [
      pendingCode({ definite: 0, ambiguous: 1 }),
      toInFlight(pendingCode({ definite: 0, ambiguous: 0 })),
      OUTCOME_CODES.sent,
      OUTCOME_CODES.delivered,
      OUTCOME_CODES.bounced,
      OUTCOME_CODES.failedAddress,
      OUTCOME_CODES.unknown,
      OUTCOME_CODES.suppressedErased,
    ];
    const ordinals = codes.map((_, index) => index * 7);
    const books = await openBooks(store, { ordinals, channels: ['sms'] });
    await settleCells(store, books, { channel: 'sms', codeOf: (member) => codes[member / 7] ?? 0 });
    const receipts = ordinals.map((member): Receipt => ({
      reference: referenceOf(books.campaignId, member),
      outcome: 'bounced',
    }));
    const results = await recordReceipts(deps, receipts);
    expect(results).toEqual([
      'recorded',
      'recorded',
      'recorded',
      'recorded',
      'unchanged',
      'unchanged',
      'recorded',
      'unchanged',
    ]);
    expect(await outcomesOf(books.campaignId)).toEqual([
      ...['bounced', 'bounced', 'bounced', 'bounced', 'bounced'],
      ...['failedAddress', 'bounced', 'suppressedErased'],
    ]);
    const counts = await store.read((tx) => tx.ledger.counts({ campaignId: books.campaignId, channel: 'sms' }));
    const histogram = histogramOf(counts, codes.length);
    expect(histogram).toEqual({
      audienceMembers: 8,
      byClass: { pending: 0, sent: 6, failed: 1, unknown: 0, suppressed: 1 },
      byOutcome: [
        { outcome: 'bounced', outcomeClass: 'sent', members: 6 },
        { outcome: 'failedAddress', outcomeClass: 'failed', members: 1 },
        { outcome: 'suppressedErased', outcomeClass: 'suppressed', members: 1 },
      ],
      isBalanced: true,
    });
    expect(histogramOf(counts, codes.length + 1).isBalanced).toBe(false);
  });

  it('end a campaign when they settle its last member', async () => {
    const books = await openBooks(store, { ordinals: [5, 2_000], channels: ['sms'] });
    await settleCells(store, books, { channel: 'sms', codeOf: (member) => (member === 5 ? 128 : 64) });
    const results = await recordReceipts(deps, [
      { reference: referenceOf(books.campaignId, 2_000), outcome: 'delivered' },
      { reference: referenceOf(books.campaignId, 2_000), outcome: 'delivered' },
      { reference: referenceOf(books.campaignId, 5), outcome: 'delivered' },
    ]);
    expect(results).toEqual(['recorded', 'unchanged', 'recorded']);
    const campaign = await store.read((tx) => tx.campaigns.find(books.campaignId));
    expect(campaign?.state).toBe('completed');
  });

  it('a bounce of an earlier try leaves the try of now alone, a delivery does not', async () => {
    const tried = pendingCode({ definite: 2, ambiguous: 0 });
    const books = await openBooks(store, { ordinals: [1, 2], channels: ['sms'] });
    await settleCells(store, books, { channel: 'sms', codeOf: () => tried });
    const results = await recordReceipts(deps, [
      { reference: referenceOf(books.campaignId, 1, 1), outcome: 'bounced' },
      { reference: referenceOf(books.campaignId, 2, 1), outcome: 'delivered' },
    ]);
    expect(results).toEqual(['unchanged', 'recorded']);
    expect(await outcomesOf(books.campaignId)).toEqual(['pending', 'delivered']);
  });

  it('are refused when the reference was not made here, names nobody, or a stranger to the audience', async () => {
    const books = await openBooks(store, { ordinals: [1, 3], channels: ['sms'] });
    const forged = referenceOf(books.campaignId, 1).replace(/.$/, (last) => (last === 'A' ? 'B' : 'A'));
    const otherCampaign = references.write({
      campaignId: (books.campaignId + 1_000) as CampaignId,
      channel: 'sms',
      ordinals: [1],
      rounds: [0],
    });
    const results = await recordReceipts(deps, [
      { reference: forged, outcome: 'delivered' },
      { reference: otherCampaign[0] ?? '', outcome: 'delivered' },
      { reference: referenceOf(books.campaignId, ordinal(2)), outcome: 'delivered' },
      { reference: referenceOf(books.campaignId, ordinal(99)), outcome: 'delivered' },
    ]);
    expect(results).toEqual(['notOurs', 'notOurs', 'notOurs', 'notOurs']);
  });
});
