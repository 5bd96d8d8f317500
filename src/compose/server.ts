/** The HTTP server around an engine. */
import { Registry } from 'prom-client';
import { KeyAuthenticator } from '../access/authenticator.js';
import { checkBindIsSafe, isLoopback } from '../access/bind-safety.js';
import { announcePromotion, type Announcement } from '../campaign/start-campaign.js';
import { announcementBody } from '../http/campaign-schemas.js';
import { CursorCodec } from '../http/cursor.js';
import { createHttpServer, type HttpServer } from '../http/http-server.js';
import { DEFAULT_HTTP_SETTINGS } from '../http/http-settings.js';
import type { HttpLog } from '../http/request-log.js';
import { registerApiKeyRoutes } from '../http/routes/api-key-routes.js';
import { registerAuditRoutes } from '../http/routes/audit-routes.js';
import { registerCampaignControlRoutes } from '../http/routes/campaign-control-routes.js';
import { registerCampaignDraftRoutes } from '../http/routes/campaign-draft-routes.js';
import { registerCampaignRoutes } from '../http/routes/campaign-routes.js';
import { registerClaimRoutes } from '../http/routes/claim-routes.js';
import { registerCodeRoutes } from '../http/routes/code-routes.js';
import { registerCouponRoutes } from '../http/routes/coupon-routes.js';
import { registerEventRoutes } from '../http/routes/event-routes.js';
import { registerIncomingEventRoutes } from '../http/routes/incoming-event-routes.js';
import { registerFunnelRoutes } from '../http/routes/funnel-routes.js';
import { registerGrantImportRoutes } from '../http/routes/grant-import-routes.js';
import { registerImportRoutes } from '../http/routes/import-routes.js';
import { registerIssueRunRoutes } from '../http/routes/issue-run-routes.js';
import { registerInboxRoutes } from '../http/routes/inbox-routes.js';
import { registerLedgerRoutes } from '../http/routes/ledger-routes.js';
import { registerMeRoutes } from '../http/routes/me-routes.js';
import { registerMemberRoutes } from '../http/routes/member-routes.js';
import { registerNodeRoutes } from '../http/routes/node-routes.js';
import { registerOperationRoutes } from '../http/routes/operation-routes.js';
import { registerPromotionRoutes } from '../http/routes/promotion-routes.js';
import { registerQuoteRoutes } from '../http/routes/quote-routes.js';
import { registerReceiptRoutes } from '../http/routes/receipt-routes.js';
import { registerSuppressionRoutes } from '../http/routes/suppression-routes.js';
import { registerUnsubscribeRoutes } from '../http/routes/unsubscribe-routes.js';
import { registerGrantRoutes } from '../http/routes/grant-routes.js';
import { registerLockRoutes } from '../http/routes/lock-routes.js';
import { registerWalletRoutes } from '../http/routes/wallet-routes.js';
import { IdempotencyGate } from '../idempotency/idempotency-gate.js';
import type { StartCampaign } from '../promotion/create-promotion.js';
import type { Config } from '../config.js';
import { registerEngineMetrics } from '../engine-metrics.js';
import { readRegion } from '../membership/phone-number.js';
import { createUnsubscribeTokens } from '../push/unsubscribe-token.js';
import type { ReadSecret } from '../settings/secret.js';
import type { EngineNode } from './engine.js';
import type { EngineEvent } from './engine-event.js';
import type { EngineTx } from './engine-tx.js';
import { openMemberGate } from './member-gate.js';
import { openNode } from './node.js';

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
  readonly engine: EngineNode;
  readonly url: string;
  readonly port: number;
  /** Refuses new requests, drains, closes; answers how many members had no answer by then. Safe to call twice. */
  close(): Promise<number>;
}

/** Time that a stop gives requests of people, and answers of vendors. */
const REQUEST_GRACE_MS = 2_000;
/** Of those two seconds, what a caller who keeps a connection has for the next request over it. */
const QUIET_MS = 750;
const DRAIN_MS = 6_000;

