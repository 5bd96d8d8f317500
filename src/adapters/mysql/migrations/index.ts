import { base } from './0001-base.js';
import { promotions } from './0004-promotions.js';
import { access } from './0006-access.js';
import { events } from './0008-events.js';
import { campaigns } from './0014-campaigns.js';
import { ledger } from './0021-ledger.js';
import { inbox } from './0027-inbox.js';
import { members } from './0101-members.js';
import { nodes } from './0301-nodes.js';
import { moveIn } from './0401-move-in.js';
import { coupons } from './0501-coupons.js';
import { couponOrders } from './0511-coupon-orders.js';
import { issueRuns } from './0521-issue-runs.js';
import { advertisedCoupons } from './0531-advertised-coupons.js';
import { couponCodes } from './0551-coupon-codes.js';
import { releasedUses } from './0561-released-uses.js';
import { voidLocks } from './0571-void-locks.js';
import { ownEnds } from './0581-own-ends.js';
import { codeMakings } from './0591-code-makings.js';
import type { Migration } from './migration.js';

/** All steps in the order of their numbers: append-only. */
export const MIGRATIONS: readonly Migration[] = [
  ...base,
  ...promotions,
  ...access,
  ...events,
  ...campaigns,
  ...ledger,
  ...inbox,
  ...members,
  ...nodes,
  ...moveIn,
  ...coupons,
  ...couponOrders,
  ...issueRuns,
  ...advertisedCoupons,
  ...couponCodes,
  ...releasedUses,
  ...voidLocks,
  ...ownEnds,
  ...codeMakings,
];
