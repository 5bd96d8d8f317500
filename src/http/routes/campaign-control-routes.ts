import { z } from 'zod';
import { CHANNELS } from '../../core/channels.js';
import { campaignId, type CampaignId } from '../../core/ids.js';
import type { EpochMs } from '../../core/time.js';
import {
  cancelCampaign,
  changePace,
  confirmAudience,
  pauseCampaign,
  pauseChannel,
  resumeCampaign,
  resumeChannel,
  type ControlContext,
} from '../../campaign/control-campaign.js';
import { dryRunCampaign, dryRunToJson } from '../../campaign/dry-run.js';
import { actorOf, operatorHeaders } from '../actor.js';
import { campaignOutput, dryRunOutput } from '../campaign-schemas.js';
import type { HttpApp } from '../http-app.js';
import { idempotentRequestOf, markAnswer, recordedPostHeaders } from '../idempotent-answer.js';
import { idParameter, instantInput } from '../schemas.js';
import { showCampaign, type CampaignRoutesDeps, type CampaignRoutesTx } from './campaign-routes.js';

const byId = z.strictObject({ id: idParameter });
const byChannel = z.strictObject({ id: idParameter, channel: z.enum(CHANNELS) });
const reasonBody = z
  .strictObject({ reason: z.string().max(500).optional().describe('Kept in the history') })
  .optional();
const pacePerSecond = z.number().min(0.1).max(10_000_000).nullable().describe('Null lifts the limit');
const paceBody = z.strictObject({
  membersPerSecond: pacePerSecond.optional(),
  requestsPerSecond: pacePerSecond.optional(),
});

/** Campaigns while they run: dry run, pause, resume, confirm, cancel, pace; the same for single channels. */
export function registerCampaignControlRoutes<Tx extends CampaignRoutesTx>(
  app: HttpApp,
  deps: CampaignRoutesDeps<Tx>,
): void {
  registerDryRun(app, deps);
  registerChannelControl(app, deps);
  const body = z.strictObject({ confirm: z.int().min(0).describe('Members of the frozen audience') });
  registerMove(app, deps, {
    name: 'pause',
    summary: 'Pause a campaign: what no socket has seen is taken back',
    body: reasonBody,
    run: (tx, context, { id, body: given }) => pauseCampaign(tx, { ...context, reason: given?.reason }, id),
  });
  registerMove(app, deps, {
    name: 'resume',
    summary: 'Resume a campaign that a person paused',
    body: reasonBody,
    run: (tx, context, { id, body: given }) => resumeCampaign(tx, { ...context, reason: given?.reason }, id),
  });
  registerMove(app, deps, {
    name: 'cancel',
    summary: 'Cancel a campaign: nothing more is sent, the rest becomes suppressed (cancelled)',
    body: reasonBody,
    run: (tx, context, { id, body: given }) => cancelCampaign(tx, { ...context, reason: given?.reason }, id),
  });
  registerMove(app, deps, {
    name: 'confirm',
    summary: 'Confirm an audience that is not of the size that was expected',
    body,
    run: (tx, context, { id, body: given }) =>
      confirmAudience(tx, context, { campaignId: id, confirmMembers: given.confirm }),
  });
}

function registerDryRun<Tx extends CampaignRoutesTx>(
  app: HttpApp,
  { store, clock, catalogue }: CampaignRoutesDeps<Tx>,
): void {
  app.post(
    '/v1/campaigns/:id/dry-runs',
    {
      config: { scope: 'write' },
      schema: {
        tags: ['campaigns'],
        summary: 'Count what a launch would do',
        description:
          'Exact: a launch with nothing changed in between gives the same numbers. A launch names a dry run at most 15 minutes old.',
        params: byId,
        body: z.strictObject({ launchAt: instantInput.optional() }).optional(),
        response: { 201: dryRunOutput },
      },
    },
    async (request, reply) => {
      const launchAt = request.body?.launchAt;
      const dryRun = await dryRunCampaign({ store, clock, catalogue }, campaignId(request.params.id), { launchAt });
      void reply.code(201);
      return dryRunToJson(dryRun);
    },
  );
}

interface Move<Tx, Body extends z.ZodType> {
  readonly name: string;
  readonly summary: string;
  readonly body: Body;
  readonly run: (
    tx: Tx,
    context: ControlContext,
    command: { readonly id: CampaignId; readonly body: z.output<Body> },
  ) => Promise<unknown>;
}

function registerMove<Tx extends CampaignRoutesTx, Body extends z.ZodType>(
  app: HttpApp,
  { store, clock, gate, wake }: CampaignRoutesDeps<Tx>,
  move: Move<Tx, Body>,
): void {
  app.post(
    `/v1/campaigns/:id/${move.name}`,
    {
      config: { scope: 'launch' },
      schema: {
        tags: ['campaigns'],
        summary: move.summary,
        params: byId,
        headers: recordedPostHeaders,
        body: move.body, // its output type travels in `Move`
        response: { 200: campaignOutput },
      },
    },
    async (request, reply) => {
      const id = campaignId(request.params.id);
      const body = request.body as z.output<Body>; // parsed by the schema above
      const answer = await gate.run(idempotentRequestOf(request), (remember) =>
        store.transaction(async (tx) => {
          await move.run(tx, { now: clock.now(), actor: actorOf(request) }, { id, body });
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

function registerChannelControl<Tx extends CampaignRoutesTx>(app: HttpApp, deps: CampaignRoutesDeps<Tx>): void {
  const { store, clock, wake } = deps;
  const context = (now: EpochMs, actor: string): ControlContext => ({ now, actor });

  app.put(
    '/v1/campaigns/:id/channels/:channel/pace',
    {
      config: { scope: 'launch' },
      schema: {
        tags: ['campaigns'],
        summary: "Change a campaign's pace on a channel, while it runs too",
        description: 'A limit that is left out or null is lifted; effective within 2 s.',
        params: byChannel,
        headers: operatorHeaders,
        body: paceBody,
        response: { 200: campaignOutput },
      },
    },
    async (request) => {
      const { id, channel } = request.params;
      const { membersPerSecond, requestsPerSecond } = request.body;
      await store.transaction((tx) =>
        changePace(tx, context(clock.now(), actorOf(request)), {
          campaignId: campaignId(id),
          channel,
          membersPerSecond: membersPerSecond ?? undefined,
          requestsPerSecond: requestsPerSecond ?? undefined,
        }),
      );
      wake();
      return showCampaign(store, campaignId(id));
    },
  );

  for (const [name, summary, run] of [
    ['pause', 'Pause one channel of a campaign', pauseChannel],
    ['resume', 'Resume one channel of a campaign, whatever paused it', resumeChannel],
  ] as const) {
    app.post(
      `/v1/campaigns/:id/channels/:channel/${name}`,
      {
        config: { scope: 'launch' },
        schema: {
          tags: ['campaigns'],
          summary,
          params: byChannel,
          headers: operatorHeaders,
          response: { 200: campaignOutput },
        },
      },
      async (request) => {
        const { id, channel } = request.params;
        await store.transaction((tx) =>
          run(tx, context(clock.now(), actorOf(request)), { campaignId: campaignId(id), channel }),
        );
        wake();
        return showCampaign(store, campaignId(id));
      },
    );
  }
}
