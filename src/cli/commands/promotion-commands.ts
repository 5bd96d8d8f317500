import { CHANNEL_POLICIES } from '../../campaign/campaign.js';
import type { Channel } from '../../core/channels.js';
import type { Language } from '../../core/language.js';
import { PROMOTION_KINDS, PROMOTION_STATES } from '../../promotion/promotion.js';
import { path } from '../api-client.js';
import { channelName, definedOf, starterOf } from '../campaign-options.js';
import type { CliContext } from '../cli-context.js';
import { UsageError } from '../cli-errors.js';
import { command, group, option } from '../command-spec.js';
import { cursorOption, idempotencyKeyOption, limitOption, promotionIdArgument, time } from '../common-options.js';
import { readFilter } from '../filter-option.js';
import { readJsonFile } from '../input-file.js';
import { choice, commaList, flag, single, text, wholeNumber } from '../option-reader.js';
import { ruleOf, ruleOptions, scopeOf, type RuleInput, type ScopeInput } from '../promotion-rule-options.js';
import { promotionAnswer, promotionPage, renderPromotion, renderPromotions } from '../promotion-view.js';
import { showPage } from '../show-page.js';
import { PROMOTION_TEXT as T } from '../text/promotion-text.js';

const DEFAULT_CURRENCY = 'CNY';

const createPromotion = command({
  name: 'create',
  summary: T.create,
  details: T.createDetails,
  args: {},
  options: {
    name: option('--name <text>', T.name, single(text)),
    ends: option('--ends <time>', T.ends, single(time)),
    starts: option('--starts <time>', T.starts, single(time)),
    ...ruleOptions,
    description: option('--description <text>', T.description, single(text)),
    announce: option('--announce <channels>', T.announce, single(commaList(channelName))),
    where: option('-w, --where <filter>', T.announceWhere, single(text)),
    announceMax: option('--announce-max <n>', T.announceMax, single(wholeNumber(0, Number.MAX_SAFE_INTEGER))),
    policy: option('--policy <policy>', T.announcePolicy, single(choice(CHANNEL_POLICIES))),
    from: option('--from <file>', T.from, single(text)),
    idempotencyKey: idempotencyKeyOption,
  },
  examples: [
    'fanfare promotion create --name "双11满减" --full-reduction 300:40,500:80 --starts 2027-11-11T00:00:00+08:00 --ends 2027-11-12T00:00:00+08:00',
    'fanfare promotion create --name "Summer sale" --discount 20 --max-reduction 100 --currency USD --ends +7d',
    'fanfare promotion create --name "Gift week" --gift SKU-1:2 --gift-threshold 199 --categories shoes,bags --ends +7d',
    'fanfare promotion create --name "Flash sale" --direct-cut 10 --ends +1d --announce inbox,sms --where "level >= 3"',
    'fanfare promotion create --from promotion.json',
  ],
  run: async (context, { options }) => {
    const body = options.from === undefined ? termsOf(options, context) : await wholeFile(context, options);
    const answer = await context
      .api()
      .post('/v1/promotions', { body, idempotencyKey: options.idempotencyKey ?? context.newKey() });
    const promotion = answer.read(promotionAnswer);
    await context.result(answer.document, () => renderPromotion(promotion, context));
    context.note(context.say(promotion.isDuplicate === true ? T.duplicate : T.created, promotion.id));
    context.next(
      promotion.campaignId === null
        ? `fanfare campaign create --promotion ${promotion.id} --channel inbox,sms`
        : `fanfare campaign watch ${promotion.campaignId}`,
    );
  },
});

interface CreateInput extends RuleInput, ScopeInput {
  readonly name: string | undefined;
  readonly starts: string | undefined;
  readonly ends: string | undefined;
  readonly description: string | undefined;
  readonly currency: string | undefined;
  readonly announce: readonly Channel[] | undefined;
  readonly where: string | undefined;
  readonly announceMax: number | undefined;
  readonly policy: string | undefined;
}

function termsOf(input: CreateInput, { clock, language }: CliContext): Readonly<Record<string, unknown>> {
  const currency = input.currency ?? DEFAULT_CURRENCY;
  if (input.name === undefined) throw new UsageError(T.missing('--name'));
  if (input.ends === undefined) throw new UsageError(T.missing('--ends'));
  const rule = ruleOf(input, currency);
  if (rule === undefined) throw new UsageError(T.needsRule);
  const scope = scopeOf(input);
  return {
    name: input.name,
    rule,
    currency,
    startsAt: input.starts ?? new Date(clock.now()).toISOString(),
    endsAt: input.ends,
    ...(scope === undefined ? {} : { scope }),
    ...(input.description === undefined ? {} : { description: input.description }),
    ...definedOf({ announce: announcementOf(input, language) }),
  };
}

