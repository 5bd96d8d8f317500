import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { openBooks, settleCells, type Books } from '../../test/support/books.js';
import { addMembers, removeMembers } from '../../test/support/members.js';
import { temporaryStore } from '../../test/support/temporary-store.js';
import { undoFormulaGuard } from '../core/formula-guard.js';
import { campaignId } from '../core/ids.js';
import { nameOfCode, OUTCOME_CODES, OUTCOME_NAMES } from './cell-code.js';
import { exportOutcomes } from './outcome-export.js';
import { parseOutcomeFilter } from './outcome-filter.js';
import { readOutcomePage, type ListedMember } from './outcome-list.js';

describe('members by outcome', async () => {
  const { store, clock, remove } = await temporaryStore();
  afterAll(remove);

  const listAll = async (books: Books, names: readonly string[], limit: number): Promise<ListedMember[]> => {
    const listed: ListedMember[] = [];
    for (let fromPlace: number | null = 0; fromPlace !== null;) {
      const { campaignId: campaign } = books;
      const query = {
        campaignId: campaign,
        channel: 'sms' as const,
        filter: parseOutcomeFilter(names),
        fromPlace,
        limit,
      };
      const page = await readOutcomePage(store, query);
      expect(page.members.length === limit || page.nextPlace === null).toBe(true);
      listed.push(...page.members);
      fromPlace = page.nextPlace;
    }
    return listed;
  };

  it('come once each, in order, whatever the page size, and only those asked for', async () => {
    const ordinals = Array.from({ length: 42_000 }, (_, index) => index * 3);
    const codeOf = (ordinal: number): number => {
      if (ordinal % 29_997 === 0) return OUTCOME_CODES.failedAddress;
      return ordinal > 60_000 && ordinal < 100_000 ? OUTCOME_CODES.suppressedNoConsent : OUTCOME_CODES.sent;
    };
    const books = await openBooks(store, { ordinals, channels: ['sms'] });
    await settleCells(store, books, { channel: 'sms', codeOf });
    const expectAll = async (names: readonly string[], limit: number, isWanted: (code: number) => boolean) => {
      const listed = await listAll(books, names, limit);
      expect(listed.map(({ ordinal }) => ordinal)).toEqual(ordinals.filter((ordinal) => isWanted(codeOf(ordinal))));
    };
    await expectAll(['failed'], 2, (code) => code === OUTCOME_CODES.failedAddress);
    await expectAll(['failedExhausted'], 2, () => false);
    await expectAll(['suppressedNoConsent', 'failed'], 1_000, (code) => code !== OUTCOME_CODES.sent);
    await expectAll([], 9_999, () => true);
  });

  it('carry what the vendor said where it was kept, and when', async () => {
    await addMembers(
      store,
      [1, 2, 3].map((ordinal) => ({ ordinal, memberId: `m-${ordinal}` })),
    );
    const books = await openBooks(store, { ordinals: [1, 2, 3, 4], channels: ['sms'] });
    const codes = [0, 128, 144, 160, 192];
    await settleCells(store, books, {
      channel: 'sms',
      codeOf: (ordinal) => codes[ordinal] ?? 0,
      at: clock.now() + 5_000,
    });
    const stream = { campaignId: books.campaignId, channel: 'sms' as const };
    await store.transaction((tx) =>
      tx.ledger.addDetails(stream, [
        {
          ordinal: 2,
          at: clock.now(),
          cellCode: 144,
          vendorCode: '21211',
          vendorText: 'bad number',
          vendorMessageId: 'x',
        },
      ]),
    );
    const handedOver = clock.now() + 5_000;
    const nothing = { vendorCode: null, vendorText: null, vendorMessageId: null };
    const refused = { vendorCode: '21211', vendorText: 'bad number', vendorMessageId: 'x' };
    expect(await listAll(books, [], 3)).toEqual([
      { memberId: 'm-1', ordinal: 1, outcome: 'sent', outcomeClass: 'sent', at: handedOver, ...nothing },
      { memberId: 'm-2', ordinal: 2, outcome: 'failedAddress', outcomeClass: 'failed', at: clock.now(), ...refused },
      { memberId: 'm-3', ordinal: 3, outcome: 'suppressedNoConsent', outcomeClass: 'suppressed', at: null, ...nothing },
      { memberId: null, ordinal: 4, outcome: 'unknown', outcomeClass: 'unknown', at: handedOver, ...nothing },
    ]);
  });

  it('are refused for a word that is no outcome, a campaign that is none and a channel it does not use', async () => {
    expect(() => parseOutcomeFilter(['faild'])).toThrow('Did you mean "failed"?');
    const filter = parseOutcomeFilter([]);
    const page = (campaign: number) =>
      readOutcomePage(store, { campaignId: campaignId(campaign), channel: 'email', filter, fromPlace: 0, limit: 1 });
    await expect(page(999)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    const books = await openBooks(store, { ordinals: [1], channels: ['sms'] });
    await expect(page(books.campaignId)).rejects.toThrow(/does not go by email/);
  });

  it('leave as CSV that any reader takes back unchanged, without a cell that would run as a formula', async () => {
    const text = fc.string({
      unit: fc.constantFrom('=', '+', '-', '@', '\t', '\r', '\n', '"', ',', "'", 'a', '价', '\0'),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(text, { minLength: 1, maxLength: 5 }),
        fc.constantFrom(...OUTCOME_NAMES),
        async (ids, name) => {
          const ordinals = ids.map((_, index) => 500_000 + index);
          await addMembers(
            store,
            ids.map((memberId, index) => ({ ordinal: 500_000 + index, memberId })),
          );
          const books = await openBooks(store, { ordinals, channels: ['sms'] });
          await settleCells(store, books, { channel: 'sms', codeOf: () => OUTCOME_CODES[name] });
          const cells = await readExport(books);
          await removeMembers(store, ordinals);
          expect(cells.map(([memberId = '']) => undoFormulaGuard(memberId))).toEqual(ids);
          expect(cells.flat().filter((cell) => /^[=+\-@\t\r\n\0]/.test(cell))).toEqual([]);
          expect(cells.map((row) => row[3])).toEqual(ids.map(() => nameOfCode(OUTCOME_CODES[name])));
        },
      ),
      { numRuns: 60 },
    );
  });

  const readExport = async (books: Books): Promise<string[][]> => {
    const pieces: string[] = [];
    const query = { campaignId: books.campaignId, channel: 'sms' as const, filter: parseOutcomeFilter([]) };
    for await (const piece of exportOutcomes(store, query, { language: 'zh-CN' })) pieces.push(piece);
    const [head, ...rows] = parse(pieces.join(''), { bom: true, record_delimiter: '\r\n' });
    expect(head).toEqual(['memberId', 'ordinal', 'channel', 'outcome', 'reason', 'time', 'vendorCode']);
    return rows;
  };
});
