import { base } from './0001-base.js';
import { campaigns } from './0006-campaigns.js';
import type { Migration } from './migration.js';

/** All steps in their order: append-only. */
export const MIGRATIONS: readonly Migration[] = [base, campaigns];
