import type { Migration } from './migration.js';

/** When something that a message can show of a member last changed; null while it never did. */
export const memberChanges: Migration = {
  number: 7,
  name: 'member-changes',
  sql: 'ALTER TABLE member_core ADD COLUMN changed_at INTEGER;',
};
