import type { RowDataPacket } from 'mysql2/promise';
import type { Clock } from '../../core/ports/clock.js';
import { ConnectionPool } from './connection-pool.js';
import { CONNECTIONS_OF_A_NODE } from './mysql-store.js';
import { DATABASE_NOW } from './statement-text.js';

/** The clock before the variables: their first question makes the connection. */
const CLOCK = `SELECT ${DATABASE_NOW} AS now_ms`;
const VARIABLES = 'SHOW SESSION VARIABLES';

export interface ServerSettings {
  /** As connections of ours see them. */
  readonly variables: Readonly<Record<string, string>>;
  readonly clockAheadMs: number;
  readonly connectionsPerNode: number;
}

/** Reads what the server is set to, over a connection as the store makes them. @throws what the driver throws. */
export async function readServerSettings(url: string, clock: Clock): Promise<ServerSettings> {
  const pool = new ConnectionPool({ url, maxConnections: 1 });
  try {
    const rows = await pool.ask<RowDataPacket[]>(VARIABLES);
    const named = rows as { readonly Variable_name: string; readonly Value: string }[]; // the columns of SHOW VARIABLES
    const startedAt = clock.now();
    const startedMs = clock.monotonicMs();
    const [row] = await pool.ask<RowDataPacket[]>(CLOCK);
    const tookMs = clock.monotonicMs() - startedMs;
    return {
      variables: Object.fromEntries(named.map(({ Variable_name: name, Value: value }) => [name, value])),
      clockAheadMs: Math.round(Number(row?.['now_ms']) - startedAt - tookMs / 2),
      connectionsPerNode: CONNECTIONS_OF_A_NODE,
    };
  } finally {
    await pool.end();
  }
}
