import type { EngineStore } from '../../src/compose.js';
import { epochMs } from '../../src/core/time.js';
import { EMPTY_FIELDS, type MemberFields } from '../../src/membership/member.js';
import { toRow } from '../../src/membership/member-row.js';

export interface TestMember extends Partial<MemberFields> {
  readonly ordinal: number;
  readonly memberId: string;
}

/** Puts members at ordinals of the test's choice. */
export async function addMembers(store: EngineStore, members: readonly TestMember[]): Promise<void> {
  await store.transaction(async (tx) => {
    for (const { ordinal, memberId, ...fields } of members) {
      await tx.members.insert(ordinal, [toRow(memberId, { ...EMPTY_FIELDS, ...fields })], epochMs(0));
    }
  });
}

/** The first members of a store, at the ordinals below `count`; nothing is known of them. */
export async function addPlainMembers(store: EngineStore, count: number): Promise<void> {
  const rows = Array.from({ length: count }, (_, ordinal) => toRow(`m-${ordinal}`, EMPTY_FIELDS));
  await store.transaction(async (tx) => tx.members.insert(await tx.ids.take('ordinal', count), rows, epochMs(0)));
}

/** Changes what is known of a member. */
export async function changeMember(
  store: EngineStore,
  memberId: string,
  { changes, atMs }: { readonly changes: Partial<MemberFields>; readonly atMs: number },
): Promise<void> {
  await store.transaction(async (tx) => {
    const [before] = await tx.members.findByMemberIds([memberId]);
    if (before === undefined) throw new Error(`no member ${memberId}`);
    const { name = before.name, level = before.level, points = before.points } = changes;
    await tx.members.update([{ before, after: { ...before, name, level, points } }], epochMs(atMs));
  });
}

/** Erases members' rows. */
export async function removeMembers(store: EngineStore, ordinals: readonly number[]): Promise<void> {
  await store.transaction(async (tx) => {
    const found = await tx.members.findByOrdinals(ordinals);
    await tx.members.remove(found.filter((member) => member !== undefined));
  });
}
