/** What the servers of a RocketMQ are set to, and what of our topics and groups exists in them. */
import type { Clock } from '../../core/ports/clock.js';
import type { RocketmqSettings } from '../../settings/rocketmq-settings.js';
import { createCaller } from './caller.js';
import { ownPlan } from './own-topics.js';
import { RocketmqAdmin } from './remoting/rocketmq-admin.js';
import { endpointsOf } from './protocol.js';
import { ProxyChannel } from './proxy-channel.js';
import { RocketmqNames } from './rocketmq-names.js';
import { allTopicsOf, missingOf } from './set-up.js';

export interface BrokerReport {
  readonly name: string;
  readonly replicas: number;
  readonly config: Readonly<Record<string, string>>;
}

export interface Existing {
  readonly planned: number;
  readonly missing: readonly string[];
}

export interface ServersReport {
  readonly brokers: readonly BrokerReport[];
  readonly topics: Existing;
  readonly groups: Existing;
}

/** @throws DomainError `QUEUE_UNAVAILABLE` when no name server or not every broker answers. */
export async function readServerSettings(settings: RocketmqSettings): Promise<ServersReport> {
  const admin = new RocketmqAdmin(settings.nameServers);
  try {
    const plan = ownPlan(new RocketmqNames(settings), settings);
    const brokers: BrokerReport[] = [];
    for (const { name, address, replicas } of await admin.brokers()) {
      brokers.push({ name, replicas, config: await admin.brokerConfig(address) });
    }
    const missing = await missingOf(admin, plan);
    return {
      brokers,
      topics: { planned: allTopicsOf(plan).length, missing: missing.topics.map(({ name }) => name) },
      groups: { planned: plan.groups.length, missing: missing.groups.map(({ name }) => name) },
    };
  } finally {
    admin.close();
  }
}

/** Asks a proxy for a route, which it need not know: any answer will do. @throws CallError when there is none. */
export async function askProxy(endpoint: string, { requestTimeoutMs }: RocketmqSettings, clock: Clock): Promise<void> {
  const channel = new ProxyChannel(endpoint, { clock, onEvent: () => undefined });
  try {
    const request = { topic: { name: 'fanfare-doctor' }, endpoints: endpointsOf(endpoint) };
    const caller = createCaller('fanfare-doctor', clock.now());
    await channel.call('QueryRoute', request, { caller, timeoutMs: requestTimeoutMs });
  } finally {
    channel.close();
  }
}
