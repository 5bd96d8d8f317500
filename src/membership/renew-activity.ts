import type { MemberId } from '../core/ids.js';
import type { EpochMs } from '../core/time.js';
import type { MemberChange } from './member-repository.js';
import type { MembersTx } from './members-tx.js';

/** A sign of life of a member. */
export interface MemberActivity {
  readonly memberId: MemberId;
  readonly at: EpochMs;
}

export type ActivityOutcome = 'renewed' | 'unchanged' | 'unknownMember';

export interface RenewedActivity {
  readonly outcome: ActivityOutcome;
  /** Whose; undefined for `unknownMember`. */
  readonly ordinal: number | undefined;
}

/**
 * Moves `lastActiveAt` of members forward, never back, so that signs of life may come twice and in any order. Answers
 * for each in the order given; of several about one member, one renews. How many days a member was active stays what
 * the shop's data team says.
 */
export async function renewActivity(
  tx: Pick<MembersTx, 'members'>,
  activities: readonly MemberActivity[],
  now: EpochMs,
): Promise<readonly RenewedActivity[]> {
  const memberIds = [...new Set(activities.map(({ memberId }) => memberId))];
  const found = await tx.members.findByMemberIds(memberIds);
  const changes = new Map<MemberId, MemberChange | undefined>();
  memberIds.forEach((memberId, index) => {
    const before = found[index];
    changes.set(memberId, before === undefined ? undefined : { before, after: before });
  });
  const renewed = activities.map(({ memberId, at }): RenewedActivity => {
    const change = changes.get(memberId);
    if (change === undefined) return { outcome: 'unknownMember', ordinal: undefined };
    const { ordinal } = change.before;
    if (change.after.lastActiveAt !== null && change.after.lastActiveAt >= at) return { outcome: 'unchanged', ordinal };
    changes.set(memberId, { before: change.before, after: { ...change.before, lastActiveAt: at } });
    return { outcome: 'renewed', ordinal };
  });
  const written = [...changes.values()].filter((change) => change !== undefined && change.after !== change.before);
  if (written.length > 0) await tx.members.update(written as readonly MemberChange[], now); // the undefined are gone
  return renewed;
}
