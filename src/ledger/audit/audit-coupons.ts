import type { CouponId, Ordinal } from '../../core/ids.js';
import type { Coupon } from '../../coupon/coupon.js';
import { grantName, type Grant } from '../../coupon/grant/grant.js';
import type { AuditDifference } from './audit-difference.js';
import { auditIssued, type IssuedFigures } from './audit-issued.js';
import { auditMoves } from './audit-moves.js';
import { auditCodes } from './audit-codes.js';
import type { AuditRun } from './audit-run.js';

const ROWS_PER_SLICE = 500;

/** The grants of each coupon, its journal and its counts against each other: each tells how many there are. */
export async function* auditCoupons(run: AuditRun): AsyncGenerator<AuditDifference> {
  for (const id of await run.slice((tx) => tx.coupons.allIds())) {
    const before = await run.slice((tx) => tx.coupons.find(id));
    const entries = yield* auditJournal(run, id);
    const { grants, issued } = yield* auditHeld(run, id, before);
    const after = await run.slice((tx) => tx.coupons.find(id));
    // Where it is granted meanwhile, their number lies between the two counts.
    const [least, most] = [grantedOf(before), grantedOf(after)];
    const isBetween = (count: number): boolean => count >= least && count <= most;
    const counted = `${most} granted, as it counts`;
    if (!isBetween(entries + issued)) yield countDifference(id, counted, `${entries + issued} in its journal`);
    if (!isBetween(grants)) yield countDifference(id, counted, `${grants} grants`);
    yield* auditMoves(run, id);
    yield* auditCodes(run, id);
  }
}

async function* auditHeld(
  run: AuditRun,
  id: CouponId,
  coupon: Coupon | undefined,
): AsyncGenerator<AuditDifference, IssuedFigures> {
  if (coupon?.isGivenEagerly === true) return yield* auditIssued(run, id);
  return { grants: yield* auditGrants(run, id), issued: 0 };
}

/** Every entry of a grant that was given has its grant; answers how many there are. */
async function* auditJournal(run: AuditRun, id: CouponId): AsyncGenerator<AuditDifference, number> {
  let entries = 0;
  for (let after = 0; ;) {
    const slice = await run.slice(async (tx) => {
      const entries = await tx.grants.journalAfter(id, { after, limit: ROWS_PER_SLICE });
      const journal = entries.filter(({ move }) => move === 'granted');
      const held = await tx.grants.ofMembers(
        id,
        journal.map(({ ordinal }) => ordinal),
      );
      return { journal, held, last: entries.at(-1), isLast: entries.length < ROWS_PER_SLICE };
    });
    for (const [index, entry] of slice.journal.entries()) {
      const grant = slice.held[index]?.find(({ n }) => n === entry.n);
      if (grant?.grantedAt === entry.at) continue;
      const found = grant === undefined ? 'no such grant' : `one of ${String(grant.grantedAt)}`;
      yield { kind: 'coupon.journal', what: `grant ${grantName(entry)}`, expected: `one of ${entry.at}`, found };
    }
    entries += slice.journal.length;
    if (slice.last === undefined || slice.isLast) return entries;
    after = slice.last.position;
  }
}

/** A member's grants are numbered from 1 up to the limit; answers how many there are. */
async function* auditGrants(run: AuditRun, id: CouponId): AsyncGenerator<AuditDifference, number> {
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
    if (slice.rows.length < ROWS_PER_SLICE) return grants;
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
