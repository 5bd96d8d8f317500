/** An engine: all that works on one store in one process, whatever the store is. */
import { StoredQueue } from '../adapters/stored/stored-queue.js';
import type { ChannelCatalogue } from '../campaign/channel-offer.js';
import { Planner } from '../campaign/planner.js';
import { CodeDesk } from '../coupon/code/code-desk.js';
import { CouponDesk } from '../coupon/claim/coupon-desk.js';
import { GrantImports } from '../coupon/import/grant-imports.js';
import { IssueRunner } from '../coupon/issue/issue-runner.js';
import { LockDesk } from '../coupon/order/lock-desk.js';
import { LockTimer } from '../coupon/order/lock-timer.js';
import { CHANNELS, type Channel } from '../core/channels.js';
import { endsWithin } from '../core/ends-within.js';
import type { Clock } from '../core/ports/clock.js';
import type { Pacer } from '../core/ports/pacer.js';
import type { Provider } from '../core/ports/provider.js';
import type { Queue } from '../core/ports/queue.js';
import type { Random } from '../core/ports/random.js';
import { TASK_OUTBOX } from '../core/task-message.js';
import { ALL_TOPICS } from '../core/topics.js';
import { EventRelay, joinRelay, type RelayStats } from '../events/event-relay.js';
import { incomingTopics, type IncomingConfig } from '../events/incoming/incoming-config.js';
import { consumersOf } from '../events/incoming/incoming-consumer.js';
import { IncomingEvents } from '../events/incoming/incoming-events.js';
import { Maintenance } from '../maintenance.js';
import type { EraseDeps } from '../membership/erase-member.js';
import { ImportJobs, type RejectFiles } from '../membership/import/import-jobs.js';
import { subjectHasher } from '../membership/suppression.js';
import type { ListNodes } from '../nodes/node-list.js';
import { storedPromotions, type PromotionReader } from '../promotion/promotion-reader.js';
import { ALL_ROLES, type Role } from '../nodes/role.js';
import { ChannelPusher } from '../push/channel-pusher.js';
import { ClockWatch } from '../push/clock-watch.js';
import type { ChannelsConfig, VendorConfig } from '../push/config/channel-config.js';
import type { LeasePolicy } from '../push/lease-policy.js';
import { LeaseWatch } from '../push/lease-watch.js';
import type { MacKeys } from '../push/mac-keys.js';
import { createReferenceCodec, type ReferenceCodec } from '../push/reference.js';
import { setUpChannels } from './channels.js';
import type { EngineEvent } from './engine-event.js';
import type { EngineStore, EngineTx } from './engine-tx.js';
import { keepCodeKey, keepMacKeys, keepSubjectKey } from './kept-secrets.js';
import { TaskFlow } from './task-flow.js';

/** How long a stop lets the broker take the batch at hand. */
const BROKER_GRACE_MS = 1_000;

/** What stands between an engine and the machine. */
export interface EngineParts {
  readonly store: EngineStore;
  readonly clock: Clock;
  readonly random: Random;
  readonly pacer: Pacer;
  readonly rejects: RejectFiles;
  /** Names this process in leases. */
  readonly owner: string;
  /** The broker that other systems read and write; absent = they use the store's own queue. */
  readonly broker?: Broker | undefined;
  /** One of several on the store; absent = alone, and whoever held a lease before is dead. */
  readonly node?: NodeParts | undefined;
  /** Topics of other systems; none where absent. */
  readonly incoming?: IncomingConfig | undefined;
  /** How single promotions are read; straight from the store where absent. */
  readonly promotions?: PromotionReader | undefined;
  readonly makeProvider: (channel: Channel, vendor: VendorConfig, keys: MacKeys) => Provider;
  readonly onEvent: (event: EngineEvent) => void;
}

/** A queue of servers elsewhere. `close` ends what waits for them; safe to call twice. */
export interface Broker extends Queue {
  close(): Promise<void>;
}

/** What a node does where several share a store. */
export interface NodeParts {
  readonly roles: ReadonlySet<Role>;
  /** Channels that it pushes, where it is a pusher. */
  readonly channels: readonly Channel[];
  readonly lease: LeasePolicy;
  /** Takes or renews the right to keep house, which one node at a time has. */
  readonly mayKeepHouse: () => Promise<boolean>;
  /** The same for the right to give coupons to many at once. */
  readonly mayIssue: () => Promise<boolean>;
  /** The same for ending locks of orders. */
  readonly mayEndLocks: () => Promise<boolean>;
}

