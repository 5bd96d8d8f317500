/** What the demo has counted for itself beside what the books say, in lines; the end of every scenario of coupons. */
import { padEnd, padStart } from '../cli/display-width.js';
import { formatCount } from '../cli/format-values.js';
import type { Wording } from '../cli/wording.js';
import type { ScenarioContext } from './scenario.js';
import { COUPON_DEMO_TEXT as T } from './text/coupon-demo-text.js';

const LABEL_COLUMNS = 42;
const COLUMN_COLUMNS = 13;

export interface TallyRow {
  readonly what: Wording;
  /** By the answers that members got. */
  readonly counted: number;
  readonly books: number;
  /** A count where left out. */
  readonly show?: (value: number) => string;
}

/** Shows them; answers what does not agree, in words. */
export function showTally({ screen, say }: ScenarioContext, rows: readonly TallyRow[]): readonly string[] {
  const head = padStart(say(T.counted), COLUMN_COLUMNS) + padStart(say(T.inBooks), COLUMN_COLUMNS);
  screen.print(
    '',
    `  ${screen.ink('bold', padEnd(say(T.tallyTitle), LABEL_COLUMNS))}${screen.ink('bold', head)}`,
    ...rows.map(({ what, counted, books, show = formatCount }) => {
      const mark = counted === books ? screen.ink('green', '✓') : screen.ink('red', '✗');
      const cells = [counted, books].map((count) => padStart(show(count), COLUMN_COLUMNS)).join('');
      return `  ${padEnd(say(what), LABEL_COLUMNS)}${cells}  ${mark}`;
    }),
    '',
  );
  return rows
    .filter(({ counted, books }) => counted !== books)
    .map(({ what, counted, books, show = formatCount }) => say(T.tallyDiffers, say(what), show(counted), show(books)));
}
