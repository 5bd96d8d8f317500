/**
 * The composition root: the only file that knows which adapters are in use. It opens a data folder as an engine
 * (store, planner, a pusher per channel) and, around it, the HTTP server. Start in order of dependence, close in reverse.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Registry } from 'prom-client';
import { KeyAuthenticator } from './access/authenticator.js';
import { checkBindIsSafe, isLoopback } from './access/bind-safety.js';
import { announcePromotion, type Announcement } from './campaign/start-campaign.js';
import { announcementBody } from './http/campaign-schemas.js';
import { CursorCodec } from './http/cursor.js';
import { createHttpServer, type HttpServer } from './http/http-server.js';
import { DEFAULT_HTTP_SETTINGS } from './http/http-settings.js';
import type { HttpLog } from './http/request-log.js';
import { registerApiKeyRoutes } from './http/routes/api-key-routes.js';
import { registerAuditRoutes } from './http/routes/audit-routes.js';
import { registerCampaignControlRoutes } from './http/routes/campaign-control-routes.js';
import { registerCampaignDraftRoutes } from './http/routes/campaign-draft-routes.js';
import { registerCampaignRoutes } from './http/routes/campaign-routes.js';
import { registerEventRoutes } from './http/routes/event-routes.js';
import { registerImportRoutes } from './http/routes/import-routes.js';
import { registerInboxRoutes } from './http/routes/inbox-routes.js';
import { registerLedgerRoutes } from './http/routes/ledger-routes.js';
import { registerMemberRoutes } from './http/routes/member-routes.js';
import { registerOperationRoutes } from './http/routes/operation-routes.js';
import { registerPromotionRoutes } from './http/routes/promotion-routes.js';
import { registerReceiptRoutes } from './http/routes/receipt-routes.js';
import { registerSuppressionRoutes } from './http/routes/suppression-routes.js';
import { registerUnsubscribeRoutes } from './http/routes/unsubscribe-routes.js';
import { IdempotencyGate } from './idempotency/idempotency-gate.js';
import type { StartCampaign } from './promotion/create-promotion.js';
import { SqliteQueue } from './adapters/sqlite/sqlite-queue.js';
import { lockFolder, type FolderLock } from './adapters/sqlite/folder-lock.js';
import { SqliteStore, type StoreEvent } from './adapters/sqlite/sqlite-store.js';
import type { SqliteTx } from './adapters/sqlite/sqlite-tx.js';
import { MemoryPacer } from './adapters/memory/memory-pacer.js';
import { buildProvider } from './adapters/vendors/build-provider.js';
import { createProvider } from './adapters/vendors/create-provider.js';
import { readVendorSecrets } from './adapters/vendors/vendor-spec.js';
import type { VendorThreadEvent } from './adapters/vendors/worker/worker-provider.js';
import { prepareDataFolder } from './adapters/system/data-folder.js';
import { rejectFolder } from './adapters/system/reject-folder.js';
import { systemClock } from './adapters/system/system-clock.js';
import { systemRandom } from './adapters/system/system-random.js';
import type { ChannelCatalogue, ChannelOffer } from './campaign/channel-offer.js';
import { Planner, type PlannerEvent } from './campaign/planner.js';
import type { Config } from './config.js';
import { CHANNELS, type Channel } from './core/channels.js';
import { DomainError } from './core/errors.js';
import type { Clock } from './core/ports/clock.js';
import type { Pacer } from './core/ports/pacer.js';
import type { Provider } from './core/ports/provider.js';
import type { Queue } from './core/ports/queue.js';
import type { Random } from './core/ports/random.js';
import type { Store } from './core/ports/store.js';
import { reportAudit, type AuditReport } from './ledger/audit.js';
import { registerEngineMetrics } from './engine-metrics.js';
import { Maintenance, type MaintenanceEvent } from './maintenance.js';
import { ChannelPusher, type PushEvent } from './push/channel-pusher.js';
import { setUpChannel, setUpInbox, type ChannelSetup } from './push/channel-setup.js';
import type { ChannelsConfig, VendorConfig } from './push/config/channel-config.js';
import { ClockWatch, type ClockEvent } from './push/clock-watch.js';
import { MIN_SECRET_BYTES, type MacKeys } from './push/mac-keys.js';
import type { ReadSecret } from './settings/secret.js';
import { createReferenceCodec, type ReferenceCodec } from './push/reference.js';
import { createUnsubscribeTokens } from './push/unsubscribe-token.js';
import { ImportJobs, type RejectFiles } from './membership/import/import-jobs.js';
import type { EraseDeps } from './membership/erase-member.js';
import { readRegion } from './membership/phone-number.js';
import { subjectHasher } from './membership/suppression.js';

/** The embedded store inside a data folder. */
const STORE_FILE = 'fanfare.db';

