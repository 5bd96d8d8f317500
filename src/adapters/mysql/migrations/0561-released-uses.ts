import type { Migration } from './migration.js';

const hasColumn = (table: string, column: string): string => `
  SELECT 1 FROM information_schema.columns
  WHERE table_schema = DATABASE() AND table_name = '${table}' AND column_name = '${column}'`;

/** What an order used once and released stays known; and whether its news gives versions. */
export const releasedUses: readonly Migration[] = [
  {
    number: 561,
    name: 'order-versions',
    level: 1,
    sql: 'ALTER TABLE coupon_order ADD COLUMN has_versions TINYINT CHECK (has_versions IN (0, 1))',
    isThere: hasColumn('coupon_order', 'has_versions'),
  },
  {
    number: 562,
    name: 'released-uses',
    level: 1,
    sql: 'ALTER TABLE coupon_use ADD COLUMN released TINYINT NOT NULL DEFAULT 0 CHECK (released IN (0, 1))',
    isThere: hasColumn('coupon_use', 'released'),
  },
];
