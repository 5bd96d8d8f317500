import { assert } from '../../core/assert.js';
import { CHANNELS } from '../../core/channels.js';
import { epochMs } from '../../core/time.js';
import type { NodeRecord, NodeRepository } from '../../nodes/node-repository.js';
import { ROLES } from '../../nodes/role.js';
import { selectValue, selectValues, type MysqlSession } from './session.js';
import { DATABASE_NOW } from './statement-text.js';

const BEAT = `
  INSERT INTO node (node_id, host, version, roles, channels, started_at, is_pace_shared, is_leaving, seen_at)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ${DATABASE_NOW})
  ON DUPLICATE KEY UPDATE is_pace_shared = VALUES(is_pace_shared), is_leaving = VALUES(is_leaving),
    seen_at = VALUES(seen_at)`;
const LEAVE = 'DELETE FROM node WHERE node_id = ?';
/** Looked for without a lock: a DELETE that looks for itself waits for every beat that is not committed yet. */
const SILENT = `SELECT node_id FROM node WHERE seen_at < ${DATABASE_NOW} - ?`;
/** Index ledger_leased: the few rows that are leased at any moment. */
const LIST = `
  SELECT n.node_id, n.host, n.version, n.roles, n.channels, n.started_at, n.is_pace_shared, n.is_leaving, n.seen_at,
    ${DATABASE_NOW} - n.seen_at AS silent_ms, COALESCE(l.buckets, 0) AS leased_buckets
  FROM node n LEFT JOIN (
    SELECT lease_owner, COUNT(*) AS buckets FROM ledger_bucket WHERE lease_owner IS NOT NULL GROUP BY lease_owner
  ) l ON l.lease_owner = n.node_id
  ORDER BY n.started_at, n.node_id`;
/** Assignments go from left to right: whoever holds the lease after the first one has it for longer by the second. */
const TAKE_LEASE = `
  INSERT INTO node_lease (name, node_id, leased_until) VALUES (?, ?, ${DATABASE_NOW} + ?)
  ON DUPLICATE KEY UPDATE node_id = IF(leased_until <= ${DATABASE_NOW}, VALUES(node_id), node_id),
    leased_until = IF(node_id = VALUES(node_id), VALUES(leased_until), leased_until)`;
const NOW = `SELECT ${DATABASE_NOW}`;
const HOLDER = 'SELECT node_id FROM node_lease WHERE name = ?';

interface NodeRow {
  readonly node_id: string;
  readonly host: string;
  readonly version: string;
  readonly roles: string;
  readonly channels: string;
  readonly started_at: number;
  readonly is_pace_shared: number;
  readonly is_leaving: number;
  readonly seen_at: number;
  readonly silent_ms: number;
  readonly leased_buckets: number;
}

export function createNodeRepository(session: MysqlSession): NodeRepository {
  return {
    beat: async ({ nodeId, host, version, roles, channels, startedAt, isPaceShared, isLeaving }) => {
      const listed = [roles.join(), channels.join()];
      await session.execute(BEAT, [nodeId, host, version, ...listed, startedAt, isPaceShared, isLeaving]);
    },
    leave: async (nodeId) => {
      await session.execute(LEAVE, [nodeId]);
    },
    list: async () => (await session.selectRows<NodeRow>(LIST)).map(toNode),
    forgetSilent: async (silentMs) => {
      let forgotten = 0;
      for (const nodeId of await selectValues<string>(session, SILENT, [silentMs])) {
        forgotten += await session.execute(LEAVE, [nodeId]);
      }
      return forgotten;
    },
    takeLease: async (name, { nodeId, leaseMs }) => {
      await session.execute(TAKE_LEASE, [name, nodeId, leaseMs]);
      return (await selectValue<string>(session, HOLDER, [name])) === nodeId;
    },
    now: async () => {
      const nowMs = await selectValue<number>(session, NOW, []);
      assert(nowMs !== undefined, 'a server knows what time it is');
      return epochMs(nowMs);
    },
  };
}

const toNode = (row: NodeRow): NodeRecord => ({
  nodeId: row.node_id,
  host: row.host,
  version: row.version,
  roles: ROLES.filter((role) => row.roles.split(',').includes(role)),
  channels: CHANNELS.filter((channel) => row.channels.split(',').includes(channel)),
  startedAt: epochMs(row.started_at),
  isPaceShared: row.is_pace_shared === 1,
  isLeaving: row.is_leaving === 1,
  seenAt: epochMs(row.seen_at),
  silentMs: row.silent_ms,
  leasedBuckets: row.leased_buckets,
});
