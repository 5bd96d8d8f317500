import type { Money } from '../core/money.js';

/** What a vendor takes per member, in minor units of a currency, to the thousandth of one. */
export interface Price {
  readonly perMemberMinor: number;
  readonly currency: string;
}

/** Cost of a number of members, exact to the thousandth and then rounded up to whole minor units. */
export function costOf(price: Price, members: number): Money {
  const thousandths = BigInt(Math.round(price.perMemberMinor * 1_000)) * BigInt(members);
  return { amountMinor: (thousandths + 999n) / 1_000n, currency: price.currency };
}
