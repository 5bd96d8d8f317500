import { Readable } from 'node:stream';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ordinal } from '../../src/core/ids.js';
import { EVERYBODY } from '../../src/core/member-filter.js';
import { changeMember } from '../../src/membership/change-member.js';
import { eraseMember } from '../../src/membership/erase-member.js';
import { parseFilterText } from '../../src/membership/filter-text.js';
import { findMember } from '../../src/membership/find-member.js';
import { channelsOf, suppressedMask } from '../../src/membership/flags.js';
import { importMembers, type ImportResult } from '../../src/membership/import/import-members.js';
import { indexAddresses } from '../../src/membership/index-addresses.js';
import { toMember, toRow } from '../../src/membership/member-row.js';
import type { Member } from '../../src/membership/member.js';
import { countMembers, listMembers, sampleMembers } from '../../src/membership/scan-members.js';
import { suppressAddress, suppressMember } from '../../src/membership/suppress.js';
import { writeStatements } from '../../src/membership/write-statements.js';
import { anyFilter } from '../support/filter-arbitrary.js';
import { matches } from '../support/filter-oracle.js';
import { anyMemberFields } from '../support/member-arbitrary.js';
import type { Membership } from '../support/membership.js';
import { IGNORED_SHOPIFY_COLUMNS, shopifyExport } from '../support/shopify-export.js';

