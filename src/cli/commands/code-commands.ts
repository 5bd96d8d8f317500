import { z } from 'zod';
import { MAX_CODES_AT_ONCE } from '../../coupon/code/make-codes.js';
import { path } from '../api-client.js';
import { command, option } from '../command-spec.js';
import { couponIdArgument, idempotencyKeyOption } from '../common-options.js';
import { formatCount } from '../format-values.js';
import { required, wholeNumber } from '../option-reader.js';
import { COUPON_TEXT as T } from '../text/coupon-text.js';

const madeAnswer = z.object({ codes: z.array(z.string()).nullable() });

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
    const { codes } = answer.read(madeAnswer);
    await context.result(answer.document, () => (codes ?? []).map((code) => `${code}\n`).join(''));
    context.note(
      codes === null ? context.say(T.codesShownBefore) : context.say(T.codesMade, formatCount(codes.length)),
    );
    context.next(`fanfare coupons show ${id}`);
  },
});
