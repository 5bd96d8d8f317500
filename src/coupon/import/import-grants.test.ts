import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { activeCoupon } from '../../../test/support/coupon-builder.js';
import { addMembers } from '../../../test/support/push-rig.js';
import { temporaryStore, type TemporaryStore } from '../../../test/support/temporary-store.js';
import { ordinal, type CouponId } from '../../core/ids.js';
import { isDomainError } from '../../core/errors.js';
import { DAY_MS, epochMs, formatInstant } from '../../core/time.js';
import type { Reject } from '../../membership/import/import-settings.js';
import type { CreateCoupon } from '../create-coupon.js';
import { changeStock } from '../edit-coupon.js';
import { grantName } from '../grant/grant.js';
import { importGrants } from './import-grants.js';

describe('grants out of a file', () => {
  let temporary: TemporaryStore;
  beforeEach(async () => {
    temporary = await temporaryStore();
    await addMembers(temporary.store, temporary.clock, { count: 2_500 }); // m0 to m2499
  });
  afterEach(() => temporary.remove());

  const now = () => temporary.clock.now();
  const coupon = (changes: Partial<CreateCoupon> = {}) =>
    activeCoupon((body) => temporary.store.transaction(body), now(), changes);
  const bring = async (
    couponId: CouponId,
    lines: readonly string[],
    { stopAfter = Infinity, chunkBytes = 700 } = {},
  ) => {
    const rejects: Reject[] = [];
    const stopping = new AbortController();
    const bytes = new TextEncoder().encode(lines.join('\n'));
    const chunks = async function* () {
      for (let start = 0; start < bytes.length; start += chunkBytes) yield bytes.subarray(start, start + chunkBytes);
    };
    const counts = await importGrants(temporary, {
      couponId,
      input: chunks(),
      actor: 'alice',
      signal: stopping.signal,
      onRejects: async (more) => void rejects.push(...more),
      onProgress: ({ granted }) => {
        if (granted >= stopAfter) stopping.abort(new Error('the line broke'));
      },
    });
    return { ...counts, rejects: rejects.map(({ line, column, reason }) => [line, column, reason].join(' ').trim()) };
  };
  const granted = async (id: CouponId) => (await temporary.store.read((tx) => tx.coupons.find(id)))?.counts.granted;
  const everybody = ['memberId', ...Array.from({ length: 2_500 }, (_, index) => `m${index}`)];

  it('are given once each, however often the file comes', async () => {
    const { id } = await coupon();
    expect(await bring(id, everybody)).toEqual({ granted: 2_500, unchanged: 0, rejected: 0, rejects: [] });
    expect(await bring(id, everybody)).toEqual({ granted: 0, unchanged: 2_500, rejected: 0, rejects: [] });
    expect(await bring(id, ['memberId', 'm7', 'm7'])).toMatchObject({ granted: 0, unchanged: 2 });
    expect(await granted(id)).toBe(2_500);
  });

  it('go on where a broken upload stopped', async () => {
    const { id } = await coupon();
    await expect(bring(id, everybody, { stopAfter: 1_000 })).rejects.toThrow('the line broke');
    expect(await granted(id)).toBe(1_000);
    expect(await bring(id, everybody)).toMatchObject({ granted: 1_500, unchanged: 1_000 });
    expect(await granted(id)).toBe(2_500);
  });

  it('keep to stock, limit and members, and say of each row why it was refused', async () => {
    const { id } = await coupon({ stock: 2 });
    const file = ['memberId,key', 'm1,', 'nobody,', '"m2",', 'm1,again', ',', 'm3,', '"open'];
    expect(await bring(id, file)).toEqual({
      granted: 2,
      unchanged: 0,
      rejected: 5,
      rejects: [
        '3 memberId unknownMember',
        '5  alreadyGranted',
        expect.stringMatching(/^6 memberId /) as string,
        '7  soldOut',
        '8  opens a quote that is not closed',
      ],
    });
    await temporary.store.transaction((tx) => changeStock(tx, now(), { id, stock: 3 }));
    expect(await bring(id, file)).toMatchObject({ granted: 1, unchanged: 2, rejected: 4 });
    expect(await granted(id)).toBe(3);
  });

  it('may be several to a member, by keys, and of what the platform gives', async () => {
    const { id } = await coupon({ limitPerMember: 2 });
    const file = ['Member ID,Key', 'm1,a', 'm1,b', 'm1,b', 'm1,c'];
    expect(await bring(id, file)).toMatchObject({ granted: 2, unchanged: 1, rejects: ['5  limitReached'] });
    const { id: given } = await coupon({ issue: 'platform' });
    expect(await bring(given, ['memberId', 'm1'])).toMatchObject({ granted: 1 });
  });

  it('keep the time at which they were given, and the journal says who brought them', async () => {
    const { id } = await coupon({ validity: { kind: 'days', days: 7 } });
    const at = epochMs(now() - 3 * DAY_MS);
    const file = [
      'memberId,grantedAt',
      `m1,${formatInstant(at)}`,
      `m2,${formatInstant(epochMs(now() + 1_000))}`,
      'm3,yesterday',
    ];
    const { rejects } = await bring(id, file);
    expect(rejects).toEqual([
      '3 grantedAt lies in the future',
      expect.stringContaining('4 grantedAt is no time') as string,
    ]);
    const [[grant] = [], journal] = await temporary.store.read(async (tx) => [
      (await tx.grants.ofMembers(id, [ordinal(1)]))[0],
      await tx.grants.journalAfter(id, { after: 0, limit: 10 }),
    ]);
    expect(grant).toMatchObject({ grantedAt: at });
    expect(journal.map((entry) => [grantName(entry), entry.at, entry.actor])).toEqual([[`${id}-1-1`, at, 'alice']]);
  });

  it('are refused where their validity would be over already, unless they were given before', async () => {
    const { id } = await coupon({ validity: { kind: 'days', days: 7 } });
    const row = (member: string, daysAgo: number) => `${member},${formatInstant(epochMs(now() - daysAgo * DAY_MS))}`;
    const file = ['memberId,grantedAt', row('m1', 6), row('m2', 7), row('m3', 900)];
    const refused = ['3  tooLate', '4  tooLate'];
    expect(await bring(id, file)).toMatchObject({ granted: 1, unchanged: 0, rejects: refused });
    temporary.clock.advance(2 * DAY_MS);
    expect(await bring(id, file)).toMatchObject({ granted: 0, unchanged: 1, rejects: refused });
  });

  it('are refused as a whole without a column of members, with one that nobody reads, or for a coupon that does not exist', async () => {
    const { id } = await coupon();
    await expect(bring(id, ['name', 'x'])).rejects.toMatchObject({ code: 'INVALID_INPUT' });
    await expect(bring(id, [])).rejects.toMatchObject({ code: 'INVALID_INPUT' });
    const field = async (header: string) => {
      const refused = await bring(id, [header, 'm1,2026-01-01T00:00:00Z,x']).catch((error: unknown) => error);
      return isDomainError(refused) ? refused.values['field'] : refused;
    };
    expect(await field('memberId,grantedOn')).toBe('grantedOn'); // not given as of now
    expect(await field('memberId,grantedAt,Granted_at')).toBe('Granted_at');
    expect(await granted(id)).toBe(0);
    await expect(bring(99 as CouponId, ['memberId', 'm1'])).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});
