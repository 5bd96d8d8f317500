import { z } from 'zod';
import { prepareAudience } from '../../campaign/audience-choice.js';
import { CAMPAIGN_CLASSES, CHANNEL_POLICIES } from '../../campaign/campaign.js';
import { editCampaign } from '../../campaign/edit-campaign.js';
import { sendAgain } from '../../campaign/send-again.js';
import { CHANNELS } from '../../core/channels.js';
import { campaignId, promotionId } from '../../core/ids.js';
import { OUTCOME_NAMES } from '../../ledger/cell-code.js';
import { actorOf, operatorHeaders } from '../actor.js';
import {
  advertisedCoupon,
  audienceBody,
  campaignOutput,
  channelBody,
  MAX_CAMPAIGN_BODY_BYTES,
} from '../campaign-schemas.js';
import type { HttpApp } from '../http-app.js';
import { idempotentRequestOf, markAnswer, recordedPostHeaders, referencedId } from '../idempotent-answer.js';
import { idParameter, instantInput } from '../schemas.js';
import { showCampaign, type CampaignRoutesDeps, type CampaignRoutesTx } from './campaign-routes.js';

const byId = z.strictObject({ id: idParameter });

const editBody = z
  .strictObject({
    version: z.int().positive().describe('The version the edit is based on'),
    name: z.string().min(1).max(200).optional(),
    promotionId: z
      .int()
      .positive()
      .transform((id) => promotionId(id))
      .nullable()
      .optional(),
    couponId: advertisedCoupon.nullable().optional().describe('null: it tells of none any more'),
    audience: audienceBody.optional(),
    channels: z
      .array(channelBody)
      .min(1)
      .max(CHANNELS.length)
      .optional()
      .describe('All of them, each with its message'),
    policy: z.enum(CHANNEL_POLICIES).optional(),
    campaignClass: z.enum(CAMPAIGN_CLASSES).optional(),
    launchAt: instantInput.nullable().optional().describe('null: as soon as launched'),
    deliverUntil: instantInput
      .nullable()
      .optional()
      .describe("null: the coupon's end, else the promotion's, else 72 h"),
  })
  .meta({ id: 'EditCampaign' });

const againBody = z
  .strictObject({
    channel: channelBody.shape.channel,
    outcomes: z
      .array(z.enum(OUTCOME_NAMES))
      .min(1)
      .max(OUTCOME_NAMES.length)
      .describe('Kinds of failed, or unknown alone'),
    name: z.string().min(1).max(200).optional().describe("The parent's where left out"),
    message: channelBody.shape.message.optional().describe("The parent's where left out"),
    mode: channelBody.shape.mode,
    membersPerSecond: channelBody.shape.membersPerSecond,
    requestsPerSecond: channelBody.shape.requestsPerSecond,
    confirmTwice: z
      .int()
      .min(0)
      .optional()
      .describe('How many may get it twice, where the vendor would not recognise it'),
  })
  .meta({ id: 'SendAgain' });

/** Drafts: edit one, make one that sends another again. */
export function registerCampaignDraftRoutes<Tx extends CampaignRoutesTx>(
  app: HttpApp,
  { store, clock, gate, catalogue, desk }: CampaignRoutesDeps<Tx>,
): void {
  app.patch(
    '/v1/campaigns/:id',
    {
      config: { scope: 'write' },
      bodyLimit: MAX_CAMPAIGN_BODY_BYTES,
      schema: {
        tags: ['campaigns'],
        summary: 'Edit a draft',
        description: 'Starts nothing; a dry run made before no longer holds. What was launched is not edited.',
        params: byId,
        headers: operatorHeaders,
        body: editBody,
        response: { 200: campaignOutput },
      },
    },
    async (request) => {
      const id = campaignId(request.params.id);
      const { version, audience: choice, ...changes } = request.body;
      if (choice?.kind === 'filter') await desk.checkFilter(choice.filter);
      const audience = choice === undefined ? undefined : await prepareAudience(store, choice);
      await store.transaction((tx) =>
        editCampaign(
          tx,
          { now: clock.now(), actor: actorOf(request), catalogue },
          { campaignId: id, version, changes: { ...changes, audience } },
        ),
      );
      return showCampaign(store, id);
    },
  );

  app.post(
    '/v1/campaigns/:id/send-again',
    {
      config: { scope: 'write' },
      schema: {
        tags: ['campaigns'],
        summary: 'Make a draft that tells failed or unknown members again',
        description: 'A campaign of one channel over the chosen members; it is dry-run and launched like any other.',
        params: byId,
        headers: recordedPostHeaders,
        body: againBody,
        response: { 201: campaignOutput },
      },
    },
    async (request, reply) => {
      const answer = await gate.run(idempotentRequestOf(request), (remember) =>
        store.transaction(async (tx) => {
          const context = { now: clock.now(), actor: actorOf(request), catalogue };
          const child = await sendAgain(tx, context, { ...request.body, campaignId: campaignId(request.params.id) });
          const done = { status: 201, reference: `campaign/${child.campaignId}` };
          await remember(tx, done);
          return done;
        }),
      );
      markAnswer(reply, answer);
      return showCampaign(store, campaignId(referencedId(answer.reference)));
    },
  );
}
