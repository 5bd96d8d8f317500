import type { BucketKey } from '../ledger/ledger-repository.js';
import { isPassDone, keyOf, type HeldBucket, type PushStream } from './stream.js';
import { isIsolated } from './poison.js';
import type { TurnResult } from './turn-plan.js';

/** The buckets whose leases a pusher holds, as its last turn left them. */
export class HeldBuckets {
  private readonly buckets = new Map<string, HeldBucket>();
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

  /** Leases of buckets with members on their way. */
  openLeases(): (BucketKey & { readonly token: number })[] {
    return this.filter(({ openCount }) => openCount > 0).map((held) => ({ ...keyOf(held), token: held.token }));
  }

  /** One turn can find a lease lost and take the same bucket anew: the new one stays. */
  update(changes: TurnResult['buckets']): void {
    for (const { before, after } of changes) {
      if (after === undefined) this.forget([before]);
      else this.buckets.set(nameOf(before), after);
    }
  }

  /** Gives up these leases, and no newer ones of the same buckets. */
  forget(buckets: readonly HeldBucket[]): void {
    for (const held of buckets) {
      if (this.current(held) === undefined) continue;
      this.buckets.delete(nameOf(held));
      this.resting.delete(nameOf(held));
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

const nameOf = ({ stream, bucket }: HeldBucket): string => `${stream.campaignId}/${bucket}`;
