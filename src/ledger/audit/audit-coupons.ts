import type { CouponId, Ordinal } from '../../core/ids.js';
import type { Coupon } from '../../coupon/coupon.js';
import { grantName, type Grant } from '../../coupon/grant.js';
import type { AuditDifference } from './audit-difference.js';
import type { AuditRun } from './audit-run.js';

const ROWS_PER_SLICE = 500;

/** The grants of each coupon, its journal and its counts against each other: each tells how many there are. */
export async function* auditCoupons(run: AuditRun): AsyncGenerator<AuditDifference> {
  for (const id of await run.slice((tx) => tx.coupons.allIds())) {
    yield* auditJournal(run, id);
    yield* auditGrants(run, id);
  }
}

/** Every entry has its grant. Where claims go on, the number of entries lies between two counts. */
async function* auditJournal(run: AuditRun, id: CouponId): AsyncGenerator<AuditDifference> {
  const before = await run.slice((tx) => tx.coupons.find(id));
  let entries = 0;
  for (let after = 0; ;) {
    const slice = await run.slice(async (tx) => {
      const journal = await tx.grants.journalAfter(id, { after, limit: ROWS_PER_SLICE });
      const held = await tx.grants.ofMembers(
        id,
        journal.map(({ ordinal }) => ordinal),
      );
      return { journal, held, coupon: await tx.coupons.find(id) };
    });
    for (const [index, entry] of slice.journal.entries()) {
      const grant = slice.held[index]?.find(({ n }) => n === entry.n);
      if (grant?.grantedAt === entry.at) continue;
      const found = grant === undefined ? 'no such grant' : `one of ${String(grant.grantedAt)}`;
      yield { kind: 'coupon.journal', what: `grant ${grantName(entry)}`, expected: `one of ${entry.at}`, found };
    }
    entries += slice.journal.length;
    const last = slice.journal.at(-1);
    if (last === undefined || slice.journal.length < ROWS_PER_SLICE) {
      const [least, most] = [grantedOf(before), grantedOf(slice.coupon)];
      if (entries < least || entries > most)
        yield countDifference(id, `${most} granted, as it counts`, `${entries} in its journal`);
      return;
    }
    after = last.position;
  }
}

/** A member's grants are numbered from 1 up to the limit. Where claims go on, their number lies between two counts. */
async function* auditGrants(run: AuditRun, id: CouponId): AsyncGenerator<AuditDifference> {
  const before = await run.slice((tx) => tx.coupons.find(id));
  let grants = 0;
  let previous: Grant | undefined;
  for (;;) {
    const after = previous === undefined ? undefined : { ordinal: previous.ordinal, n: previous.n };
    const slice = await run.slice(async (tx) => ({
      rows: await tx.grants.rowsAfter(id, { after, limit: ROWS_PER_SLICE }),
      coupon: await tx.coupons.find(id),
    }));
    for (const row of slice.rows) {
      const expected = nextNumber(previous, row.ordinal);
      if (row.n !== expected || row.n > (slice.coupon?.limitPerMember ?? 0)) {
        const within = `number ${expected}, of at most ${slice.coupon?.limitPerMember ?? 0}`;
        yield { kind: 'coupon.grant', what: `grant ${grantName(row)}`, expected: within, found: `number ${row.n}` };
      }
      previous = row;
    }
    grants += slice.rows.length;
    if (slice.rows.length === ROWS_PER_SLICE) continue;
    const [least, most] = [grantedOf(before), grantedOf(slice.coupon)];
    if (grants < least || grants > most) yield countDifference(id, `${most} granted, as it counts`, `${grants} grants`);
    return;
  }
}

const nextNumber = (previous: Grant | undefined, ordinal: Ordinal): number =>
  previous?.ordinal === ordinal ? previous.n + 1 : 1;

const grantedOf = (coupon: Coupon | undefined): number => coupon?.counts.granted ?? 0;

const countDifference = (id: CouponId, expected: string, found: string): AuditDifference => ({
  kind: 'coupon.counts',
  what: `coupon ${id}`,
  expected,
  found,
});
