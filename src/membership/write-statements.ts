import { isDomainError } from '../core/errors.js';
import type { EpochMs } from '../core/time.js';
import type { ChannelMask } from './flags.js';
import type { MemberChange } from './member-repository.js';
import type { MemberRow, StoredMember } from './member-row.js';
import type { MembersTx } from './members-tx.js';
import { isSameRow, mergeRow, newMemberRow, withFlags, type MemberStatement } from './statement.js';
import { subjectsOf, type SubjectHasher } from './suppression.js';

export type WriteOutcome =
  | { readonly kind: 'created' | 'updated' | 'unchanged' }
  | { readonly kind: 'rejected'; readonly field: string; readonly reason: string };

export interface WriteOptions {
  readonly receivedAt: EpochMs;
  readonly hashSubject: SubjectHasher;
}

/**
 * Creates the members that do not exist and merges the statements into those that do, in the order given; answers
 * what became of each statement. Saying the same twice creates or changes nothing the second time.
 */
export async function writeStatements(
  tx: MembersTx,
  statements: readonly MemberStatement[],
  options: WriteOptions,
): Promise<readonly WriteOutcome[]> {
  const outcomes: WriteOutcome[] = [];
  // A member named twice is written in rounds, so that the later statement meets the result of the earlier.
  for (const round of roundsOf(statements)) {
    const written = await writeRound(
      tx,
      round.map((index) => at(statements, index)),
      options,
    );
    round.forEach((index, position) => (outcomes[index] = at(written, position)));
  }
  return outcomes;
}

/** Indexes of the statements, each member at most once in a round. */
function roundsOf(statements: readonly MemberStatement[]): readonly (readonly number[])[] {
  const timesSeen = new Map<string, number>();
  const rounds: number[][] = [];
  statements.forEach(({ row }, index) => {
    const round = timesSeen.get(row.memberId) ?? 0;
    timesSeen.set(row.memberId, round + 1);
    (rounds[round] ??= []).push(index);
  });
  return rounds;
}

async function writeRound(
  tx: MembersTx,
  statements: readonly MemberStatement[],
  options: WriteOptions,
): Promise<readonly WriteOutcome[]> {
  const known = await tx.members.findByMemberIds(statements.map(({ row }) => row.memberId));
  const drafts = statements.map((statement, index) => draftOf(statement, known[index], options));
  const suppressed = await suppressedFor(tx, drafts, options.hashSubject);
  const created: MemberRow[] = [];
  const changes: MemberChange[] = [];
  drafts.forEach((draft, index) => {
    if (draft.kind === 'created') created.push(draft.flagged(suppressed[index] ?? 0));
    if (draft.kind === 'updated')
      changes.push({ before: draft.before, after: withFlags(draft.row, suppressed[index] ?? 0) });
  });
  if (created.length > 0) {
    await tx.members.insert(await tx.ids.take('ordinal', created.length), created, options.receivedAt);
  }
  if (changes.length > 0) await tx.members.update(changes, options.receivedAt);
  return drafts.map((draft) => (draft.kind === 'rejected' ? draft : OUTCOMES[draft.kind]));
}

type Draft =
  | { readonly kind: 'created'; readonly row: Addressed; readonly flagged: (suppressed: ChannelMask) => MemberRow }
  | { readonly kind: 'updated'; readonly row: Omit<MemberRow, 'flags'>; readonly before: StoredMember }
  | { readonly kind: 'unchanged' }
  | { readonly kind: 'rejected'; readonly field: string; readonly reason: string };
type Addressed = Pick<MemberRow, 'memberId' | 'email' | 'phone' | 'pushToken'>;

function draftOf(statement: MemberStatement, before: StoredMember | undefined, { receivedAt }: WriteOptions): Draft {
  if (before === undefined) {
    const flagged = (suppressed: ChannelMask): MemberRow => newMemberRow(statement, { receivedAt, suppressed });
    return { kind: 'created', row: statement.row, flagged };
  }
  try {
    const row = mergeRow(before, statement, receivedAt);
    return isSameRow(before, row) ? { kind: 'unchanged' } : { kind: 'updated', row, before };
  } catch (error) {
    if (!isDomainError(error, 'INVALID_INPUT')) throw error;
    return { kind: 'rejected', field: String(error.values['field']), reason: String(error.values['reason']) };
  }
}

async function suppressedFor(
  tx: MembersTx,
  drafts: readonly Draft[],
  hashSubject: SubjectHasher,
): Promise<readonly ChannelMask[]> {
  if (!(await tx.members.hasSuppressions())) return [];
  const rows = drafts.map((draft) => (draft.kind === 'created' || draft.kind === 'updated' ? draft.row : undefined));
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

function at<Value>(values: readonly Value[], index: number): Value {
  const value = values[index];
  if (value === undefined) throw new RangeError(`No value at ${index}.`);
  return value;
}
