/** A node as a process over a database and a RocketMQ: what it commits comes out of the broker, what others send goes in. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { MysqlStore } from '../../src/adapters/mysql/mysql-store.js';
import { setUpRocketmq } from '../../src/adapters/rocketmq/own-set-up.js';
import type { RocketmqQueue } from '../../src/adapters/rocketmq/rocketmq-queue.js';
import { systemClock } from '../../src/adapters/system/system-clock.js';
import { toRow } from '../../src/membership/member-row.js';
import { createPromotion } from '../support/promotion-calls.js';
import { REACHABLE } from '../support/push-rig.js';
import { rocketmqSkip } from '../support/rocketmq.js';
import { testQueue, testSettings } from '../support/rocketmq-queue.js';
import { ServerProcess } from '../support/server-process.js';
import { temporaryDatabase, type TemporaryDatabase } from '../support/temporary-mysql.js';

const DEADLINE = { timeout: 60_000, interval: 100 };
const LOGINS = 'shop.logins';
const AT = '2026-01-02T03:04:05.000Z';
const reason = rocketmqSkip();

describe.skipIf(reason !== false)(`a node with RocketMQ${reason === false ? '' : ` (skipped: ${reason})`}`, () => {
  let database: TemporaryDatabase;
  let folder: string;
  let queue: RocketmqQueue;
  let node: ServerProcess;
  beforeEach(async () => {
    database = await temporaryDatabase();
    const store = await MysqlStore.open({ url: database.url, clock: systemClock });
    await store.transaction(async (tx) => {
      const first = await tx.ids.take('ordinal', 1);
      await tx.members.insert(first, [toRow('m1', REACHABLE)], systemClock.now());
    });
    await store.close();
    const settings = testSettings();
    await setUpRocketmq(settings);
    queue = testQueue(settings);
    folder = mkdtempSync(join(tmpdir(), 'fanfare-node-'));
    const config = {
      cluster: { mysql: { url: database.url }, rocketmq: settings },
      events: { incoming: { [LOGINS]: { kind: 'member.loggedIn', fields: { memberId: '/user', at: '/when' } } } },
    };
    writeFileSync(join(folder, 'fanfare.config.json'), JSON.stringify(config));
    node = await ServerProcess.start(folder);
  });
  afterEach(async () => {
    await node.kill();
    await queue.close();
    await database.drop();
    rmSync(folder, { recursive: true, force: true });
  });

  it('relays what it commits, and counts its calls', async () => {
    const topic = { topic: 'promotion.created', group: 'reader' };
    await queue.ensureGroup(topic);
    const { id, ...answer } = await createPromotion(node.url, 'Spring');
    expect(answer, node.complaints).toEqual({ status: 201 });
    const bodies = await vi.waitFor(async () => {
      const messages = await queue.lease({ ...topic, maxMessages: 10, leaseMs: 30_000 });
      expect(messages).toHaveLength(1);
      return messages.map(({ body }) => JSON.parse(body) as unknown);
    }, DEADLINE);
    expect(bodies).toEqual([expect.objectContaining({ promotionId: id })]);
    const metrics = await (await fetch(`${node.url}/metrics`)).text();
    expect(metrics).toMatch(/^fanfare_rocketmq_call_seconds_count\{method="SendMessage",outcome="OK"\} [1-9]/m);
  });

  it('takes what others send', async () => {
    await queue.ensureGroup({ topic: LOGINS, group: 'fanfare' });
    await queue.send([{ topic: LOGINS, key: 'm1', body: JSON.stringify({ user: 'm1', when: AT }) }]);
    await vi.waitFor(async () => {
      const answer: unknown = await (await fetch(`${node.url}/v1/members/m1`)).json();
      expect(answer).toMatchObject({ lastActiveAt: AT });
    }, DEADLINE);
  });
});
