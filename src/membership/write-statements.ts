import { isDomainError } from '../core/errors.js';
import type { EpochMs } from '../core/time.js';
import type { ChannelMask } from './flags.js';
import type { MemberChange } from './member-repository.js';
import type { MemberRow, StoredMember } from './member-row.js';
import type { MembersTx } from './members-tx.js';
import { isSameRow, mergeRow, newRow, withFlags, type MemberStatement } from './statement.js';
import { subjectsOf, type SubjectHasher } from './suppression.js';

export type WriteOutcome =
  | { readonly kind: 'created' | 'updated' | 'unchanged' }
  | { readonly kind: 'rejected'; readonly field: string; readonly reason: string };

export interface WriteOptions {
  readonly receivedAt: EpochMs;
  readonly hashSubject: SubjectHasher;
}

/**
 * Creates the members that do not exist and merges the statements into those that do; answers what became of each.
 * Statements about one member are merged in their order and written once: the first is answered with what that made
 * of the member, the others with `unchanged`. Saying the same twice creates or changes nothing the second time.
 */
export async function writeStatements(
  tx: MembersTx,
  statements: readonly MemberStatement[],
  options: WriteOptions,
): Promise<readonly WriteOutcome[]> {
  const isAscending = isAscendingById(statements);
  const groups = isAscending ? statements.map((statement, index) => [{ index, statement }]) : groupByMember(statements);
  const ordinals = await tx.members.findOrdinals(groups.map(idOfGroup));
  if (isAscending && ordinals.every((ordinal) => ordinal === undefined)) return loadNew(tx, statements, options);
  return mergeGroups(tx, { count: statements.length, groups, ordinals }, options);
}

/** True where each member comes once, as in a sorted run. */
const isAscendingById = (statements: readonly MemberStatement[]): boolean =>
  statements.every(({ row }, index) => index === 0 || row.memberId > (statements[index - 1]?.row.memberId ?? ''));

/** The way of a bulk load: rows are written as they come. */
async function loadNew(
  tx: MembersTx,
  statements: readonly MemberStatement[],
  { receivedAt, hashSubject }: WriteOptions,
): Promise<readonly WriteOutcome[]> {
  const plain = statements.map((statement) => newRow(statement, receivedAt));
  const masks = (await tx.members.hasSuppressions()) ? await suppressedChannelsOf(tx, plain, hashSubject) : undefined;
  const rows = masks === undefined ? plain : plain.map((row, index) => withFlags(row, masks[index] ?? 0));
  await tx.members.insert(await tx.ids.take('ordinal', rows.length), rows, receivedAt);
  return statements.map(() => OUTCOMES.created);
}

interface Grouped {
  /** Statements in all. */
  readonly count: number;
  /** Statements about one member each, in their order. */
  readonly groups: readonly (readonly Numbered[])[];
  /** Of the member of each group; undefined for a new one. */
  readonly ordinals: readonly (number | undefined)[];
}

async function mergeGroups(
  tx: MembersTx,
  { count, groups, ordinals }: Grouped,
  { receivedAt, hashSubject }: WriteOptions,
): Promise<readonly WriteOutcome[]> {
  const found = await tx.members.findByOrdinals(ordinals.filter((ordinal) => ordinal !== undefined));
  let next = 0;
  const drafts = groups.map((group, index) => {
    const before = ordinals[index] === undefined ? undefined : found[next++];
    return draftOf(group, before, receivedAt);
  });
  const masks = await suppressedFor(tx, drafts, hashSubject);
  const created: MemberRow[] = [];
  const changes: MemberChange[] = [];
  drafts.forEach(({ before, row, kind }, index) => {
    if (row === undefined || kind === 'unchanged') return;
    const after = withFlags(row, masks[index] ?? 0);
    if (before === undefined) created.push(after);
    else changes.push({ before, after });
  });
  if (created.length > 0) await tx.members.insert(await tx.ids.take('ordinal', created.length), created, receivedAt);
  if (changes.length > 0) await tx.members.update(changes, receivedAt);
  return outcomesOf(count, drafts);
}

