/** The schema of a database, looked at or brought to this program's before nodes are started. */
import type { Random } from '../../core/ports/random.js';
import { ConnectionPool } from './connection-pool.js';
import { migrate, pendingSteps } from './migrate.js';
import type { Migration } from './migrations/migration.js';
import { toCallerError } from './mysql-errors.js';

/** One that works, and one that renews the lock meanwhile. */
const CONNECTIONS = 2;

interface DatabaseSchema {
  /** The steps that the database has not seen; changes nothing. */
  pending(): Promise<readonly Migration[]>;
  /** Does them, waiting for whoever is at it already; answers those that were done here. */
  migrate(random: Random): Promise<readonly Migration[]>;
}

/**
 * Connects for as long as `work` takes.
 * @throws DomainError `INVALID_CONFIG` for a URL that names no database, `STORE_UNAVAILABLE`, `STORE_TOO_NEW`.
 */
export async function withDatabaseSchema<Result>(
  url: string,
  work: (schema: DatabaseSchema) => Promise<Result>,
): Promise<Result> {
  const pool = new ConnectionPool({ url, maxConnections: CONNECTIONS });
  try {
    return await work({ pending: () => pendingSteps(pool), migrate: (random) => migrate(pool, { random }) });
  } catch (error) {
    throw toCallerError(error);
  } finally {
    await pool.end();
  }
}
