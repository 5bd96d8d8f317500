import type Database from 'better-sqlite3';
import type { IdAllocator } from '../../core/id-allocator.js';
import type { CampaignRepository } from '../../campaign/campaign-repository.js';
import { createCampaignRepository } from './campaign-repository.js';
import { createIdAllocator } from './id-allocator.js';

/** Everything a transaction of the embedded store offers; use cases see the part they declare. */
export interface SqliteTx {
  readonly ids: IdAllocator;
  readonly campaigns: CampaignRepository;
}

/** Prepares the repositories over one connection. */
export function createSqliteTx(database: Database.Database): SqliteTx {
  return {
    ids: createIdAllocator(database),
    campaigns: createCampaignRepository(database),
  };
}
