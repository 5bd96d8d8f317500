import { z } from 'zod';
import { MAX_CODES_AT_ONCE } from '../../coupon/code/make-codes.js';
import { path } from '../api-client.js';
import { command, option } from '../command-spec.js';
import { couponIdArgument, idempotencyKeyOption } from '../common-options.js';
import { formatCount } from '../format-values.js';
import { required, text, wholeNumber } from '../option-reader.js';
import { renderTable } from '../tables.js';
import { COUPON_TEXT as T } from '../text/coupon-text.js';

const madeAnswer = z.object({ codes: z.array(z.string()).nullable(), madeAt: z.string() });
const makingsAnswer = z.object({
  items: z.array(z.object({ madeAt: z.string(), codes: z.int(), used: z.int() })),
});
const voidedAnswer = z.object({ voided: z.int(), used: z.int() });

export const makeCodes = command({
  name: 'codes',
  summary: T.makeCodes,
  details: T.makeCodesDetails,
  args: { id: couponIdArgument },
  options: {
    count: option('--count <n>', T.codeCount, required(wholeNumber(1, MAX_CODES_AT_ONCE))),
    idempotencyKey: idempotencyKeyOption,
  },
  examples: ['fanfare coupons codes 3 --count 500 > codes.txt'],
  run: async (context, { args: { id }, options }) => {
    const answer = await context.api().post(path`/v1/coupons/${id}/codes`, {
      body: { count: options.count },
      idempotencyKey: options.idempotencyKey ?? context.newKey(),
    });
    const { codes, madeAt } = answer.read(madeAnswer);
    await context.result(answer.document, () => (codes ?? []).map((code) => `${code}\n`).join(''));
    context.note(
      codes === null ? context.say(T.codesShownBefore) : context.say(T.codesMade, formatCount(codes.length)),
    );
    context.next(
      codes === null ? `fanfare coupons codes-void ${id} --made-at ${madeAt}` : `fanfare coupons show ${id}`,
    );
  },
});

export const listCodes = command({
  name: 'codes-list',
  summary: T.listCodes,
  args: { id: couponIdArgument },
  options: {},
  examples: ['fanfare coupons codes-list 3'],
  run: async (context, { args: { id } }) => {
    const answer = await context.api().get(path`/v1/coupons/${id}/codes`);
    const { items } = answer.read(makingsAnswer);
    await context.result(answer.document, () =>
      renderTable(
        [
          { title: context.say(T.fieldMadeAt), value: ({ madeAt }) => madeAt },
          { title: context.say(T.fieldCodes), value: ({ codes }) => formatCount(codes), isNumber: true },
          { title: context.say(T.fieldUsed), value: ({ used }) => formatCount(used), isNumber: true },
        ],
        items,
      ),
    );
  },
});

export const voidCodes = command({
  name: 'codes-void',
  summary: T.voidCodes,
  details: T.voidCodesDetails,
  args: { id: couponIdArgument },
  options: { madeAt: option('--made-at <instant>', T.codesMadeAt, required(text)) },
  examples: ['fanfare coupons codes-void 3 --made-at 2027-06-01T00:00:00.000Z'],
  run: async (context, { args: { id }, options }) => {
    const answer = await context.api().post(path`/v1/coupons/${id}/codes/void`, { body: { madeAt: options.madeAt } });
    const { voided, used } = answer.read(voidedAnswer);
    await context.result(
      answer.document,
      () => `${context.say(T.codesVoided, formatCount(voided), formatCount(used))}\n`,
    );
    context.next(`fanfare coupons codes-list ${id}`);
  },
});
