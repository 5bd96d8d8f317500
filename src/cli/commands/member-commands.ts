import { z } from 'zod';
import { CONSENT_STATES } from '../../membership/consent.js';
import { MEMBER_LIMITS, PUSH_PLATFORMS } from '../../membership/member.js';
import { path } from '../api-client.js';
import { channelName, definedOf } from '../campaign-options.js';
import { UsageError } from '../cli-errors.js';
import { command, option } from '../command-spec.js';
import { cursorOption, limitOption, memberIdArgument, time, whereOption, yesOption } from '../common-options.js';
import { readFilter } from '../filter-option.js';
import { formatCount } from '../format-values.js';
import { memberAnswer, memberPage, renderMember, renderMembers } from '../member-view.js';
import {
  assignment,
  choice,
  commaList,
  flag,
  many,
  single,
  singleOr,
  text,
  wholeNumber,
  type Parse,
} from '../option-reader.js';
import { showPage } from '../show-page.js';
import { renderPairs } from '../tables.js';
import { FAILURE_TEXT } from '../text/general-text.js';
import { MEMBER_TEXT as T } from '../text/member-text.js';

const filterBody = (where: string | undefined): Readonly<Record<string, unknown>> =>
  where === undefined ? {} : { filter: readFilter(where) };

/** A shell word that holds the text as it was typed. */
const shellQuoted = (word: string): string => `'${word.replaceAll("'", String.raw`'\''`)}'`;
const whereWords = (where: string | undefined): string => (where === undefined ? '' : ` --where ${shellQuoted(where)}`);

export const countMembers = command({
  name: 'count',
  summary: T.count,
  details: T.countDetails,
  args: {},
  options: { where: whereOption },
  examples: ['fanfare members count', "fanfare members count --where 'level in (3,4) and points >= 1000'"],
  run: async (context, { options: { where } }) => {
    const { say } = context;
    const answer = await context.api().post('/v1/members/count', { body: filterBody(where) });
    const { memberCount } = answer.read(countAnswer);
    await context.result(answer.document, () => `${say(T.counted, formatCount(memberCount))}\n`);
    context.next(
      `fanfare members sample${whereWords(where)}`,
      `fanfare campaign create --promotion ID --channel inbox,sms${whereWords(where)}`,
    );
  },
});

const countAnswer = z.object({
  memberCount: z.int(),
  firstOrdinal: z.int().nullable(),
  lastOrdinal: z.int().nullable(),
});

export const rangeOfMembers = command({
  name: 'range',
  summary: T.range,
  args: {},
  options: { where: whereOption },
  examples: ["fanfare members range --where 'activeDays between 1 and 5'"],
  run: async (context, { options: { where } }) => {
    const { say } = context;
    const answer = await context.api().post('/v1/members/count', { body: filterBody(where) });
    const { memberCount, firstOrdinal, lastOrdinal } = answer.read(countAnswer);
    await context.result(answer.document, () =>
      renderPairs([
        [say(T.fieldMembers), formatCount(memberCount)],
        [say(T.fieldFirst), firstOrdinal?.toString()],
        [say(T.fieldLast), lastOrdinal?.toString()],
      ]),
    );
    context.next(`fanfare members list${whereWords(where)}`);
  },
});

export const sampleMembers = command({
  name: 'sample',
  summary: T.sample,
  args: {},
  options: { where: whereOption, size: option('-n, --size <n>', T.size, singleOr(wholeNumber(1, 100), 10)) },
  examples: ['fanfare members sample --size 5 --where "tag = \'vip\'"'],
  run: async (context, { options: { where, size } }) => {
    const answer = await context.api().post('/v1/members/sample', { body: { ...filterBody(where), size } });
    const { items, memberCount } = answer.read(z.object({ memberCount: z.int(), items: z.array(memberAnswer) }));
    await showPage(context, {
      document: answer.document,
      page: { items },
      line: 'fanfare members sample',
      render: (members) => renderMembers(members, context),
      next: [`fanfare members show ${items[0]?.memberId ?? 'MEMBER'}`],
    });
    context.note(context.say(T.drawn, formatCount(memberCount)));
  },
});

export const listMembers = command({
  name: 'list',
  summary: T.list,
  args: {},
  options: { where: whereOption, limit: limitOption, cursor: cursorOption },
  examples: ['fanfare members list -n 20', "fanfare members list --where 'has(email) and not consent.email' --json"],
  run: async (context, { options: { where, ...range } }) => {
    const answer = await context
      .api()
      .post('/v1/members/search', { body: { ...filterBody(where), ...definedOf(range) } });
    const page = answer.read(memberPage);
    const [first] = page.items;
    await showPage(context, {
      document: answer.document,
      page,
      line: `fanfare members list${whereWords(where)}`,
      render: (members) => renderMembers(members, context),
      next: [first === undefined ? 'fanfare members import FILE' : `fanfare members show ${first.memberId}`],
    });
  },
});

