import { describe, expect, it } from 'vitest';
import { campaignId } from '../core/ids.js';
import { HeldBuckets } from './held-buckets.js';
import type { HeldBucket, PushStream } from './stream.js';

const stream = (id: number): PushStream => ({ campaignId: campaignId(id), channel: 'sms' }) as PushStream; // all that is read

const held = (bucket: number, changes: Partial<HeldBucket> = {}): HeldBucket => ({
  stream: stream(1),
  bucket,
  token: 1,
  ordinals: Float64Array.of(1, 2, 3),
  pass: { fresh: true, tried: true },
  lossCount: 0,
  hasLost: false,
  claimedCount: 3,
  cursor: 0,
  openCount: 0,
  freshAt: null,
  triedAt: null,
  ...changes,
});

function holding(...buckets: readonly HeldBucket[]): HeldBuckets {
  const all = new HeldBuckets();
  all.update(
    buckets.map((after) => ({ before: after, after, isClaimed: true })),
    0,
  );
  return all;
}

describe('the buckets that a pusher holds', () => {
  it('are known as the last turn left them, under their lease', () => {
    const all = holding(held(0), held(1), held(0, { stream: stream(2) }));
    expect(all.size).toBe(3);
    all.update([{ before: held(0), after: held(0, { cursor: 2 }), isClaimed: false }], 0);
    expect([all.size, all.current(held(0))?.cursor]).toEqual([3, 2]);
    expect(all.current(held(0, { token: 2 }))).toBeUndefined();
    expect(all.current(held(7))).toBeUndefined();
  });

  it('are let go under their own lease only', () => {
    const all = holding(held(0, { token: 2 }), held(1));
    all.update([{ before: held(0), after: undefined, isClaimed: false }], 0);
    expect(all.size).toBe(2);
    all.update([{ before: held(0, { token: 2 }), after: undefined, isClaimed: false }], 0);
    all.forget([held(1), held(5)]);
    expect(all.size).toBe(0);
  });

  it('can be marked from while their pass is open and they do not rest', () => {
    const all = holding(held(0), held(1, { cursor: 3 }), held(2), held(3, { stream: stream(2) }));
    all.rest(held(2));
    expect([all.isResting(held(2)), all.isResting(held(0))]).toEqual([true, false]);
    expect(all.openPasses(stream(1)).map(({ bucket }) => bucket)).toEqual([0]);
    all.forget([held(2)]);
    expect(all.isResting(held(2))).toBe(false);
  });

  it('run alone after losses, one of them, while something is left in it', () => {
    expect(holding(held(0, { lossCount: 4 })).isolated()).toBeUndefined();
    expect(holding(held(0), held(1, { lossCount: 5 })).isolated()?.bucket).toBe(1);
    expect(holding(held(1, { lossCount: 5, cursor: 3 })).isolated()).toBeUndefined();
    const resting = holding(held(1, { lossCount: 5 }));
    resting.rest(held(1));
    expect(resting.isolated()).toBeUndefined();
  });

  it('are on their way or idle', () => {
    const all = holding(held(0, { openCount: 2, cursor: 5 }), held(1), held(2));
    const open = { campaignId: 1, channel: 'sms', bucket: 0, token: 1, markedUntil: 5 };
    expect(all.openLeases()).toEqual([open]);
    expect(all.idle().map(({ bucket }) => bucket)).toEqual([1, 2]);
    expect(all.idle(({ bucket }) => bucket < 2).map(({ bucket }) => bucket)).toEqual([1]);
  });

  it('keeps a bucket that a turn found lost and took anew', () => {
    const all = new HeldBuckets();
    const lost = held(0, { token: 8 });
    all.update([{ before: lost, after: lost, isClaimed: true }], 0);
    const anew = held(0, { token: 9, openCount: 1 });
    all.update(
      [
        { before: anew, after: anew, isClaimed: true },
        { before: lost, after: undefined, isClaimed: false },
      ],
      0,
    );
    expect(all.current(anew)).toBe(anew);
    expect(all.openLeases()).toMatchObject([{ bucket: 0, token: 9 }]);
  });

  it('gives up the lease that is meant, not a newer one of the same bucket', () => {
    const all = new HeldBuckets();
    const anew = held(0, { token: 9 });
    all.update([{ before: anew, after: anew, isClaimed: true }], 0);
    all.forget([held(0, { token: 8 })]);
    expect(all.size).toBe(1);
    all.forget([anew]);
    expect(all.size).toBe(0);
  });

  it('stays lost where the store said so while a turn changed it', () => {
    const all = holding(held(0), held(1));
    expect(all.forgetLeases([{ campaignId: campaignId(1), channel: 'sms', bucket: 0, token: 1 }])).toBe(1);
    all.update([{ before: held(0), after: held(0, { cursor: 2 }), isClaimed: false }], 500);
    expect(all.current(held(0))).toBeUndefined();
    expect(all.leaseAskedAtMs(held(0))).toBeUndefined();
  });

  it('knows since when each lease surely holds', () => {
    const all = holding(held(0));
    all.update([{ before: held(0), after: held(0, { cursor: 2 }), isClaimed: false }], 500);
    expect(all.leaseAskedAtMs(held(0)), 'work renews nothing').toBe(0);
    const lease = { campaignId: campaignId(1), channel: 'sms', bucket: 0, token: 1 } as const;
    all.renewed([lease, { ...lease, bucket: 7 }], 600);
    expect(all.leaseAskedAtMs(held(0))).toBe(600);
    all.renewed([{ ...lease, token: 2 }], 700);
    expect(all.leaseAskedAtMs(held(0))).toBe(600);
    expect(all.forgetLeases([{ ...lease, token: 2 }])).toBe(0);
    expect(all.leases()).toEqual([lease]);
  });
});
