import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { IdAllocator } from '../../src/core/id-allocator.js';
import { EVERYBODY } from '../../src/core/member-filter.js';
import type { Store } from '../../src/core/ports/store.js';
import { BLOCK_SIZE, blockOf, offsetInBlock, testBit } from '../../src/core/ranges.js';
import { epochMs } from '../../src/core/time.js';
import { parseFilterText } from '../../src/membership/filter-text.js';
import { printFilter } from '../../src/membership/filter-print.js';
import { EMPTY_FIELDS, type MemberFields } from '../../src/membership/member.js';
import type { MemberRepository } from '../../src/membership/member-repository.js';
import { toMember, toRow, type MemberRow, type StoredMember } from '../../src/membership/member-row.js';
import { anyFilter } from '../support/filter-arbitrary.js';
import { matches } from '../support/filter-oracle.js';
import { anyMemberFields } from '../support/member-arbitrary.js';

/** What the suite needs of a store's transaction. */
interface MembersOnly {
  readonly ids: IdAllocator;
  readonly members: MemberRepository;
}

export interface MembersUnderTest {
  /** Empty; no ordinal was given out. */
  readonly store: Store<MembersOnly>;
  /**
   * Spoils the copies beside the rows, in SQL: population_block counts 3 members, population_flags are all 0, no row
   * is left in member_tag_block and member_address, and ordinal 1500 is in member_core alone.
   */
  readonly spoil: () => Promise<void>;
  readonly close: () => Promise<void>;
}

const NOW = epochMs(1_800_000_000_000);
const row = (memberId: string, fields: Partial<MemberFields> = {}): MemberRow =>
  toRow(memberId, { ...EMPTY_FIELDS, ...fields });

