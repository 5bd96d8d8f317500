/**
 * Two nodes as processes over one database and one Redis, and a vendor beside them. One node is killed, or stands still
 * for longer than its leases, in the middle of a campaign; what counts is the vendor's own log.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { MysqlStore } from '../../src/adapters/mysql/mysql-store.js';
import { systemClock } from '../../src/adapters/system/system-clock.js';
import { countDeliveries } from '../../src/demo/vendors/read-delivery-log.js';
import { smsVendorSettings } from '../../src/demo/vendors/vendor-settings.js';
import type { VendorProcess } from '../../src/demo/vendors/vendor-process.js';
import { toRow } from '../../src/membership/member-row.js';
import { CampaignApi } from '../support/campaign-api.js';
import { OutsideWorld } from '../support/outside-world.js';
import { OwnRedis } from '../support/own-redis.js';
import { REACHABLE } from '../support/push-rig.js';
import { ServerProcess } from '../support/server-process.js';
import { describeMysql, temporaryDatabase, type TemporaryDatabase } from '../support/temporary-mysql.js';

const MEMBERS = 20_000;
/** Slow enough that the campaign is under way when the node ends; lifted after that. */
const MEMBERS_PER_SECOND = 1_000;
const DEADLINE_MS = 240_000;

describeMysql('two nodes over one database', () => {
  let database: TemporaryDatabase;
  let redis: OwnRedis;
  let world: OutsideWorld;
  let nodes: ServerProcess[];
  beforeEach(async () => {
    database = await temporaryDatabase();
    redis = await OwnRedis.start();
    world = await OutsideWorld.open({ sms: { latencyMs: 50 } });
    nodes = [];
    const store = await MysqlStore.open({ url: database.url, clock: systemClock });
    for (let from = 0; from < MEMBERS; from += 2_000) {
      await store.transaction(async (tx) => {
        const first = await tx.ids.take('ordinal', 2_000);
        const rows = Array.from({ length: 2_000 }, (_, index) =>
          toRow(`m${first + index}`, { ...REACHABLE, phone: `+86138${String(first + index).padStart(8, '0')}` }),
        );
        await tx.members.insert(first, rows, systemClock.now());
      });
    }
    await store.close();
  }, DEADLINE_MS);
  afterEach(async () => {
    for (const node of nodes) await node.kill();
    await world.remove();
    await redis.kill();
    await database.drop();
  });

  async function startNode(name: string, sms: VendorProcess): Promise<ServerProcess> {
    const folder = join(world.folder, name);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const config = {
      cluster: { mysql: { url: database.url }, redis: { url: redis.url } },
      channels: { sms: { provider: smsVendorSettings(sms.port), retry: { firstDelayMs: 100, maxDelayMs: 500 } } },
    };
    writeFileSync(join(folder, 'fanfare.config.json'), JSON.stringify(config));
    const node = await ServerProcess.start(folder);
    nodes.push(node);
    return node;
  }

  /** Buckets that a node works on at this moment. */
  async function leasedBy({ pid }: ServerProcess): Promise<number> {
    const sql = 'SELECT COUNT(*) AS buckets FROM ledger_bucket WHERE lease_owner LIKE ?';
    return Number((await database.query(sql, [`${pid}-%`]))[0]?.['buckets']);
  }

  /** When a node last said that it is there, by the clock of the database. */
  async function lastBeat({ pid }: ServerProcess): Promise<number> {
    return Number(
      (await database.query('SELECT seen_at FROM node WHERE node_id LIKE ?', [`${pid}-%`]))[0]?.['seen_at'],
    );
  }

  async function beatAfter(node: ServerProcess, before: number): Promise<number> {
    return vi.waitFor(
      async () => {
        const beat = await lastBeat(node);
        if (beat > before) return beat;
        throw new Error(`process ${node.pid} has said nothing since ${before}`);
      },
      { timeout: 60_000, interval: 50 },
    );
  }

  const told = async (): Promise<number> => (await world.sms.stats()).delivered;

  async function startCampaign(api: CampaignApi): Promise<number> {
    const { id } = await api.launch({
      name: 'Two nodes',
      audience: { kind: 'everybody' },
      channels: [{ channel: 'sms', message: { body: 'Hello' }, membersPerSecond: MEMBERS_PER_SECOND }],
    });
    return id;
  }

  it.each(['SIGKILL', 'SIGSTOP'] as const)(
    'lose nobody and tell nobody twice when one gets %s in mid-campaign',
    async (signal) => {
      const victim = await startNode('first', world.sms);
      const heir = await startNode('second', world.sms);
      const api = new CampaignApi(heir.url);
      const id = await startCampaign(api);
      await vi.waitFor(async () => expect(await told()).toBeGreaterThan(MEMBERS / 10), {
        timeout: 60_000,
        interval: 50,
      });
      await vi.waitFor(async () => expect(await leasedBy(victim)).toBeGreaterThan(0), {
        timeout: 60_000,
        interval: 10,
      });
      process.kill(victim.pid, signal);
      await api.setPace(id, 'sms', null);
      await api.completed(id, DEADLINE_MS);
      if (signal === 'SIGSTOP') {
        const before = await lastBeat(victim);
        process.kill(victim.pid, 'SIGCONT');
        // By its second beat it has tried to write what it still had in its hands.
        await beatAfter(victim, await beatAfter(victim, before));
      }
      expect(await api.auditDifferences()).toEqual([]);
      for (const node of nodes) await node.kill();
      await world.stopVendors();
      const deliveries = (await countDeliveries(join(world.folder, 'sms-vendor.log'), 'sms')).get(id);
      expect({ told: deliveries?.members, twice: deliveries?.doubled }).toEqual({ told: MEMBERS, twice: 0 });
    },
    DEADLINE_MS,
  );
});
