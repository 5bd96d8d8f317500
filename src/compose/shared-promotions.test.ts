import { afterAll, beforeAll, expect, it } from 'vitest';
import { OwnRedis } from '../../test/support/own-redis.js';
import { describeMysql, temporaryMysqlStore } from '../../test/support/temporary-mysql.js';
import { RedisConnection } from '../adapters/redis/redis-connection.js';
import { systemClock } from '../adapters/system/system-clock.js';
import { systemRandom } from '../adapters/system/system-random.js';
import { promotionId } from '../core/ids.js';
import { addMs } from '../core/time.js';
import { createPromotion, type CreatePromotion } from '../promotion/create-promotion.js';
import { editPromotion } from '../promotion/edit-promotion.js';
import type { PromotionReader } from '../promotion/promotion-reader.js';
import type { Promotion } from '../promotion/promotion.js';
import { sharedPromotions } from './shared-promotions.js';

describeMysql('promotions read by two nodes', () => {
  let opened: Awaited<ReturnType<typeof temporaryMysqlStore>>;
  let server: OwnRedis;
  let connections: RedisConnection[];
  let nodes: PromotionReader[];
  beforeAll(async () => {
    opened = await temporaryMysqlStore();
    server = await OwnRedis.start();
    const options = { url: server.url, clock: systemClock, random: systemRandom, onEvent: () => undefined };
    connections = [new RedisConnection(options), new RedisConnection(options)];
    for (const connection of connections) await connection.open();
    nodes = connections.map((redis) =>
      sharedPromotions({
        store: opened.store,
        clock: systemClock,
        random: systemRandom,
        shared: { redis, prefix: 'test' },
      }),
    );
  });
  afterAll(async () => {
    for (const connection of connections) await connection.close();
    await server.kill();
    await opened.remove();
  });

  const create = async (): Promise<Promotion> => {
    const now = opened.clock.now();
    const command: CreatePromotion<undefined> = {
      name: '双11 🎉',
      description: undefined,
      rule: { kind: 'discount', discountBps: 1_250, maxReductionMinor: 9_007_199_254_740_993n / 100n },
      currency: 'CNY',
      scope: { kind: 'seller', shopNumber: '1810714735922956666' },
      startsAt: addMs(now, 1_000),
      endsAt: addMs(now, 60_000),
      createdBy: 'test',
      announce: undefined,
    };
    const startCampaign = () => Promise.reject(new Error('announces nothing'));
    const { promotion } = await opened.store.transaction((tx) => createPromotion(tx, { now, startCampaign }, command));
    return promotion;
  };

  it('are the same as in the store, new at once, and edited at once', async () => {
    expect(await Promise.all(nodes.map((node) => node.find(promotionId(1))))).toEqual([undefined, undefined]);
    const created = await create();
    expect(await Promise.all(nodes.map((node) => node.find(created.id)))).toEqual([created, created]);
    const edited = await opened.store.transaction((tx) =>
      editPromotion(tx, opened.clock.now(), { id: created.id, version: 1, changes: { name: '双12' } }),
    );
    await nodes[0]?.changed(created.id);
    expect(await nodes[1]?.find(created.id)).toEqual(edited);
  });
});
