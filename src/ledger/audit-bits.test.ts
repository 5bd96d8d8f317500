import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { auditOf, writeBooks } from '../../test/support/audit-books.js';
import { temporaryStore } from '../../test/support/temporary-store.js';
import { reportAudit } from './audit.js';
import type { AuditKind } from './audit/audit-difference.js';

/** Everything that is packed into bytes, and what the audit says when one bit of it is wrong. */
const PACKED: readonly {
  readonly table: string;
  readonly key: string;
  readonly column: string;
  readonly kinds: readonly AuditKind[];
}[] = [
  { table: 'ledger_bucket', key: 'id', column: 'cells', kinds: ['ledger.damaged'] },
  { table: 'audience_bucket', key: 'id', column: 'members', kinds: ['audience.damaged'] },
  { table: 'inbox_block', key: 'block', column: 'delivered', kinds: ['inbox.missing', 'inbox.extra'] },
  { table: 'population_block', key: 'block', column: 'exists_bits', kinds: ['members.block'] },
  { table: 'population_flags', key: 'block', column: 'flags', kinds: ['members.block'] },
];

describe('the auditor, with one wrong bit', async () => {
  const { store, clock, query, remove } = await temporaryStore();
  beforeAll(() => writeBooks(store));
  afterAll(remove);

  it('finds it wherever it is', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...PACKED),
        fc.nat(),
        fc.nat(),
        async ({ table, key, column, kinds }, pick, bit) => {
          const rows = await query(
            `SELECT ${key} AS id, ${column} AS bytes FROM ${table} WHERE ${column} IS NOT NULL ORDER BY ${key}`,
          );
          const row = rows[pick % rows.length];
          if (!(row?.['bytes'] instanceof Uint8Array)) throw new Error(`${table} has bytes`);
          const flipped = Buffer.from(row['bytes']);
          const at = bit % (flipped.length * 8);
          flipped[at >>> 3] = (flipped[at >>> 3] ?? 0) ^ (1 << (at & 7));
          const write = `UPDATE ${table} SET ${column} = ? WHERE ${key} = ?`;
          await query(write, [flipped, row['id']]);
          const { differences } = await reportAudit(auditOf({ store, clock }));
          await query(write, [row['bytes'], row['id']]);
          expect(differences.map(({ kind }) => kind)).toContainEqual(expect.toBeOneOf([...kinds]));
        },
      ),
      { numRuns: 100 },
    );
    expect((await reportAudit(auditOf({ store, clock }))).differences).toEqual([]);
  });
});
