/** Options and arguments that several commands share. */
import { argument, option } from './command-spec.js';
import { readTime } from './format-values.js';
import { flag, refuse, required, rowId, single, singleOr, text, wholeNumber, type Parse } from './option-reader.js';
import { OPTION_TEXT } from './text/option-text.js';
import { PARSE_TEXT } from './text/parse-text.js';
import { formatInstant } from '../core/time.js';

/** A time as the API takes it. */
export const time: Parse<string> = (value, { now }) => {
  const instant = readTime(value, now);
  return instant === undefined ? refuse(PARSE_TEXT.instant(value)) : formatInstant(instant);
};

const MAX_PAGE_ITEMS = 200;
export const limitOption = option('-n, --limit <n>', OPTION_TEXT.limit, singleOr(wholeNumber(1, MAX_PAGE_ITEMS), 50));
export const cursorOption = option('--cursor <cursor>', OPTION_TEXT.cursor, single(text));
export const idempotencyKeyOption = option('--idempotency-key <key>', OPTION_TEXT.idempotencyKey, single(text));
export const yesOption = option('--yes', OPTION_TEXT.yes, flag());
export const whereOption = option('-w, --where <filter>', OPTION_TEXT.where, single(text));

export const promotionIdArgument = argument('<id>', OPTION_TEXT.promotionId, required(rowId));
export const couponIdArgument = argument('<id>', OPTION_TEXT.couponId, required(rowId));
export const campaignIdArgument = argument('<id>', OPTION_TEXT.campaignId, required(rowId));
export const memberIdArgument = argument('<member>', OPTION_TEXT.memberId, required(text));
