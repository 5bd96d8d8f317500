import type { CouponId } from '../../core/ids.js';
import { grantName, type GrantKey } from '../../coupon/grant/grant.js';
import type { AuditDifference } from './audit-difference.js';
import type { AuditRun } from './audit-run.js';

const CODES_PER_SLICE = 500;

/** What each used code became is there. A code and its grant commit together, and grants stay. */
export async function* auditCodes(run: AuditRun, id: CouponId): AsyncGenerator<AuditDifference> {
  for (let after: GrantKey | undefined; ;) {
    const slice = await run.slice(async (tx) => {
      const used = await tx.codes.usedAfter(id, { after, limit: CODES_PER_SLICE });
      const members = [...new Set(used.map(({ ordinal }) => ordinal))];
      const held = await tx.grants.ofMembers(id, members);
      return { used, names: new Set(held.flat().map(grantName)) };
    });
    for (const key of slice.used) {
      if (slice.names.has(grantName(key))) continue;
      const expected = `grant ${grantName(key)}`;
      yield { kind: 'coupon.code', what: `a code of coupon ${id}`, expected, found: 'no such grant' };
    }
    after = slice.used.at(-1);
    if (slice.used.length < CODES_PER_SLICE) return;
  }
}
