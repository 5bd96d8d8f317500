/** An amount in minor units (cents, fen) with its ISO 4217 currency. */
export interface Money {
  readonly amountMinor: bigint;
  readonly currency: string;
}

/** True for a code of ISO 4217, in capitals. */
export const isCurrency = (code: string): boolean => CURRENCIES.has(code);

const CURRENCIES: ReadonlySet<string> = new Set(Intl.supportedValuesOf('currency'));
