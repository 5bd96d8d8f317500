import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { temporaryMembership, type TemporaryMembership } from '../../../test/support/membership.js';
import { memberId } from '../../core/ids.js';
import { EVERYBODY } from '../../core/member-filter.js';
import { epochMs } from '../../core/time.js';
import { normalizeEmail, normalizePushToken } from '../contact-points.js';
import { parseFilterText } from '../filter-text.js';
import { toMember } from '../member-row.js';
import { normalizePhone } from '../phone-number.js';
import { readLocale, readTags, readTimeZone } from '../read-member.js';
import { countMembers, listMembers } from '../scan-members.js';
import { generatedMember } from './generated-member.js';
import { generateMembers } from './generate-members.js';

const SIZE = 20_000;
const sample = Array.from({ length: SIZE }, (_, number) => generatedMember(7, number).row);
const share = (holds: (row: (typeof sample)[number]) => boolean): number => sample.filter(holds).length / SIZE;

describe('generated members', () => {
  it('are the same for the same seed and others for another', () => {
    expect(generatedMember(7, 123)).toEqual(generatedMember(7, 123));
    expect(
      generatedMember(8, 123).row.name === generatedMember(7, 123).row.name &&
        generatedMember(8, 123).row.points === generatedMember(7, 123).row.points,
    ).toBe(false);
    expect(new Set(sample.map((row) => row.memberId)).size).toBe(SIZE);
  });

  it('form a pyramid whose two top levels are about 2 %', () => {
    expect(share(({ level }) => level >= 4)).toBeCloseTo(0.02, 2);
    expect(share(({ level }) => level === 0)).toBeCloseTo(0.45, 1);
    const meanPoints = (level: number): number => {
      const points = sample.filter((row) => row.level === level).map((row) => row.points);
      return points.reduce((sum, value) => sum + value, 0) / points.length;
    };
    expect(meanPoints(4)).toBeGreaterThan(meanPoints(2));
  });

  it('have addresses and consent in realistic shares', () => {
    expect(share(({ email }) => email !== null)).toBeCloseTo(0.78, 1);
    expect(share(({ phone }) => phone !== null)).toBeCloseTo(0.92, 1);
    expect(share(({ pushToken }) => pushToken !== null)).toBeGreaterThan(0.35);
    expect(share(({ consent }) => consent.includes('1+'))).toBeCloseTo(0.64, 1);
    expect(share(({ locale }) => locale?.startsWith('zh') === true)).toBeCloseTo(0.68, 1);
  });

  it('are obviously nobody, and otherwise what an import would take', () => {
    for (const row of sample.slice(0, 3_000)) {
      if (row.email !== null) {
        expect(row.email).toMatch(/@(example\.(com|net|org)|mail\.test)$/);
        expect(normalizeEmail('email', row.email)).toBe(row.email);
      }
      if (row.phone !== null) {
        expect(row.phone).toMatch(/^\+1555\d{7}$/);
        expect(normalizePhone('phone', row.phone, undefined)).toBe(row.phone);
      }
      if (row.pushToken !== null) expect(normalizePushToken('pushToken', row.pushToken)).toMatch(/^test-/);
      expect(readTimeZone(row.timeZone)).toBe(row.timeZone);
      expect(readLocale(row.locale)).toBe(row.locale);
      const { tags, activeDays, points } = toMember({ ...row, flags: 3, ordinal: 0, contactsChangedAt: epochMs(0) });
      expect(readTags([...tags])).toEqual(tags);
      expect(activeDays).toBeLessThanOrEqual(30);
      expect(Number.isSafeInteger(points)).toBe(true);
    }
    const phones = sample.map(({ phone }) => phone).filter((phone) => phone !== null);
    expect(new Set(phones).size).toBe(phones.length);
  });

  it('have names in both scripts', () => {
    expect(share(({ name }) => /\p{Script=Han}/u.test(name ?? ''))).toBeGreaterThan(0.5);
    expect(share(({ name }) => /^[A-Z]/.test(name ?? ''))).toBeGreaterThan(0.2);
  });
});

describe('generating members', () => {
  let membership: TemporaryMembership;
  beforeEach(async () => {
    membership = await temporaryMembership();
  });
  afterEach(() => membership.remove());

  it('writes them once, and only the rest when more are asked for', async () => {
    const progress: number[] = [];
    const created = await generateMembers(membership.deps, {
      count: 9_500,
      seed: 7,
      onProgress: (step) => progress.push(step.progress),
    });
    expect(created).toEqual({ created: 9_500, updated: 0, unchanged: 0, rejected: 0 });
    expect(progress.at(-1)).toBe(9_500);
    expect(await generateMembers(membership.deps, { count: 9_500, seed: 7 })).toMatchObject({ unchanged: 9_500 });
    expect(await generateMembers(membership.deps, { count: 10_000, seed: 7 })).toMatchObject({ created: 500 });
    expect(await countMembers(membership, EVERYBODY)).toBe(10_000);
    const expected = Array.from({ length: 10_000 }, (_, number) => generatedMember(7, number).row);
    const top = expected.filter(({ level }) => level >= 4);
    expect(await countMembers(membership, parseFilterText('level in (4, 5)'))).toBe(top.length);
    const { members } = await listMembers(membership, { filter: parseFilterText('level in (4, 5)'), limit: 1 });
    expect(members[0]?.memberId).toBe(memberId(top[0]?.memberId ?? ''));
    expect(await membership.differences()).toEqual([]);
  });

  it.each([
    [{ count: 0, seed: 1 }],
    [{ count: 1.5, seed: 1 }],
    [{ count: 1, seed: -1 }],
    [{ count: 1, seed: 2 ** 31 }],
  ])('refuses %j', async (command) => {
    await expect(generateMembers(membership.deps, command)).rejects.toMatchObject({ code: 'INVALID_INPUT' });
  });
});