export type EngineEvent = StoreEvent | PlannerEvent | PushEvent | VendorThreadEvent | MaintenanceEvent | ClockEvent;
export type { FolderLock };

/**
 * Holds a folder for this process, without opening an engine in it.
 * @throws DomainError `DATA_FOLDER_LOCKED` naming the process that holds it.
 */
export const holdFolder = (folder: string): FolderLock => lockFolder(folder);

export interface EngineOptions {
  readonly config: Pick<Config, 'dataFolder' | 'channels'> & Partial<Pick<Config, 'server'>>;
  /** Reads what the configuration names as a secret. */
  readonly readSecret: ReadSecret;
  readonly onEvent: (event: EngineEvent) => void;
}

/** What the composition needs of the embedded store. */
export type EngineStore = Pick<SqliteStore, 'transaction' | 'read' | 'truncate' | 'stats' | 'isAvailable' | 'close'>;

/** What stands between an engine and the machine. */
export interface EngineParts {
  readonly store: EngineStore;
  readonly clock: Clock;
  readonly random: Random;
  readonly pacer: Pacer;
  readonly rejects: RejectFiles;
  /** Names this process in leases. */
  readonly owner: string;
  readonly makeProvider: (channel: Channel, vendor: VendorConfig, keys: MacKeys) => Provider;
  readonly onEvent: (event: EngineEvent) => void;
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
  const { config, readSecret, onEvent } = options;
  prepareDataFolder(config.dataFolder);
  const lock = lockFolder(config.dataFolder);
  const clock = systemClock;
  const random = systemRandom;
  let store: SqliteStore | undefined;
  try {
    store = new SqliteStore({ file: join(config.dataFolder, STORE_FILE), clock, onEvent });
    const engine = await startEngine(config.channels, {
      store,
      clock,
      random,
      pacer: new MemoryPacer(clock),
      rejects: rejectFolder(join(config.dataFolder, 'rejects')),
      owner: `${process.pid}-${Buffer.from(random.bytes(6)).toString('hex')}`,
      makeProvider: (channel, vendor, keys) =>
        createProvider(channel, vendor, { clock, keys, readSecret, onEvent, unsubscribeUrl: unsubscribeUrlOf(config) }),
      onEvent,
    });
    return {
      ...engine,
      close: async (drainMs) => {
        const unanswered = await engine.close(drainMs);
        lock.release();
        return unanswered;
      },
    };
  } catch (error) {
    await store?.close();
    lock.release();
    throw error;
  }
}

/**
 * Starts to work on what is in a store that nobody else holds; the caller keeps it so.
 * @throws DomainError as `openEngine` does for channels and store, which is left open then.
 */
export async function startEngine(channels: ChannelsConfig, parts: EngineParts): Promise<Engine> {
  const { store, clock, random, pacer, rejects, owner, onEvent } = parts;
  const keys = await keepMacKeys(store, random);
  // Nobody else holds the store: whoever held a lease in it is dead.
  await store.transaction((tx) => tx.ledger.endAllLeases(clock.now()));

  const setups = setUpChannels(channels, (channel, vendor) => parts.makeProvider(channel, vendor, keys));
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
  const maintenance = new Maintenance({ store, clock, onEvent });
  await rejects.removeAll(); // of the last run
  const membership: EraseDeps = {
    store,
    clock,
    hashSubject: subjectHasher(await keepSecret(store, random, SUBJECT_KEY)),
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
    onPulledIn: wakePushers,
  });
  planner.start();
  for (const pusher of pushers.values()) pusher.start();
  clockWatch.start();
  maintenance.start();

  let closing: Promise<number> | undefined;
  const close = async (drainMs: number): Promise<number> => {
    await maintenance.close();
    await clockWatch.close();
    await imports.close();
    await planner.close();
    const unanswered = await Promise.all([...pushers.values()].map((pusher) => pusher.stop(drainMs)));
    for (const { settings } of setups) await settings.provider?.close();
    await store.close();
    return unanswered.reduce((sum, members) => sum + members, 0);
  };
  return {
    store,
    queue: new SqliteQueue({ store, clock }),
    clock,
    random,
    keys,
    references: createReferenceCodec(keys),
    membership,
    imports,
    catalogue: new Map(setups.map(({ offer }) => [offer.channel, offer])),
    pushers,
    wake: () => {
      planner.wake();
      wakePushers();
    },
    close: (drainMs) => (closing ??= close(drainMs)),
  };
}

