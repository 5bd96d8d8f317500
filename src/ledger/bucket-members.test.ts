import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BUCKET_SIZE, decodeBucket, encodeBucket, positionOf } from './bucket-members.js';

/** Members from dense runs to far apart, so that every form comes up. */
const anyMembers = fc
  .tuple(
    fc.nat({ max: 9_000_000_000 }),
    fc.array(fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 3_000_000 })), {
      maxLength: BUCKET_SIZE - 1,
    }),
  )
  .map(([first, gaps]) => gaps.reduce<number[]>((members, gap) => [...members, (members.at(-1) ?? 0) + gap], [first]));

const every = (step: number, count: number): number[] => Array.from({ length: count }, (_, index) => 7 + index * step);

describe('a bucket of members', () => {
  it('decodes to the members it was made of, in any form', () => {
    fc.assert(
      fc.property(anyMembers, (members) => {
        const bucket = encodeBucket(members);
        expect([...decodeBucket(bucket)]).toEqual(members);
        expect([bucket.from, bucket.until]).toEqual([members[0], (members.at(-1) ?? 0) + 1]);
        expect(bucket.memberCount).toBe(members.length);
        expect(encodeBucket(Float64Array.from(members))).toEqual(bucket);
      }),
    );
  });

  it('knows the position of each of its members, and of nobody else', () => {
    fc.assert(
      fc.property(anyMembers, fc.nat(), (members, pick) => {
        const bucket = encodeBucket(members);
        const index = pick % members.length;
        const ordinal = members[index] ?? 0;
        expect(positionOf(bucket, ordinal)).toBe(index);
        for (const stranger of [bucket.from - 2, bucket.from - 1, bucket.until, ordinal + 1]) {
          expect(positionOf(bucket, stranger)).toBe(members.indexOf(stranger));
        }
      }),
    );
  });

  it.each([
    ['range', 1, 1_000, 0],
    ['range', 1, 1, 0],
    ['bitmap', 2, 1_000, 250],
    ['bitmap', 7, 1_000, 875],
    ['bitmap', 8, 1_000, 1_000],
    ['deltas', 50, 1_000, 1_000],
    ['deltas', 1_000_000, 1_000, 2_998],
  ])('takes the least form: %s for every %ith of %i members', (form, step, count, sizeBytes) => {
    const bucket = encodeBucket(every(step, count));
    expect([bucket.form, bucket.members?.length ?? 0]).toEqual([form, sizeBytes]);
  });

  it.each([
    ['nobody', []],
    ['too many', every(1, BUCKET_SIZE + 1)],
    ['somebody twice', [1, 2, 2, 9]],
    ['somebody twice in what looks like a run', [1, 1, 3]],
    ['members out of order', [1, 5, 3, 9]],
    ['members out of order in what looks like a run', [1, 3, 2, 4]],
  ])('refuses %s', (_, members) => {
    expect(() => encodeBucket(members)).toThrow(/Broken invariant/);
  });

  it('takes a byte for each step up to 127, and one more from 128 on', () => {
    expect(encodeBucket([5, 132]).members).toEqual(Uint8Array.of(0, 127));
    expect(encodeBucket([5, 133]).members).toEqual(Uint8Array.of(0, 128, 1));
  });

  it('says what is wrong with bytes that are not its members', () => {
    const bucket = encodeBucket([1, 3, 4, 9]);
    expect(() => decodeBucket({ ...bucket, members: null })).toThrow('Broken invariant: a bucket in the form bitmap');
    expect(() => decodeBucket({ ...bucket, memberCount: 5 })).toThrow('a bucket of 5 members decoded to 4');
    expect(() => encodeBucket([])).toThrow('a bucket has 1 to 1000 members, not 0');
  });
});
