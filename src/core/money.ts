/** An amount in minor units (cents, fen) with its ISO 4217 currency. */
export interface Money {
  readonly amountMinor: bigint;
  readonly currency: string;
}
