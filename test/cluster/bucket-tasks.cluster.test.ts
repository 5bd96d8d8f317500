/**
 * Two nodes as processes over one database and one RocketMQ, and a vendor that counts what each of them asks for: both
 * take tasks of one campaign. Tasks that are doubled, late or lost are in `src/push/bucket-tasks.test.ts`.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MysqlStore } from '../../src/adapters/mysql/mysql-store.js';
import { setUpRocketmq } from '../../src/adapters/rocketmq/own-set-up.js';
import { systemClock } from '../../src/adapters/system/system-clock.js';
import { countDeliveries } from '../../src/demo/vendors/read-delivery-log.js';
import { smsVendorSettings } from '../../src/demo/vendors/vendor-settings.js';
import type { RocketmqSettings } from '../../src/settings/rocketmq-settings.js';
import { CampaignApi } from '../support/campaign-api.js';
import { OutsideWorld } from '../support/outside-world.js';
import { addMembers } from '../support/push-rig.js';
import { rocketmqSkip } from '../support/rocketmq.js';
import { testSettings } from '../support/rocketmq-queue.js';
import { ServerProcess } from '../support/server-process.js';
import { temporaryDatabase, type TemporaryDatabase } from '../support/temporary-mysql.js';

const MEMBERS = 20_000;
const DEADLINE_MS = 240_000;
const reason = rocketmqSkip();

describe.skipIf(reason !== false)(
  `bucket tasks over RocketMQ${reason === false ? '' : ` (skipped: ${reason})`}`,
  () => {
    let database: TemporaryDatabase;
    let world: OutsideWorld;
    let settings: RocketmqSettings;
    let nodes: ServerProcess[];
    beforeEach(async () => {
      database = await temporaryDatabase();
      world = await OutsideWorld.open({ sms: { latencyMs: 50 } });
      settings = testSettings();
      await setUpRocketmq(settings);
      nodes = [];
      const store = await MysqlStore.open({ url: database.url, clock: systemClock });
      for (let from = 0; from < MEMBERS; from += 2_000)
        await addMembers(store, systemClock, { count: 2_000, fieldsOf: ownPhone });
      await store.close();
    }, DEADLINE_MS);
    afterEach(async () => {
      for (const node of nodes) await node.kill();
      await world.remove();
      await database.drop();
    });

    async function startNode(name: string): Promise<ServerProcess> {
      const folder = join(world.folder, name);
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      const config = {
        cluster: { mysql: { url: database.url }, rocketmq: settings },
        // A window of a few buckets: nobody can take the whole campaign at once.
        channels: { sms: { provider: smsVendorSettings(world.sms.port, name), windowMembers: 4_000 } },
      };
      writeFileSync(join(folder, 'fanfare.config.json'), JSON.stringify(config));
      const node = await ServerProcess.start(folder);
      nodes.push(node);
      return node;
    }

    const launch = async (api: CampaignApi): Promise<number> => {
      const channels = [{ channel: 'sms', message: { body: 'Hello' } }];
      return (await api.launch({ name: 'Tasks', audience: { kind: 'everybody' }, channels })).id;
    };

    const tasksTaken = async ({ url }: ServerProcess, outcome: string): Promise<number> => {
      const metrics = await (await fetch(`${url}/metrics`)).text();
      const line = new RegExp(`^fanfare_tasks_taken\\{channel="sms",class="bulk",outcome="${outcome}"\\} (\\d+)`, 'm');
      return Number(line.exec(metrics)?.[1]);
    };

    async function expectEachToldOnce(api: CampaignApi, id: number): Promise<void> {
      await api.completed(id, DEADLINE_MS);
      expect(await api.auditDifferences()).toEqual([]);
      await world.stopVendors();
      const deliveries = (await countDeliveries(join(world.folder, 'sms-vendor.log'), 'sms')).get(id);
      expect({ told: deliveries?.members, twice: deliveries?.doubled }).toEqual({ told: MEMBERS, twice: 0 });
    }

    it(
      'share a campaign between two nodes; each member is told once',
      async () => {
        const first = await startNode('first');
        const second = await startNode('second');
        const api = new CampaignApi(first.url);
        const id = await launch(api);
        await api.completed(id, DEADLINE_MS);
        const { deliveredBySender } = await world.sms.stats();
        expect(deliveredBySender, JSON.stringify(deliveredBySender)).toEqual({
          first: expect.any(Number),
          second: expect.any(Number),
        });
        for (const node of [first, second])
          expect(await tasksTaken(node, 'claimed'), `tasks of ${node.pid}`).toBeGreaterThan(0);
        await expectEachToldOnce(api, id);
      },
      DEADLINE_MS,
    );
  },
);

const ownPhone = (index: number): { readonly phone: string } => ({ phone: `+86138${String(index).padStart(8, '0')}` });
