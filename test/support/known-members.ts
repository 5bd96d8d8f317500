import type { MemberChanges, MemberLookup } from '../../src/core/ports/member-lookup.js';
import type { RecipientFields } from '../../src/core/ports/provider.js';
import { epochMs } from '../../src/core/time.js';

export interface KnownMember extends Partial<RecipientFields> {
  readonly memberId: string;
  readonly changedAtMs?: number;
}

/** A directory of a few members by ordinal, for tests of views that only look members up. */
export function knownMembers(byOrdinal: Map<number, KnownMember>): MemberLookup & MemberChanges {
  const each = <Value>(ordinals: ArrayLike<number>, read: (member: KnownMember) => Value): (Value | undefined)[] =>
    Array.from(ordinals, (ordinal) => {
      const member = byOrdinal.get(ordinal);
      return member === undefined ? undefined : read(member);
    });
  return {
    ordinalsOf: async (memberIds) =>
      Float64Array.from(memberIds, (id) => [...byOrdinal].find(([, { memberId }]) => memberId === id)?.[0] ?? -1),
    memberIdsOf: async (ordinals) => each(ordinals, ({ memberId }) => memberId),
    recipients: async (ordinals, columns) =>
      Object.fromEntries(
        columns.map((column) => [column, JSON.stringify(each(ordinals, (member) => member[column] ?? null))]),
      ),
    changedAtOf: async (ordinals) => each(ordinals, ({ changedAtMs }) => epochMs(changedAtMs ?? 0)),
  };
}
