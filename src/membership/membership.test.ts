import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { anyFilter } from '../../test/support/filter-arbitrary.js';
import { matches } from '../../test/support/filter-oracle.js';
import { anyMemberFields } from '../../test/support/member-arbitrary.js';
import { temporaryMembership } from '../../test/support/membership.js';
import { campaignId, ordinal } from '../core/ids.js';
import { EVERYBODY } from '../core/member-filter.js';
import { changeMember } from './change-member.js';
import { eraseMember } from './erase-member.js';
import { parseFilterText } from './filter-text.js';
import { findMember } from './find-member.js';
import { channelsOf, suppressedMask } from './flags.js';
import { indexAddresses } from './index-addresses.js';
import { toMember, toRow } from './member-row.js';
import type { Member } from './member.js';
import { countMembers, listMembers, ordinalSlices, sampleMembers } from './scan-members.js';
import { suppressAddress, suppressMember } from './suppress.js';
import { writeStatements } from './write-statements.js';

let membership: ReturnType<typeof temporaryMembership>;
beforeEach(() => (membership = temporaryMembership()));
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

  it.each([
    [{ level: 256 }, 'level'],
    [{ level: -1 }, 'level'],
    [{ points: 1.5 }, 'points'],
    [{ activeDays: 31 }, 'activeDays'],
    [{ lastActiveAt: '2026-01-01' }, 'lastActiveAt'],
    [{ timeZone: 'Mars/Olympus' }, 'timeZone'],
    [{ timeZone: '+08:00' }, 'timeZone'],
    [{ locale: 'not a locale' }, 'locale'],
    [{ email: 'nope' }, 'email'],
    [{ pushToken: 'x' }, 'pushPlatform'],
    [{ consent: { pigeon: 'granted' } }, 'consent'],
    [{ consent: { sms: { state: 'maybe' } } }, 'consent.sms'],
    [{ consent: { sms: { state: 'granted', at: '2099-01-01T00:00:00Z' } } }, 'consent.sms.at'],
    [{ attributes: { 'a"b': 1 } }, 'attributes'],
    [{ attributes: JSON.parse('{"__proto__": 1}') as unknown }, 'attributes'],
    [{ attributes: { a: { b: { c: { d: { e: { f: 1 } } } } } } }, 'attributes'],
    [{ attributes: { a: 'x'.repeat(9_000) } }, 'attributes'],
    [{ name: 'two\nlines' }, 'name'],
    [{ name: '\ud800' }, 'name'],
    [{ tags: ['x'.repeat(65)] }, 'tags'],
    [{ nmae: 'x' }, '"nmae"'],
    [{ flags: 65_535 }, '"flags"'],
    [{ ordinal: 1 }, '"ordinal"'],
  ])('refuses %j naming %s', async (input, field) => {
    await expect(async () => membership.put('m-1', input)).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      values: { field },
    });
  });

  it('canonicalises zones and locales', async () => {
    expect(await membership.put('m-1', { timeZone: 'asia/shanghai', locale: 'ZH_cn' })).toMatchObject({
      timeZone: 'Asia/Shanghai',
      locale: 'zh-CN',
    });
  });
});

describe('suppressing', () => {
  it('closes channels of a member and opens them again', async () => {
    await membership.put('m-1', { email: 'a@example.com', phone: '+8613812345678' });
    const order = { memberId: membership.id('m-1'), channels: ['email', 'inbox'], reason: 'asked' } as const;
    expect(suppressed(await suppressMember(membership, { ...order, action: 'suppress' }))).toEqual(['inbox', 'email']);
    expect(suppressed(await suppressMember(membership, { ...order, action: 'suppress' }))).toEqual(['inbox', 'email']);
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
    attributes: { note: 'traceless-note '.repeat(500) }, // on pages of its own
    consent: { sms: { state: 'denied', at: '2026-01-01T00:00:00Z', source: 'traceless-source' } },
  };
  const TRACES = ['traceless', 'Tracelessname', '欧阳无痕', '13998877665', 'erased-member-id'];

  const tracesInFolder = (): string[] =>
    readdirSync(membership.folder).flatMap((file) => {
      const bytes = readFileSync(join(membership.folder, file));
      return TRACES.filter((trace) => bytes.includes(trace)).map((trace) => `${trace} in ${file}`);
    });

  it('leaves nothing of the person in the folder', async () => {
    for (let index = 0; index < 300; index++) await membership.put(`m-${index}`, { ...PERSON, ...filler(index) });
    await membership.put('erased-member-id', PERSON);
    for (let index = 300; index < 600; index++) await membership.put(`m-${index}`, { ...PERSON, ...filler(index) });
    await indexAddresses(membership);
    const person = await membership.put('erased-member-id', { name: 'Tracelessname again', points: 5 });
    const answer = { cellCode: 144, vendorCode: '550', vendorText: '<traceless@example.com>: no such user' };
    const stream = { campaignId: campaignId(1), channel: 'email' as const };
    const detail = { ordinal: person.ordinal, at: membership.clock.now(), vendorMessageId: 'traceless-1', ...answer };
    await membership.store.transaction((tx) => tx.ledger.addDetails(stream, [detail]));
    expect(tracesInFolder()).not.toEqual([]);
    await eraseMember(membership, { memberId: membership.id('erased-member-id') });
    expect(tracesInFolder()).toEqual([]);
    await membership.store.transaction((tx) => tx.ledger.addDetails(stream, [detail]));
    await membership.store.truncate();
    expect(tracesInFolder()).toEqual([]);
    await expect(findMember(membership, { memberId: membership.id('erased-member-id') })).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
    expect(await membership.differences()).toEqual([]);
  });

  const filler = (index: number): Record<string, unknown> => ({
    name: `Somebody ${index}`,
    email: `p${index}@example.com`,
    phone: `+1555${String(index).padStart(7, '0')}`,
    pushToken: `token-${index}`,
    tags: ['common'],
    attributes: { note: 'x'.repeat(index * 10) },
    consent: {},
  });

  it('keeps refusals and suppressions for the person who comes back, under a new ordinal', async () => {
    const before = await membership.put('m-1', PERSON);
    await suppressMember(membership, {
      memberId: membership.id('m-1'),
      channels: ['email'],
      action: 'suppress',
      reason: 'asked',
    });
    await eraseMember(membership, { memberId: membership.id('m-1') });
    const back = await membership.put('m-1', { email: PERSON.email, phone: PERSON.phone, consent: { sms: 'granted' } });
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
    members = rows.map((row, index) => toMember({ ...row, ordinal: index, contactsChangedAt: membership.clock.now() }));
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
  });

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
    expect((await sampleMembers({ ...membership, random }, { filter: EVERYBODY, size: 3 })).members).toHaveLength(3);
  });

  it('cuts slices that cover a range once from either end, shorter after a slow one', async () => {
    for (const isDescending of [false, true]) {
      const seen: number[] = [];
      const lengths: number[] = [];
      for await (const { from, until } of ordinalSlices(
        { from: 7, until: 500_000 },
        { clock: membership.clock, isDescending },
      )) {
        membership.clock.advance(lengths.length < 3 ? 1 : 60);
        lengths.push(until - from);
        seen.push(isDescending ? until : from);
      }
      expect(lengths.reduce((sum, length) => sum + length, 0)).toBe(499_993);
      expect(seen).toEqual([...seen].sort((left, right) => (isDescending ? right - left : left - right)));
      expect(lengths[2]).toBeGreaterThan(lengths[0] ?? 0);
      expect(lengths[5]).toBeLessThan(lengths[3] ?? 0);
    }
  });
});