/**
 * Opens the engine of a configuration and serves it.
 * @throws DomainError as `openNode` does, `PORT_IN_USE`, `API_KEYS_REQUIRED`; then nothing is left open.
 */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { config, log } = options;
  const registry = new Registry();
  const engine = await openNode({
    config,
    registry,
    version: options.version,
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
    const server = await createServer(engine, { ...options, authenticator, areKeysRequired, registry });
    const where = await server.listen({ host, port });
    let closing: Promise<number> | undefined;
    const close = async (): Promise<number> => {
      const drained = engine.drain(DRAIN_MS); // beside the requests: what is silent has one span of time, not one after the other
      drained.catch(() => undefined); // told by the close below
      await Promise.all([engine.announceLeaving(), server.close({ graceMs: REQUEST_GRACE_MS, quietMs: QUIET_MS })]);
      const unanswered = await engine.close(DRAIN_MS);
      await authenticator.close(); // what it has asked of the store ends with it
      return unanswered;
    };
    return { engine, ...where, close: () => (closing ??= close()) };
  } catch (error) {
    await engine.close(0);
    throw error;
  }
}

async function createServer(
  engine: EngineNode,
  options: ServerOptions & {
    readonly authenticator: KeyAuthenticator;
    readonly areKeysRequired: boolean;
    readonly registry: Registry;
  },
): Promise<HttpServer> {
  const { config, registry } = options;
  const { store, clock, random, queue, catalogue } = engine;
  registerEngineMetrics(registry, {
    store: () => store.stats(),
    pushers: () => [...engine.pushers].map(([channel, pusher]) => [channel, pusher.stats()] as const),
    relay: () => engine.relayStats(),
    tasks: () => engine.tasks,
    incoming: () => engine.incoming.figures(),
    claims: () => engine.coupons.claimFigures(),
    codeClaims: () => engine.codes.claimFigures(),
    locks: () => engine.locks.figures.all(),
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
    memberGate: await openMemberGate(config.memberApi, { clock, readSecret: options.readSecret }),
    registerRoutes: (app, streams) => {
      registerOperationRoutes(app, {
        registry,
        readiness: () => Promise.resolve({ isReady: store.isAvailable, missing: store.isAvailable ? [] : ['store'] }),
      });
      if (!engine.roles.has('api')) return;
      const start: StartCampaign<EngineTx, Announcement> = announcePromotion({ catalogue, wording });
      registerPromotionRoutes<EngineTx, Announcement>(app, {
        store,
        clock,
        gate,
        cursors,
        promotions: engine.promotions,
        announcement: { schema: announcementBody, start, wake },
      });
      const campaigns = { store, clock, gate, cursors, catalogue, wording, desk: engine.coupons, wake };
      registerCampaignRoutes(app, streams, campaigns);
      registerCampaignControlRoutes(app, campaigns);
      registerCampaignDraftRoutes(app, campaigns);
      const coupons = { store, clock, gate, cursors, catalogue, wording, desk: engine.coupons, codes: engine.codes };
      registerCouponRoutes(app, coupons);
      registerIssueRunRoutes(app, {
        ...coupons,
        wake: () => {
          engine.issuing.wake();
        },
      });
      registerClaimRoutes(app, coupons);
      registerCodeRoutes(app, coupons);
      registerGrantImportRoutes(app, { grantImports: engine.grantImports, desk: engine.coupons });
      registerFunnelRoutes(app, { store, clock });
      registerWalletRoutes(app, coupons);
      registerQuoteRoutes(app, coupons);
      registerLockRoutes(app, { ...coupons, locks: engine.locks });
      registerGrantRoutes(app, { ...coupons, locks: engine.locks });
      registerMeRoutes(app, coupons);
      const membership = { ...engine.membership, defaultRegion: readRegion(config.members.defaultPhoneRegion) };
      registerMemberRoutes(app, { ...membership, random, cursors, desk: engine.coupons });
      registerSuppressionRoutes(app, membership);
      registerImportRoutes(app, streams, { ...membership, jobs: engine.imports });
      registerUnsubscribeRoutes(app, { ...membership, tokens: createUnsubscribeTokens(engine.keys) });
      registerInboxRoutes(app, { store, cursors });
      registerLedgerRoutes(app, { store, cursors });
      registerReceiptRoutes(app, { store, clock, references: engine.references });
      registerNodeRoutes(app, engine);
      registerAuditRoutes(app, { ...membership, store });
      registerApiKeyRoutes(app, { store, clock, random, gate });
      registerEventRoutes(app, { queue, store, cursors });
      registerIncomingEventRoutes(app, { incoming: engine.incoming, clock, gate });
    },
  });
}
