import { base } from './0001-base.js';
import { members } from './0002-members.js';
import { promotions } from './0003-promotions.js';
import { access } from './0004-access.js';
import { events } from './0005-events.js';
import { campaigns } from './0006-campaigns.js';
import { memberChanges } from './0007-member-changes.js';
import { forgottenCells } from './0008-forgotten-cells.js';
import { timedLeases } from './0009-timed-leases.js';
import { coupons } from './0010-coupons.js';
import { couponOrders } from './0011-coupon-orders.js';
import { issueRuns } from './0012-issue-runs.js';
import { advertisedCoupons } from './0013-advertised-coupons.js';
import { releasedUses } from './0016-released-uses.js';
import { voidLocks } from './0017-void-locks.js';
import { ownEnds } from './0018-own-ends.js';
import { couponCodes } from './0019-coupon-codes.js';
import { codeMakings } from './0020-code-makings.js';
import type { Migration } from './migration.js';

/** All steps in their order: append-only. */
export const MIGRATIONS: readonly Migration[] = [
  base,
  members,
  promotions,
  access,
  events,
  campaigns,
  memberChanges,
  forgottenCells,
  timedLeases,
  coupons,
  couponOrders,
  issueRuns,
  advertisedCoupons,
  releasedUses,
  voidLocks,
  ownEnds,
  couponCodes,
  codeMakings,
];
