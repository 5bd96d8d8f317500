/** A node of a cluster: the same engine over servers that it shares with others. */
import { RedisConnection } from '../adapters/redis/redis-connection.js';
import { registerRedisMetrics } from '../adapters/redis/redis-metrics.js';
import { RedisPacer } from '../adapters/redis/redis-pacer.js';
import { SharePacer } from '../adapters/memory/share-pacer.js';
import { registerMysqlMetrics } from '../adapters/mysql/mysql-metrics.js';
import { MysqlStore } from '../adapters/mysql/mysql-store.js';
import { registerRocketmqMetrics } from '../adapters/rocketmq/rocketmq-metrics.js';
import { RocketmqQueue } from '../adapters/rocketmq/rocketmq-queue.js';
import { lockFolder } from '../adapters/sqlite/folder-lock.js';
import { prepareDataFolder } from '../adapters/system/data-folder.js';
import { rejectFolder } from '../adapters/system/reject-folder.js';
import { systemClock } from '../adapters/system/system-clock.js';
import { systemRandom } from '../adapters/system/system-random.js';
import { buildProvider } from '../adapters/vendors/build-provider.js';
import { createProvider } from '../adapters/vendors/create-provider.js';
import { readVendorSecrets } from '../adapters/vendors/vendor-spec.js';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { ClusterConfig } from '../cluster-config.js';
import type { Channel } from '../core/channels.js';
import { endsWithin } from '../core/ends-within.js';
import { DomainError } from '../core/errors.js';
import type { Pacer } from '../core/ports/pacer.js';
import { MINUTE_MS, SECOND_MS } from '../core/time.js';
import { reportAudit, type AuditReport } from '../ledger/audit.js';
import { subjectHasher } from '../membership/suppression.js';
import { NodeLife } from '../nodes/node-life.js';
import { SharedClock } from '../nodes/shared-clock.js';
import { SHARED_STORE_LEASES } from '../push/lease-policy.js';
import type { RocketmqSettings } from '../settings/rocketmq-settings.js';
import { startEngine, type Engine, type EngineNode, type EngineParts } from './engine.js';
import { findSubjectKey } from './kept-secrets.js';
import { sharedPromotions } from './shared-promotions.js';
import { unsubscribeUrlOf, type NodeOptions } from './node-options.js';

/** Keeping house is one node's work at a time; one that dies is followed by another after so long. */
const HOUSEKEEPER_LEASE_MS = 5 * MINUTE_MS;
/** The same for giving coupons to many at once, which people wait for. */
const ISSUER_LEASE_MS = 10_000;
/** So is ending locks of orders; a lock is void at its end whether or not one does. */
const LOCK_TIMER_LEASE_MS = 5 * SECOND_MS;
/** What a stop gives, beyond the answers of vendors, to work that waits for a store that is silent; then it is cut off. */
const STORE_GRACE_MS = 2_000;

/**
 * Connects to the servers of a cluster and starts to do this node's part.
 * @throws DomainError `DATA_FOLDER_LOCKED`, `DATA_FOLDER_UNUSABLE`, `STORE_UNAVAILABLE`, `STORE_TOO_NEW`,
 *   `MOVE_UNFINISHED`, `INVALID_CONFIG`, `DELIVERY_MODE_REFUSED`; then nothing is left open.
 */
export async function openClusterNode(options: NodeOptions, cluster: ClusterConfig): Promise<EngineNode> {
  const { config, onEvent } = options;
  const clock = new SharedClock(systemClock);
  const random = systemRandom;
  prepareDataFolder(config.dataFolder);
  const lock = lockFolder(config.dataFolder);
  const closers: (() => Promise<void> | void)[] = [
    () => {
      lock.release();
    },
    () => clock.close(), // after the store, whose answer it may wait for
  ];
  const closeAll = async (): Promise<void> => {
    const failures: unknown[] = [];
    for (const close of closers.splice(0).reverse()) {
      // Each in its turn, whatever became of the others: the folder's lock is the last.
      await Promise.resolve()
        .then(close)
        .catch((error: unknown) => failures.push(error));
    }
    if (failures.length > 0) throw failures[0];
  };
  try {
    const metrics = options.registry === undefined ? undefined : registerMysqlMetrics(options.registry);
    const store = await MysqlStore.open({
      url: cluster.mysql.url,
      clock,
      random,
      queuesTasks: cluster.rocketmq !== undefined,
      ...metrics,
      onEvent: (event) => {
        metrics?.onEvent(event);
        onEvent(event);
      },
    });
    closers.push(() => store.close());
    await clock.follow(() => store.read((tx) => tx.nodes.now()));
    const nodeId = `${process.pid}-${Buffer.from(random.bytes(6)).toString('hex')}`;
    const redis = cluster.redis === undefined ? undefined : connectRedis(cluster.redis.url, options);
    if (redis !== undefined) closers.push(() => redis.close());
    await redis?.open(); // pace is shared as soon as it is there
    const sharing: { pacer?: RedisPacer } = {};
    const life = new NodeLife({
      store,
      clock,
      node: {
        nodeId,
        host: hostname(),
        version: options.version ?? 'unknown',
        roles: cluster.roles,
        channels: pushedChannels(options, cluster),
        startedAt: clock.now(),
      },
      canSharePace: () => sharing.pacer?.isShared ?? redis?.isConnected ?? false,
      onEvent,
    });
    const alone = new SharePacer(clock, () => life.aloneShare());
    if (redis !== undefined && cluster.redis !== undefined) {
      const sharedPart = (): number => life.sharedPart();
      const pacer = new RedisPacer({ redis, clock, random, prefix: cluster.redis.prefix, sharedPart, fallback: alone });
      sharing.pacer = pacer;
      closers.push(() => pacer.close());
    }
    await life.start();
    closers.push(() => life.close());
    await refuseUnfinishedMove(store); // after this node's own row is there: see claim in move.ts
    const pacer: Pacer = sharing.pacer ?? alone;
    const broker = cluster.rocketmq === undefined ? undefined : openBroker(cluster.rocketmq, options);
    if (broker !== undefined) closers.push(() => broker.close());
    const parts = { store, clock, random, pacer, owner: nodeId, onEvent };
    const engine = await startEngine(config.channels, {
      ...parts,
      rejects: rejectFolder(join(config.dataFolder, 'rejects')),
      makeProvider: providersOf(options, cluster),
      incoming: config.events?.incoming,
      promotions: sharedPromotions({
        store,
        clock,
        random,
        shared:
          redis === undefined || cluster.redis === undefined ? undefined : { redis, prefix: cluster.redis.prefix },
      }),
      broker,
      node: {
        roles: new Set(cluster.roles),
        channels: cluster.channels,
        lease: SHARED_STORE_LEASES,
        mayKeepHouse: () =>
          store.transaction((tx) => tx.nodes.takeLease('housekeeping', { nodeId, leaseMs: HOUSEKEEPER_LEASE_MS })),
        mayIssue: () => store.transaction((tx) => tx.nodes.takeLease('issuing', { nodeId, leaseMs: ISSUER_LEASE_MS })),
        mayEndLocks: () =>
          store.transaction((tx) => tx.nodes.takeLease('locks', { nodeId, leaseMs: LOCK_TIMER_LEASE_MS })),
      },
    });
    let draining: Promise<number> | undefined;
    const drain = (drainMs: number): Promise<number> => (draining ??= drainOrCut(engine, store, drainMs));
    let closing: Promise<number> | undefined;
    const close = async (drainMs: number): Promise<number> => {
      const unanswered = await drain(drainMs);
      await closeAll();
      return unanswered;
    };
    return {
      ...engine,
      listNodes: () => store.read((tx) => tx.nodes.list()),
      announceLeaving: () => life.announceLeaving(),
      drain,
      close: (drainMs) => (closing ??= close(drainMs)),
    };
  } catch (error) {
    await closeAll();
    throw error;
  }
}