/** Membership's use cases over a store of members, whichever it is. `open` gives an empty one. */
export function membershipConformance(name: string, open: () => Promise<Membership>): void {
  describe(`membership conformance: ${name}`, () => {
    let membership: Membership;
    beforeEach(async () => {
      membership = await open();
    });
    afterEach(() => membership.remove());

    /** Writes so many members at once that their addresses wait for the index. */
    async function bulk(members: readonly (readonly [id: string, input: Record<string, unknown>])[]): Promise<void> {
      const others = Array.from({ length: 60 }, (_, index) => [`other-${index}`, {}] as const);
      const statements = [...members, ...others].map(([id, input]) => membership.statement(id, input));
      await membership.store.transaction((tx) =>
        writeStatements(tx, statements, { receivedAt: membership.clock.now(), hashSubject: membership.hashSubject }),
      );
      const waiting = await membership.store.read((tx) => tx.members.addressBacklog({ fromBlock: 0, limit: 1 }));
      expect(waiting).toHaveLength(1);
    }

    const suppressed = (member: Member): readonly string[] => channelsOf(suppressedMask(member.flags));

    describe('looking up and changing a member', () => {
      it('finds a member by id and by ordinal, and says when there is none', async () => {
        const member = await membership.put('m-1', { name: '李伟', level: 3 });
        expect(await findMember(membership, { memberId: membership.id('m-1') })).toEqual(member);
        expect(await findMember(membership, { ordinal: member.ordinal })).toEqual(member);
        await expect(findMember(membership, { memberId: membership.id('m-2') })).rejects.toMatchObject({
          code: 'NOT_FOUND',
        });
        await expect(findMember(membership, { ordinal: ordinal(99) })).rejects.toMatchObject({ code: 'NOT_FOUND' });
      });

      it('changes what is stated and keeps the rest', async () => {
        await membership.put('m-1', {
          name: 'Ada',
          email: 'ADA@Example.com',
          tags: ['b', 'a'],
          attributes: { city: 'London', score: 5 },
          pushToken: 'token',
          pushPlatform: 'ios',
        });
        const changed = await changeMember(
          membership,
          membership.statement('m-1', { points: 12, attributes: { score: null, shoe: 38 }, pushToken: null }),
        );
        expect(changed).toMatchObject({
          name: 'Ada',
          email: 'ada@example.com',
          points: 12,
          tags: ['a', 'b'],
          attributes: { city: 'London', shoe: 38 },
          pushToken: null,
          pushPlatform: null,
        });
        await expect(changeMember(membership, membership.statement('m-2', { points: 1 }))).rejects.toMatchObject({
          code: 'NOT_FOUND',
        });
        expect(await membership.differences()).toEqual([]);
      });
    });

    describe('suppressing', () => {
      it('closes channels of a member and opens them again', async () => {
        await membership.put('m-1', { email: 'a@example.com', phone: '+8613812345678' });
        const order = { memberId: membership.id('m-1'), channels: ['email', 'inbox'], reason: 'asked' } as const;
        expect(suppressed(await suppressMember(membership, { ...order, action: 'suppress' }))).toEqual([
          'inbox',
          'email',
        ]);
        expect(suppressed(await suppressMember(membership, { ...order, action: 'suppress' }))).toEqual([
          'inbox',
          'email',
        ]);
        expect(await membership.differences()).toEqual([]);
        const opened = await suppressMember(membership, { ...order, channels: ['email'], action: 'unsuppress' });
        expect(suppressed(opened)).toEqual(['inbox']);
        expect(await membership.differences()).toEqual([]);
      });

      it.each(['still waits for the index', 'is indexed'])(
        'reaches everybody who has the address, where it %s',
        async (state) => {
          await bulk([
            ['m-1', { email: 'family@example.com' }],
            ['m-2', { email: 'family@example.com', phone: '+8613812345678' }],
            ['m-3', { email: 'other@example.com' }],
          ]);
          if (state === 'is indexed') await indexAddresses(membership);
          const address = { kind: 'email', address: 'family@example.com' } as const;
          expect(
            await suppressAddress(membership, { address, channels: ['email'], action: 'suppress', reason: 'list' }),
          ).toEqual({ memberCount: 2 });
          const flags = async (id: string) => suppressed(await findMember(membership, { memberId: membership.id(id) }));
          expect([await flags('m-1'), await flags('m-2'), await flags('m-3')]).toEqual([['email'], ['email'], []]);
          expect(await membership.differences()).toEqual([]);
        },
      );

      it('meets a member who gets the address later, and leaves one who gives it up', async () => {
        const address = { kind: 'phone', address: '+8613812345678' } as const;
        await suppressAddress(membership, { address, channels: ['sms'], action: 'suppress', reason: 'list' });
        expect(suppressed(await membership.put('m-1', { phone: '+8613812345678' }))).toEqual(['sms']);
        expect(suppressed(await membership.put('m-1', { phone: '+8613812345679' }))).toEqual([]);
        expect(await membership.differences()).toEqual([]);
      });

      it('reaches the others who share an address of a suppressed member', async () => {
        await membership.put('m-1', { email: 'family@example.com' });
        await membership.put('m-2', { email: 'family@example.com' });
        await suppressMember(membership, {
          memberId: membership.id('m-1'),
          channels: ['email'],
          action: 'suppress',
          reason: 'asked',
        });
        expect(suppressed(await findMember(membership, { memberId: membership.id('m-2') }))).toEqual(['email']);
      });

      it('indexes every address that bulk loads left waiting, also of members who change meanwhile', async () => {
        await bulk(Array.from({ length: 30 }, (_, index) => [`m-${index}`, { email: `p${index}@example.com` }]));
        const indexing = indexAddresses(membership);
        const changing = membership.put('m-7', { email: 'new@example.com' });
        await Promise.all([indexing, changing]);
        expect(await membership.store.read((tx) => tx.members.addressBacklog({ fromBlock: 0, limit: 9 }))).toEqual([]);
        const find = (address: string) =>
          membership.store.read((tx) => tx.members.ordinalsByAddress({ kind: 'email', address }));
        expect(await find('new@example.com')).toHaveLength(1);
        expect(await find('p7@example.com')).toHaveLength(0);
        expect(await find('p8@example.com')).toHaveLength(1);
        expect(await membership.differences()).toEqual([]);
      });
    });

    describe('erasing', () => {
      const PERSON = {
        name: '欧阳无痕 Tracelessname',
        email: 'traceless@erased.example.com',
        phone: '+8613998877665',
        pushToken: 'traceless-token-4711',
        pushPlatform: 'ios',
        tags: ['traceless-tag'],
        attributes: { note: 'traceless-note' },
        consent: { sms: { state: 'denied', at: '2026-01-01T00:00:00Z', source: 'traceless-source' } },
      };
      it('keeps refusals and suppressions for the person who comes back, under a new ordinal', async () => {
        const before = await membership.put('m-1', PERSON);
        await suppressMember(membership, {
          memberId: membership.id('m-1'),
          channels: ['email'],
          action: 'suppress',
          reason: 'asked',
        });
        await eraseMember(membership, { memberId: membership.id('m-1') });
        const back = await membership.put('m-1', {
          email: PERSON.email,
          phone: PERSON.phone,
          consent: { sms: 'granted' },
        });
        expect(back.ordinal).toBeGreaterThan(before.ordinal);
        expect(suppressed(back)).toEqual(['sms', 'email']);
        const other = await membership.put('m-2', { phone: PERSON.phone, email: PERSON.email });
        expect(suppressed(other)).toEqual(['sms', 'email']);
        expect(await membership.differences()).toEqual([]);
      });
    });

    describe('questions over all members', () => {
      let members: readonly Member[];
      beforeEach(async () => {
        const rows = fc
          .sample(anyMemberFields, { numRuns: 2_000, seed: 5 })
          .map((fields, index) => toRow(`m-${index}`, fields));
        await membership.store.transaction(async (tx) => {
          await tx.members.insert(await tx.ids.take('ordinal', rows.length), rows, membership.clock.now());
        });
        members = rows.map((row, index) =>
          toMember({ ...row, ordinal: index, contactsChangedAt: membership.clock.now() }),
        );
      });

      it('pages through exactly the members that match, once each', async () => {
        await fc.assert(
          fc.asyncProperty(anyFilter, fc.integer({ min: 1, max: 900 }), async (filter, limit) => {
            const expected = members.filter((member) => matches(filter, member));
            expect(await countMembers(membership, filter)).toBe(expected.length);
            const seen: Member[] = [];
            let afterOrdinal: number | undefined;
            do {
              const page = await listMembers(membership, { filter, afterOrdinal, limit });
              expect(page.members.length).toBeLessThanOrEqual(limit);
              seen.push(...page.members);
              afterOrdinal = page.nextAfterOrdinal;
            } while (afterOrdinal !== undefined);
            expect(seen).toEqual(expected);
          }),
          { numRuns: 30 },
        );
      }, 120_000);

      it('draws a sample of different members that match', async () => {
        const filter = parseFilterText('level >= 4');
        const matching = members.filter((member) => member.level >= 4);
        let seed = 1;
        const random = {
          next: () => (seed = (seed * 48_271) % 2_147_483_647) / 2_147_483_647,
          bytes: () => new Uint8Array(0),
        };
        const { memberCount, members: sample } = await sampleMembers({ ...membership, random }, { filter, size: 40 });
        expect(memberCount).toBe(matching.length);
        expect(new Set(sample.map((member) => member.ordinal)).size).toBe(40);
        for (const member of sample) expect(matching).toContainEqual(member);
        const all = await sampleMembers(
          { ...membership, random },
          { filter: parseFilterText('points = 7777777'), size: 5 },
        );
        expect(all).toEqual({ memberCount: 0, members: [] });
        expect((await sampleMembers({ ...membership, random }, { filter: EVERYBODY, size: 3 })).members).toHaveLength(
          3,
        );
      });
    });

    describe('importing', () => {
      const importFile = (content: string): Promise<ImportResult> =>
        importMembers(membership.deps, {
          settings: { format: 'csv' },
          input: Readable.from([Buffer.from(content)]),
          onRejects: async () => {},
        });
      const member = (id: string): Promise<Member> => findMember(membership, { memberId: membership.id(id) });
      const counts = (result: ImportResult) => [result.created, result.updated, result.unchanged, result.rejected];
      const bigFile = (size: number): string =>
        [
          'memberId,points,tags,consent.sms,consent.sms.at',
          ...Array.from({ length: size }, (_, index) => {
            const number = (index * 7_919) % size;
            return `m-${number},${number},t${number % 3},${number % 2 ? 'granted' : 'denied'},2026-01-0${1 + (number % 9)}T00:00:00Z`;
          }),
        ].join('\n');

      it('takes doubled rows, the later one standing, and a second run changes nothing', async () => {
        const file = `${bigFile(5_000)}\nm-7,777,x,denied,2025-01-01T00:00:00Z\nm-7,778,y,granted,2026-06-01T00:00:00Z\n`;
        expect(counts(await importFile(file))).toEqual([5_000, 0, 2, 0]);
        expect(await member('m-7')).toMatchObject({ points: 778, tags: ['y'], consent: { sms: { state: 'granted' } } });
        expect(counts(await importFile(file))).toEqual([0, 0, 5_002, 0]);
        expect(await membership.differences()).toEqual([]);
      });

      it('ends the same when it was stopped anywhere and is run again', async () => {
        const file = bigFile(8_000);
        for (const stopAfter of [1, 3]) {
          const stop = new AbortController();
          let seen = 0;
          const running = importMembers(membership.deps, {
            settings: { format: 'csv' },
            input: Readable.from([Buffer.from(file)]),
            onRejects: async () => {},
            onProgress: () => {
              if (++seen === stopAfter) stop.abort(new Error('stopped'));
            },
            signal: stop.signal,
          });
          await expect(running).rejects.toThrow('stopped');
          expect(await membership.differences()).toEqual([]);
        }
        const before = await countMembers(membership, EVERYBODY);
        expect(before).toBeGreaterThan(0);
        expect(before).toBeLessThan(8_000);
        expect(counts(await importFile(file))).toEqual([8_000 - before, 0, before, 0]);
        expect(await membership.differences()).toEqual([]);
      }, 120_000);

      it('meets the suppression list', async () => {
        const address = { kind: 'email', address: 'stop@example.com' } as const;
        await suppressAddress(membership, { address, channels: ['email'], action: 'suppress', reason: 'list' });
        await importFile('memberId,email\nm-1,Stop@Example.com\nm-2,go@example.com\n');
        const flags = async (id: string) => (await member(id)).flags & 0b100_000_000;
        expect([await flags('m-1'), await flags('m-2')]).toEqual([0b100_000_000, 0]);
        expect(await membership.differences()).toEqual([]);
      });

      it('takes a customer export of 5,000 rows twice with the dirt of real ones, and says what it left', async () => {
        const file = shopifyExport({ rows: 5_000, seed: 11 });
        expect(file.badLines.length).toBeGreaterThan(100);
        expect(file.doubledCount).toBeGreaterThan(50);
        const run = async (): Promise<{ readonly counts: readonly number[]; readonly lines: readonly number[] }> => {
          const lines: number[] = [];
          const { created, updated, unchanged, rejected, ignoredColumns } = await importMembers(membership.deps, {
            settings: { format: 'csv' },
            input: Readable.from([Buffer.from(file.csv)]),
            onRejects: async (rejects) => {
              lines.push(...rejects.map(({ line }) => line));
            },
          });
          expect(ignoredColumns).toEqual(IGNORED_SHOPIFY_COLUMNS);
          return { counts: [created, updated, unchanged, rejected], lines: lines.sort((left, right) => left - right) };
        };
        const bad = file.badLines.length;
        expect(await run()).toEqual({ counts: [file.customerCount, 0, file.doubledCount, bad], lines: file.badLines });
        expect(await run()).toEqual({
          counts: [0, 0, file.customerCount + file.doubledCount, bad],
          lines: file.badLines,
        });
        const count = (text: string): Promise<number> => countMembers(membership, parseFilterText(text));
        expect(await countMembers(membership, EVERYBODY)).toBe(file.customerCount);
        expect(await count('consent.email and has(email)')).toBe(file.emailCount);
        expect(await count('consent.sms and has(phone)')).toBe(file.smsCount);
        expect(await count('attributes.totalOrders >= 0')).toBe(file.customerCount);
        expect(await membership.differences()).toEqual([]);
      }, 120_000);
    });
  });
}