/** What every store of members behind the port keeps. */
export function memberRepositoryConformance(name: string, open: () => Promise<MembersUnderTest>): void {
  let under: MembersUnderTest;
  let store: Store<MembersOnly>;

  beforeEach(async () => {
    under = await open();
    store = under.store;
  });
  afterEach(() => under.close());

  async function insert(rows: readonly MemberRow[], gap = 0): Promise<number> {
    return store.transaction(async (tx) => {
      const first = (await tx.ids.take('ordinal', rows.length + gap)) + gap;
      await tx.members.insert(first, rows, NOW);
      return first;
    });
  }

  async function expectConsistent(): Promise<void> {
    const differences = await store.read((tx) => tx.members.blockDifferences({ fromBlock: 0, untilBlock: 20 }));
    expect(differences).toEqual([]);
  }

  describe(`member repository conformance: ${name}`, () => {
    it('gives back what was put in, by id and by ordinal', async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(anyMemberFields, { minLength: 1, maxLength: 45 }), fc.nat(), async (all, salt) => {
          const rows = all.map((fields, index) => toRow(`m-${salt}-${index}-${Math.random()}`, fields));
          const first = await insert(rows);
          const ids = rows.map(({ memberId }) => memberId);
          const byId = await store.read((tx) => tx.members.findByMemberIds([...ids, 'nobody']));
          expect(byId).toEqual([
            ...rows.map((expected, index) => ({ ...expected, ordinal: first + index, contactsChangedAt: NOW })),
            undefined,
          ]);
          const ordinals = Float64Array.from(rows, (_, index) => first + index);
          expect(await store.read((tx) => tx.members.findByOrdinals(ordinals))).toEqual(byId.slice(0, -1));
          expect(await store.read((tx) => tx.members.findOrdinals(ids))).toEqual([...ordinals]);
          expect(await store.read((tx) => tx.members.memberIdsOf(ordinals))).toEqual(ids);
          expect(byId.slice(0, -1).map((stored) => stored && toMember(stored).consent)).toEqual(
            all.map(({ consent }) => consent),
          );
        }),
        { numRuns: 20 },
      );
      await expectConsistent();
    });

    it('knows who of those asked for exists, across blocks, until they are gone', async () => {
      const first = await insert(
        Array.from({ length: BLOCK_SIZE + 5 }, (_, index) => toRow(`k-${index}`, EMPTY_FIELDS)),
      );
      const last = first + BLOCK_SIZE + 4;
      const existing = (...ordinals: number[]) => store.transaction((tx) => tx.members.keepExisting(ordinals));
      expect(await existing(last, last + 1, first, 900_000_000)).toEqual(new Set([first, last]));
      await store.transaction(async (tx) => {
        const [member] = await tx.members.findByOrdinals([last]);
        await tx.members.remove(member === undefined ? [] : [member]);
        expect(await tx.members.keepExisting([first, last])).toEqual(new Set([first]));
      });
      expect(await existing(last, first)).toEqual(new Set([first]));
      expect(await existing()).toEqual(new Set());
    });

    it('selects and counts by any filter as the plain meaning of it says', async () => {
      const fields = fc.sample(anyMemberFields, { numRuns: 2_500, seed: 7 });
      await insert(fields.slice(0, 1_200).map((one, index) => toRow(`a-${index}`, one)));
      await insert(
        fields.slice(1_200).map((one, index) => toRow(`b-${index}`, one)),
        333,
      );
      const removed = await store.read((tx) =>
        tx.members.findByOrdinals(Array.from({ length: 40 }, (_, index) => index * 57)),
      );
      await store.transaction((tx) => tx.members.remove(removed.filter((member) => member !== undefined)));
      const stored = await store.read((tx) =>
        tx.members.findByOrdinals(Array.from({ length: 2_833 }, (_, index) => index)),
      );
      const members = stored.filter((member): member is StoredMember => member !== undefined).map(toMember);
      expect(members.length).toBeGreaterThan(2_400);
      expect(members.length).toBeLessThan(2_500);

      await fc.assert(
        fc.asyncProperty(anyFilter, fc.nat(2_833), fc.nat(2_833), async (filter, one, other) => {
          const range = { from: Math.min(one, other), until: Math.max(one, other) + 1 };
          const expected = members
            .filter((member) => member.ordinal >= range.from && member.ordinal < range.until && matches(filter, member))
            .map(({ ordinal }) => ordinal);
          const context = printFilter(filter);
          await store.read(async ({ members: stored_ }) => {
            expect([...(await stored_.selectOrdinals({ filter, range }))], context).toEqual(expected);
            expect(await stored_.countIn({ filter, range }), context).toBe(expected.length);
            expect([...(await stored_.selectOrdinals({ filter, range, limit: 1 }))]).toEqual(expected.slice(0, 1));
            expect([...(await stored_.selectOrdinals({ filter, range, limit: 2, isDescending: true }))]).toEqual(
              expected.slice(-2).reverse(),
            );
          });
        }),
        { numRuns: 250 },
      );
      await expectConsistent();
    }, 300_000);

    it('keeps population, flags, tags and addresses with every write', async () => {
      const pool = fc.sample(anyMemberFields, { numRuns: 300, seed: 11 });
      const first = await insert(
        pool.slice(0, 200).map((one, index) => toRow(`m-${index}`, one)),
        900,
      );
      for (let round = 0; round < 20; round++) {
        const picks = Array.from({ length: 30 }, (_, index) => first + ((index * 7 + round * 13) % 200));
        await store.transaction(async ({ members }) => {
          const found = (await members.findByOrdinals(picks)).filter((member) => member !== undefined);
          if (round % 5 === 4) return members.remove(found.slice(0, 5));
          const changes = found.map((before, index) => ({
            before,
            after: toRow(before.memberId, pool[(index * 11 + round * 17) % pool.length] ?? EMPTY_FIELDS),
          }));
          return members.update(changes, epochMs(NOW + round));
        });
        if (round === 10) {
          // Half of the way the addresses move into the index.
          const blocks = await store.read((tx) => tx.members.addressBacklog({ fromBlock: 0, limit: 10 }));
          await store.transaction((tx) => tx.members.startAddressBlocks(blocks));
          const entries = await store.read((tx) => tx.members.addressEntries(blocks));
          await store.transaction((tx) => tx.members.enterAddresses(entries));
          await store.transaction((tx) => tx.members.finishAddressBlocks(blocks));
        }
      }
      expect(await store.read((tx) => tx.members.addressBacklog({ fromBlock: 0, limit: 10 }))).toEqual([]);
      await expectConsistent();
      await store.read(async ({ members }) => {
        const stored = await members.findByOrdinals(Array.from({ length: 200 }, (_, index) => first + index));
        for (let number = 0; number <= 20; number++) {
          const email = `person${number}@example.com`;
          const expected = stored.filter((member) => member?.email === email).map((member) => member?.ordinal);
          expect(await members.ordinalsByAddress({ kind: 'email', address: email })).toEqual(expected);
        }
      });
    });

    it('packs who exists and their flags by block', async () => {
      const first = await insert(
        Array.from({ length: 1_500 }, (_, index) =>
          row(`m-${index}`, index % 2 ? { email: `p${index}@example.com` } : {}),
        ),
        700,
      );
      await store.read(async ({ members }) => {
        const blocks = await members.populationBlocks({ fromBlock: 0, limit: 10 });
        expect(blocks.map(({ block, memberCount }) => [block, memberCount])).toEqual([
          [0, 300],
          [1, 1_000],
          [2, 200],
        ]);
        const flags = await members.flagsOfBlocks([2, 0, 7]);
        expect(flags.map((block) => block.filter((value) => value !== 0).length)).toEqual([200, 300, 0]);
        for (let ordinal = 0; ordinal < 3 * BLOCK_SIZE; ordinal++) {
          const bits = blocks[blockOf(ordinal)]?.members ?? new Uint8Array(125);
          expect(testBit(bits, offsetInBlock(ordinal))).toBe(ordinal >= first && ordinal < first + 1_500);
        }
        expect(await members.extent()).toEqual({ from: 700, until: 2_200 });
        expect(await members.memberCount()).toBe(1_500);
        const [odd, even, nobody] = await members.flagsOf([701, 700, 3]);
        expect(nobody).toBe(0);
        expect(odd).not.toBe(even);
      });
    });

    it('packs recipients by column in the order asked, null where nobody is', async () => {
      const first = await insert([
        row('m-0', {
          name: '李"伟',
          points: 7,
          attributes: { city: '上海' },
          timeZone: 'Asia/Shanghai',
          email: 'a@example.com',
        }),
        row('m-1', { locale: 'zh-CN', phone: '+8613812345678', pushToken: 't', pushPlatform: 'ios' }),
      ]);
      const packed = await store.read((tx) =>
        tx.members.recipients(Float64Array.of(first + 1, first + 9, first), [
          'memberId',
          'name',
          'level',
          'points',
          'activeDays',
          'locale',
          'timeZone',
          'email',
          'phone',
          'pushToken',
          'pushPlatform',
          'attributes',
        ]),
      );
      expect(
        Object.fromEntries(Object.entries(packed).map(([column, text]) => [column, JSON.parse(text) as unknown])),
      ).toEqual({
        memberId: ['m-1', null, 'm-0'],
        name: [null, null, '李"伟'],
        level: [0, null, 0],
        points: [0, null, 7],
        activeDays: [0, null, 0],
        locale: ['zh-CN', null, null],
        timeZone: [null, null, 'Asia/Shanghai'],
        email: [null, null, 'a@example.com'],
        phone: ['+8613812345678', null, null],
        pushToken: ['t', null, null],
        pushPlatform: ['ios', null, null],
        attributes: [{}, null, { city: '上海' }],
      });
    });

    it('drops an address only where none has changed since it was sent to', async () => {
      const first = await insert([
        row('m-0', { email: 'a@example.com', pushToken: 't', pushPlatform: 'ios' }),
        row('m-1', { email: 'b@example.com' }),
      ]);
      await store.transaction((tx) =>
        tx.members.dropContactPoints('email', [
          { ordinal: first, sentAt: NOW },
          { ordinal: first + 1, sentAt: NOW - 1 },
          { ordinal: first + 99, sentAt: NOW },
        ]),
      );
      await store.transaction((tx) => tx.members.dropContactPoints('app', [{ ordinal: first, sentAt: NOW }]));
      await store.transaction((tx) => tx.members.dropContactPoints('inbox', [{ ordinal: first, sentAt: NOW }]));
      const [one, other] = await store.read((tx) => tx.members.findByOrdinals([first, first + 1]));
      expect(one).toMatchObject(row('m-0'));
      expect(other).toMatchObject(row('m-1', { email: 'b@example.com' }));
      expect(
        await store.read((tx) => tx.members.ordinalsByAddress({ kind: 'email', address: 'a@example.com' })),
      ).toEqual([]);
      await expectConsistent();
    });

    it('takes back new words and tags with a transaction that fails', async () => {
      const failing = store.transaction(async (tx) => {
        const first = await tx.ids.take('ordinal', 1);
        await tx.members.insert(
          first,
          [row('gone', { tags: ['ghost'], locale: 'de', timeZone: 'Europe/Berlin' })],
          NOW,
        );
        throw new Error('undo');
      });
      await expect(failing).rejects.toThrow('undo');
      const first = await insert([row('stays', { tags: ['real'], locale: 'en', timeZone: 'Asia/Shanghai' })]);
      const again = await insert([row('later', { tags: ['ghost'], locale: 'de', timeZone: 'Europe/Berlin' })]);
      const found = await store.read((tx) => tx.members.findByOrdinals([first, again]));
      expect(found.map((member) => member && [member.locale, member.timeZone, member.tags])).toEqual([
        ['en', 'Asia/Shanghai', '["real"]'],
        ['de', 'Europe/Berlin', '["ghost"]'],
      ]);
      const ghosts = await store.read((tx) =>
        tx.members.selectOrdinals({ filter: parseFilterText("tag = 'ghost'"), range: { from: 0, until: 9 } }),
      );
      expect([...ghosts]).toEqual([again]);
      await expectConsistent();
    });

    it('refuses two members of one id', async () => {
      await insert([row('twin')]);
      await expect(insert([row('twin')])).rejects.toThrow();
      expect(await store.read((tx) => tx.members.memberCount())).toBe(1);
      await expectConsistent();
    });

    it('finds ids in any order of bytes among those it has', async () => {
      const ids = ['b', 'a', '\u{1F600}', '\uffee', 'z', 'ä'];
      const first = await insert(ids.map((id) => row(id)));
      const found = await store.read((tx) => tx.members.findOrdinals([...ids, '\u{1F601}', '\uffef', '']));
      expect([...found]).toEqual([...ids.map((_, index) => first + index), undefined, undefined, undefined]);
    });

    it('names each difference between rows and what is packed from them', async () => {
      await insert([row('m-0', { email: 'a@example.com', tags: ['vip'] }), row('m-1')]);
      await expectConsistent();
      await under.spoil();
      const differences = await store.read((tx) => tx.members.blockDifferences({ fromBlock: 0, untilBlock: 3 }));
      expect(differences.map(({ block, what }) => `${block}: ${what}`)).toEqual([
        '1: ordinal 1500 is in member_core only',
        '0: population_flags says 0 for ordinal 0, its row 131',
        '0: population_flags says 0 for ordinal 1, its row 3',
        '0: population_block counts 3 members, rows 2',
        '0: member_tag_block gives ordinal 0 other tags than its row',
        '0: member_address lacks 1 addresses of the block',
      ]);
    });

    it('keeps suppressions by hash and channel', async () => {
      const hash = (byte: number): Uint8Array => new Uint8Array(16).fill(byte);
      const change = (byte: number, add: number, remove: number, reason: string, at = 0) => ({
        subjectHash: hash(byte),
        add,
        remove,
        changedAt: epochMs(NOW + at),
        reason,
      });
      expect(await store.read((tx) => tx.members.hasSuppressions())).toBe(false);
      await store.transaction((tx) =>
        tx.members.changeSuppressions([change(1, 6, 0, 'asked'), change(2, 1, 0, 'list'), change(1, 2, 0, 'again', 5)]),
      );
      await store.read(async ({ members }) => {
        expect(await members.hasSuppressions()).toBe(true);
        expect(await members.suppressedChannels([hash(2), hash(3), hash(1)])).toEqual([1, 0, 6]);
        const page = await members.suppressions({ limit: 1 });
        expect(page).toMatchObject([{ channels: 6, reason: 'asked', changedAt: NOW }]);
        expect(await members.suppressions({ afterHash: page[0]?.subjectHash, limit: 5 })).toMatchObject([
          { channels: 1 },
        ]);
      });
      await store.transaction((tx) =>
        tx.members.changeSuppressions([change(1, 0, 2, 'lifted'), change(2, 0, 1, 'lifted')]),
      );
      expect(await store.read((tx) => tx.members.suppressedChannels([hash(1), hash(2)]))).toEqual([4, 0]);
    });

    it('answers for an empty store', async () => {
      await store.read(async ({ members }) => {
        expect(await members.extent()).toBeUndefined();
        expect(await members.memberCount()).toBe(0);
        expect(await members.countIn({ filter: EVERYBODY, range: { from: 0, until: 10 } })).toBe(0);
        expect(await members.countIn({ filter: EVERYBODY, range: { from: 10, until: 10 } })).toBe(0);
        expect(await members.populationBlocks({ fromBlock: 0, limit: 5 })).toEqual([]);
      });
    });
  });

  describe(`when a member last changed: ${name}`, () => {
    it('moves with what a message can show, and with nothing else', async () => {
      const first = await insert([row('shown', { name: 'Li Wei', email: 'li@example.com' })]);
      const change = async (fields: Partial<MemberRow>, atMs: number): Promise<unknown> => {
        const [before] = await store.read((tx) => tx.members.findByMemberIds(['shown']));
        if (before === undefined) throw new Error('the member is there');
        await store.transaction((tx) =>
          tx.members.update([{ before, after: { ...before, ...fields } }], epochMs(atMs)),
        );
        return (await store.read((tx) => tx.members.changedAtOf([first])))[0];
      };
      expect(await store.read((tx) => tx.members.changedAtOf([first, first + 1]))).toEqual([null, undefined]);
      expect(await change({ email: 'wei@example.com' }, 1)).toBeNull();
      expect(await change({ name: '李伟' }, 2)).toBe(2);
      expect(await change({ lastActiveAt: epochMs(5) }, 3)).toBe(2);
      expect(await change({ points: 10 }, 4)).toBe(4);
      expect(await change({ attributes: '{"size":"M"}' }, 5)).toBe(5);
    });
  });
}
