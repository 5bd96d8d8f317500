import { afterEach, beforeEach, expect, it } from 'vitest';
import { codeConformance } from '../../../test/conformance/code-repository.js';
import { couponConformance } from '../../../test/conformance/coupon-repository.js';
import { grantBitsConformance } from '../../../test/conformance/grant-bits-repository.js';
import { activeCoupon } from '../../../test/support/coupon-builder.js';
import { addPlainMembers } from '../../../test/support/members.js';
import { temporarySqliteStore } from '../../../test/support/temporary-sqlite.js';
import { ordinal } from '../../core/ids.js';
import { CouponDesk } from '../../coupon/claim/coupon-desk.js';

couponConformance('embedded', () => Promise.resolve(temporarySqliteStore()));
codeConformance('embedded', () => Promise.resolve(temporarySqliteStore()));
grantBitsConformance('embedded', () => Promise.resolve(temporarySqliteStore()));

let opened: ReturnType<typeof temporarySqliteStore>;
beforeEach(() => {
  opened = temporarySqliteStore();
});
afterEach(() => opened.remove());

it('refuses a claim inside an open transaction, where it would wait for itself', async () => {
  await addPlainMembers(opened.store, 3);
  const desk = new CouponDesk(opened);
  const { id } = await activeCoupon((body) => desk.change(body), opened.clock.now());
  const claim = (member: number) => desk.claim(id, [{ ordinal: ordinal(member), request: undefined }]);
  const inside = opened.store.transaction(() => claim(1));
  await expect(inside).rejects.toThrow('waited for something other than its transaction');
  expect(await claim(2)).toMatchObject([{ outcome: 'granted' }]);
});
