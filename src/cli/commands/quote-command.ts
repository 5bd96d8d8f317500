import { command, option } from '../command-spec.js';
import { definedOf } from '../campaign-options.js';
import { readJsonFile } from '../input-file.js';
import { required, single, text } from '../option-reader.js';
import { quoteAnswer, renderQuote } from '../quote-view.js';
import { ORDER_TEXT as T } from '../text/order-text.js';

export const basketOption = option('--basket <file>', T.basket, required(text));

export const quote = command({
  name: 'quote',
  summary: T.quote,
  details: T.quoteDetails,
  args: {},
  options: { basket: basketOption, member: option('-m, --member <member>', T.member, single(text)) },
  examples: ['fanfare quote --basket basket.json --member m-1024', 'fanfare quote --basket - --json < basket.json'],
  run: async (context, { options: { basket, member } }) => {
    const body = { ...(await readJsonFile(context, basket)), ...definedOf({ memberId: member }) };
    const answer = await context.api().post('/v1/quotes', { body });
    const priced = answer.read(quoteAnswer);
    await context.result(answer.document, () => renderQuote(priced, context));
    if (!priced.isExact) context.note(context.say(T.notExact));
    if (member !== undefined) context.next(`fanfare members coupons ${member}`);
  },
});
