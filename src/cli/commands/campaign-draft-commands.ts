import { CHANNELS } from '../../core/channels.js';
import { STARTER_TEMPLATES } from '../../message/starter-templates.js';
import { path } from '../api-client.js';
import { campaignAnswer, type CampaignAnswer } from '../campaign-answers.js';
import {
  audienceOf,
  campaignOptions,
  channelsOf,
  definedOf,
  namesChannels,
  type ChannelBody,
} from '../campaign-options.js';
import { renderCampaign } from '../campaign-view.js';
import type { CliContext } from '../cli-context.js';
import { UsageError } from '../cli-errors.js';
import { couponAnswer } from '../coupon-view.js';
import { command, option } from '../command-spec.js';
import { campaignIdArgument, idempotencyKeyOption } from '../common-options.js';
import { readJsonFile } from '../input-file.js';
import { choice, flag, single, text, wholeNumber } from '../option-reader.js';
import { promotionAnswer } from '../promotion-view.js';
import { renderTable } from '../tables.js';
import { CAMPAIGN_TEXT as T, CHANNEL_WORDS } from '../text/campaign-text.js';

export const createCampaign = command({
  name: 'create',
  summary: T.create,
  details: T.createDetails,
  args: {},
  options: {
    ...campaignOptions,
    from: option('--from <file>', T.from, single(text)),
    idempotencyKey: idempotencyKeyOption,
  },
  examples: [
    'fanfare campaign create --promotion 12 --channel inbox,sms',
    'fanfare campaign create -p 12 -c email,app --where "level in (3,4) and points >= 1000" --policy first',
    'fanfare campaign create --name "Opening" -c sms --body "Hi {{member.name|there}}, we are open" --pace sms=500',
    'fanfare campaign create -p 12 -c sms,email --message email=mail.json --at "2027-06-01 09:00"',
    'fanfare campaign create --coupon 5 -c sms --body "{{coupon.offer}} until {{coupon.closesAt}}"',
    'fanfare campaign create --from campaign.json',
  ],
  run: async (context, { options: { from, idempotencyKey, ...input } }) => {
    const body = from === undefined ? await draftOf(context, input) : await wholeFile(context, from, input);
    const answer = await context
      .api()
      .post('/v1/campaigns', { body, idempotencyKey: idempotencyKey ?? context.newKey() });
    const campaign = answer.read(campaignAnswer);
    await context.result(answer.document, () => renderCampaign(campaign, context));
    context.note(context.say(T.created, campaign.id));
    context.next(`fanfare campaign dry-run ${campaign.id}`);
  },
});

type CampaignInput = Parameters<typeof audienceOf>[1] &
  Parameters<typeof channelsOf>[1] & {
    readonly name: string | undefined;
    readonly promotion: number | undefined;
    readonly coupon: number | undefined;
    readonly policy: string | undefined;
    readonly campaignClass: string | undefined;
    readonly at: string | undefined;
    readonly deliverUntil: string | undefined;
  };

async function draftOf(context: CliContext, input: CampaignInput): Promise<Readonly<Record<string, unknown>>> {
  const channels = await channelsOf(context, input, { present: [], usesStarters: input.promotion !== undefined });
  const audience = (await audienceOf(context, input)) ?? { kind: 'everybody' };
  return {
    name: input.name ?? (await nameOfOffered(context, input)),
    audience,
    channels,
    ...definedOf({
      promotionId: input.promotion,
      couponId: input.coupon,
      policy: input.policy,
      campaignClass: input.campaignClass,
      launchAt: input.at,
      deliverUntil: input.deliverUntil,
    }),
  };
}

/** The name of what it tells of. */
async function nameOfOffered(
  context: CliContext,
  { promotion, coupon }: Pick<CampaignInput, 'promotion' | 'coupon'>,
): Promise<string> {
  if (promotion !== undefined) {
    return (await context.api().get(path`/v1/promotions/${promotion}`)).read(promotionAnswer).name;
  }
  if (coupon === undefined) throw new UsageError(T.missing('--name'));
  return (await context.api().get(path`/v1/coupons/${coupon}`)).read(couponAnswer).name;
}

