/**
 * Pace of sending, shared by all who send under one key. Limits hold per second: in any 1 s no more than 102 % of the
 * limit plus one reservation is granted; unused time is not saved up (slices live at most 50 ms).
 */
export interface PaceLimit {
  readonly membersPerSecond?: number | undefined;
  readonly requestsPerSecond?: number | undefined;
}

export interface Reservation {
  readonly members: number;
  readonly requests: number;
}

export interface Pacer {
  /** Sets or lifts the limit of a key; effective for reservations not yet granted. */
  setLimit(key: string, limit: PaceLimit): void;
  /**
   * Waits until `wanted` may go under every key at once (a channel's and a campaign's), in the order of asking.
   * Resolves false when `signal` aborts first; then nothing is taken.
   */
  reserve(keys: readonly string[], wanted: Reservation, options: { readonly signal: AbortSignal }): Promise<boolean>;
  /** Returns what a reservation did not use. */
  giveBack(keys: readonly string[], unused: Reservation): void;
}
