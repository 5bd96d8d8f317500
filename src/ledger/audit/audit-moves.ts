/**
 * Rebuilds the state of every grant of a coupon from its journal, and compares it with what is stored: state, order,
 * discount and end of lock of each grant, and the counts and sums of all. What is compared is of one moment with the
 * entries that came last, so that moves may go on meanwhile: a grant that has moved behind the rows compared so far is
 * looked up again.
 *
 * Cost: a pass over journal and grants for each `MAX_MOVED` grants that have moved; grants that never moved take no room.
 */
import { ordinal as toOrdinal, type CouponId, type OrderId } from '../../core/ids.js';
import type { EpochMs } from '../../core/time.js';
import { NO_COUNTS, type CouponCounts } from '../../coupon/coupon.js';
import { GRANT_MOVES } from '../../coupon/grant/grant-moves.js';
import type { JournalEntry } from '../../coupon/grant/grant-repository.js';
import { grantName, type Grant, type GrantKey, type StoredGrantState } from '../../coupon/grant/grant.js';
import type { AuditDifference } from './audit-difference.js';
import type { AuditRun, AuditTx } from './audit-run.js';

const ROWS_PER_SLICE = 500;
const MAX_MOVED = 200_000;
/** Above the number of any grant of a member. */
const MAX_NUMBER = 1_000;

/** Where a grant stands among the rows of its coupon. */
type Place = Pick<GrantKey, 'ordinal' | 'n'>;

export async function* auditMoves(run: AuditRun, id: CouponId, maxMoved = MAX_MOVED): AsyncGenerator<AuditDifference> {
  for (let from = 0; from < Infinity;) {
    const rebuilt = new RebuiltGrants(from, maxMoved);
    while (await run.slice((tx) => readMore(tx, id, rebuilt)));
    yield* compareRows(run, id, rebuilt);
    yield* rebuilt.differences.splice(0);
    from = rebuilt.until;
  }
}

type Totals = { -readonly [Count in keyof CouponCounts]: CouponCounts[Count] };

/** What a grant that has moved has come to. */
interface Rebuilt {
  readonly key: GrantKey;
  readonly state: StoredGrantState;
  /** Order, discount and end of lock, as text; of one that is nobody's nothing. */
  readonly use: string;
  isMet: boolean;
}

/** Grants of members from one ordinal on, as many as there is room for. */
class RebuiltGrants {
  /** Grants from this ordinal on are for the next pass. */
  until = Infinity;
  /** Of the journal, up to where it was read. */
  position = 0;
  readonly totals: Totals = { ...NO_COUNTS };
  readonly moved = new Map<string, Rebuilt>();
  /** The last grant whose row was compared. */
  compared: Place | undefined;
  /** Those that have moved since their row was compared. */
  readonly movedSince = new Map<string, GrantKey>();
  readonly differences: AuditDifference[] = [];

  constructor(
    readonly from: number,
    private readonly maxMoved: number,
  ) {}

  add(entry: JournalEntry & { readonly position: number }): void {
    this.position = entry.position;
    if (entry.move === 'conflict' || entry.move === 'granted') return;
    const { from, to } = GRANT_MOVES[entry.move];
    this.total(from, -1, -(entry.amountMinor ?? 0n));
    this.total(to, 1, entry.amountMinor ?? 0n);
    if (entry.ordinal < this.from || entry.ordinal >= this.until) return;
    const name = grantName(entry);
    const before = this.moved.get(name)?.state ?? 'available';
    if (before !== from) {
      const what = `grant ${name}, entry ${entry.position}`;
      this.differences.push({ kind: 'coupon.journal', what, expected: `a move from ${before}`, found: entry.move });
    }
    const { couponId, ordinal, n } = entry;
    const key = { couponId, ordinal, n };
    const isNobodys = to === 'available' || to === 'revoked';
    const use = isNobodys
      ? ''
      : useText(entry.orderId, entry.amountMinor, to === 'locked' ? entry.lockEndsAt : undefined);
    this.moved.set(name, { key, state: to, use, isMet: false });
    if (this.compared !== undefined && !isBehind(key, this.compared)) this.movedSince.set(name, key);
    if (this.moved.size > this.maxMoved) this.makeRoom();
  }

  expected(name: string): string {
    const rebuilt = this.moved.get(name);
    return rebuilt === undefined ? 'available' : `${rebuilt.state}${rebuilt.use}`;
  }

  /** The upper half is left to the next pass. */
  private makeRoom(): void {
    const ordinals = [...this.moved.values()].map(({ key }) => key.ordinal).sort((left, right) => left - right);
    this.until = Math.max(this.from + 1, ordinals[Math.floor(ordinals.length / 2)] ?? Infinity);
    for (const [name, { key }] of this.moved) if (key.ordinal >= this.until) this.moved.delete(name);
  }