/** Everything that runs over one data folder. */
export interface Engine {
  readonly store: EngineStore;
  readonly queue: Queue;
  readonly clock: Clock;
  readonly random: Random;
  readonly keys: MacKeys;
  readonly references: ReferenceCodec;
  readonly catalogue: ChannelCatalogue;
  /** What changes of members need. */
  readonly membership: EraseDeps;
  readonly imports: ImportJobs;
  readonly promotions: PromotionReader;
  readonly coupons: CouponDesk<EngineTx>;
  readonly codes: CodeDesk<EngineTx>;
  readonly grantImports: GrantImports<EngineTx>;
  readonly issuing: Pick<IssueRunner<EngineTx>, 'wake'>;
  readonly locks: LockDesk<EngineTx>;
  /** What other systems tell, by topic or over HTTP. */
  readonly incoming: IncomingEvents<EngineTx>;
  readonly pushers: ReadonlyMap<Channel, ChannelPusher>;
  /** Campaigns changed: planner and pushers look again at once. */
  wake(): void;
  readonly roles: ReadonlySet<Role>;
  /** Undefined where this node relays nothing. */
  relayStats(): RelayStats | undefined;
  /** Undefined where no queue carries bucket tasks. */
  readonly tasks: Pick<TaskFlow, 'figures' | 'relayStats'> | undefined;
  /** Stops all work, giving vendors up to `drainMs`, and leaves the store open; answers as `close` does. Safe to call twice. */
  drain(drainMs: number): Promise<number>;
  /** Drains for up to `drainMs` and closes; answers how many members had no answer by then. Safe to call twice. */
  close(drainMs: number): Promise<number>;
}

/** An engine as one node: alone over its folder, or among others. */
export interface EngineNode extends Engine {
  readonly listNodes: ListNodes;
  /** Tells the other nodes that this one is about to stop. Never rejects. */
  announceLeaving(): Promise<void>;
}

/**
 * Starts to work on what is in a store that nobody else holds, which the caller keeps so, or as one node of several.
 * @throws DomainError as `openNode` does for channels and store, which is left open then.
 */
export async function startEngine(channels: ChannelsConfig, parts: EngineParts): Promise<Engine> {
  const made: Provider[] = [];
  const makeProvider: EngineParts['makeProvider'] = (...about) => {
    const provider = parts.makeProvider(...about);
    made.push(provider);
    return provider;
  };
  try {
    return await start(channels, { ...parts, makeProvider });
  } catch (error) {
    for (const provider of made) await provider.close(); // their threads would keep the process alive
    throw error;
  }
}

