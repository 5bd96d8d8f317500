import { Readable } from 'node:stream';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { temporaryMembership, type TemporaryMembership } from '../../../test/support/membership.js';
import { IGNORED_SHOPIFY_COLUMNS, shopifyExport } from '../../../test/support/shopify-export.js';
import { EVERYBODY } from '../../core/member-filter.js';
import { parseFilterText } from '../filter-text.js';
import { countMembers } from '../scan-members.js';
import { importMembers } from './import-members.js';

let membership: TemporaryMembership;
beforeEach(async () => {
  membership = await temporaryMembership();
});
afterEach(() => membership.remove());

it('takes a customer export of 50,000 rows with the dirt of real ones, and says what it left', async () => {
  const file = shopifyExport({ rows: 50_000, seed: 11 });
  expect(file.badLines.length).toBeGreaterThan(1_000);
  expect(file.doubledCount).toBeGreaterThan(500);
  const run = async (): Promise<{ readonly counts: readonly number[]; readonly lines: readonly number[] }> => {
    const lines: number[] = [];
    const { created, updated, unchanged, rejected, ignoredColumns } = await importMembers(membership.deps, {
      settings: { format: 'csv' },
      input: Readable.from([Buffer.from(file.csv)]),
      onRejects: async (rejects) => {
        lines.push(...rejects.map(({ line }) => line));
      },
    });
    expect(ignoredColumns).toEqual(IGNORED_SHOPIFY_COLUMNS);
    return { counts: [created, updated, unchanged, rejected], lines: lines.sort((left, right) => left - right) };
  };
  const bad = file.badLines.length;
  expect(await run()).toEqual({ counts: [file.customerCount, 0, file.doubledCount, bad], lines: file.badLines });
  expect(await run()).toEqual({ counts: [0, 0, file.customerCount + file.doubledCount, bad], lines: file.badLines });
  const count = (text: string): Promise<number> => countMembers(membership, parseFilterText(text));
  expect(await countMembers(membership, EVERYBODY)).toBe(file.customerCount);
  expect(await count('consent.email and has(email)')).toBe(file.emailCount);
  expect(await count('consent.sms and has(phone)')).toBe(file.smsCount);
  expect(await count('attributes.totalOrders >= 0')).toBe(file.customerCount);
  expect(await membership.differences()).toEqual([]);
});