  private total(state: StoredGrantState, grants: number, amountMinor: bigint): void {
    if (state === 'available') return;
    this.totals[state] += grants;
    if (state === 'locked') this.totals.lockedMinor += amountMinor;
    if (state === 'redeemed') this.totals.redeemedMinor += amountMinor;
  }
}

/** True when there may be more. */
async function readMore(tx: AuditTx, id: CouponId, rebuilt: RebuiltGrants): Promise<boolean> {
  const entries = await tx.grants.journalAfter(id, { after: rebuilt.position, limit: ROWS_PER_SLICE });
  for (const entry of entries) rebuilt.add(entry);
  return entries.length === ROWS_PER_SLICE;
}

async function* compareRows(run: AuditRun, id: CouponId, rebuilt: RebuiltGrants): AsyncGenerator<AuditDifference> {
  for (let isFirst = true; ; isFirst = false) {
    const slice = await run.slice((tx) => readSlice(tx, id, rebuilt));
    rebuilt.movedSince.clear();
    yield* differencesOf([...slice.movedSince, ...slice.rows], rebuilt);
    if (isFirst && rebuilt.from === 0) yield* countDifferences(id, slice.counts, rebuilt.totals);
    rebuilt.compared = slice.rows.at(-1) ?? rebuilt.compared;
    const isAtEnd = slice.rows.length < ROWS_PER_SLICE;
    if (isAtEnd || rebuilt.compared === undefined || rebuilt.compared.ordinal >= rebuilt.until) break;
  }
  for (const [name, { isMet }] of rebuilt.moved) {
    if (!isMet)
      yield { kind: 'coupon.state', what: `grant ${name}`, expected: rebuilt.expected(name), found: 'no row' };
  }
}

interface Slice {
  /** Rows that follow the ones compared. */
  readonly rows: readonly Grant[];
  /** And those before that have moved meanwhile. */
  readonly movedSince: readonly Grant[];
  readonly counts: CouponCounts | undefined;
}

/** Of one moment: the journal to its end, the next rows, and what the coupon counts. */
async function readSlice(tx: AuditTx, id: CouponId, rebuilt: RebuiltGrants): Promise<Slice> {
  while (await readMore(tx, id, rebuilt));
  const { from, compared, movedSince } = rebuilt;
  const after = compared ?? (from === 0 ? undefined : { ordinal: toOrdinal(from - 1), n: MAX_NUMBER });
  const rows = await tx.grants.rowsAfter(id, { after, limit: ROWS_PER_SLICE });
  const held = await tx.grants.ofMembers(id, [...new Set([...movedSince.values()].map(({ ordinal }) => ordinal))]);
  const again = held.flat().filter((grant) => movedSince.has(grantName(grant)));
  return { rows, movedSince: again, counts: (await tx.coupons.find(id))?.counts };
}

function* differencesOf(rows: readonly Grant[], rebuilt: RebuiltGrants): Generator<AuditDifference> {
  for (const row of rows) {
    if (row.ordinal < rebuilt.from || row.ordinal >= rebuilt.until) continue;
    const name = grantName(row);
    const met = rebuilt.moved.get(name);
    if (met !== undefined) met.isMet = true;
    const expected = rebuilt.expected(name);
    const { state, use } = row;
    const stored = use === undefined ? state : `${state}${useText(use.orderId, use.amountMinor, use.lockEndsAt)}`;
    if (stored !== expected) yield { kind: 'coupon.state', what: `grant ${name}`, expected, found: stored };
  }
}

function* countDifferences(
  id: CouponId,
  counts: CouponCounts | undefined,
  totals: CouponCounts,
): Generator<AuditDifference> {
  for (const count of COUNTED) {
    if (counts === undefined || counts[count] === totals[count]) continue;
    const expected = `${counts[count]} ${count}, as it counts`;
    yield { kind: 'coupon.counts', what: `coupon ${id}`, expected, found: `${totals[count]} in its journal` };
  }
}

const COUNTED = ['locked', 'redeemed', 'forfeited', 'revoked', 'lockedMinor', 'redeemedMinor'] as const;

const useText = (
  orderId: OrderId | undefined,
  amountMinor: bigint | undefined,
  lockEndsAt: EpochMs | undefined,
): string =>
  ` by ${String(orderId)} for ${String(amountMinor)}${lockEndsAt === undefined ? '' : ` until ${lockEndsAt}`}`;

const isBehind = (key: Place, place: Place): boolean =>
  key.ordinal > place.ordinal || (key.ordinal === place.ordinal && key.n > place.n);
