/** How long a pusher's leases hold by the store's clock, and how often it renews them. Absent where leases do not end by themselves. */
export interface LeasePolicy {
  readonly leaseMs: number;
  readonly renewEveryMs: number;
}

/** Of nodes that share a store: one that dies is missed after 8 s at most. */
export const SHARED_STORE_LEASES: LeasePolicy = { leaseMs: 8_000, renewEveryMs: 2_000 };

/**
 * Part of a lease in which its holder sends, on its own monotonic clock, counted from before it asked for the lease:
 * what is left over covers the way to the vendor, and clocks that do not run equally fast.
 */
export const SENDING_SHARE = 0.75;
