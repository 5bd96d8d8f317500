import { base } from './0001-base.js';
import { members } from './0101-members.js';
import type { Migration } from './migration.js';

/** All steps in the order of their numbers: append-only. */
export const MIGRATIONS: readonly Migration[] = [...base, ...members];
