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

/**
 * Moves `lastActiveAt` of members forward, never back, so that signs of life may come twice and in any order. Answers
 * for each in the order given; of several about one member, one renews. How many days a member was active stays what
 * the shop's data team says.
 */
export async function renewActivity(
  tx: Pick<MembersTx, 'members'>,
  activities: readonly MemberActivity[],
  now: EpochMs,
): Promise<readonly ActivityOutcome[]> {
  const memberIds = [...new Set(activities.map(({ memberId }) => memberId))];
  const found = await tx.members.findByMemberIds(memberIds);
  const changes = new Map<MemberId, MemberChange | undefined>();
  memberIds.forEach((memberId, index) => {
    const before = found[index];
    changes.set(memberId, before === undefined ? undefined : { before, after: before });
  });
  const outcomes = activities.map(({ memberId, at }): ActivityOutcome => {
    const change = changes.get(memberId);
    if (change === undefined) return 'unknownMember';
    if (change.after.lastActiveAt !== null && change.after.lastActiveAt >= at) return 'unchanged';
    changes.set(memberId, { before: change.before, after: { ...change.before, lastActiveAt: at } });
    return 'renewed';
  });
  const written = [...changes.values()].filter((change) => change !== undefined && change.after !== change.before);
  if (written.length > 0) await tx.members.update(written as readonly MemberChange[], now); // the undefined are gone
  return outcomes;
}
