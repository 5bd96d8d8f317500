/** The requests of the coupon scenarios, as a shop's own systems would make them. */
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { path } from '../../cli/api-client.js';
import { claimsAnswer, couponAnswer, couponPage, walletPage, type CouponAnswer } from '../../cli/coupon-view.js';
import { addMs, DAY_MS, formatInstant } from '../../core/time.js';
import type { Wording } from '../../cli/wording.js';
import type { ScenarioContext } from '../scenario.js';
import { COUPON_DEMO_TEXT as T } from '../text/coupon-demo-text.js';

/** Requests on their way at the same time. */
const LANES = 8;
const MEMBERS_PER_PAGE = 200;
const ITEMS_PER_REQUEST = 50;
/** Times that each message comes. */
export const DELIVERIES = 3;
/** What a claim of the demo is found again by. */
const CLAIM_KEY = 'demo';

export interface CouponOffer {
  readonly name: Wording;
  readonly terms: Readonly<Record<string, unknown>>;
}

/** The coupon of an earlier start, by its name in either language, or a new one that is active. */
export async function openCoupon(context: ScenarioContext, offer: CouponOffer): Promise<CouponAnswer> {
  const { api, stages, say, clock } = context;
  const known = await findCoupon(context, offer);
  if (known !== undefined) {
    stages.done(say(T.couponStage), say(T.couponFound, known.name), undefined);
    return known;
  }
  const now = clock.now();
  const startedMs = clock.monotonicMs();
  const body = {
    name: say(offer.name),
    currency: 'CNY',
    validity: { kind: 'days', days: 30 },
    opensAt: formatInstant(now),
    closesAt: formatInstant(addMs(now, 3 * DAY_MS)),
    ...offer.terms,
  };
  const { id } = (await api.post('/v1/coupons', body, randomUUID())).read(couponAnswer);
  const coupon = (await api.post(`/v1/coupons/${id}/activate`, undefined, randomUUID())).read(couponAnswer);
  stages.done(say(T.couponStage), say(T.couponMade, coupon.name), clock.monotonicMs() - startedMs);
  return coupon;
}

export async function findCoupon(
  { api }: ScenarioContext,
  { name }: Pick<CouponOffer, 'name'>,
): Promise<CouponAnswer | undefined> {
  const names: readonly string[] = Object.values(name);
  const { items } = (await api.get('/v1/coupons', { limit: MEMBERS_PER_PAGE })).read(couponPage);
  return items.findLast((coupon) => names.includes(coupon.name));
}

export const readCoupon = async ({ api }: ScenarioContext, id: number): Promise<CouponAnswer> =>
  (await api.get(`/v1/coupons/${id}`)).read(couponAnswer);

const membersPage = z.object({
  items: z.array(z.object({ memberId: z.string() })),
  nextCursor: z.string().nullable(),
});

/** Up to so many members that `where` finds, everybody without it; `skip` of them left out first. */
export async function someMembers(
  { api }: ScenarioContext,
  { where, count, skip = 0 }: { readonly where?: string; readonly count: number; readonly skip?: number },
): Promise<readonly string[]> {
  const found: string[] = [];
  for (let cursor: string | null = null; found.length < skip + count;) {
    const body = { ...(where && { where }), ...(cursor && { cursor }), limit: MEMBERS_PER_PAGE };
    const page: z.output<typeof membersPage> = (await api.post('/v1/members/search', body)).read(membersPage);
    found.push(...page.items.map(({ memberId }) => memberId));
    if (page.nextCursor === null) break;
    cursor = page.nextCursor;
  }
  return found.slice(skip, skip + count);
}

/** Tells that they logged in; each message comes three times at once. */
export async function logIn({ api, clock }: ScenarioContext, memberIds: readonly string[]): Promise<void> {
  const at = formatInstant(clock.now());
  await inLanes(slicesOf(memberIds), async (slice) => {
    const messages = slice.map((memberId) => ({ memberId, at }));
    const deliver = () => api.post('/v1/events/incoming/member.loggedIn', messages);
    await Promise.all(Array.from({ length: DELIVERIES }, deliver));
  });
}

/** Claims for each of them, twice at once as impatient people do; answers who has one, and who was told what instead. */
export async function claimFor(
  { api }: ScenarioContext,
  couponId: number,
  memberIds: readonly string[],
): Promise<{ readonly holders: ReadonlySet<string>; readonly refused: ReadonlyMap<string, string> }> {
  const holders = new Set<string>();
  const refused = new Map<string, string>();
  await inLanes(slicesOf(memberIds), async (slice) => {
    const claim = (key: string) => api.post(`/v1/coupons/${couponId}/claims`, { memberIds: slice }, key);
    const answers = await Promise.all([claim(CLAIM_KEY), claim(`${CLAIM_KEY}-again`)]);
    for (const { memberId, outcome, grant } of answers.flatMap((answer) => answer.read(claimsAnswer).items)) {
      if (grant === null) refused.set(memberId, outcome);
      else holders.add(memberId);
    }
  });
  for (const memberId of holders) refused.delete(memberId);
  return { holders, refused };
}

/** How many of the coupon each of them has in her wallet; each looks `looks` times at once. */
export async function countInWallets(
  { api }: ScenarioContext,
  {
    couponId,
    memberIds,
    looks = 1,
  }: { readonly couponId: number; readonly memberIds: readonly string[]; readonly looks?: number },
): Promise<readonly number[]> {
  const counts: number[] = [];
  await inLanes(memberIds, async (memberId) => {
    const look = () => api.get(path`/v1/members/${memberId}/coupons`, { limit: MEMBERS_PER_PAGE });
    const [answer] = (await Promise.all(Array.from({ length: looks }, look))).slice(-1);
    counts.push((answer?.read(walletPage).items ?? []).filter(({ coupon }) => coupon.id === couponId).length);
  });
  return counts;
}

/** How many of these hold exactly one. */
export const withOne = (counts: readonly number[]): number => counts.filter((count) => count === 1).length;

const auditAnswer = z.object({ differences: z.array(z.unknown()) });

/** Lets everything be computed again; answers how much differs. */
export const auditDifferences = async ({ api }: ScenarioContext): Promise<number> =>
  (await api.post('/v1/audit', {})).read(auditAnswer).differences.length;

/** As many as a request takes here. */
export function slicesOf<Item>(items: readonly Item[]): readonly (readonly Item[])[] {
  const count = Math.ceil(items.length / ITEMS_PER_REQUEST);
  return Array.from({ length: count }, (_, index) =>
    items.slice(index * ITEMS_PER_REQUEST, (index + 1) * ITEMS_PER_REQUEST),
  );
}

/** Works on all of them, several at the same time. */
export async function inLanes<Item>(items: readonly Item[], work: (item: Item) => Promise<void>): Promise<void> {
  const left = items.values();
  const lane = async (): Promise<void> => {
    for (const item of left) await work(item);
  };
  await Promise.all(Array.from({ length: LANES }, lane));
}
