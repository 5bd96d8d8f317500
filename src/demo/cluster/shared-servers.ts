/** What nodes share: a database of this run's own, a RocketMQ with topics and groups, and the Redis that is there. */
import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { createDatabase, dropDatabase, ownPlan, RocketmqNames, setUpRocketmq } from '../../compose.js';
import type { Say } from '../../cli/wording.js';
import type { Clock } from '../../core/ports/clock.js';
import { rocketmqSchema, type RocketmqSettings } from '../../settings/rocketmq-settings.js';
import { DemoFailure } from '../demo-failure.js';
import type { OwnedParts } from '../owned-parts.js';
import type { Stages } from '../stages.js';
import { CLUSTER_TEXT as T } from '../text/cluster-text.js';
import { placeOf } from './check-machine.js';
import type { ClusterOptions } from './cluster-options.js';
import { ensureJars, startRocketmq } from './rocketmq-of-demo.js';

export interface SharedServers {
  /** `cluster` of a node's configuration. */
  readonly settings: object;
  readonly rocketmq: RocketmqSettings;
}

interface SharedOptions {
  readonly options: ClusterOptions;
  readonly mysqlVersion: string;
  readonly folder: string;
  readonly stages: Stages;
  readonly say: Say;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** @throws DemoFailure when a database is refused or RocketMQ does not start. */
export async function openSharedServers(demo: SharedOptions, owned: OwnedParts): Promise<SharedServers> {
  const name = `fanfare_demo_${randomBytes(4).toString('hex')}`;
  const mysqlUrl = await openDatabase(demo, name, owned);
  demo.signal.throwIfAborted();
  const where = await openBroker(demo, owned);
  demo.signal.throwIfAborted();
  const rocketmq = rocketmqSchema.parse(where);
  await createTopics(demo, rocketmq);
  const redis = { url: demo.options.redisUrl, prefix: name }; // its keys end by themselves
  return { settings: { mysql: { url: mysqlUrl }, redis, rocketmq: where }, rocketmq };
}

async function openDatabase(
  { options: { mysqlUrl, isKept }, mysqlVersion, stages, say, clock }: SharedOptions,
  name: string,
  owned: OwnedParts,
): Promise<string> {
  const startedMs = clock.monotonicMs();
  const place = placeOf(mysqlUrl);
  const url = await createDatabase(mysqlUrl, name).catch((error: unknown) => {
    throw new DemoFailure(T.databaseRefused(place, error instanceof Error ? error.message : String(error)));
  });
  owned.add(async () => {
    if (isKept) stages.note(say(T.database), say(T.keptDatabase, name, place));
    else await dropDatabase(mysqlUrl, name);
  });
  stages.done(say(T.database), say(T.databaseMade, name, place, mysqlVersion), clock.monotonicMs() - startedMs);
  return url;
}

async function openBroker(
  { folder, stages, say }: SharedOptions,
  owned: OwnedParts,
): Promise<{ readonly endpoints: readonly string[]; readonly nameServers: readonly string[] }> {
  const brokerFolder = join(folder, 'rocketmq');
  await explained(ensureJars()); // says itself how far it is
  let where = { endpoints: [''], nameServers: [''] };
  await stages.run(say(T.broker), async () => {
    const server = await explained(startRocketmq(brokerFolder));
    owned.add(async () => {
      await server.stop({ isFolderKept: false });
      rmSync(brokerFolder, { recursive: true, force: true });
    });
    where = { endpoints: [server.endpoint], nameServers: [server.nameServer] };
    return { text: say(T.brokerRuns, server.endpoint, server.nameServer) };
  });
  return where;
}

async function explained<Result>(work: Promise<Result>): Promise<Result> {
  try {
    return await work;
  } catch (error) {
    throw new DemoFailure(T.brokerFailed(error instanceof Error ? error.message : String(error)));
  }
}

async function createTopics({ stages, say, clock }: SharedOptions, settings: RocketmqSettings): Promise<void> {
  const startedMs = clock.monotonicMs();
  const plan = ownPlan(new RocketmqNames(settings), settings);
  await setUpRocketmq(settings);
  const text = say(T.topicsMade, String(plan.topics.length), String(plan.groups.length));
  stages.done(say(T.topicsStage), text, clock.monotonicMs() - startedMs);
}
