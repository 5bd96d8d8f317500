/**
 * Suppression of members and of addresses. Its effect is complete when the call is answered: every member whom it
 * concerns carries it in the flags that sending is decided by, whoever comes later meets it at import or change.
 *
 *   list entries and the members that the index finds ─► one transaction
 *   members of blocks that wait for the index         ─► some blocks at a time, after it
 *   members whose blocks went into the index meanwhile ─► the index once more, at the end
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { MemberId } from '../core/ids.js';
import { CHANNELS, type Channel } from '../core/channels.js';
import type { EpochMs } from '../core/time.js';
import { requireMember } from './find-member.js';
import { channelMask, type ChannelMask } from './flags.js';
import type { Member } from './member.js';
import type { AddressQuery, MemberChange, SuppressionChange } from './member-repository.js';
import { toMember, type StoredMember } from './member-row.js';
import type { MembershipDeps, MembersTx } from './members-tx.js';
import { withFlags } from './statement.js';
import { subjectOfChannel, type SubjectHasher, type SuppressionSubject } from './suppression.js';
import { suppressedChannelsOf } from './write-statements.js';

export interface SuppressionOrder {
  /** Channels that are closed (or opened again). */
  readonly channels: readonly Channel[];
  readonly action: 'suppress' | 'unsuppress';
  /** For people; it must hold no personal data. */
  readonly reason: string;
}

/** Blocks waiting for the index that one transaction reads: 0.3 ms each. */
const BLOCKS_AT_ONCE = 30;

/**
 * Closes channels for a member: for its id, and for the address of each channel, whoever else has it. Outlives the
 * member's erasure. Safe to repeat. @throws DomainError `NOT_FOUND`
 */
export async function suppressMember(
  deps: MembershipDeps,
  order: SuppressionOrder & { readonly memberId: MemberId },
): Promise<Member> {
  const changedAt = deps.clock.now();
  const addresses = await deps.store.transaction(async (tx) => {
    const member = await requireMember(tx, { memberId: order.memberId });
    const subjects = subjectsByChannel(member, order.channels);
    await changeList(tx, subjects, { order, changedAt, hashSubject: deps.hashSubject });
    const addresses = [...subjects.keys()].filter((subject) => subject.kind !== 'member');
    await refreshMembers(tx, await foundByIndex(tx, addresses, [member.ordinal]), deps.hashSubject, changedAt);
    return addresses;
  });
  await refreshWaiting(deps, addresses);
  return deps.store.read(async (tx) => toMember(await requireMember(tx, { memberId: order.memberId })));
}

/**
 * Closes channels for whoever has an address, now or later; answers how many members carry it now. The address is
 * normalised already. Safe to repeat.
 */
export async function suppressAddress(
  deps: MembershipDeps,
  order: SuppressionOrder & { readonly address: AddressQuery },
): Promise<{ readonly memberCount: number }> {
  const changedAt = deps.clock.now();
  const found = await deps.store.transaction(async (tx) => {
    const subjects = new Map([[order.address, channelMask(order.channels)]]);
    await changeList(tx, subjects, { order, changedAt, hashSubject: deps.hashSubject });
    const ordinals = await foundByIndex(tx, [order.address], []);
    await refreshMembers(tx, ordinals, deps.hashSubject, changedAt);
    return ordinals;
  });
  return { memberCount: new Set([...found, ...(await refreshWaiting(deps, [order.address]))]).size };
}

/** What is entered for a member: its own key for all the channels, each channel's address for that channel. */
function subjectsByChannel(
  member: StoredMember,
  channels: readonly Channel[],
): ReadonlyMap<SuppressionSubject, ChannelMask> {
  const subjects = new Map<SuppressionSubject, ChannelMask>([
    [{ kind: 'member', memberId: member.memberId }, channelMask(channels)],
  ]);
  for (const channel of CHANNELS.filter((one) => channels.includes(one))) {
    const subject = subjectOfChannel(member, channel);
    if (subject !== undefined && subject.kind !== 'member') subjects.set(subject, channelMask([channel]));
  }
  return subjects;
}

async function changeList(
  tx: MembersTx,
  subjects: ReadonlyMap<SuppressionSubject, ChannelMask>,
  {
    order: { action, reason },
    changedAt,
    hashSubject,
  }: { readonly order: SuppressionOrder; readonly changedAt: EpochMs; readonly hashSubject: SubjectHasher },
): Promise<void> {
  const changes = [...subjects].map(([subject, mask]): SuppressionChange => ({
    subjectHash: hashSubject(subject),
    add: action === 'suppress' ? mask : 0,
    remove: action === 'unsuppress' ? mask : 0,
    changedAt,
    reason,
  }));
  await tx.members.changeSuppressions(changes);
}

async function foundByIndex(
  tx: MembersTx,
  addresses: readonly AddressQuery[],
  others: readonly number[],
): Promise<readonly number[]> {
  const ordinals = new Set(others);
  for (const address of addresses) {
    for (const ordinal of await tx.members.ordinalsByAddress(address)) ordinals.add(ordinal);
  }
  return [...ordinals];
}

/**
 * Members whose blocks wait for the index, and last those whose blocks have been entered since the first look: a block
 * leaves the backlog only for the index, so that nobody is between the two.
 */
async function refreshWaiting(deps: MembershipDeps, addresses: readonly AddressQuery[]): Promise<Iterable<number>> {
  const refreshed = new Set<number>();
  if (addresses.length === 0) return refreshed;
  let fromBlock = 0;
  for (;;) {
    const blocks = await deps.store.read((tx) => tx.members.addressBacklog({ fromBlock, limit: BLOCKS_AT_ONCE }));
    const last = blocks.at(-1);
    if (last === undefined) break;
    await refreshFound(deps, refreshed, async (tx) => {
      const ordinals = new Set<number>();
      for (const address of addresses) {
        for (const ordinal of await tx.members.unindexedOrdinalsByAddress(address, blocks)) ordinals.add(ordinal);
      }
      return [...ordinals];
    });
    fromBlock = last + 1;
    await nextTurn();
  }
  await refreshFound(deps, refreshed, (tx) => foundByIndex(tx, addresses, []));
  return refreshed;
}

async function refreshFound(
  deps: MembershipDeps,
  refreshed: Set<number>,
  find: (tx: MembersTx) => Promise<readonly number[]>,
): Promise<void> {
  const now = deps.clock.now();
  const ordinals = await deps.store.transaction(async (tx) => {
    const found = await find(tx);
    await refreshMembers(tx, found, deps.hashSubject, now);
    return found;
  });
  for (const ordinal of ordinals) refreshed.add(ordinal);
}

/** Brings members' flags to what the list says now. */
export async function refreshMembers(
  tx: MembersTx,
  ordinals: readonly number[],
  hashSubject: SubjectHasher,
  now: EpochMs,
): Promise<void> {
  const members = (await tx.members.findByOrdinals(ordinals)).filter((member) => member !== undefined);
  const masks = await suppressedChannelsOf(tx, members, hashSubject);
  const changes = members.map((before, index): MemberChange => ({
    before,
    after: withFlags(before, masks[index] ?? 0),
  }));
  await tx.members.update(
    changes.filter(({ before, after }) => before.flags !== after.flags),
    now,
  );
}
