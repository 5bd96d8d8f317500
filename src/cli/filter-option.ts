import { isDomainError } from '../core/errors.js';
import { filterToJson } from '../membership/filter-json.js';
import { parseFilterText } from '../membership/filter-text.js';
import type { JsonValue } from '../membership/member.js';
import { UsageError } from './cli-errors.js';
import { displayWidth } from './display-width.js';
import { chineseFilterRefusal } from './text/filter-text-words.js';

/** The filter's tree as the API takes it. @throws UsageError that points at what is wrong. */
export function readFilter(text: string): JsonValue {
  try {
    return filterToJson(parseFilterText(text));
  } catch (error) {
    if (!isDomainError(error, 'INVALID_FILTER')) throw error;
    const { position } = error.values;
    const mark = typeof position === 'number' ? pointAt(text, position) : '';
    throw new UsageError({
      en: error.message + mark,
      'zh-CN': (chineseFilterRefusal(error.values) ?? error.message) + mark,
    });
  }
}

const SHOWN_BEFORE = 60;
const SHOWN_AFTER = 30;

/** The text around the place, and a mark below it. */
function pointAt(text: string, position: number): string {
  const start = Math.max(0, position - 1 - SHOWN_BEFORE);
  const shown = text.slice(start, position - 1 + SHOWN_AFTER).replaceAll(/\s/g, ' ');
  const before = text.slice(start, position - 1).replaceAll(/\s/g, ' ');
  return `\n${shown}\n${' '.repeat(displayWidth(before))}^`;
}