/** Where members reach the page behind the links of mails; undefined when nobody outside can. */
function unsubscribeUrlOf({ server }: EngineOptions['config']): string | undefined {
  return server?.publicUrl === undefined ? undefined : new URL('/unsubscribe', server.publicUrl).href;
}

function setUpChannels(
  channels: ChannelsConfig,
  makeProvider: (channel: Channel, config: VendorConfig) => Provider,
): ChannelSetup[] {
  return CHANNELS.flatMap((channel): ChannelSetup[] => {
    if (channel === 'inbox') return [setUpInbox(channels.inbox)];
    const config = channels[channel];
    return config === undefined ? [] : [setUpChannel(channel, config, makeProvider(channel, config.provider))];
  });
}

/** The key behind references and links, made at the folder's first start. */
async function keepMacKeys(store: Store<SqliteTx>, random: Random): Promise<MacKeys> {
  return { current: { id: 1, secret: await keepSecret(store, random, 'mac-key-1') }, previous: [] };
}

/** The secret under which suppressed addresses are hashed. */
const SUBJECT_KEY = 'subject-key-1';

/** A secret of the folder, made when it is first needed. */
async function keepSecret(store: Store<SqliteTx>, random: Random, name: string): Promise<Uint8Array> {
  const fresh = random.bytes(MIN_SECRET_BYTES);
  return store.transaction((tx) => tx.facts.keepFirst(name, fresh));
}

export interface ServerOptions {
  readonly config: Config;
  readonly version: string;
  readonly log: ServerLog;
  readonly readSecret: ReadSecret;
}

/** Where events of the engine and of requests go. */
export interface ServerLog extends HttpLog {
  event(event: EngineEvent): void;
}

export interface RunningServer {
  readonly engine: Engine;
  readonly url: string;
  readonly port: number;
  /** Refuses new requests, drains, closes; answers how many members had no answer by then. Safe to call twice. */
  close(): Promise<number>;
}

/** Time that a stop gives requests of people, and answers of vendors. */
const REQUEST_GRACE_MS = 2_000;
const DRAIN_MS = 6_000;

/**
 * Opens the engine of a configuration and serves it.
 * @throws DomainError as `openEngine` does, `PORT_IN_USE`, `API_KEYS_REQUIRED`; then nothing is left open.
 */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { config, log } = options;
  const engine = await openEngine({
    config,
    readSecret: options.readSecret,
    onEvent: (event) => {
      log.event(event);
    },
  });
  const authenticator = new KeyAuthenticator({
    store: engine.store,
    clock: engine.clock,
    onError: () => undefined, // the time of last use is for people; a failing store shows everywhere else
  });
  try {
    const { host, port } = config.server;
    const areKeysRequired = config.server.areKeysRequired || !isLoopback(host);
    checkBindIsSafe({ host, areKeysRequired, hasUsableKey: await authenticator.hasUsableKey() });
    const server = await createServer(engine, { ...options, authenticator, areKeysRequired });
    const where = await server.listen({ host, port });
    let closing: Promise<number> | undefined;
    const close = async (): Promise<number> => {
      await server.close({ graceMs: REQUEST_GRACE_MS });
      await authenticator.close();
      return engine.close(DRAIN_MS);
    };
    return { engine, ...where, close: () => (closing ??= close()) };
  } catch (error) {
    await engine.close(0);
    throw error;
  }
}

