/**
 * The composition root: the only file that knows which adapters are in use. It opens a data folder as an engine
 * (store, planner, a pusher per channel) and, around it, the HTTP server. Start in order of dependence, close in reverse.
 */
import { join } from 'node:path';
import { SqliteQueue } from './adapters/sqlite/sqlite-queue.js';
import { lockFolder, type FolderLock } from './adapters/sqlite/folder-lock.js';
import { SqliteStore, type StoreEvent } from './adapters/sqlite/sqlite-store.js';
import type { SqliteTx } from './adapters/sqlite/sqlite-tx.js';
import { MemoryPacer } from './adapters/memory/memory-pacer.js';
import { prepareDataFolder } from './adapters/system/data-folder.js';
import { systemClock } from './adapters/system/system-clock.js';
import { systemRandom } from './adapters/system/system-random.js';
import type { ChannelCatalogue } from './campaign/channel-offer.js';
import { Planner, type PlannerEvent } from './campaign/planner.js';
import type { Config } from './config.js';
import { CHANNELS, type Channel } from './core/channels.js';
import type { Clock } from './core/ports/clock.js';
import type { Provider } from './core/ports/provider.js';
import type { Queue } from './core/ports/queue.js';
import type { Random } from './core/ports/random.js';
import { ChannelPusher, type PushEvent } from './push/channel-pusher.js';
import { setUpChannel, setUpInbox, type ChannelSetup } from './push/channel-setup.js';
import type { VendorConfig } from './push/config/channel-config.js';
import { MIN_SECRET_BYTES, type MacKeys } from './push/mac-keys.js';
import { createReferenceCodec, type ReferenceCodec } from './push/reference.js';

export type EngineEvent = StoreEvent | PlannerEvent | PushEvent;

export interface EngineOptions {
  readonly config: Pick<Config, 'dataFolder' | 'channels'>;
  /** Makes the provider behind a channel. */
  readonly createProvider: (channel: Channel, config: VendorConfig, keys: MacKeys) => Provider;
  readonly onEvent: (event: EngineEvent) => void;
}

/** Everything that runs over one data folder. */
export interface Engine {
  readonly store: SqliteStore;
  readonly queue: Queue;
  readonly clock: Clock;
  readonly random: Random;
  readonly keys: MacKeys;
  readonly references: ReferenceCodec;
  readonly catalogue: ChannelCatalogue;
  readonly pushers: ReadonlyMap<Channel, ChannelPusher>;
  /** Campaigns changed: planner and pushers look again at once. */
  wake(): void;
  /** Drains for up to `drainMs` and closes; answers how many members had no answer by then. Safe to call twice. */
  close(drainMs: number): Promise<number>;
}

/**
 * Opens a data folder and starts to work on what is in it.
 * @throws DomainError `DATA_FOLDER_LOCKED`, `DATA_FOLDER_UNUSABLE`, `STORE_TOO_NEW`, `STORE_CORRUPT`, `INVALID_CONFIG`,
 *   `DELIVERY_MODE_REFUSED`; then nothing is left open.
 */
export async function openEngine(options: EngineOptions): Promise<Engine> {
  const { config, onEvent } = options;
  prepareDataFolder(config.dataFolder);
  const lock = lockFolder(config.dataFolder);
  let store: SqliteStore | undefined;
  try {
    store = new SqliteStore({ file: join(config.dataFolder, 'fanfare.db'), clock: systemClock, onEvent });
    return await startEngine(store, lock, options);
  } catch (error) {
    await store?.close();
    lock.release();
    throw error;
  }
}

async function startEngine(
  store: SqliteStore,
  lock: FolderLock,
  { config, createProvider, onEvent }: EngineOptions,
): Promise<Engine> {
  const clock = systemClock;
  const random = systemRandom;
  const keys = await keepMacKeys(store, random);
  // We hold the folder: whoever held a lease in it is dead.
  await store.transaction((tx) => tx.ledger.endAllLeases(clock.now()));

  const setups = setUpChannels(config, (channel, vendor) => createProvider(channel, vendor, keys));
  const pacer = new MemoryPacer(clock);
  const owner = `${process.pid}-${Buffer.from(random.bytes(6)).toString('hex')}`;
  const pushers = new Map(
    setups.map(({ settings }): [Channel, ChannelPusher] => [
      settings.channel,
      new ChannelPusher({ settings, store, pacer, clock, random, owner, onEvent }),
    ]),
  );
  const wakePushers = (): void => {
    for (const pusher of pushers.values()) pusher.wake();
  };
  const planner = new Planner<SqliteTx>({
    store,
    clock,
    onEvent: (event) => {
      onEvent(event);
      if (event.kind === 'campaign.running') wakePushers();
    },
  });
  planner.start();
  for (const pusher of pushers.values()) pusher.start();

  let closing: Promise<number> | undefined;
  const close = async (drainMs: number): Promise<number> => {
    await planner.close();
    const unanswered = await Promise.all([...pushers.values()].map((pusher) => pusher.stop(drainMs)));
    for (const { settings } of setups) await settings.provider?.close();
    await store.close();
    lock.release();
    return unanswered.reduce((sum, members) => sum + members, 0);
  };
  return {
    store,
    queue: new SqliteQueue({ store, clock }),
    clock,
    random,
    keys,
    references: createReferenceCodec(keys),
    catalogue: new Map(setups.map(({ offer }) => [offer.channel, offer])),
    pushers,
    wake: () => {
      planner.wake();
      wakePushers();
    },
    close: (drainMs) => (closing ??= close(drainMs)),
  };
}

function setUpChannels(
  { channels }: Pick<Config, 'channels'>,
  createProvider: (channel: Channel, config: VendorConfig) => Provider,
): ChannelSetup[] {
  return CHANNELS.flatMap((channel): ChannelSetup[] => {
    if (channel === 'inbox') return [setUpInbox(channels.inbox)];
    const config = channels[channel];
    return config === undefined ? [] : [setUpChannel(channel, config, createProvider(channel, config.provider))];
  });
}

/** The key behind references and links, made at the folder's first start. */
async function keepMacKeys(store: SqliteStore, random: Random): Promise<MacKeys> {
  const fresh = random.bytes(MIN_SECRET_BYTES);
  const secret = await store.transaction((tx) => tx.facts.keepFirst('mac-key-1', fresh));
  return { current: { id: 1, secret }, previous: [] };
}
