import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Registry } from 'prom-client';
import { z } from 'zod';
import { KeyAuthenticator } from '../../src/access/authenticator.js';
import type { EngineTx } from '../../src/compose.js';
import { SqliteQueue } from '../../src/adapters/sqlite/sqlite-queue.js';
import { rejectFolder } from '../../src/adapters/system/reject-folder.js';
import { systemRandom } from '../../src/adapters/system/system-random.js';
import { incomingTopics, type IncomingConfig } from '../../src/events/incoming/incoming-config.js';
import { IncomingEvents } from '../../src/events/incoming/incoming-events.js';
import { campaignId } from '../../src/core/ids.js';
import { CursorCodec } from '../../src/http/cursor.js';
import type { EventStreams } from '../../src/http/event-stream.js';
import type { HttpApp } from '../../src/http/http-app.js';
import { createHttpServer } from '../../src/http/http-server.js';
import { DEFAULT_HTTP_SETTINGS, type HttpSettings } from '../../src/http/http-settings.js';
import type { FaultEvent, RequestEvent } from '../../src/http/request-log.js';
import { registerApiKeyRoutes } from '../../src/http/routes/api-key-routes.js';
import { registerCampaignControlRoutes } from '../../src/http/routes/campaign-control-routes.js';
import { registerCampaignDraftRoutes } from '../../src/http/routes/campaign-draft-routes.js';
import { registerCampaignRoutes } from '../../src/http/routes/campaign-routes.js';
import { CodeDesk } from '../../src/coupon/code/code-desk.js';
import { CouponDesk } from '../../src/coupon/claim/coupon-desk.js';
import { GrantImports } from '../../src/coupon/import/grant-imports.js';
import { LockDesk } from '../../src/coupon/order/lock-desk.js';
import { registerClaimRoutes } from '../../src/http/routes/claim-routes.js';
import { registerCodeRoutes } from '../../src/http/routes/code-routes.js';
import { registerCouponRoutes } from '../../src/http/routes/coupon-routes.js';
import { registerEventRoutes } from '../../src/http/routes/event-routes.js';
import { registerIncomingEventRoutes } from '../../src/http/routes/incoming-event-routes.js';
import { registerFunnelRoutes } from '../../src/http/routes/funnel-routes.js';
import { registerGrantImportRoutes } from '../../src/http/routes/grant-import-routes.js';
import { registerImportRoutes } from '../../src/http/routes/import-routes.js';
import { registerIssueRunRoutes } from '../../src/http/routes/issue-run-routes.js';
import { registerInboxRoutes } from '../../src/http/routes/inbox-routes.js';
import { registerLedgerRoutes } from '../../src/http/routes/ledger-routes.js';
import { registerMeRoutes } from '../../src/http/routes/me-routes.js';
import { registerMemberRoutes } from '../../src/http/routes/member-routes.js';
import { registerSuppressionRoutes } from '../../src/http/routes/suppression-routes.js';
import { ImportJobs } from '../../src/membership/import/import-jobs.js';
import { subjectHasher } from '../../src/membership/suppression.js';
import { registerNodeRoutes } from '../../src/http/routes/node-routes.js';
import { registerOperationRoutes } from '../../src/http/routes/operation-routes.js';
import { registerAuditRoutes } from '../../src/http/routes/audit-routes.js';
import { registerQuoteRoutes } from '../../src/http/routes/quote-routes.js';
import { registerReceiptRoutes } from '../../src/http/routes/receipt-routes.js';
import { registerUnsubscribeRoutes } from '../../src/http/routes/unsubscribe-routes.js';
import type { MacKeys } from '../../src/push/mac-keys.js';
import { createReferenceCodec } from '../../src/push/reference.js';
import { createUnsubscribeTokens } from '../../src/push/unsubscribe-token.js';
import { registerPromotionRoutes } from '../../src/http/routes/promotion-routes.js';
import { storedPromotions } from '../../src/promotion/promotion-reader.js';
import { registerGrantRoutes } from '../../src/http/routes/grant-routes.js';
import { registerLockRoutes } from '../../src/http/routes/lock-routes.js';
import { registerWalletRoutes } from '../../src/http/routes/wallet-routes.js';
import type { MemberGate } from '../../src/http/member-gate.js';
import { IdempotencyGate } from '../../src/idempotency/idempotency-gate.js';
import type { StartCampaign } from '../../src/promotion/create-promotion.js';
import { CATALOGUE } from './channel-catalogue.js';
import type { ManualClock } from './manual-clock.js';
import { temporaryStore } from './temporary-store.js';

interface Announcement {
  readonly channels: readonly string[];
}