async function wholeFile(
  context: CliContext,
  file: string,
  input: CampaignInput,
): Promise<Readonly<Record<string, unknown>>> {
  const { name, promotion, coupon, where, members, everybody, policy, campaignClass, at, deliverUntil } = input;
  const others = [name, promotion, coupon, where, members, policy, campaignClass, at, deliverUntil];
  if (namesChannels(input) || everybody || others.some((value) => value !== undefined)) {
    throw new UsageError(T.fromAlone);
  }
  return readJsonFile(context, file);
}

export const editCampaign = command({
  name: 'edit',
  summary: T.edit,
  details: T.editDetails,
  args: { id: campaignIdArgument },
  options: {
    ...campaignOptions,
    ifVersion: option('--if-version <n>', T.ifVersion, single(wholeNumber(1, Number.MAX_SAFE_INTEGER))),
  },
  examples: [
    'fanfare campaign edit 7 --where "tag = \'vip\'"',
    'fanfare campaign edit 7 --body "{{promotion.name}} ends tonight" --pace sms=200',
  ],
  run: async (context, { args: { id }, options: { ifVersion, ...input } }) => {
    const api = context.api();
    const present = (await api.get(path`/v1/campaigns/${id}`)).read(campaignAnswer);
    const promotionId = input.promotion ?? present.promotionId;
    const changes = definedOf({
      name: input.name,
      promotionId: input.promotion,
      couponId: input.coupon,
      audience: await audienceOf(context, input),
      channels: namesChannels(input)
        ? await channelsOf(context, input, { present: channelBodies(present), usesStarters: promotionId !== null })
        : undefined,
      policy: input.policy,
      campaignClass: input.campaignClass,
      launchAt: input.at,
      deliverUntil: input.deliverUntil,
    });
    if (Object.keys(changes).length === 0) throw new UsageError(T.nothingToEdit);
    const body = { version: ifVersion ?? present.version, ...changes };
    const answer = await api.patch(path`/v1/campaigns/${id}`, { body });
    const campaign = answer.read(campaignAnswer);
    await context.result(answer.document, () => renderCampaign(campaign, context));
    context.note(context.say(T.edited, id));
    context.next(`fanfare campaign dry-run ${id}`);
  },
});

const channelBodies = ({ channels }: CampaignAnswer): readonly ChannelBody[] =>
  channels.map(({ channel, message, mode, membersPerSecond, requestsPerSecond }) => ({
    channel,
    message: { ...message },
    mode,
    membersPerSecond: membersPerSecond ?? undefined,
    requestsPerSecond: requestsPerSecond ?? undefined,
  }));

export const listTemplates = command({
  name: 'templates',
  summary: T.templates,
  args: {},
  options: {
    channel: option('-c, --channel <channel>', T.oneChannel, single(choice(CHANNELS))),
    all: option('--all-languages', T.allLanguages, flag()),
  },
  examples: ['fanfare campaign templates', 'fanfare campaign templates --channel sms --all-languages'],
  run: async (context, { options }) => {
    const { say, language } = context;
    const templates = STARTER_TEMPLATES.filter(
      (template) =>
        (options.all || template.language === language) &&
        (options.channel === undefined || template.channel === options.channel),
    );
    await context.result({ items: templates }, () =>
      renderTable(
        [
          { title: say(T.fieldTemplate), value: ({ id }) => id },
          { title: say(T.fieldChannel), value: ({ channel }) => say(CHANNEL_WORDS[channel]) },
          { title: say(T.fieldName), value: ({ label }) => label },
          { title: say(T.fieldText), value: ({ message }) => message.body.replaceAll('\n', ' ').slice(0, 60) },
        ],
        templates,
      ),
    );
    const [first] = templates;
    if (first !== undefined) context.next(`fanfare campaign create -p ID -c ${first.channel} --template ${first.id}`);
  },
});