/** A store that is silent has what vendors have, and `STORE_GRACE_MS`: it must not hold up the stop. */
async function drainOrCut(engine: Engine, store: MysqlStore, drainMs: number): Promise<number> {
  const drained = engine.drain(drainMs);
  if (!(await endsWithin(drained, drainMs + STORE_GRACE_MS, systemClock))) await store.close({ graceMs: 0 });
  return drained;
}

async function refuseUnfinishedMove(store: MysqlStore): Promise<void> {
  const found = await store.read((tx) => tx.moveIn.find());
  if (found?.finishedAt !== null) return;
  throw new DomainError(
    'MOVE_UNFINISHED',
    'A data folder is being moved into this database; start nodes when fanfare move has ended. Where it was interrupted, run it again.',
  );
}

/**
 * Audits a database, also while nodes work on it; at most `limit` differences are named, all are counted.
 * @throws DomainError `STORE_UNAVAILABLE`, `STORE_TOO_NEW`, `INVALID_CONFIG`, `MOVE_UNFINISHED`; the signal's reason
 *   once it has aborted.
 */
export async function auditDatabase(
  url: string,
  { limit, signal }: { readonly limit: number; readonly signal: AbortSignal },
): Promise<AuditReport> {
  const store = await MysqlStore.open({ url, clock: systemClock });
  try {
    await refuseUnfinishedMove(store);
    const hashSubject = subjectHasher(await findSubjectKey(store, systemRandom));
    return await reportAudit({ store, clock: systemClock, hashSubject }, { limit, signal });
  } finally {
    await store.close();
  }
}

function connectRedis(url: string, { registry, onEvent }: NodeOptions): RedisConnection {
  const metrics = registry === undefined ? undefined : registerRedisMetrics(registry);
  return new RedisConnection({
    url,
    clock: systemClock,
    random: systemRandom,
    onCall: metrics?.onCall,
    onEvent: (event) => {
      metrics?.onEvent(event);
      onEvent(event);
    },
  });
}

/** Connects when it is first used: a broker that is away keeps no node from starting. */
const openBroker = (settings: RocketmqSettings, { registry }: NodeOptions): RocketmqQueue =>
  new RocketmqQueue({
    settings,
    clock: systemClock,
    random: systemRandom,
    ...(registry === undefined ? {} : { onEvent: registerRocketmqMetrics(registry) }),
  });

/** Channels that this node sends on: those it is given, as far as they are configured. */
const pushedChannels = ({ config }: NodeOptions, { roles, channels }: ClusterConfig): readonly Channel[] =>
  roles.includes('pusher')
    ? channels.filter((channel) => channel === 'inbox' || config.channels[channel] !== undefined)
    : [];

/** A channel that this node does not push is offered, and needs no thread. */
function providersOf(
  { config, readSecret, onEvent }: NodeOptions,
  cluster: ClusterConfig,
): EngineParts['makeProvider'] {
  const clock = systemClock;
  return (channel, vendor, keys) =>
    cluster.roles.includes('pusher') && cluster.channels.includes(channel)
      ? createProvider(channel, vendor, { clock, keys, readSecret, onEvent, unsubscribeUrl: unsubscribeUrlOf(config) })
      : buildProvider({ channel, config: vendor, keys, secrets: readVendorSecrets(vendor, readSecret) }, clock);
}
