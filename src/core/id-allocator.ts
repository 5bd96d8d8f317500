/** Kinds of ids that are given out by the store. */
export type IdKind =
  'promotion' | 'coupon' | 'issueRun' | 'campaign' | 'audience' | 'messageVersion' | 'ordinal' | 'dryRun' | 'job';

export interface IdAllocator {
  /** Takes `count` ids that nobody else gets, even after a crash, and answers the first of them. */
  take(kind: IdKind, count: number): Promise<number>;
}
