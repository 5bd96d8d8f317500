import { z } from 'zod';
import { campaignId, type CampaignId } from '../../core/ids.js';
import type { Clock } from '../../core/ports/clock.js';
import type { TaskTx } from '../../core/ports/task-outbox.js';
import type { Store } from '../../core/ports/store.js';
import { prepareAudience } from '../../campaign/audience-choice.js';
import { CAMPAIGN_STATES } from '../../campaign/campaign.js';
import type { CampaignMembers } from '../../campaign/campaign-members.js';
import { campaignProgress, type ProgressTx } from '../../campaign/campaign-progress.js';
import type { ChannelCatalogue } from '../../campaign/channel-offer.js';
import type { FieldWording } from '../../campaign/common-fields.js';
import { createCampaign, type CampaignTx } from '../../campaign/create-campaign.js';
import type { DryRunTx } from '../../campaign/dry-run.js';
import { launchCampaign } from '../../campaign/launch-campaign.js';
import type { SettleTx } from '../../campaign/settle.js';
import type { IdempotencyGate } from '../../idempotency/idempotency-gate.js';
import type { IdempotencyTx } from '../../idempotency/idempotency-repository.js';
import { actorOf } from '../actor.js';
import {
  campaignOutput,
  createCampaignBody,
  launchBody,
  MAX_CAMPAIGN_BODY_BYTES,
  moveOutput,
  renderCampaign,
  renderMove,
} from '../campaign-schemas.js';
import { toPage, type CursorCodec } from '../cursor.js';
import type { EventStreams, StreamEvent } from '../event-stream.js';
import type { CheckFilter } from '../filter-input.js';
import type { HttpApp } from '../http-app.js';
import { idempotentRequestOf, markAnswer, recordedPostHeaders, referencedId } from '../idempotent-answer.js';
import { cursorQuery, idParameter, limitQuery, pageOf } from '../schemas.js';

export interface CampaignRoutesDeps<Tx extends CampaignRoutesTx> {
  readonly store: Store<Tx>;
  readonly clock: Clock;
  readonly gate: IdempotencyGate;
  readonly cursors: CursorCodec;
  readonly catalogue: ChannelCatalogue;
  readonly wording: FieldWording;
  readonly desk: CheckFilter;
  /** Campaigns changed: planner and pushers look again. */
  readonly wake: () => void;
}

/** What every route of campaigns reads and writes. */
export type CampaignRoutesTx = CampaignTx &
  ProgressTx &
  DryRunTx &
  SettleTx &
  TaskTx &
  IdempotencyTx & { readonly members: CampaignMembers };

const byId = z.strictObject({ id: idParameter });
const PROGRESS_EVERY_MS = 250;

const listQuery = z.strictObject({
  state: z.enum(CAMPAIGN_STATES).optional(),
  limit: limitQuery,
  cursor: cursorQuery,
});

/** Campaigns: create, list, show, launch, watch, history. */
export function registerCampaignRoutes<Tx extends CampaignRoutesTx>(
  app: HttpApp,
  streams: EventStreams,
  deps: CampaignRoutesDeps<Tx>,
): void {
  registerCreate(app, deps);
  registerReads(app, deps);
  registerLaunch(app, deps);
  registerProgress(app, streams, deps);
}

function registerCreate<Tx extends CampaignRoutesTx>(app: HttpApp, deps: CampaignRoutesDeps<Tx>): void {
  const { store, clock, gate, catalogue, desk } = deps;
  app.post(
    '/v1/campaigns',
    {
      config: { scope: 'write' },
      bodyLimit: MAX_CAMPAIGN_BODY_BYTES,
      schema: {
        tags: ['campaigns'],
        summary: 'Create a campaign',
        description: 'Makes a draft; nothing is sent before it is launched.',
        headers: recordedPostHeaders,
        body: createCampaignBody,
        response: { 201: campaignOutput },
      },
    },
    async (request, reply) => {
      const { audience: choice, ...draft } = request.body;
      if (choice.kind === 'filter') await desk.checkFilter(choice.filter);
      const audience = await prepareAudience(store, choice);
      const answer = await gate.run(idempotentRequestOf(request), (remember) =>
        store.transaction(async (tx) => {
          const context = { now: clock.now(), actor: actorOf(request), catalogue };
          const campaign = await createCampaign(tx, context, { ...draft, audience });
          const done = { status: 201, reference: `campaign/${campaign.campaignId}` };
          await remember(tx, done);
          return done;
        }),
      );
      markAnswer(reply, answer);
      return showCampaign(store, campaignId(referencedId(answer.reference)));
    },
  );
}

