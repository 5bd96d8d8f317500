import { COUPON_ISSUES, COUPON_STATES } from '../../coupon/coupon.js';
import { COUPON_MOVES, type CouponMove } from '../../coupon/move-coupon.js';
import { path, type Answer } from '../api-client.js';
import { definedOf } from '../campaign-options.js';
import type { CliContext } from '../cli-context.js';
import { UsageError } from '../cli-errors.js';
import { argument, command, group, option } from '../command-spec.js';
import { couponIdArgument, cursorOption, idempotencyKeyOption, limitOption } from '../common-options.js';
import { changedTermsOf, newTermsOf, termOptions, validityOf, type TermsInput } from '../coupon-options.js';
import {
  claimsAnswer,
  couponAnswer,
  couponPage,
  leftWords,
  renderClaims,
  renderCoupon,
  renderCoupons,
  type CouponAnswer,
} from '../coupon-view.js';
import { formatCount } from '../format-values.js';
import { readJsonFile } from '../input-file.js';
import { choice, flag, many, single, text, wholeNumber } from '../option-reader.js';
import { showPage } from '../show-page.js';
import { COUPON_TEXT as T } from '../text/coupon-text.js';
import { importGrants } from './import-grants-command.js';
import { listCodes, makeCodes, voidCodes } from './code-commands.js';
import { GRANT_COMMANDS } from './grant-commands.js';
import { ISSUE_COMMANDS } from './issue-commands.js';

const anyCount = wholeNumber(0, Number.MAX_SAFE_INTEGER);

async function showCoupon(context: CliContext, answer: Answer): Promise<CouponAnswer> {
  const coupon = answer.read(couponAnswer);
  await context.result(answer.document, () => renderCoupon(coupon, context));
  return coupon;
}

const createCoupon = command({
  name: 'create',
  summary: T.create,
  details: T.createDetails,
  args: {},
  options: {
    ...termOptions(T),
    stock: option('--stock <n>', T.stockOption, single(anyCount)),
    from: option('--from <file>', T.from, single(text)),
    idempotencyKey: idempotencyKeyOption,
  },
  examples: [
    'fanfare coupons create --name "5 off" --issue selfClaim --direct-cut 5 --days 7 --closes +3d --stock 10000',
    'fanfare coupons create --name "新人券" --issue platform --full-reduction 99:20 --days 30 --closes +365d',
    'fanfare coupons create --name "VIP" --issue selfClaim --discount 15 --max-reduction 50 --campaign 7 --opens 2027-11-01 --closes 2027-11-11 --valid-until 2027-11-12 --budget 100000',
    'fanfare coupons create --from coupon.json',
  ],
  run: async (context, { options }) => {
    const now = new Date(context.clock.now()).toISOString();
    const body = options.from === undefined ? newTermsOf(options, now) : await wholeFile(context, options);
    const idempotencyKey = options.idempotencyKey ?? context.newKey();
    const { id } = await showCoupon(context, await context.api().post('/v1/coupons', { body, idempotencyKey }));
    context.note(context.say(T.created, id));
    context.next(`fanfare coupons activate ${id}`);
  },
});

/** @throws UsageError when options would have to be mixed into the file's document. */
async function wholeFile(
  context: CliContext,
  {
    from = '',
    idempotencyKey: _,
    ...others
  }: TermsInput & {
    readonly stock: number | undefined;
    readonly from: string | undefined;
    readonly idempotencyKey: string | undefined;
  },
): Promise<Readonly<Record<string, unknown>>> {
  if (Object.values(others).some((value) => value !== undefined && value !== false)) throw new UsageError(T.fromAlone);
  return readJsonFile(context, from);
}

const editCoupon = command({
  name: 'edit',
  summary: T.edit,
  details: T.editDetails,
  args: { id: couponIdArgument },
  options: {
    ...termOptions({
      opens: T.newOpens,
      validFrom: T.newValidFrom,
      limitPerMember: T.newLimitPerMember,
      stacking: T.newStacking,
      afterRefund: T.newAfterRefund,
      campaign: T.newCampaign,
    }),
    everybody: option('--everybody', T.everybody, flag()),
    noBudget: option('--remove-budget', T.noBudget, flag()),
    noPromotion: option('--remove-promotion', T.noPromotion, flag()),
    noDescription: option('--remove-description', T.noDescription, flag()),
    ifVersion: option('--if-version <n>', T.version, single(wholeNumber(1, Number.MAX_SAFE_INTEGER))),
  },
  examples: [
    'fanfare coupons edit 3 --closes +7d --budget 250000',
    'fanfare coupons edit 3 --name "10 off" --direct-cut 10 --if-version 2',
  ],
  run: async (context, { args: { id }, options }) => {
    const api = context.api();
    const present = (await api.get(path`/v1/coupons/${id}`)).read(couponAnswer);
    const changes = {
      ...changedTermsOf(options, options.currency ?? present.currency),
      ...definedOf({ validity: validityOf(options) }),
      ...removalsOf(options),
    };
    if (Object.keys(changes).length === 0) throw new UsageError(T.nothingToEdit);
    const body = { version: options.ifVersion ?? present.version, ...changes };
    const { version } = await showCoupon(context, await api.patch(path`/v1/coupons/${id}`, { body }));
    context.note(context.say(T.edited, id, version));
    context.next(`fanfare coupons show ${id}`);
  },
});

