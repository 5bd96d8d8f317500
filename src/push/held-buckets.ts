import type { BucketKey, BucketLease, KeptLease } from '../ledger/ledger-repository.js';
import { isPassDone, keyOf, type HeldBucket, type PushStream } from './stream.js';
import { isIsolated } from './poison.js';
import type { BucketChange } from './turn-plan.js';

/** The buckets whose leases a pusher holds, as its last turn left them. */
export class HeldBuckets {
  private readonly buckets = new Map<string, HeldBucket>();
  /** When each lease was last asked for, on the monotonic clock. */
  private readonly askedAtMs = new Map<string, number>();
  /** Keys of those that could not be worked on: no more is marked, and they are put off once all answers are in. */
  private readonly resting = new Set<string>();

  get size(): number {
    return this.buckets.size;
  }

  /** The bucket as held now; undefined when it was given up, or is held under a newer lease. */
  current(held: HeldBucket): HeldBucket | undefined {
    const now = this.buckets.get(nameOf(held));
    return now?.token === held.token ? now : undefined;
  }

  /** Those of a stream that this pass has not looked through. */
  openPasses({ campaignId }: PushStream): HeldBucket[] {
    return this.filter((held) => held.stream.campaignId === campaignId && this.canMark(held));
  }

  /** One whose claims were lost at work again and again: it runs alone. */
  isolated(): HeldBucket | undefined {
    for (const held of this.buckets.values()) {
      if (isIsolated(held) && this.canMark(held)) return held;
    }
    return undefined;
  }

  /** Those that nobody has on a socket, by a further condition. */
  idle(isMeant: (held: HeldBucket) => boolean = () => true): HeldBucket[] {
    return this.filter((held) => held.openCount === 0 && isMeant(held));
  }

  /** Leases of buckets with members on their way, all of whom lie before the cursor. */
  openLeases(): KeptLease[] {
    return this.filter(({ openCount }) => openCount > 0).map((held) => ({
      ...leaseOf(held),
      markedUntil: held.cursor,
    }));
  }

  /** Every lease that is held. */
  leases(): BucketLease[] {
    return [...this.buckets.values()].map(leaseOf);
  }

  /** When the lease of a bucket was last asked for, of those that were granted; undefined when it is not held any more. */
  leaseAskedAtMs(held: HeldBucket): number | undefined {
    return this.current(held) === undefined ? undefined : this.askedAtMs.get(nameOf(held));
  }

  /**
   * What a turn that was planned at `plannedAtMs` did. One turn can find a lease lost and take the same bucket anew: the
   * new one stays. One that was lost while the turn ran stays lost.
   */
  update(changes: readonly BucketChange[], plannedAtMs: number): void {
    for (const { before, after, isClaimed } of changes) {
      if (after === undefined) this.forget([before]);
      else if (isClaimed || this.current(before) !== undefined) this.buckets.set(nameOf(before), after);
      if (after !== undefined && isClaimed) this.askedAtMs.set(nameOf(before), plannedAtMs);
    }
  }

  /** These leases hold anew, as asked for at that moment. */
  renewed(leases: readonly BucketLease[], askedAtMs: number): void {
    for (const lease of leases) {
      const name = nameOfKey(lease);
      if (this.buckets.get(name)?.token === lease.token) this.askedAtMs.set(name, askedAtMs);
    }
  }

  /** Gives up leases that the store does not grant any more; answers how many of them were still held here. */
  forgetLeases(leases: readonly BucketLease[]): number {
    const lost = leases.flatMap((lease) => {
      const held = this.buckets.get(nameOfKey(lease));
      return held?.token === lease.token ? [held] : [];
    });
    this.forget(lost);
    return lost.length;
  }

  /** Gives up these leases, and no newer ones of the same buckets. */
  forget(buckets: readonly HeldBucket[]): void {
    for (const held of buckets) {
      if (this.current(held) === undefined) continue;
      this.buckets.delete(nameOf(held));
      this.resting.delete(nameOf(held));
      this.askedAtMs.delete(nameOf(held));
    }
  }

  rest(held: HeldBucket): void {
    this.resting.add(nameOf(held));
  }

  isResting(held: HeldBucket): boolean {
    return this.resting.has(nameOf(held));
  }

  private canMark(held: HeldBucket): boolean {
    return !isPassDone(held) && !this.isResting(held);
  }

  private filter(isMeant: (held: HeldBucket) => boolean): HeldBucket[] {
    return [...this.buckets.values()].filter(isMeant);
  }
}

/** One pusher holds buckets of one channel. */
const nameOfKey = ({ campaignId, bucket }: Pick<BucketKey, 'campaignId' | 'bucket'>): string =>
  `${campaignId}/${bucket}`;
const nameOf = (held: HeldBucket): string => nameOfKey(keyOf(held));
const leaseOf = (held: HeldBucket): BucketLease => ({ ...keyOf(held), token: held.token });