export const showMember = command({
  name: 'show',
  summary: T.show,
  details: T.showDetails,
  args: { member: memberIdArgument },
  options: {},
  examples: ['fanfare members show m-1024'],
  run: async (context, { args: { member } }) => {
    const answer = await context.api().get(path`/v1/members/${member}`);
    await context.result(answer.document, () => renderMember(answer.read(memberAnswer), context));
    context.next(`fanfare record ${member}`, `fanfare inbox list ${member}`);
  },
});

/** JSON where it is some, else the text itself. */
const jsonOrText: Parse<unknown> = (value) => {
  try {
    return JSON.parse(value) as unknown;
  } catch {
    return value;
  }
};

const CLEARABLE = ['name', 'lastActiveAt', 'tags', 'timeZone', 'locale', 'email', 'phone', 'pushToken'] as const;

export const setMember = command({
  name: 'set',
  summary: T.set,
  details: T.setDetails,
  args: { member: memberIdArgument },
  options: {
    name: option('--name <text>', T.name, single(text)),
    level: option('--level <n>', T.level, single(wholeNumber(0, MEMBER_LIMITS.maxLevel))),
    points: option('--points <n>', T.points, single(wholeNumber(0, Number.MAX_SAFE_INTEGER))),
    activeDays: option('--active-days <n>', T.activeDays, single(wholeNumber(0, MEMBER_LIMITS.maxActiveDays))),
    lastActive: option('--last-active <time>', T.lastActive, single(time)),
    tags: option('--tags <tags>', T.tags, single(commaList(text))),
    timeZone: option('--time-zone <zone>', T.timeZone, single(text)),
    locale: option('--locale <locale>', T.locale, single(text)),
    email: option('--email <address>', T.email, single(text)),
    phone: option('--phone <number>', T.phone, single(text)),
    pushToken: option('--push-token <token>', T.pushToken, single(text)),
    pushPlatform: option('--push-platform <platform>', T.pushPlatform, single(choice(PUSH_PLATFORMS))),
    consent: option('--consent <channel=state>', T.consent, many(assignment(channelName, choice(CONSENT_STATES)))),
    consentAt: option('--consent-at <time>', T.consentAt, single(time)),
    consentSource: option('--consent-source <text>', T.consentSource, single(text)),
    attribute: option('--attribute <key=value>', T.attribute, many(assignment(text, jsonOrText))),
    clear: option('--clear <fields>', T.clear, single(commaList(choice(CLEARABLE)))),
    existing: option('--existing', T.only, flag()),
  },
  examples: [
    'fanfare members set m-1024 --level 3 --points 1200 --tags vip,autumn',
    'fanfare members set m-1024 --email li.wei@example.com --consent email=granted --consent-source checkout',
    'fanfare members set m-1024 --attribute city=上海 --clear phone --existing',
  ],
  run: async (context, { args: { member }, options }) => {
    const { consent, consentAt, consentSource, attribute, clear = [], existing, lastActive, ...fields } = options;
    if (consent.length === 0 && (consentAt ?? consentSource) !== undefined) throw new UsageError(T.consentAlone);
    const stated = definedOf({ at: consentAt, source: consentSource });
    const body = {
      ...Object.fromEntries(clear.map((field) => [field, field === 'tags' ? [] : null])),
      ...definedOf({ ...fields, lastActiveAt: lastActive }),
      ...(consent.length === 0
        ? {}
        : { consent: Object.fromEntries(consent.map(([channel, state]) => [channel, { state, ...stated }])) }),
      ...(attribute.length === 0 ? {} : { attributes: Object.fromEntries(attribute) }),
    };
    if (Object.keys(body).length === 0) throw new UsageError(T.nothingToSet);
    const api = context.api();
    const answer = existing
      ? await api.patch(path`/v1/members/${member}`, { body })
      : await api.put(path`/v1/members/${member}`, { body });
    await context.result(answer.document, () => renderMember(answer.read(memberAnswer), context));
    context.note(context.say(answer.status === 201 ? T.added : T.changed, member));
    context.next(`fanfare members show ${member}`);
  },
});

export const eraseMember = command({
  name: 'erase',
  summary: T.erase,
  details: T.eraseDetails,
  args: { member: memberIdArgument },
  options: { yes: yesOption },
  examples: ['fanfare members erase m-1024 --yes'],
  run: async (context, { args: { member }, options: { yes } }) => {
    if (!yes) throw new UsageError(FAILURE_TEXT.needsConfirmation(T.eraseCannotBeUndone, '--yes'));
    await context.api().delete(path`/v1/members/${member}`);
    await context.result({ memberId: member, isErased: true }, () => `${context.say(T.erased, member)}\n`);
    context.next('fanfare audit');
  },
});
