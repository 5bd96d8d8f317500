/**
 * Creating a promotion, once however often it is submitted.
 *
 *   natural key (name, creator, start, end) not seen for 30 min, or its promotion ended  → created
 *   seen, everything else the same                                                       → the first one, `isDuplicate`
 *   seen, something else differs                                                         → refused, naming the first
 *
 * Row, key, event and the campaign it starts commit together.
 */
import { canonicalJson } from '../core/canonical-json.js';
import { DomainError } from '../core/errors.js';
import { promotionId, type CampaignId } from '../core/ids.js';
import { equalBytes, structuredHash } from '../core/structured-hash.js';
import { MINUTE_MS, formatInstant, type EpochMs } from '../core/time.js';
import { TOPICS } from '../core/topics.js';
import { assert } from '../core/assert.js';
import { promotionEventBody, promotionEventKey } from './promotion-event.js';
import { ruleToJson, scopeToJson } from './promotion-json.js';
import type { PromotionSubmit, PromotionTx } from './promotion-repository.js';
import { checkTerms, normaliseTerms } from './promotion-rules.js';
import { promotionState, type Promotion, type PromotionTerms } from './promotion.js';

/** How long the same submit has one effect. */
export const DUPLICATE_WINDOW_MS = 30 * MINUTE_MS;

export interface CreatePromotion<Announcement> extends PromotionTerms {
  readonly createdBy: string;
  /** Starts a campaign with the promotion, in the same transaction. JSON-like: part of what makes a submit the same. */
  readonly announce: Announcement | undefined;
}

/** Starts the campaign of a new promotion inside its transaction, and answers its id. */
export type StartCampaign<Tx, Announcement> = (
  tx: Tx,
  start: { readonly promotion: Promotion; readonly announcement: Announcement; readonly now: EpochMs },
) => Promise<CampaignId>;

export interface CreatedPromotion {
  readonly promotion: Promotion;
  /** True when this submit had been made before: nothing was done now. */
  readonly isDuplicate: boolean;
}

/**
 * @throws DomainError `INVALID_INPUT` for terms that contradict themselves; `PROMOTION_CONFLICT` when the same natural
 *   key was submitted within 30 minutes with another rule, scope, text or announcement.
 */
export async function createPromotion<Tx extends PromotionTx, Announcement>(
  tx: Tx,
  { now, startCampaign }: { readonly now: EpochMs; readonly startCampaign: StartCampaign<Tx, Announcement> },
  command: CreatePromotion<Announcement>,
): Promise<CreatedPromotion> {
  const terms = normaliseTerms(command);
  checkTerms(terms, now);
  const naturalKey = naturalKeyOf(terms);
  const requestHash = requestHashOf(terms);

  const first = await findFirst(tx, await tx.promotions.lockSubmit(naturalKey), now);
  if (first !== undefined) return answerAgain(first, requestHash);

  const created = await insertPromotion(tx, terms, { now, startCampaign });
  await tx.promotions.putSubmit({ naturalKey, requestHash, promotionId: created.id, submittedAt: now });
  await tx.outbox.append({
    topic: TOPICS.promotionCreated,
    key: promotionEventKey(created.id),
    body: promotionEventBody(created, now),
  });
  return { promotion: created, isDuplicate: false };
}

/** Forgets submits that can no longer be duplicates, at most `limit`; answers how many. Run it until it answers 0. */
export async function purgeSubmits(tx: PromotionTx, now: EpochMs, limit: number): Promise<number> {
  return tx.promotions.purgeSubmits((now - DUPLICATE_WINDOW_MS) as EpochMs, limit); // still an instant
}

async function findFirst(
  tx: PromotionTx,
  submit: PromotionSubmit | undefined,
  now: EpochMs,
): Promise<{ readonly submit: PromotionSubmit; readonly promotion: Promotion } | undefined> {
  if (submit === undefined || now - submit.submittedAt >= DUPLICATE_WINDOW_MS) return undefined;
  const promotion = await tx.promotions.find(submit.promotionId);
  assert(promotion !== undefined, `promotion ${submit.promotionId} of a submit exists`);
  return promotionState(promotion, now) === 'ended' ? undefined : { submit, promotion };
}

function answerAgain(
  first: { readonly submit: PromotionSubmit; readonly promotion: Promotion },
  requestHash: Uint8Array,
): CreatedPromotion {
  const { promotion, submit } = first;
  if (equalBytes(submit.requestHash, requestHash)) return { promotion, isDuplicate: true };
  throw new DomainError(
    'PROMOTION_CONFLICT',
    `Promotion ${promotion.id} has the same name, creator, start and end and was submitted at ${formatInstant(submit.submittedAt)} ` +
      'with another rule, scope, text or announcement; edit or end that one, or choose another name.',
    { promotionId: promotion.id, submittedAt: formatInstant(submit.submittedAt) },
  );
}

async function insertPromotion<Tx extends PromotionTx, Announcement>(
  tx: Tx,
  command: CreatePromotion<Announcement>,
  { now, startCampaign }: { readonly now: EpochMs; readonly startCampaign: StartCampaign<Tx, Announcement> },
): Promise<Promotion> {
  const { announce, ...terms } = command;
  const promotion: Promotion = {
    ...terms,
    id: promotionId(await tx.ids.take('promotion', 1)),
    version: 1,
    createdAt: now,
    editedAt: undefined,
    endedAt: undefined,
    campaignId: undefined,
  };
  await tx.promotions.insert(promotion);
  if (announce === undefined) return promotion;
  const announced = { ...promotion, campaignId: await startCampaign(tx, { promotion, announcement: announce, now }) };
  await tx.promotions.update(announced, promotion.version);
  return announced;
}

const naturalKeyOf = ({ name, createdBy, startsAt, endsAt }: CreatePromotion<unknown>): Uint8Array =>
  structuredHash(['promotion', name, createdBy, startsAt, endsAt]);

const requestHashOf = ({ description, rule, currency, scope, announce }: CreatePromotion<unknown>): Uint8Array =>
  structuredHash([
    canonicalJson({ description, rule: ruleToJson(rule), currency, scope: scopeToJson(scope), announce }),
  ]);
