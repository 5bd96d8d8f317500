import type { Migration } from './migration.js';

/** When a campaign's cells were forgotten: from then on it has counts only. */
export const forgottenCells: Migration = {
  number: 8,
  name: 'forgotten-cells',
  sql: 'ALTER TABLE campaign ADD COLUMN cells_forgotten_at INTEGER;',
};
