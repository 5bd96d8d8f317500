/** Which of a member's two rows a change concerns. */
import type { MemberRow } from '../../membership/member-row.js';

/** What member_profile holds. */
export const hasSameProfile = (before: MemberRow, after: MemberRow): boolean =>
  before.name === after.name &&
  before.email === after.email &&
  before.phone === after.phone &&
  before.pushToken === after.pushToken &&
  before.pushPlatform === after.pushPlatform &&
  before.consent === after.consent &&
  before.tags === after.tags &&
  before.attributes === after.attributes;

/** The fields of a message: its text is the same for both. */
export const showsTheSame = (before: MemberRow, after: MemberRow): boolean =>
  before.name === after.name &&
  before.level === after.level &&
  before.points === after.points &&
  before.activeDays === after.activeDays &&
  before.timeZone === after.timeZone &&
  before.locale === after.locale &&
  before.attributes === after.attributes;

/** What member_core holds. */
export const hasSameCore = (before: MemberRow, after: MemberRow): boolean =>
  before.level === after.level &&
  before.points === after.points &&
  before.activeDays === after.activeDays &&
  before.lastActiveAt === after.lastActiveAt &&
  before.timeZone === after.timeZone &&
  before.locale === after.locale &&
  before.flags === after.flags;