interface Numbered {
  readonly index: number;
  readonly statement: MemberStatement;
}

const idOfGroup = (group: readonly Numbered[]): string => group[0]?.statement.row.memberId ?? '';

function groupByMember(statements: readonly MemberStatement[]): readonly (readonly Numbered[])[] {
  const groups = new Map<string, Numbered[]>();
  statements.forEach((statement, index) => {
    const group = groups.get(statement.row.memberId);
    if (group === undefined) groups.set(statement.row.memberId, [{ index, statement }]);
    else group.push({ index, statement });
  });
  return [...groups.values()];
}

/** A member before and after all that is stated about it. */
interface Draft {
  readonly kind: 'created' | 'updated' | 'unchanged';
  readonly before: StoredMember | undefined;
  /** Undefined where every statement about a new member was rejected. */
  readonly row: Omit<MemberRow, 'flags'> | undefined;
  readonly outcomes: readonly { readonly index: number; readonly rejected: WriteOutcome | undefined }[];
}

function draftOf(group: readonly Numbered[], before: StoredMember | undefined, receivedAt: EpochMs): Draft {
  let row: Omit<MemberRow, 'flags'> | undefined = before;
  const outcomes = group.map(({ index, statement }) => {
    try {
      row = row === undefined ? newRow(statement, receivedAt) : mergeRow(row, statement, receivedAt);
      return { index, rejected: undefined };
    } catch (error) {
      return { index, rejected: rejectionOf(error) };
    }
  });
  if (before === undefined) return { kind: 'created', before, row, outcomes };
  return { kind: row === undefined || isSameRow(before, row) ? 'unchanged' : 'updated', before, row, outcomes };
}

function rejectionOf(error: unknown): WriteOutcome {
  if (!isDomainError(error, 'INVALID_INPUT')) throw error;
  return { kind: 'rejected', field: String(error.values['field']), reason: String(error.values['reason']) };
}

function outcomesOf(count: number, drafts: readonly Draft[]): readonly WriteOutcome[] {
  const answers = new Array<WriteOutcome>(count);
  for (const { kind, outcomes } of drafts) {
    let isFirst = true;
    for (const { index, rejected } of outcomes) {
      answers[index] = rejected ?? OUTCOMES[isFirst ? kind : 'unchanged'];
      if (rejected === undefined) isFirst = false;
    }
  }
  return answers;
}

async function suppressedFor(
  tx: MembersTx,
  drafts: readonly Draft[],
  hashSubject: SubjectHasher,
): Promise<readonly ChannelMask[]> {
  if (!(await tx.members.hasSuppressions())) return [];
  const rows = drafts.map(({ kind, row }) => (kind === 'unchanged' ? undefined : row));
  return suppressedChannelsOf(tx, rows, hashSubject);
}

/** The channels that the suppression list closes for each of these members, by its key and all its addresses. */
export async function suppressedChannelsOf(
  tx: MembersTx,
  members: readonly (Addressed | undefined)[],
  hashSubject: SubjectHasher,
): Promise<readonly ChannelMask[]> {
  const subjects = members.map((member) => (member === undefined ? [] : subjectsOf(member)));
  const masks = await tx.members.suppressedChannels(subjects.flat().map(hashSubject));
  let next = 0;
  return subjects.map(({ length }) => {
    let mask: ChannelMask = 0;
    for (let count = 0; count < length; count++) mask |= masks[next++] ?? 0;
    return mask;
  });
}

const OUTCOMES = {
  created: { kind: 'created' },
  updated: { kind: 'updated' },
  unchanged: { kind: 'unchanged' },
} as const satisfies Record<string, WriteOutcome>;

type Addressed = Pick<MemberRow, 'memberId' | 'email' | 'phone' | 'pushToken'>;
