/** The books as a table, a column for each channel of each campaign, the vendors' own counts below. Pure. */
import { padEnd, padStart } from '../cli/display-width.js';
import { formatCount } from '../cli/format-values.js';
import { CLASS_WORDS } from '../cli/text/campaign-text.js';
import { OUTCOME_CLASSES } from '../ledger/cell-code.js';
import { differencesOf, type Books, type ChannelBooks, type Difference } from './books.js';
import { cutText } from './cut-text.js';
import type { ProgressStyle } from './progress-view.js';
import { BOOKS_TEXT as T } from './text/books-text.js';
import { CHANNEL_WORDS } from './text/progress-text.js';

const LABEL_COLUMNS = 24;
const COLUMN_COLUMNS = 13;

interface Row {
  readonly label: string;
  readonly cell: (books: ChannelBooks) => string;
  readonly isStrong?: boolean;
}

/** Lines of the table, header first. */
export function renderBooks(books: Books, { say, ink }: Pick<ProgressStyle, 'say' | 'ink'>): readonly string[] {
  const { channels } = books;
  const count = (members: number | undefined): string => (members === undefined ? '–' : formatCount(members));
  const mark = (isGood: boolean): string => (isGood ? '✓' : '✗');
  const wrong = new Set(differencesOf(books).flatMap((difference) => keyOfDifference(difference)));
  const rows: readonly (Row | undefined)[] = [
    { label: say(T.audience), cell: ({ campaign }) => count(campaign.audience.members ?? undefined), isStrong: true },
    ...OUTCOME_CLASSES.toSorted(byTableOrder).map((outcomeClass, index) => ({
      label: `${index === 0 ? '=' : '+'} ${say(CLASS_WORDS[outcomeClass])}`,
      cell: ({ channel }: ChannelBooks) => count(channel.books[outcomeClass]),
    })),
    { label: say(T.balanced), cell: ({ channel }) => mark(channel.isBalanced) },
    undefined,
    { label: say(T.vendorAccepted), cell: ({ vendor }) => count(vendor?.accepted), isStrong: true },
    { label: `  ${say(T.unique)}`, cell: ({ vendor }) => count(vendor?.uniqueMembers) },
    { label: `  ${say(T.doubled)}`, cell: ({ vendor }) => count(vendor?.doubled) },
    { label: say(T.agrees), cell: (each) => mark(!wrong.has(keyOf(each.campaign.name, each.channel.channel))) },
  ];
  const line = (row: Row | undefined): string => {
    if (row === undefined) return '';
    const cells = channels.map((each) => colourMark(padStart(row.cell(each), COLUMN_COLUMNS), ink));
    const label = padEnd(row.label, LABEL_COLUMNS);
    return `  ${row.isStrong === true ? ink('bold', label) : label}${cells.join('')}`;
  };
  return [...renderHead(channels, { say, ink }), ...rows.map(line)];
}

const TABLE_ORDER: readonly string[] = ['sent', 'failed', 'unknown', 'suppressed', 'pending'];
const byTableOrder = (left: string, right: string): number => TABLE_ORDER.indexOf(left) - TABLE_ORDER.indexOf(right);

function renderHead(
  channels: readonly ChannelBooks[],
  { say, ink }: Pick<ProgressStyle, 'say' | 'ink'>,
): readonly string[] {
  let names = '';
  for (const [index, { campaign }] of channels.entries()) {
    if (campaign.id === channels[index - 1]?.campaign.id) continue;
    const span = channels.filter((each) => each.campaign.id === campaign.id).length * COLUMN_COLUMNS;
    names += padStart(cutText(campaign.name, span - 2), span);
  }
  const titles = channels.map(({ channel }) => padStart(say(CHANNEL_WORDS[channel.channel]), COLUMN_COLUMNS)).join('');
  return [
    `  ${ink('bold', padEnd(say(T.title), LABEL_COLUMNS))}${names}`,
    `  ${' '.repeat(LABEL_COLUMNS)}${ink('bold', titles)}`,
  ];
}

const colourMark = (cell: string, ink: ProgressStyle['ink']): string =>
  cell.endsWith('✓') ? ink('green', cell) : cell.endsWith('✗') ? ink('red', cell) : cell;

const keyOf = (campaign: string, channel: string): string => `${campaign}\n${channel}`;
const keyOfDifference = (difference: Difference): readonly string[] =>
  'campaign' in difference && 'channel' in difference ? [keyOf(difference.campaign, difference.channel)] : [];

/** A difference in words, with its figures. */
export function renderDifference(difference: Difference, say: ProgressStyle['say']): string {
  switch (difference.kind) {
    case 'unbalanced':
      return say(T.unbalanced, difference.campaign, say(CHANNEL_WORDS[difference.channel]));
    case 'pending':
      return say(T.pending, difference.campaign, say(CHANNEL_WORDS[difference.channel]));
    case 'vendor':
      return say(T.vendorDiffers, difference.campaign, say(CHANNEL_WORDS[difference.channel]), {
        books: formatCount(difference.books),
        vendor: formatCount(difference.vendor),
      });
    case 'doubled':
      return say(T.vendorDoubled, difference.campaign, say(CHANNEL_WORDS[difference.channel]), {
        doubled: formatCount(difference.doubled),
        listed: formatCount(difference.listed),
      });
    case 'strangers':
      return say(T.strangers, say(CHANNEL_WORDS[difference.channel]), formatCount(difference.lines));
  }
}
