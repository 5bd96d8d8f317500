/** What a node measures of its store and its servers, as `/metrics` tells it, over real ones that fail. */
import { once } from 'node:events';
import { Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { registerMysqlMetrics } from '../../src/adapters/mysql/mysql-metrics.js';
import { FaultProxy } from '../support/fault-proxy.js';
import { OwnRedis } from '../support/own-redis.js';
import { serveNode, type ServedNode } from '../support/served-node.js';
import { describeMysql, temporaryDatabase, temporaryMysqlStore } from '../support/temporary-mysql.js';

/** The value of one line; undefined where it is not there. */
async function metricsOf({ url }: ServedNode): Promise<(line: string) => number | undefined> {
  return reader(await (await fetch(`${url}/metrics`)).text());
}

const reader =
  (text: string) =>
  (name: string): number | undefined => {
    const line = text.split('\n').find((each) => each.startsWith(`${name} `));
    return line === undefined ? undefined : Number(line.slice(name.length + 1));
  };

const addMember = ({ url }: ServedNode) =>
  fetch(`${url}/v1/members/m1`, { method: 'PUT', headers: { 'content-type': 'application/json' }, body: '{}' });

describe('the metrics of a data folder', () => {
  it('time each commit', async () => {
    const node = await serveNode();
    try {
      const before = (await metricsOf(node))('fanfare_store_commit_seconds_count') ?? 0;
      expect((await addMember(node)).ok).toBe(true);
      expect((await metricsOf(node))('fanfare_store_commit_seconds_count')).toBeGreaterThan(before);
    } finally {
      await node.remove();
    }
  });
});

describeMysql('the metrics of a node over MySQL and Redis', () => {
  it('time statements, commits and calls, and count when a server comes back', async () => {
    const database = await temporaryDatabase();
    const redis = await OwnRedis.start();
    const proxy = await FaultProxy.start(database.port, () => 0);
    const url = `mysql://root@127.0.0.1:${proxy.port}/${database.name}`;
    const node = await serveNode({ FANFARE_MYSQL_URL: url, FANFARE_REDIS_URL: redis.url });
    try {
      expect((await addMember(node)).ok).toBe(true);
      const first = await metricsOf(node);
      expect(first('fanfare_mysql_statement_seconds_count{outcome="ok"}')).toBeGreaterThan(10);
      expect(first('fanfare_store_commit_seconds_count')).toBeGreaterThan(0);
      expect(first('fanfare_mysql_available')).toBe(1);
      expect(first('fanfare_redis_available')).toBe(1);

      await proxy.set({ refuses: true });
      const refused = addMember(node);
      await redis.kill();
      await expect.poll(async () => (await metricsOf(node))('fanfare_mysql_available')).toBe(0);
      await expect.poll(async () => (await metricsOf(node))('fanfare_redis_available')).toBe(0);
      expect((await refused).status).toBe(503);
      await proxy.set({});
      await redis.startAgain();
      await expect.poll(async () => (await metricsOf(node))('fanfare_mysql_reconnects')).toBe(1);
      await expect.poll(async () => (await metricsOf(node))('fanfare_redis_reconnects')).toBe(1);
      const last = await metricsOf(node);
      expect(last('fanfare_mysql_available')).toBe(1);
      expect(last('fanfare_mysql_retries{reason="connectionLost"}')).toBeGreaterThan(0);
    } finally {
      await node.remove();
      await proxy.close();
      await redis.kill();
      await database.drop();
    }
  });

  it('name why a transaction was run again', async () => {
    const registry = new Registry();
    const { store, remove } = await temporaryMysqlStore(registerMysqlMetrics(registry));
    try {
      // Each holds one row and waits for the other's: the server ends one of them.
      const both = { arrived: 0, go: new AbortController() };
      const lease = { nodeId: 'n', leaseMs: 1_000 };
      const change = (first: string, second: string) =>
        store.transaction(async (tx) => {
          await tx.nodes.takeLease(first, lease);
          both.arrived++;
          if (both.arrived === 2) both.go.abort();
          if (!both.go.signal.aborted) await once(both.go.signal, 'abort');
          await tx.nodes.takeLease(second, lease);
        });
      await Promise.all([change('a', 'b'), change('b', 'a')]);
      const metrics = reader(await registry.metrics());
      expect(metrics('fanfare_mysql_retries{reason="deadlock"}')).toBe(1);
      expect(metrics('fanfare_store_commit_seconds_count')).toBe(store.stats().commits);
    } finally {
      await remove();
    }
  });
});
