import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { temporaryMembership, type TemporaryMembership } from '../../test/support/membership.js';
import { campaignId } from '../core/ids.js';
import { eraseMember } from './erase-member.js';
import { findMember } from './find-member.js';
import { indexAddresses } from './index-addresses.js';
import { ordinalSlices } from './scan-members.js';

let membership: TemporaryMembership;
beforeEach(async () => {
  membership = await temporaryMembership();
});
afterEach(() => membership.remove());

describe('reading what is said of a member', () => {
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
    [{ nmae: 'x' }, 'nmae'],
    [{ flags: 65_535 }, 'flags'],
    [{ ordinal: 1 }, 'ordinal'],
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

  const tracesKept = async (): Promise<string[]> => {
    const kept = await membership.kept();
    return TRACES.filter((trace) => kept.includes(trace));
  };

  it('leaves nothing of the person in the store', async () => {
    for (let index = 0; index < 300; index++) await membership.put(`m-${index}`, { ...PERSON, ...filler(index) });
    await membership.put('erased-member-id', PERSON);
    for (let index = 300; index < 600; index++) await membership.put(`m-${index}`, { ...PERSON, ...filler(index) });
    await indexAddresses(membership);
    const person = await membership.put('erased-member-id', { name: 'Tracelessname again', points: 5 });
    const answer = { cellCode: 144, vendorCode: '550', vendorText: '<traceless@example.com>: no such user' };
    const stream = { campaignId: campaignId(1), channel: 'email' as const };
    const detail = { ordinal: person.ordinal, at: membership.clock.now(), vendorMessageId: 'traceless-1', ...answer };
    await membership.store.transaction((tx) => tx.ledger.addDetails(stream, [detail]));
    expect(await tracesKept()).not.toEqual([]);
    await eraseMember(membership, { memberId: membership.id('erased-member-id') });
    expect(await tracesKept()).toEqual([]);
    await membership.store.transaction((tx) => tx.ledger.addDetails(stream, [detail]));
    await membership.store.truncate();
    expect(await tracesKept()).toEqual([]);
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
});

describe('questions over all members', () => {
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
