import { SeededDice } from '../../src/membership/generate/seeded-dice.js';
import { SHOPIFY_TARGETS } from '../../src/membership/import/shopify-layout.js';

/** A customer export in Shopify's own layout, with the dirt that real ones have, and what is true of it. */
export interface ShopifyExport {
  readonly csv: string;
  /** Customers that an import makes members of. */
  readonly customerCount: number;
  /** Rows that say again, or newer, what an earlier row said of the same customer. */
  readonly doubledCount: number;
  /** Lines of the rows that cannot be taken. */
  readonly badLines: readonly number[];
  /** Customers who accept e-mail and have an address. */
  readonly emailCount: number;
  /** Customers who accept SMS and have a phone. */
  readonly smsCount: number;
}

const HEADER = [
  'Customer ID', 'First Name', 'Last Name', 'Email', 'Accepts Email Marketing', 'Default Address Company',
  'Default Address Address1', 'Default Address Address2', 'Default Address City', 'Default Address Province Code',
  'Default Address Country Code', 'Default Address Zip', 'Default Address Phone', 'Phone', 'Accepts SMS Marketing',
  'Total Spent', 'Total Orders', 'Note', 'Tax Exempt', 'Tags',
]; // prettier-ignore
const FIRST = ['Ada', 'José', 'Zoë', '伟', '秀英', 'Ólafur', 'Nguyễn', "D'Arcy", 'Anne-Marie', '=SUM'] as const;
const LAST = [
  'Müller',
  'García',
  '李',
  '欧阳',
  "O'Neil",
  'Smith, Jr.',
  'Łukasz',
  'van "Van" Dijk',
  'Ng',
  'Sørensen',
] as const;
const NOTES = ['', '', '', 'Likes blue', 'Called\nagain later', 'Says "maybe", then\r\nagain', '@home'] as const;
const TAGS = ['', 'vip', 'newsletter', 'wholesale, vip', 'VIP,  press', 'newsletter'] as const;
const BAD_PHONES = ['n/a', '12', "'+1555", '0000'] as const;
const BAD_EMAILS = ['none', 'ada@', 'ada@example', '@example.com', 'a b@example.com'] as const;

/** `rows` rows, the same for the same seed. */
export function shopifyExport({ rows, seed }: { readonly rows: number; readonly seed: number }): ShopifyExport {
  const lines: string[] = [HEADER.join(',')];
  let line = 2;
  const badLines: number[] = [];
  const customers = new Map<string, { readonly isEmail: boolean; readonly isSms: boolean }>();
  let doubledCount = 0;
  let previous: readonly string[] | undefined;
  for (let number = 0; number < rows; number++) {
    const dice = new SeededDice(seed, number);
    const kind = dice.pickShare([0.94, 0.02, 0.015, 0.01, 0.005, 0.005, 0.005]);
    let cells: readonly string[] = customer(dice, number);
    if (kind === 1 && previous !== undefined) {
      // The customer of the row before once more: as it was, or with more orders since.
      cells = dice.isLuckyBy(0.5)
        ? previous
        : previous.map((cell, index) => (HEADER[index] === 'Total Orders' ? '99' : cell));
    }
    let text = cells.map(quote).join(',');
    if (kind === 2)
      text = cells.map((cell, index) => quote(HEADER[index] === 'Phone' ? dice.pick(BAD_PHONES) : cell)).join(',');
    if (kind === 3)
      text = cells.map((cell, index) => quote(HEADER[index] === 'Email' ? dice.pick(BAD_EMAILS) : cell)).join(',');
    if (kind === 4) text = ['', ...cells.slice(1).map(quote)].join(','); // no id
    if (kind === 5) text = `'${9_000_000 + number},torn off`;
    if (kind === 6) text = `'${9_000_000 + number},"left" open,${','.repeat(HEADER.length - 3)}`;
    lines.push(text);
    if (kind >= 2) badLines.push(line);
    else {
      const id = cells[0] ?? '';
      if (customers.has(id)) doubledCount += 1;
      customers.set(id, {
        isEmail: cells[3] !== '' && cells[4] === 'yes',
        isSms: cells[13] !== '' && cells[14] === 'yes',
      });
      previous = cells;
    }
    line += 1 + (text.match(/\r\n|\n/g)?.length ?? 0);
  }
  const all = [...customers.values()];
  return {
    csv: `\ufeff${lines.join('\r\n')}\r\n`,
    customerCount: customers.size,
    doubledCount,
    badLines,
    emailCount: all.filter(({ isEmail }) => isEmail).length,
    smsCount: all.filter(({ isSms }) => isSms).length,
  };
}

function customer(dice: SeededDice, number: number): readonly string[] {
  const hasEmail = dice.isLuckyBy(0.85);
  const hasPhone = dice.isLuckyBy(0.6);
  const isChinese = dice.isLuckyBy(0.4);
  const cells: Readonly<Record<string, string>> = {
    'Customer ID': `'${7_210_448_301_000 + number}`,
    'First Name': dice.pick(FIRST),
    'Last Name': dice.pick(LAST),
    Email: hasEmail ? `Customer.${number}@Example.com` : '',
    'Accepts Email Marketing': dice.isLuckyBy(0.55) ? 'yes' : 'no',
    'Default Address Company': dice.isLuckyBy(0.1) ? 'Acme, "Best" Ltd' : '',
    'Default Address Address1': dice.isLuckyBy(0.7) ? `${1 + dice.below(99)} Main St` : '',
    'Default Address City': isChinese ? '上海' : 'Portland',
    'Default Address Province Code': isChinese ? '' : 'OR',
    'Default Address Country Code': isChinese ? 'CN' : 'US',
    'Default Address Zip': isChinese ? '200000' : "'97201",
    Phone: hasPhone ? `'+1555${String(number % 10_000_000).padStart(7, '0')}` : '',
    'Accepts SMS Marketing': hasPhone && dice.isLuckyBy(0.5) ? 'yes' : 'no',
    'Total Spent': (dice.next() * 5_000).toFixed(2),
    'Total Orders': String(dice.below(40)),
    Note: dice.pick(NOTES),
    'Tax Exempt': dice.isLuckyBy(0.03) ? 'yes' : 'no',
    Tags: dice.pick(TAGS),
  };
  return HEADER.map((column) => cells[column] ?? '');
}

const quote = (cell: string): string => (/[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);

/** Columns of the layout that an import leaves out. */
export const IGNORED_SHOPIFY_COLUMNS = HEADER.filter((column) => !SHOPIFY_TARGETS.has(column));
