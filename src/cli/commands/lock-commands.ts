import { path } from '../api-client.js';
import { definedOf } from '../campaign-options.js';
import { argument, command, group, option } from '../command-spec.js';
import { readJsonFile } from '../input-file.js';
import { commaList, required, single, text, wholeNumber } from '../option-reader.js';
import { orderAnswer, renderOrder } from '../order-view.js';
import { ORDER_TEXT as T } from '../text/order-text.js';
import { basketOption } from './quote-command.js';

const orderArgument = argument('<order>', T.order, required(text));

const lockCoupons = command({
  name: 'create',
  summary: T.lock,
  details: T.lockDetails,
  args: { order: orderArgument },
  options: {
    member: option('-m, --member <member>', T.lockMember, required(text)),
    grants: option('--grants <grants>', T.grants, required(commaList(text))),
    basket: basketOption,
    seconds: option('--seconds <n>', T.seconds, single(wholeNumber(1, 604_800))),
  },
  examples: ['fanfare locks create o-7710 --member m-1024 --grants 5-1204-1 --basket basket.json --seconds 600'],
  run: async (context, { args: { order }, options: { member, grants, basket, seconds } }) => {
    const body = {
      ...(await readJsonFile(context, basket)),
      orderId: order,
      memberId: member,
      grantIds: grants,
      ...definedOf({ lockSeconds: seconds }),
    };
    const answer = await context.api().post('/v1/locks', { body });
    const held = answer.read(orderAnswer);
    await context.result(answer.document, () => renderOrder(held, context));
    context.next(`fanfare locks release ${order}`);
  },
});

const showLock = command({
  name: 'show',
  summary: T.lockShow,
  args: { order: orderArgument },
  options: {},
  examples: ['fanfare locks show o-7710'],
  run: async (context, { args: { order } }) => {
    const answer = await context.api().get(path`/v1/locks/${order}`);
    const held = answer.read(orderAnswer);
    await context.result(answer.document, () => renderOrder(held, context));
    if (held.memberId !== null) context.next(`fanfare members coupons ${held.memberId}`);
  },
});

const releaseLock = command({
  name: 'release',
  summary: T.lockRelease,
  args: { order: orderArgument },
  options: {},
  examples: ['fanfare locks release o-7710'],
  run: async (context, { args: { order } }) => {
    const answer = await context.api().delete(path`/v1/locks/${order}`);
    const held = answer.read(orderAnswer);
    await context.result(answer.document, () => renderOrder(held, context));
    context.note(context.say(T.released, order));
    context.next(`fanfare locks show ${order}`);
  },
});

export const lockCommands = group('locks', T.locksGroup, [lockCoupons, showLock, releaseLock]);