function registerReads<Tx extends CampaignRoutesTx>(app: HttpApp, deps: CampaignRoutesDeps<Tx>): void {
  const { store, cursors } = deps;
  app.get(
    '/v1/campaigns',
    {
      config: { scope: 'read' },
      schema: {
        tags: ['campaigns'],
        summary: 'List campaigns, newest first',
        querystring: listQuery,
        response: { 200: pageOf(campaignOutput) },
      },
    },
    async ({ query }) => {
      const list = ['campaigns', query.state ?? ''];
      const before = cursors.readNumber(list, query.cursor);
      const rows = await store.read(async (tx) => {
        const page = await tx.campaigns.page({
          limit: query.limit + 1,
          state: query.state,
          before: before === undefined ? undefined : campaignId(before),
        });
        return Promise.all(page.map((campaign) => campaignProgress(tx, campaign.campaignId)));
      });
      return toPage(rows, query.limit, {
        item: renderCampaign,
        cursorAfter: ({ campaign }) => cursors.write(list, campaign.campaignId),
      });
    },
  );

  app.get(
    '/v1/campaigns/:id',
    {
      config: { scope: 'read' },
      schema: {
        tags: ['campaigns'],
        summary: 'Show a campaign and its books',
        params: byId,
        response: { 200: campaignOutput },
      },
    },
    async ({ params }) => showCampaign(store, campaignId(params.id)),
  );

  app.get(
    '/v1/campaigns/:id/history',
    {
      config: { scope: 'read' },
      schema: {
        tags: ['campaigns'],
        summary: 'Every move of a campaign: who, when, why',
        params: byId,
        response: { 200: z.object({ items: z.array(moveOutput) }) },
      },
    },
    async ({ params }) => {
      const id = campaignId(params.id);
      const moves = await store.read(async (tx) => {
        await campaignProgress(tx, id); // refuses an unknown one
        return tx.campaigns.moves(id);
      });
      return { items: moves.map(renderMove) };
    },
  );
}

function registerLaunch<Tx extends CampaignRoutesTx>(app: HttpApp, deps: CampaignRoutesDeps<Tx>): void {
  const { store, clock, gate, catalogue, wording, wake } = deps;
  app.post(
    '/v1/campaigns/:id/launch',
    {
      config: { scope: 'launch' },
      schema: {
        tags: ['campaigns'],
        summary: 'Launch a campaign, on the dry run that it names',
        params: byId,
        headers: recordedPostHeaders,
        body: launchBody,
        response: { 200: campaignOutput },
      },
    },
    async (request, reply) => {
      const id = campaignId(request.params.id);
      const { dryRunId, confirm, confirmExpiring, launchAt } = request.body;
      const answer = await gate.run(idempotentRequestOf(request), (remember) =>
        store.transaction(async (tx) => {
          await launchCampaign(
            tx,
            { now: clock.now(), actor: actorOf(request), catalogue, wording },
            { campaignId: id, launchAt, basis: { kind: 'dryRun', dryRunId, confirmMembers: confirm, confirmExpiring } },
          );
          const done = { status: 200, reference: `campaign/${id}` };
          await remember(tx, done);
          return done;
        }),
      );
      wake();
      markAnswer(reply, answer);
      return showCampaign(store, id);
    },
  );
}

function registerProgress<Tx extends CampaignRoutesTx>(
  app: HttpApp,
  streams: EventStreams,
  { store, clock }: CampaignRoutesDeps<Tx>,
): void {
  app.get(
    '/v1/campaigns/:id/progress',
    {
      config: { scope: 'read', answerType: 'text/event-stream' },
      schema: {
        tags: ['campaigns'],
        summary: 'Watch a campaign',
        description:
          'Server-sent events `progress` with the campaign as data, four a second at most, until it has ended.',
        params: byId,
      },
    },
    (request, reply) =>
      streams.send(request, reply, (signal) => watch(store, { clock, id: campaignId(request.params.id), signal })),
  );
}

async function* watch<Tx extends CampaignRoutesTx>(
  store: Store<Tx>,
  { clock, id, signal }: { readonly clock: Clock; readonly id: CampaignId; readonly signal: AbortSignal },
): AsyncIterable<StreamEvent> {
  let last = '';
  while (!signal.aborted) {
    const campaign = await showCampaign(store, id);
    const text = JSON.stringify(campaign);
    if (text !== last) yield { event: 'progress', data: campaign };
    last = text;
    if (campaign.endedAt !== null) return;
    await clock.sleep(PROGRESS_EVERY_MS, signal);
  }
}

/** A campaign as the API answers it. */
export async function showCampaign<Tx extends ProgressTx>(store: Store<Tx>, id: CampaignId) {
  return renderCampaign(await store.read((tx) => campaignProgress(tx, id)));
}
