import type { EngineStore } from '../../src/compose.js';
import type { Clock } from '../../src/core/ports/clock.js';
import { couponId, ordinal } from '../../src/core/ids.js';
import { TOPICS } from '../../src/core/topics.js';
import { NO_COUNTS } from '../../src/coupon/coupon.js';
import { giveGrants } from '../../src/coupon/give-grants.js';
import { newGrant } from '../../src/coupon/grant.js';
import { epochMs } from '../../src/core/time.js';
import { OUTCOME_CODES, pendingCode, toInFlight } from '../../src/ledger/cell-code.js';
import type { AuditDeps } from '../../src/ledger/audit/audit-run.js';
import { subjectHasher } from '../../src/membership/suppression.js';
import { couponCommand } from './coupon-builder.js';
import { openBooks, settleCells } from './books.js';
import { addMembers } from './members.js';

/** Campaign 1 ended, campaign 2 is half sent with members in flight, campaign 3 is all pending; a group that reads. */
export async function writeBooks(store: EngineStore): Promise<void> {
  const dense = Array.from({ length: 3_000 }, (_, ordinal) => ordinal);
  const first = await openBooks(store, { ordinals: dense, channels: ['inbox', 'sms'] });
  await settleCells(store, first, {
    channel: 'inbox',
    codeOf: (ordinal) => (ordinal % 100 === 7 ? OUTCOME_CODES.suppressedNoConsent : OUTCOME_CODES.sent),
  });
  await settleCells(store, first, {
    channel: 'sms',
    codeOf: (ordinal) => (ordinal % 50 === 3 ? OUTCOME_CODES.failedAddress : OUTCOME_CODES.sent),
  });
  const second = await openBooks(store, {
    ordinals: dense.map((ordinal) => ordinal * 3).slice(0, 1_000),
    channels: ['sms'],
  });
  await settleCells(store, second, {
    channel: 'sms',
    codeOf: (ordinal) =>
      ordinal % 2 === 0 ? toInFlight(pendingCode({ definite: 0, ambiguous: 0 })) : OUTCOME_CODES.sent,
  });
  await openBooks(store, {
    ordinals: dense.map((ordinal) => ordinal * 2 + (ordinal % 2)).slice(0, 1_500),
    channels: ['sms'],
  });
  await addMembers(store, [{ ordinal: 0, memberId: 'li-wei' }]);
  await store.transaction(async (tx) => {
    await tx.ids.take('ordinal', 10_000);
    const group = { topic: 'campaign.launched', group: 'mailer' };
    await tx.events.ensureGroup({ ...group, now: epochMs(0) });
    await tx.events.lease({ ...group, maxMessages: 2, leaseMs: 1_000 }, epochMs(0));
  });
}

/** Coupon 1: two each for 600 members, so that books are more than one slice; coupon 2 has none. */
export async function writeCoupons(store: EngineStore): Promise<void> {
  const now = epochMs(1_800_000_000_000);
  const granted = 1_200;
  const coupon = {
    ...couponCommand(now, { limitPerMember: 2 }),
    id: couponId(1),
    version: 1,
    storedState: 'active',
    createdAt: now,
    editedAt: undefined,
    endedAt: undefined,
    counts: NO_COUNTS,
  } as const;
  const keys = Array.from({ length: granted }, (_, index) => ({
    couponId: coupon.id,
    ordinal: ordinal(Math.floor(index / 2)),
    n: 1 + (index % 2),
  }));
  await store.transaction(async (tx) => {
    await tx.coupons.insert(coupon);
    await tx.coupons.insert({ ...coupon, id: couponId(2) });
    const grants = keys.map((key) => newGrant(key, now, undefined));
    await giveGrants(tx, coupon, { grants, giver: { actor: 'claim', topic: TOPICS.couponClaimed }, now });
  });
}

/** What the audit needs beside a store: suppressions are found under a key. */
export const auditOf = ({ store, clock }: { readonly store: EngineStore; readonly clock: Clock }): AuditDeps => ({
  store,
  clock,
  hashSubject: subjectHasher(new Uint8Array(32).fill(7)),
});
