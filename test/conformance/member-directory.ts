import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EVERYBODY } from '../../src/core/member-filter.js';
import type { MemberDirectory } from '../../src/core/ports/member-directory.js';
import { parseFilterText } from '../../src/membership/filter-text.js';
import type { Member } from '../../src/membership/member.js';
import { anyFilter } from '../support/filter-arbitrary.js';
import { matches } from '../support/filter-oracle.js';

export interface DirectoryUnderTest {
  readonly directory: MemberDirectory;
  /** The members it was opened with. */
  readonly members: readonly Member[];
  readonly close: () => Promise<void>;
}

/** What every member directory behind the port keeps. `open` fills one with some members, with gaps, or with none. */
export function memberDirectoryConformance(
  name: string,
  open: (population: 'some' | 'nobody') => Promise<DirectoryUnderTest>,
): void {
  describe(`member directory conformance: ${name}`, () => {
    let under: DirectoryUnderTest;
    afterEach(() => under.close());

    describe('with members', () => {
      beforeEach(async () => {
        under = await open('some');
      });

      it('gives the range from the first member to behind the last', async () => {
        const ordinals = under.members.map(({ ordinal }) => Number(ordinal));
        expect(await under.directory.extent()).toEqual({
          from: Math.min(...ordinals),
          until: Math.max(...ordinals) + 1,
        });
      });

      it('selects, counts and finds the ends of any filter as its plain meaning says', async () => {
        const { directory, members } = under;
        await fc.assert(
          fc.asyncProperty(
            anyFilter,
            fc.nat(3_000),
            fc.nat(directory.maxRangeOrdinals),
            async (filter, from, length) => {
              const matching = members
                .filter((member) => matches(filter, member))
                .map(({ ordinal }) => Number(ordinal));
              const until = from + Math.min(length, directory.maxRangeOrdinals);
              const inRange = matching.filter((ordinal) => ordinal >= from && ordinal < until);
              expect([...(await directory.select({ filter, range: { from, until } }))]).toEqual(inRange);
              expect(await directory.count(filter)).toBe(matching.length);
              expect(await directory.firstAndLast(filter)).toEqual(
                matching.length === 0 ? undefined : { first: Math.min(...matching), last: Math.max(...matching) },
              );
            },
          ),
          { numRuns: 40 },
        );
      });

      it('covers everybody exactly once when its extent is gone through in steps', async () => {
        const { directory, members } = under;
        const extent = await directory.extent();
        const seen: number[] = [];
        const step = Math.min(directory.maxRangeOrdinals, 700);
        for (let from = extent?.from ?? 0; from < (extent?.until ?? 0); from += step) {
          seen.push(...(await directory.select({ filter: EVERYBODY, range: { from, until: from + step } })));
        }
        expect(seen).toEqual(members.map(({ ordinal }) => Number(ordinal)));
      });

      it('answers a range that holds nobody with nobody', async () => {
        expect(
          await under.directory.select({ filter: EVERYBODY, range: { from: 1_000_000, until: 1_000_010 } }),
        ).toHaveLength(0);
        expect(await under.directory.select({ filter: EVERYBODY, range: { from: 5, until: 5 } })).toHaveLength(0);
      });

      it('refuses a range longer than it answers', async () => {
        const range = { from: 0, until: under.directory.maxRangeOrdinals + 1 };
        await expect(under.directory.select({ filter: EVERYBODY, range })).rejects.toMatchObject({
          code: 'INVALID_INPUT',
        });
      });

      it('stops a count when asked to', async () => {
        const signal = AbortSignal.abort(new Error('enough'));
        await expect(under.directory.count(parseFilterText('level = 1'), { signal })).rejects.toThrow('enough');
      });
    });

    it('answers for nobody at all', async () => {
      under = await open('nobody');
      expect(await under.directory.extent()).toBeUndefined();
      expect(await under.directory.count(EVERYBODY)).toBe(0);
      expect(await under.directory.firstAndLast(EVERYBODY)).toBeUndefined();
      expect(await under.directory.select({ filter: EVERYBODY, range: { from: 0, until: 100 } })).toHaveLength(0);
    });
  });
}