/** The campaign that is started with the promotion, by starter templates. @throws UsageError */
function announcementOf({ announce, where, announceMax, policy }: CreateInput, language: Language) {
  if (announce === undefined) {
    if (where === undefined && announceMax === undefined && policy === undefined) return undefined;
    throw new UsageError(T.strayAnnounceOption);
  }
  return {
    audience: where === undefined ? { kind: 'everybody' } : { kind: 'filter', filter: readFilter(where) },
    channels: announce.map((channel) => ({ channel, message: starterOf(channel, language) })),
    ...definedOf({ maxMembers: announceMax, policy }),
  };
}

/** @throws UsageError when options would have to be mixed into the file's document. */
async function wholeFile(
  context: CliContext,
  {
    from = '',
    idempotencyKey: _,
    ...others
  }: CreateInput & { readonly from: string | undefined; readonly idempotencyKey: string | undefined },
): Promise<Readonly<Record<string, unknown>>> {
  if (Object.values(others).some((value) => value !== undefined && value !== false)) throw new UsageError(T.fromAlone);
  return readJsonFile(context, from);
}

const editPromotion = command({
  name: 'edit',
  summary: T.edit,
  details: T.editDetails,
  args: { id: promotionIdArgument },
  options: {
    name: option('--name <text>', T.name, single(text)),
    ends: option('--ends <time>', T.ends, single(time)),
    starts: option('--starts <time>', T.newStarts, single(time)),
    ...ruleOptions,
    description: option('--description <text>', T.description, single(text)),
    noDescription: option('--remove-description', T.noDescription, flag()),
    ifVersion: option('--if-version <n>', T.version, single(wholeNumber(1, Number.MAX_SAFE_INTEGER))),
  },
  examples: [
    'fanfare promotion edit 12 --ends +3d',
    'fanfare promotion edit 12 --full-reduction 300:50 --repeating --if-version 2',
  ],
  run: async (context, { args: { id }, options }) => {
    const api = context.api();
    const present = (await api.get(path`/v1/promotions/${id}`)).read(promotionAnswer);
    const currency = options.currency ?? present.currency;
    const changes = definedOf({
      name: options.name,
      startsAt: options.starts,
      endsAt: options.ends,
      rule: ruleOf(options, currency),
      currency: options.currency,
      scope: scopeOf(options),
      description: options.noDescription ? null : options.description,
    });
    if (Object.keys(changes).length === 0) throw new UsageError(T.nothingToEdit);
    const body = { version: options.ifVersion ?? present.version, ...changes };
    const answer = await api.patch(path`/v1/promotions/${id}`, { body });
    const promotion = answer.read(promotionAnswer);
    await context.result(answer.document, () => renderPromotion(promotion, context));
    context.note(context.say(T.edited, promotion.id, promotion.version));
    context.next(`fanfare promotion show ${id}`);
  },
});

const listPromotions = command({
  name: 'list',
  summary: T.list,
  args: {},
  options: {
    state: option('--state <state>', T.state, single(choice(PROMOTION_STATES))),
    kind: option('--kind <kind>', T.kind, single(choice(PROMOTION_KINDS))),
    limit: limitOption,
    cursor: cursorOption,
  },
  examples: ['fanfare promotion list', 'fanfare promotion list --state running --json'],
  run: async (context, { options }) => {
    const answer = await context.api().get('/v1/promotions', options);
    const page = answer.read(promotionPage);
    const first = page.items[0];
    await showPage(context, {
      document: answer.document,
      page,
      line: 'fanfare promotion list',
      render: (items) => renderPromotions(items, context),
      next: [first === undefined ? 'fanfare promotion create --help' : `fanfare promotion show ${first.id}`],
    });
  },
});

const showPromotion = command({
  name: 'show',
  summary: T.show,
  args: { id: promotionIdArgument },
  options: {},
  examples: ['fanfare promotion show 12'],
  run: async (context, { args: { id } }) => {
    const answer = await context.api().get(path`/v1/promotions/${id}`);
    const promotion = answer.read(promotionAnswer);
    await context.result(answer.document, () => renderPromotion(promotion, context));
    if (promotion.campaignId !== null) context.next(`fanfare campaign show ${promotion.campaignId}`);
    else context.next(`fanfare campaign create --promotion ${id} --channel inbox,sms`);
  },
});

const endPromotion = command({
  name: 'end',
  summary: T.end,
  args: { id: promotionIdArgument },
  options: { idempotencyKey: idempotencyKeyOption },
  examples: ['fanfare promotion end 12'],
  run: async (context, { args: { id }, options }) => {
    const idempotencyKey = options.idempotencyKey ?? context.newKey();
    const answer = await context.api().post(path`/v1/promotions/${id}/end`, { idempotencyKey });
    const promotion = answer.read(promotionAnswer);
    await context.result(answer.document, () => renderPromotion(promotion, context));
    context.note(context.say(T.ended, id));
    context.next('fanfare promotion list --state running');
  },
});

export const promotionCommands = group('promotion', T.group, [
  createPromotion,
  editPromotion,
  listPromotions,
  showPromotion,
  endPromotion,
]);