/** What was asked to be taken away. @throws UsageError when the same option gives it. */
function removalsOf(
  options: TermsInput & {
    readonly everybody: boolean;
    readonly noBudget: boolean;
    readonly noPromotion: boolean;
    readonly noDescription: boolean;
  },
): Readonly<Record<string, unknown>> {
  const removals = [
    ['audience', '--campaign', options.campaign, '--everybody', options.everybody, { kind: 'everybody' }],
    ['budgetMinor', '--budget', options.budget, '--remove-budget', options.noBudget, null],
    ['promotionId', '--promotion', options.promotion, '--remove-promotion', options.noPromotion, null],
    ['description', '--description', options.description, '--remove-description', options.noDescription, null],
  ] as const;
  return Object.fromEntries(
    removals.flatMap(([field, giving, given, removing, isRemoved, value]) => {
      if (isRemoved && given !== undefined) throw new UsageError(T.contradiction(giving, removing));
      return isRemoved ? [[field, value]] : [];
    }),
  );
}

const listCoupons = command({
  name: 'list',
  summary: T.list,
  args: {},
  options: {
    state: option('--state <state>', T.state, single(choice(COUPON_STATES))),
    issue: option('--issue <issue>', T.issueOnly, single(choice(COUPON_ISSUES))),
    limit: limitOption,
    cursor: cursorOption,
  },
  examples: ['fanfare coupons list', 'fanfare coupons list --state active --issue selfClaim --json'],
  run: async (context, { options }) => {
    const answer = await context.api().get('/v1/coupons', options);
    const page = answer.read(couponPage);
    const [first] = page.items;
    await showPage(context, {
      document: answer.document,
      page,
      line: 'fanfare coupons list',
      render: (items) => renderCoupons(items, context),
      next: [first === undefined ? 'fanfare coupons create --help' : `fanfare coupons show ${first.id}`],
    });
  },
});

const NEXT_BY_STATE: Readonly<Record<string, string>> = { draft: 'activate', paused: 'activate', active: 'pause' };

const showOne = command({
  name: 'show',
  summary: T.show,
  args: { id: couponIdArgument },
  options: {},
  examples: ['fanfare coupons show 3'],
  run: async (context, { args: { id } }) => {
    const { state } = await showCoupon(context, await context.api().get(path`/v1/coupons/${id}`));
    const move = NEXT_BY_STATE[state];
    context.next(move === undefined ? 'fanfare coupons list' : `fanfare coupons ${move} ${id}`);
  },
});

const moveCoupon = (move: CouponMove) =>
  command({
    name: move,
    summary: T[move],
    args: { id: couponIdArgument },
    options: { idempotencyKey: idempotencyKeyOption },
    examples: [`fanfare coupons ${move} 3`],
    run: async (context, { args: { id }, options }) => {
      const idempotencyKey = options.idempotencyKey ?? context.newKey();
      await showCoupon(context, await context.api().post(path`/v1/coupons/${id}/${move}`, { idempotencyKey }));
      context.note(context.say(T.moved[move], id));
      context.next(`fanfare coupons show ${id}`);
    },
  });

const setStock = command({
  name: 'stock',
  summary: T.stock,
  details: T.stockDetails,
  args: { id: couponIdArgument, stock: argument('[number]', T.stockNumber, single(anyCount)) },
  options: { unlimited: option('--unlimited', T.unlimited, flag()) },
  examples: ['fanfare coupons stock 3 20000', 'fanfare coupons stock 3 --unlimited'],
  run: async (context, { args: { id, stock }, options: { unlimited } }) => {
    if ((stock !== undefined) === unlimited) throw new UsageError(T.stockNeeded);
    const answer = await context.api().put(path`/v1/coupons/${id}/stock`, { body: { stock: stock ?? null } });
    const coupon = await showCoupon(context, answer);
    context.note(context.say(T.stockSet, leftWords(coupon, context.say)));
    context.next(`fanfare coupons show ${id}`);
  },
});

const claimCoupon = command({
  name: 'claim',
  summary: T.claim,
  details: T.claimDetails,
  args: { id: couponIdArgument, members: argument('<members...>', T.members, many(text)) },
  options: { idempotencyKey: idempotencyKeyOption },
  examples: ['fanfare coupons claim 3 m-1024', 'fanfare coupons claim 3 m-1 m-2 --idempotency-key order-page-17'],
  run: async (context, { args: { id, members }, options }) => {
    const answer = await context.api().post(path`/v1/coupons/${id}/claims`, {
      body: { memberIds: members },
      idempotencyKey: options.idempotencyKey ?? context.newKey(),
    });
    const { items } = answer.read(claimsAnswer);
    await context.result(answer.document, () => renderClaims(items, context));
    const holders = items.filter(({ grant }) => grant !== null).length;
    context.note(context.say(T.claimed, formatCount(holders), formatCount(items.length)));
    context.next(`fanfare members coupons ${members[0] ?? 'MEMBER'}`);
  },
});

export const couponCommands = group('coupons', T.group, [
  createCoupon,
  editCoupon,
  listCoupons,
  showOne,
  ...COUPON_MOVES.map(moveCoupon),
  setStock,
  claimCoupon,
  makeCodes,
  listCodes,
  voidCodes,
  importGrants,
  ...ISSUE_COMMANDS,
  ...GRANT_COMMANDS,
]);