function createServer(
  engine: Engine,
  options: ServerOptions & { readonly authenticator: KeyAuthenticator; readonly areKeysRequired: boolean },
): Promise<HttpServer> {
  const { config } = options;
  const { store, clock, random, queue, catalogue } = engine;
  const registry = new Registry();
  registerEngineMetrics(registry, {
    store: () => store.stats(),
    pushers: () => [...engine.pushers].map(([channel, pusher]) => [channel, pusher.stats()] as const),
  });
  const gate = new IdempotencyGate({ store, clock });
  const cursors = new CursorCodec(engine.keys.current.secret);
  const wording = config.texts;
  const wake = (): void => {
    engine.wake();
  };
  return createHttpServer({
    settings: {
      ...DEFAULT_HTTP_SETTINGS,
      allowedHosts: config.server.allowedHosts,
      areKeysRequired: options.areKeysRequired,
    },
    version: options.version,
    log: options.log,
    clock,
    random,
    authenticator: options.authenticator,
    registry,
    registerRoutes: (app, streams) => {
      const start: StartCampaign<SqliteTx, Announcement> = announcePromotion({ catalogue, wording });
      registerPromotionRoutes<SqliteTx, Announcement>(app, {
        store,
        clock,
        gate,
        cursors,
        announcement: { schema: announcementBody, start, wake },
      });
      const campaigns = { store, clock, gate, cursors, catalogue, wording, wake };
      registerCampaignRoutes(app, streams, campaigns);
      registerCampaignControlRoutes(app, campaigns);
      registerCampaignDraftRoutes(app, campaigns);
      const membership = { ...engine.membership, defaultRegion: readRegion(config.members.defaultPhoneRegion) };
      registerMemberRoutes(app, { ...membership, random, cursors });
      registerSuppressionRoutes(app, membership);
      registerImportRoutes(app, streams, { ...membership, jobs: engine.imports });
      registerUnsubscribeRoutes(app, { ...membership, tokens: createUnsubscribeTokens(engine.keys) });
      registerInboxRoutes(app, { store, cursors });
      registerLedgerRoutes(app, { store, cursors });
      registerReceiptRoutes(app, { store, clock, references: engine.references });
      registerAuditRoutes(app, { ...membership, store });
      registerApiKeyRoutes(app, { store, clock, random, gate });
      registerEventRoutes(app, { queue, store, cursors });
      registerOperationRoutes(app, {
        registry,
        readiness: () => Promise.resolve({ isReady: store.isAvailable, missing: store.isAvailable ? [] : ['store'] }),
      });
    },
  });
}

/**
 * What the channels of a configuration offer, with their templates and secrets checked. Connects to nothing.
 * @throws DomainError `INVALID_CONFIG`, `DELIVERY_MODE_REFUSED`.
 */
export async function checkChannels(
  config: Pick<Config, 'channels'>,
  readSecret: ReadSecret,
): Promise<readonly ChannelOffer[]> {
  const keys: MacKeys = { current: { id: 1, secret: new Uint8Array(MIN_SECRET_BYTES) }, previous: [] };
  const setups = setUpChannels(config.channels, (channel, vendor) =>
    buildProvider({ channel, config: vendor, keys, secrets: readVendorSecrets(vendor, readSecret) }, systemClock),
  );
  for (const { settings } of setups) await settings.provider?.close();
  return setups.map(({ offer }) => offer);
}

/**
 * Audits a data folder that nobody serves; at most `limit` differences are named, all are counted.
 * @throws DomainError `DATA_FOLDER_UNUSABLE` when it holds no data, `DATA_FOLDER_LOCKED`, `STORE_TOO_NEW`,
 *   `STORE_CORRUPT`; the signal's reason once it has aborted.
 */
export async function auditFolder(
  folder: string,
  { limit, signal }: { readonly limit: number; readonly signal: AbortSignal },
): Promise<AuditReport> {
  const file = join(folder, STORE_FILE);
  if (!existsSync(file)) {
    throw new DomainError(
      'DATA_FOLDER_UNUSABLE',
      `The folder ${folder} holds no data of Fanfare; name another with --data.`,
      { folder },
    );
  }
  const lock = lockFolder(folder);
  try {
    const store = new SqliteStore({ file, clock: systemClock });
    try {
      const hashSubject = subjectHasher(await keepSecret(store, systemRandom, SUBJECT_KEY));
      return await reportAudit({ store, clock: systemClock, hashSubject }, { limit, signal, checksStructure: true });
    } finally {
      await store.close();
    }
  } finally {
    lock.release();
  }
}
