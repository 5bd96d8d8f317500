import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AudienceRepository } from '../../src/campaign/audience-repository.js';
import { audienceId } from '../../src/core/ids.js';
import type { Store } from '../../src/core/ports/store.js';
import { epochMs } from '../../src/core/time.js';
import { decodeBucket, encodeBucket } from '../../src/ledger/bucket-members.js';

export interface AudiencesUnderTest {
  readonly store: Store<{ readonly audiences: AudienceRepository }>;
  /** What somebody else's hand does to the rows. */
  tamper(sql: string): Promise<void>;
  remove(): Promise<void>;
}

const AUDIENCE = audienceId(7);

/** What every store's audiences keep. */
export function audienceConformance(name: string, open: () => Promise<AudiencesUnderTest>): void {
  describe(`audience conformance: ${name}`, () => {
    let temporary: AudiencesUnderTest;
    let audiences: AudienceRepository;

    beforeEach(async () => {
      temporary = await open();
      audiences = inTransactions(temporary.store);
    });

    afterEach(() => temporary.remove());

    it('gives back every bucket as it was put in, by number and by ordinal', async () => {
      const sets = [
        [0, 1, 2],
        [5, 900, 1_100],
        [40_000],
        Array.from({ length: 1_000 }, (_, index) => 50_000 + index * 3),
      ];
      await audiences.insert(AUDIENCE, { kind: 'everybody' });
      await audiences.append(AUDIENCE, { firstBucket: 0, buckets: sets.slice(0, 1).map(encodeBucket), cursor: 3 });
      await audiences.append(AUDIENCE, { firstBucket: 1, buckets: sets.slice(1).map(encodeBucket), cursor: 60_000 });
      await audiences.markFrozen(AUDIENCE, epochMs(5));

      const buckets = await audiences.buckets(AUDIENCE, 0, 100);
      expect(buckets.map((bucket) => [...decodeBucket(bucket)])).toEqual(sets);
      expect(buckets.map(({ bucket }) => bucket)).toEqual([0, 1, 2, 3]);
      expect(await audiences.find(AUDIENCE)).toMatchObject({
        memberCount: 1_007,
        bucketCount: 4,
        freezeCursor: 60_000,
        frozenAt: 5,
      });
      expect((await audiences.bucketOf(AUDIENCE, 900))?.bucket).toBe(1);
      expect((await audiences.bucketOf(AUDIENCE, 7))?.bucket).toBe(1); // inside the range, though no member
      expect(await audiences.bucketOf(AUDIENCE, 3)).toBeUndefined();
      expect(await audiences.bucketOf(AUDIENCE, 99_999)).toBeUndefined();
    });

    it('finds the buckets that touch a range, or hold some ordinals, as a scan would', async () => {
      const ordinals = fc.uniqueArray(fc.nat(300), { minLength: 1, maxLength: 80 });
      const range = fc.tuple(fc.nat(320), fc.nat(50));
      let nextId = 100;
      await fc.assert(
        fc.asyncProperty(ordinals, fc.integer({ min: 1, max: 9 }), range, async (members, size, [from, length]) => {
          const id = audienceId(nextId++);
          const sorted = members.sort((left, right) => left - right);
          const sets = Array.from({ length: Math.ceil(sorted.length / size) }, (_, index) =>
            sorted.slice(index * size, (index + 1) * size),
          );
          await audiences.insert(id, { kind: 'everybody' });
          await audiences.append(id, { firstBucket: 0, buckets: sets.map(encodeBucket), cursor: 1 });
          const until = from + length + 1;
          const found = await audiences.bucketsTouching(id, from, until);
          const expected = (await audiences.buckets(id, 0, 1_000)).filter(
            (bucket) => bucket.from < until && bucket.until > from,
          );
          expect(found).toEqual(expected);
          const asked = [until, from, ...sorted.slice(0, 5)];
          const holding = (await audiences.buckets(id, 0, 1_000)).filter((bucket) =>
            asked.some((ordinal) => ordinal >= bucket.from && ordinal < bucket.until),
          );
          expect(await audiences.bucketsOf(id, asked)).toEqual(holding);
          expect(await audiences.bucketsOf(id, [])).toEqual([]);
        }),
        { numRuns: 40 },
      );
    });

    it('refuses a step that was taken before, and any after the freeze', async () => {
      await audiences.insert(AUDIENCE, { kind: 'everybody' });
      const step = { firstBucket: 0, buckets: [encodeBucket([1])], cursor: 2 };
      await audiences.append(AUDIENCE, step);
      await expect(audiences.append(AUDIENCE, { ...step, buckets: [] })).rejects.toThrow('is being frozen');
      await audiences.markFrozen(AUDIENCE, epochMs(5));
      await expect(audiences.append(AUDIENCE, { firstBucket: 1, buckets: [], cursor: 3 })).rejects.toThrow();
      await expect(audiences.markFrozen(AUDIENCE, epochMs(6))).rejects.toThrow('frozen once');
    });

    it("names a bucket whose bytes were damaged, or that stands in another bucket's place", async () => {
      await audiences.insert(AUDIENCE, { kind: 'everybody' });
      await audiences.append(AUDIENCE, {
        firstBucket: 0,
        buckets: [encodeBucket([1, 2, 9]), encodeBucket([11, 12, 19])],
        cursor: 20,
      });
      await temporary.tamper("UPDATE audience_bucket SET members = x'0309' WHERE first_ordinal = 11");
      await expect(audiences.buckets(AUDIENCE, 0, 1)).resolves.toHaveLength(1);
      await expect(audiences.buckets(AUDIENCE, 0, 2)).rejects.toThrow('Bucket 1 of audience 7 was damaged');
      await temporary.tamper('UPDATE audience_bucket SET id = id + 5 WHERE first_ordinal = 1');
      await expect(audiences.buckets(AUDIENCE, 0, 100)).rejects.toMatchObject({ code: 'STORE_CORRUPT' });
    });
  });
}

/** Each call a transaction, each question a read. */
function inTransactions(store: AudiencesUnderTest['store']): AudienceRepository {
  return {
    insert: (...values) => store.transaction((tx) => tx.audiences.insert(...values)),
    append: (...values) => store.transaction((tx) => tx.audiences.append(...values)),
    markFrozen: (...values) => store.transaction((tx) => tx.audiences.markFrozen(...values)),
    remove: (...values) => store.transaction((tx) => tx.audiences.remove(...values)),
    find: (...values) => store.read((tx) => tx.audiences.find(...values)),
    buckets: (...values) => store.read((tx) => tx.audiences.buckets(...values)),
    bucketOf: (...values) => store.read((tx) => tx.audiences.bucketOf(...values)),
    bucketsOf: (...values) => store.read((tx) => tx.audiences.bucketsOf(...values)),
    bucketsTouching: (...values) => store.read((tx) => tx.audiences.bucketsTouching(...values)),
  };
}