/** What can fail is awaited before anything begins to work. */
async function start(channels: ChannelsConfig, parts: EngineParts): Promise<Engine> {
  const { store, clock, random, pacer, rejects, owner, node, onEvent } = parts;
  const keys = await keepMacKeys(store, random);
  const roles = node?.roles ?? ALL_ROLES;
  // Nobody else holds the store: whoever held a lease in it is dead.
  if (node === undefined) await store.transaction((tx) => tx.ledger.endAllLeases(clock.now()));

  const setups = setUpChannels(channels, (channel, vendor) => parts.makeProvider(channel, vendor, keys));
  const taskBroker = node === undefined ? undefined : parts.broker; // who is alone finds its buckets by itself
  const pushed = roles.has('pusher') ? (node?.channels ?? CHANNELS) : [];
  const pushers = new Map(
    setups
      .filter(({ settings }) => pushed.includes(settings.channel))
      .map(({ settings }): [Channel, ChannelPusher] => [
        settings.channel,
        new ChannelPusher({
          settings,
          store,
          pacer,
          clock,
          random,
          owner,
          lease: node?.lease,
          usesTasks: taskBroker !== undefined,
          onEvent,
        }),
      ]),
  );
  const wakePushers = (): void => {
    for (const pusher of pushers.values()) pusher.wake();
  };
  /** Rows came due that no task tells of. */
  const pushersLookAgain = (): void => {
    for (const pusher of pushers.values()) pusher.lookAgain();
  };
  const planner = new Planner<EngineTx>({
    store,
    clock,
    onEvent: (event) => {
      onEvent(event);
      if (event.kind === 'campaign.running') wakePushers();
    },
  });
  const maintenance = new Maintenance({ store, clock, onEvent, mayWork: node?.mayKeepHouse });
  await rejects.removeAll(); // of the last run
  const membership: EraseDeps = {
    store,
    clock,
    hashSubject: subjectHasher(await keepSubjectKey(store, random)),
    emptyLog: async () => {
      await rejects.removeAll(); // they name members
      await store.truncate();
    },
  };
  const imports = new ImportJobs({ ...membership, store, rejects });
  const clockWatch = new ClockWatch({
    store,
    clock,
    onEvent,
    longestWaitMs: Math.max(...setups.map(({ settings }) => settings.retry.maxDelayMs)),
    onPulledIn: pushersLookAgain,
  });
  const queue = new StoredQueue({ store, clock });
  if (parts.broker !== undefined) await joinRelay(queue, [...ALL_TOPICS, TASK_OUTBOX]);
  const wake = (): void => {
    planner.wake();
    wakePushers();
  };
  const coupons = new CouponDesk<EngineTx>({ store, clock, onChanged: wake });
  const codes = new CodeDesk<EngineTx>({ store, clock, random, key: await keepCodeKey(store, random) });
  await coupons.shelf.liveNow(); // logins find it filled
  const issuing = new IssueRunner<EngineTx>({ store, clock, shelf: coupons.shelf, onEvent, mayWork: node?.mayIssue });
  const locks = new LockDesk<EngineTx>({
    store,
    clock,
    runningPromotions: (tx) => coupons.runningPromotions.in(tx),
  });
  const incoming = new IncomingEvents<EngineTx>({
    store,
    clock,
    topics: incomingTopics(parts.incoming ?? {}),
    onLogin: (tx, ordinals) => coupons.loggedIn(tx, ordinals),
    onOrders: (tx, told) => locks.tell(tx, told),
  });
  const lockTimer = new LockTimer({ store, clock, onEvent, figures: locks.figures, mayWork: node?.mayEndLocks });
  locks.tellsOfLocks((lockEndsAt) => {
    lockTimer.wakeAt(lockEndsAt);
  });
  const consumers = consumersOf({ queue: parts.broker ?? queue, incoming, clock, random, onEvent });
  const relay =
    parts.broker === undefined || !roles.has('relay')
      ? undefined
      : new EventRelay({ from: queue, to: parts.broker, topics: ALL_TOPICS, clock, onEvent });
  relay?.start();
  const tasks =
    taskBroker === undefined
      ? undefined
      : new TaskFlow({ from: queue, broker: taskBroker, isRelay: roles.has('relay'), pushers, clock, onEvent });
  const leaseWatch = new LeaseWatch({ store, clock, onEvent, onFreed: pushersLookAgain });
  if (roles.has('planner')) {
    planner.start();
    issuing.start();
  }
  for (const pusher of pushers.values()) pusher.start();
  tasks?.start();
  if (node !== undefined && pushers.size > 0) leaseWatch.start();
  if (roles.has('relay')) for (const consumer of consumers) consumer.start();
  if (roles.has('scheduler')) {
    clockWatch.start();
    maintenance.start();
    lockTimer.start();
  }

  let draining: Promise<number> | undefined;
  let closing: Promise<number> | undefined;
  const drain = async (drainMs: number): Promise<number> => {
    // Vendors have their time beside all else: what a broker takes to answer must not come on top of it.
    const pushed = Promise.all([...pushers.values()].map((pusher) => pusher.stop(drainMs)));
    const told = Promise.all([relay, tasks, ...consumers].map(async (each) => each?.close()));
    await Promise.all(
      [maintenance, lockTimer, clockWatch, imports, planner, issuing, leaseWatch].map((each) => each.close()),
    );
    if (!(await endsWithin(told, BROKER_GRACE_MS, clock))) await parts.broker?.close(); // what waits for it fails then
    await told;
    const unanswered = await pushed;
    for (const { settings } of setups) await settings.provider?.close();
    return unanswered.reduce((sum, members) => sum + members, 0);
  };
  const drainOnce = (drainMs: number): Promise<number> => (draining ??= drain(drainMs));
  const close = async (drainMs: number): Promise<number> => {
    const unanswered = await drainOnce(drainMs);
    await store.close();
    return unanswered;
  };
  return {
    store,
    queue,
    coupons,
    codes,
    grantImports: new GrantImports<EngineTx>({ store, clock, rejects }),
    issuing,
    locks,
    incoming,
    clock,
    random,
    keys,
    references: createReferenceCodec(keys),
    membership,
    imports,
    promotions: parts.promotions ?? storedPromotions(store),
    catalogue: new Map(setups.map(({ offer }) => [offer.channel, offer])),
    pushers,
    wake,
    roles,
    relayStats: () => relay?.stats(),
    tasks,
    drain: drainOnce,
    close: (drainMs) => (closing ??= close(drainMs)),
  };
}
