import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import net, { type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Registry } from 'prom-client';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { describeMysql, temporaryDatabase, type TemporaryDatabase } from '../../test/support/temporary-mysql.js';
import { clusterSchema } from '../cluster-config.js';
import { campaignEvent } from '../campaign/campaign-event.js';
import { systemClock } from '../adapters/system/system-clock.js';
import type { CampaignId } from '../core/ids.js';
import { TOPICS } from '../core/topics.js';
import { channelsSchema } from '../push/config/channel-config.js';
import { openNode } from './node.js';

/** What a stop promises; the broker would be tried for ten minutes. */
const LEAVES_WITHIN_MS = 10_000;
const SEND_TIMEOUT_MS = 600_000;

describeMysql('a node whose broker is away', () => {
  let database: TemporaryDatabase;
  let folder: string;
  let silent: net.Server;
  const sockets = new Set<net.Socket>();
  beforeEach(async () => {
    database = await temporaryDatabase();
    folder = mkdtempSync(join(tmpdir(), 'fanfare-node-'));
    silent = net.createServer((socket) => void sockets.add(socket.on('error', () => undefined)));
    silent.listen(0, '127.0.0.1');
    await once(silent, 'listening');
  });
  afterEach(async () => {
    for (const socket of sockets) socket.destroy();
    silent.close();
    await database.drop();
    rmSync(folder, { recursive: true, force: true });
  });

  it.each([
    ['refuses connections', () => '127.0.0.1:1'],
    ['takes them and never answers', () => `127.0.0.1:${(silent.address() as AddressInfo).port}`],
  ])('leaves in time with an event under way, when the broker %s', async (_, endpoint) => {
    const registry = new Registry();
    const rocketmq = { endpoints: [endpoint()], sendTimeoutMs: SEND_TIMEOUT_MS };
    const engine = await openNode({
      config: {
        dataFolder: folder,
        channels: channelsSchema.parse({}),
        cluster: clusterSchema.parse({ mysql: { url: database.url }, rocketmq }),
      },
      registry,
      readSecret: () => '',
      onEvent: () => undefined,
    });
    const campaign = { campaignId: 1 as CampaignId, promotionId: null };
    await engine.store.transaction((tx) =>
      tx.outbox.append(campaignEvent(TOPICS.campaignCreated, campaign, systemClock.now())),
    );
    await vi.waitFor(
      async () => expect((await database.query('SELECT * FROM delivery WHERE is_leased = 1')).length).toBe(1),
      { timeout: 60_000, interval: 20 },
    );
    const askedMs = performance.now();
    await engine.close(6_000);
    expect(performance.now() - askedMs).toBeLessThan(LEAVES_WITHIN_MS);
    // Not sent, and not lost: it waits for the next node.
    expect(await database.query('SELECT is_leased FROM delivery')).toEqual([{ is_leased: 0 }]);
  });
});
