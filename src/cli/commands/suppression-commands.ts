import { z } from 'zod';
import { CHANNELS, type Channel } from '../../core/channels.js';
import { path } from '../api-client.js';
import { channelName, definedOf } from '../campaign-options.js';
import type { CliContext } from '../cli-context.js';
import { UsageError } from '../cli-errors.js';
import { argument, command, option } from '../command-spec.js';
import { formatCount } from '../format-values.js';
import { channelWords, memberAnswer, renderMember } from '../member-view.js';
import { commaList, required, single, text } from '../option-reader.js';
import { MEMBER_TEXT as T } from '../text/member-text.js';

const args = { member: argument('[member]', T.optionalMember, single(text)) };
const options = {
  channels: option('-c, --channel <channels>', T.channels, single(commaList(channelName))),
  reason: option('--reason <text>', T.reason, required(text)),
  email: option('--email <address>', T.addressEmail, single(text)),
  phone: option('--phone <number>', T.addressPhone, single(text)),
  pushToken: option('--push-token <token>', T.addressPushToken, single(text)),
};

interface Order {
  readonly action: 'suppress' | 'unsuppress';
  readonly member: string | undefined;
  readonly channels: readonly Channel[] | undefined;
  readonly reason: string;
  readonly email: string | undefined;
  readonly phone: string | undefined;
  readonly pushToken: string | undefined;
}

export const suppress = command({
  name: 'suppress',
  summary: T.suppress,
  details: T.suppressDetails,
  args,
  options,
  examples: [
    'fanfare members suppress m-1024 --reason "asked by phone"',
    'fanfare members suppress --email li.wei@example.com --channel email --reason complaint',
  ],
  run: (context, input) => order(context, { action: 'suppress', ...input.args, ...input.options }),
});

export const unsuppress = command({
  name: 'unsuppress',
  summary: T.unsuppress,
  details: T.suppressDetails,
  args,
  options,
  examples: ['fanfare members unsuppress m-1024 --channel email --reason "asked to hear from us again"'],
  run: (context, input) => order(context, { action: 'unsuppress', ...input.args, ...input.options }),
});

async function order(context: CliContext, { action, member, channels, reason, ...given }: Order): Promise<void> {
  const { say } = context;
  const addresses = Object.entries(definedOf(given));
  if (addresses.length + (member === undefined ? 0 : 1) !== 1) throw new UsageError(T.oneSubject);
  const body = { action, reason, ...definedOf({ channels }) };
  const done = say(action === 'suppress' ? T.closed : T.opened, channelWords(channels ?? CHANNELS, say));
  if (member !== undefined) {
    const answer = await context.api().post(path`/v1/members/${member}/suppression`, { body });
    await context.result(answer.document, () => renderMember(answer.read(memberAnswer), context));
    context.note(done);
    context.next(`fanfare members show ${member}`);
    return;
  }
  const [[kind, address] = []] = addresses;
  const answer = await context.api().post('/v1/suppressions', { body: { ...body, kind, address } });
  const { memberCount } = answer.read(z.object({ memberCount: z.int() }));
  await context.result(answer.document, () => `${say(T.concerns, formatCount(memberCount))}\n`);
  context.note(done);
  context.next('fanfare members count');
}
