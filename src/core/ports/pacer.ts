/**
 * Pace of sending, shared by all who send under one key. In any 1 s no more than 102 % of the limit plus one
 * reservation is granted; time that went unused is not saved up.
 */
export interface PaceLimit {
  /** Undefined = no limit. */
  readonly membersPerSecond?: number | undefined;
  readonly requestsPerSecond?: number | undefined;
}

export interface Reservation {
  readonly members: number;
  readonly requests: number;
}

export interface Pacer {
  /** Sets or lifts the limit of a key; effective for everything not yet granted. */
  setLimit(key: string, limit: PaceLimit): void;
  /**
   * Takes `wanted` under every key at once (a channel's and a campaign's) and answers 0, or takes nothing and answers
   * the milliseconds after which it is worth asking again. Never waits: an adapter that shares pace between
   * processes hands out slices that it leased before, each living at most 50 ms.
   */
  tryTake(keys: readonly string[], wanted: Reservation): number;
  /** Returns what was taken and not used. */
  giveBack(keys: readonly string[], unused: Reservation): void;
}