/** A real server over a real store, with every feature's routes; `remove` ends both. */
export async function httpFixture(
  options: {
    readonly settings?: Partial<HttpSettings>;
    readonly incoming?: IncomingConfig;
    /** Lets members' own apps in, by the time of this clock. */
    readonly memberGate?: (clock: ManualClock) => MemberGate | Promise<MemberGate>;
    readonly extraRoutes?: (app: HttpApp, streams: EventStreams) => void;
  } = {},
) {
  const opened = await temporaryStore();
  const folder = mkdtempSync(join(tmpdir(), 'fanfare-http-'));
  const { store, clock } = opened;
  const logged: (RequestEvent | FaultEvent)[] = [];
  const announced: number[] = [];
  const routes: string[] = [];
  const readiness = { isReady: true, missing: [] as string[] };
  const registry = new Registry();
  const rejects = rejectFolder(join(folder, 'rejects'));
  const keys: MacKeys = { current: { id: 1, secret: systemRandom.bytes(32) }, previous: [] };
  const tokens = createUnsubscribeTokens(keys);
  const gate = new IdempotencyGate({ store, clock });
  const desk = new CouponDesk({ store, clock });
  const codes = new CodeDesk({ store, clock, random: systemRandom, key: systemRandom.bytes(32) });
  const locks = new LockDesk({ store, clock, runningPromotions: (tx) => desk.runningPromotions.in(tx) });
  const incoming = new IncomingEvents({
    store,
    clock,
    topics: incomingTopics(options.incoming ?? {}),
    onLogin: (tx, ordinals) => desk.loggedIn(tx, ordinals),
    onOrders: (tx, told) => locks.tell(tx, told),
  });
  const cursors = new CursorCodec(systemRandom.bytes(32));
  const authenticator = new KeyAuthenticator({
    store,
    clock,
    onError: (error) => {
      throw error;
    },
  });
  const start: StartCampaign<EngineTx, Announcement> = async (tx, { promotion }) => {
    announced.push(promotion.id);
    return campaignId(await tx.ids.take('campaign', 1));
  };
  const schema = z.strictObject({ channels: z.array(z.string()).min(1) });
  const server = await createHttpServer({
    settings: { ...DEFAULT_HTTP_SETTINGS, ...options.settings },
    version: '0.0.0-test',
    log: { info: (event) => logged.push(event), error: (event) => logged.push(event) },
    clock,
    random: systemRandom,
    authenticator,
    registry,
    memberGate: await options.memberGate?.(clock),
    registerRoutes: (app, streams) => {
      app.addHook('onRoute', ({ method, url }) => {
        routes.push(...[method].flat().map((each) => `${each} ${url}`));
      });
      registerPromotionRoutes(app, {
        store,
        clock,
        gate,
        cursors,
        promotions: storedPromotions(store),
        announcement: { schema, start },
      });
      const campaigns = {
        store,
        clock,
        gate,
        cursors,
        catalogue: CATALOGUE,
        wording: { language: 'en', timeZone: 'UTC' } as const,
        desk,
        wake: () => undefined,
      };
      registerCampaignRoutes(app, streams, campaigns);
      registerCampaignControlRoutes(app, campaigns);
      registerCampaignDraftRoutes(app, campaigns);
      registerApiKeyRoutes(app, { store, clock, random: systemRandom, gate });
      registerEventRoutes(app, { queue: new SqliteQueue({ store, clock }), store, cursors });
      registerIncomingEventRoutes(app, { incoming, clock, gate });
      registerCouponRoutes(app, { ...campaigns, desk });
      registerIssueRunRoutes(app, { store, clock, gate, cursors, desk, wake: () => undefined });
      registerClaimRoutes(app, { desk });
      registerCodeRoutes(app, { store, gate, desk, codes });
      registerFunnelRoutes(app, { store, clock });
      registerGrantImportRoutes(app, { grantImports: new GrantImports({ store, clock, rejects }), desk });
      registerWalletRoutes(app, { store, cursors, desk });
      registerQuoteRoutes(app, { store, desk });
      registerLockRoutes(app, { store, desk, locks });
      registerGrantRoutes(app, { store, clock, cursors, desk, locks });
      registerMeRoutes(app, { store, cursors, desk, codes });
      const membership = {
        store,
        clock,
        hashSubject: subjectHasher(new Uint8Array(32).fill(7)),
        emptyLog: async () => {
          await rejects.removeAll();
          await store.truncate();
        },
        defaultRegion: 'CN' as const,
      };
      registerMemberRoutes(app, { ...membership, random: systemRandom, cursors, desk });
      registerSuppressionRoutes(app, membership);
      registerImportRoutes(app, streams, { ...membership, jobs: new ImportJobs({ ...membership, rejects }) });
      registerInboxRoutes(app, { store, cursors });
      registerLedgerRoutes(app, { store, cursors });
      registerAuditRoutes(app, membership);
      registerReceiptRoutes(app, { store, clock, references: createReferenceCodec(keys) });
      registerUnsubscribeRoutes(app, { ...membership, tokens });
      registerNodeRoutes(app, { listNodes: () => Promise.resolve([]) });
      registerOperationRoutes(app, { registry, readiness: () => Promise.resolve(readiness) });
      options.extraRoutes?.(app, streams);
    },
  });
  return {
    ...opened,
    /** Where refused rows lie. */
    folder,
    server,
    app: server.app,
    logged,
    announced,
    /** Every route, as `GET /v1/promotions/:id`. */
    routes,
    readiness,
    tokens,
    keys,
    remove: async (): Promise<void> => {
      await server.close({ graceMs: 1_000 });
      await authenticator.close();
      await opened.remove();
      rmSync(folder, { recursive: true });
    },
  };
}

export type HttpFixture = Awaited<ReturnType<typeof httpFixture>>;
