import { countBits, ordinalsOfBits, bitsWithout } from '../../core/block-bits.js';
import { issueRunId, ordinal, type CouponId, type IssueRunId } from '../../core/ids.js';
import { BLOCK_SIZE, blockOf, offsetInBlock, testBit } from '../../core/ranges.js';
import type { GrantBits } from '../../coupon/grant/grant-bits-repository.js';
import { grantName, type Grant } from '../../coupon/grant/grant.js';
import type { IssueRun } from '../../coupon/issue/issue-run.js';
import type { AuditDifference } from './audit-difference.js';
import type { AuditRun, AuditTx } from './audit-run.js';

/** Each of them more than one block can have, so that every slice goes on. */
const ROWS_PER_SLICE = 2_000;
const BITMAPS_PER_SLICE = 200;
const MAX_RUNS = 1_000;

/** Behind every run of the block before. */
const LAST_RUN = issueRunId(Number.MAX_SAFE_INTEGER);

/** What there is of a coupon that was given to many at once. */
export interface IssuedFigures {
  /** Rows and bits. */
  readonly grants: number;
  /** Bits that its journal tells of. */
  readonly issued: number;
}

interface Slice {
  readonly rows: readonly Grant[];
  readonly bits: readonly GrantBits[];
  readonly journal: readonly GrantBits[];
  /** First block that it does not tell of; Infinity at the end. */
  readonly untilBlock: number;
}

/**
 * Grants that are rows, those that are bits and the journal of bits against each other, block by block; then each run's
 * own books. Each slice is of one moment, so that a grant which becomes a row meanwhile is met once.
 */
export async function* auditIssued(run: AuditRun, id: CouponId): AsyncGenerator<AuditDifference, IssuedFigures> {
  const before = await runsOf(run, id);
  const given = new Map<IssueRunId, number>();
  let [grants, issued] = [0, 0];
  for (let fromBlock = 0; fromBlock !== Infinity;) {
    const slice = await run.slice((tx) => readSlice(tx, id, fromBlock));
    yield* compareSlice(id, slice);
    grants += slice.rows.length + slice.bits.reduce((sum, { bits }) => sum + countBits(bits), 0);
    for (const { runId, bits } of slice.journal) {
      const count = countBits(bits);
      issued += count;
      given.set(runId, (given.get(runId) ?? 0) + count);
    }
    fromBlock = slice.untilBlock;
  }
  yield* compareRuns(run, id, { before, given });
  return { grants, issued };
}

async function readSlice(tx: AuditTx, id: CouponId, fromBlock: number): Promise<Slice> {
  const behind = { block: fromBlock - 1, runId: LAST_RUN };
  const rows = await tx.grants.rowsAfter(id, {
    after: { ordinal: ordinal(fromBlock * BLOCK_SIZE - 1), n: Number.MAX_SAFE_INTEGER },
    limit: ROWS_PER_SLICE,
  });
  const bits = await tx.grantBits.rowsAfter(id, { after: behind, limit: BITMAPS_PER_SLICE });
  const journal = await tx.grantBits.journalAfter(id, { after: behind, limit: BITMAPS_PER_SLICE });
  const ends = [
    rows.length < ROWS_PER_SLICE ? Infinity : blockOf(rows.at(-1)?.ordinal ?? 0),
    ...[bits, journal].map((all) => (all.length < BITMAPS_PER_SLICE ? Infinity : (all.at(-1)?.block ?? 0))),
  ];
  const untilBlock = Math.max(fromBlock + 1, Math.min(...ends));
  const isIn = ({ block }: GrantBits): boolean => block < untilBlock;
  return {
    rows: rows.filter((row) => blockOf(row.ordinal) < untilBlock),
    bits: bits.filter(isIn),
    journal: journal.filter(isIn),
    untilBlock,
  };
}

function* compareSlice(id: CouponId, { rows, bits, journal }: Slice): Generator<AuditDifference> {
  const held = new Map(rows.map((row) => [row.ordinal, row]));
  const seen = new Set<number>();
  for (const row of rows) {
    if (row.n === 1 && !seen.has(row.ordinal)) seen.add(row.ordinal);
    else yield difference('coupon.grant', grantName(row), 'number 1, of at most 1', `number ${row.n}`);
  }
  const inJournal = new Map(journal.map((each) => [placeOf(each), each]));
  for (const each of bits) {
    for (const member of ordinalsOfBits(each.block, each.bits)) {
      if (seen.has(member)) {
        const name = grantName({ couponId: id, ordinal: ordinal(member), n: 1 });
        yield difference('coupon.grant', name, 'one grant', 'one more, as a bit');
      }
      seen.add(member);
    }
    const told = inJournal.get(placeOf(each));
    const untold =
      told?.grantedAt === each.grantedAt ? countBits(bitsWithout(each.bits, told.bits)) : countBits(each.bits);
    if (untold > 0) yield difference('coupon.bits', placeOf(each), 'only what its journal tells of', `${untold} more`);
  }
  const now = new Map(bits.map((each) => [placeOf(each), each]));
  for (const told of journal) {
    const left = now.get(placeOf(told));
    for (const member of ordinalsOfBits(told.block, told.bits)) {
      if (left !== undefined && testBit(left.bits, offsetInBlock(member))) continue;
      const key = { couponId: id, ordinal: ordinal(member), n: 1 };
      const row = held.get(key.ordinal);
      if (row?.grantedAt === told.grantedAt) continue;
      const found = row === undefined ? 'no such grant' : `one of ${row.grantedAt}`;
      yield difference('coupon.journal', grantName(key), `one of ${told.grantedAt}`, found);
    }
  }
}

const placeOf = ({ couponId, block, runId }: GrantBits): string =>
  `run ${runId} of coupon ${couponId} in block ${block}`;

function difference(
  kind: 'coupon.grant' | 'coupon.bits' | 'coupon.journal',
  name: string,
  expected: string,
  found: string,
): AuditDifference {
  return { kind, what: kind === 'coupon.bits' ? name : `grant ${name}`, expected, found };
}

const runsOf = (run: AuditRun, id: CouponId): Promise<readonly IssueRun[]> =>
  run.slice((tx) => tx.issueRuns.ofCoupon(id, { beforeId: undefined, limit: MAX_RUNS }));

/** Where a run goes on, what its journal tells of lies between two counts. */
async function* compareRuns(
  run: AuditRun,
  id: CouponId,
  { before, given }: { readonly before: readonly IssueRun[]; readonly given: ReadonlyMap<IssueRunId, number> },
): AsyncGenerator<AuditDifference> {
  const least = new Map(before.map((each) => [each.id, each.granted]));
  for (const each of await runsOf(run, id)) {
    const count = given.get(each.id) ?? 0;
    const what = `run ${each.id} of coupon ${id}`;
    if (count < (least.get(each.id) ?? 0) || count > each.granted) {
      yield {
        kind: 'coupon.run',
        what,
        expected: `${each.granted} granted, as it counts`,
        found: `${count} in its journal`,
      };
    }
    const { audienceId, leftOver } = each;
    if (audienceId === undefined || leftOver === undefined) continue;
    const audience = await run.slice((tx) => tx.audiences.find(audienceId));
    const accounted = each.granted + each.alreadyHeld + each.withoutStock + each.gone + leftOver;
    if (accounted === audience?.memberCount) continue;
    const expected = `${String(audience?.memberCount)} members of its audience`;
    yield { kind: 'coupon.run', what, expected, found: `${accounted} accounted for` };
  }
}
