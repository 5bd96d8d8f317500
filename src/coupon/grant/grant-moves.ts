/**
 * The moves of a grant: one table of moves, one of who makes which. Pure.
 *
 *                ┌──────────────── paidLate ───────────────┐
 *                │                                         ▼
 *   granted ─► available ── locked ──► locked ─ redeemed ► redeemed ── forfeited ──► forfeited
 *               │ ▲ ▲                   │                  │    ▲                       │
 *               │ │ └───── released ────┘                  │    └────── paidAgain ──────┘
 *               │ └────────────── returned ────────────────┘
 *               └ revoked ──► revoked
 *
 * A lock whose time is over is void: whoever touches it releases it first, so that it makes no difference how late its
 * timer is. The end of validity is no move: it is read from the clock.
 */
import { assert } from '../../core/assert.js';
import type { OrderId } from '../../core/ids.js';
import type { EpochMs } from '../../core/time.js';
import type { Grant, GrantUse, StoredGrantState } from './grant.js';

export const GRANT_MOVES = {
  granted: { from: undefined, to: 'available' },
  locked: { from: 'available', to: 'locked' },
  released: { from: 'locked', to: 'available' },
  redeemed: { from: 'locked', to: 'redeemed' },
  /** Paid after its lock had ended, while nobody else held it. */
  paidLate: { from: 'available', to: 'redeemed' },
  /** Given back after the payment, by the rule of the coupon. */
  returned: { from: 'redeemed', to: 'available' },
  forfeited: { from: 'redeemed', to: 'forfeited' },
  /** By the same order, after it had given it back. */
  paidAgain: { from: 'forfeited', to: 'redeemed' },
  revoked: { from: 'available', to: 'revoked' },
} as const satisfies Readonly<
  Record<string, { readonly from: StoredGrantState | undefined; readonly to: StoredGrantState }>
>;
export type GrantMove = keyof typeof GRANT_MOVES;
export const GRANT_MOVE_NAMES = Object.keys(GRANT_MOVES) as readonly GrantMove[]; // the keys of a const object

/** Why a grant moves, as the journal says. */
export const MOVE_CAUSES = ['lock', 'unlock', 'lockRanOut', 'paid', 'cancelled', 'refunded', 'person'] as const;
export type MoveCause = (typeof MOVE_CAUSES)[number];

/** What happens to a grant. `return` and `forfeit` are the two rules of a coupon for orders that are given back. */
export type GrantSignal =
  | { readonly kind: 'lock'; readonly orderId: OrderId; readonly amountMinor: bigint; readonly lockEndsAt: EpochMs }
  | { readonly kind: 'pay'; readonly orderId: OrderId; readonly amountMinor: bigint }
  | { readonly kind: 'release'; readonly orderId: OrderId; readonly why: 'cancelled' | 'unlock' }
  | {
      readonly kind: 'return' | 'forfeit';
      readonly orderId: OrderId;
      readonly why: 'cancelled' | 'refunded';
    }
  /** Somebody looks whether its lock is over. */
  | { readonly kind: 'look' }
  | { readonly kind: 'revoke' };

type Answer = GrantMove | 'stays' | 'refused';
/** `own`: the order that it is of asks; anybody else is answered by `other`. */
type Cell = Answer | { readonly own: Answer; readonly other: Answer };

const ANSWERS: Readonly<Record<GrantSignal['kind'], Readonly<Record<StoredGrantState, Cell>>>> = {
  lock: {
    available: 'locked',
    locked: { own: 'stays', other: 'refused' },
    redeemed: 'refused',
    forfeited: 'refused',
    revoked: 'refused',
  },
  pay: {
    available: 'paidLate',
    locked: { own: 'redeemed', other: 'refused' },
    redeemed: { own: 'stays', other: 'refused' },
    forfeited: { own: 'paidAgain', other: 'refused' },
    revoked: 'refused',
  },
  release: {
    available: 'stays',
    locked: { own: 'released', other: 'stays' },
    redeemed: 'stays',
    forfeited: 'stays',
    revoked: 'stays',
  },
  return: {
    available: 'stays',
    locked: { own: 'released', other: 'stays' },
    redeemed: { own: 'returned', other: 'stays' },
    forfeited: 'stays',
    revoked: 'stays',
  },
  forfeit: {
    available: 'stays',
    locked: { own: 'released', other: 'stays' },
    redeemed: { own: 'forfeited', other: 'stays' },
    forfeited: 'stays',
    revoked: 'stays',
  },
  look: { available: 'stays', locked: 'stays', redeemed: 'stays', forfeited: 'stays', revoked: 'stays' },
  revoke: { available: 'revoked', locked: 'refused', redeemed: 'refused', forfeited: 'refused', revoked: 'stays' },
};

/** One move as it is journaled: `use` is the order that it is about, where it is about one. */
export interface MadeMove {
  readonly move: GrantMove;
  readonly why: MoveCause;
  readonly use: GrantUse | undefined;
}

export interface MoveDecision {
  /** As it is afterwards. */
  readonly grant: Grant;
  readonly moves: readonly MadeMove[];
  /** The state that stands in the way. */
  readonly refusedBy: StoredGrantState | undefined;
}

/** True for a lock whose time is over, whether or not anybody has noticed. */
export const isVoidLock = ({ state, use }: Pick<Grant, 'state' | 'use'>, now: EpochMs): boolean =>
  state === 'locked' && use?.lockEndsAt !== undefined && now >= use.lockEndsAt;

export function decideMoves(before: Grant, signal: GrantSignal, now: EpochMs): MoveDecision {
  const moves: MadeMove[] = [];
  let grant = before;
  if (isVoidLock(grant, now)) {
    moves.push({ move: 'released', why: 'lockRanOut', use: grant.use });
    grant = moved(grant, 'released', undefined);
  }
  const cell = ANSWERS[signal.kind][grant.state];
  const answer = typeof cell === 'string' ? cell : isOwn(grant, signal) ? cell.own : cell.other;
  if (answer === 'refused') return { grant, moves, refusedBy: grant.state };
  if (answer === 'stays') return { grant, moves, refusedBy: undefined };
  const use = useAfter(grant, signal);
  moves.push({ move: answer, why: causeOf(signal), use: use ?? grant.use });
  return { grant: moved(grant, answer, use), moves, refusedBy: undefined };
}

const isOwn = ({ use }: Grant, signal: GrantSignal): boolean =>
  use !== undefined && 'orderId' in signal && signal.orderId === use.orderId;

/** What the order does with it afterwards; nothing where it is nobody's. */
function useAfter(grant: Grant, signal: GrantSignal): GrantUse | undefined {
  switch (signal.kind) {
    case 'lock':
      return { orderId: signal.orderId, amountMinor: signal.amountMinor, lockEndsAt: signal.lockEndsAt };
    case 'pay':
      return {
        orderId: signal.orderId,
        amountMinor: grant.use?.amountMinor ?? signal.amountMinor,
        lockEndsAt: undefined,
      };
    case 'forfeit':
      return grant.state === 'redeemed' ? grant.use : undefined; // a lock is released
    case 'release':
    case 'return':
    case 'look':
    case 'revoke':
      return undefined;
  }
}

function causeOf(signal: GrantSignal): MoveCause {
  switch (signal.kind) {
    case 'lock':
      return 'lock';
    case 'pay':
      return 'paid';
    case 'revoke':
      return 'person';
    case 'look':
      return 'lockRanOut';
    case 'release':
    case 'return':
    case 'forfeit':
      return signal.why;
  }
}

function moved(grant: Grant, move: GrantMove, use: GrantUse | undefined): Grant {
  const { from, to } = GRANT_MOVES[move];
  assert(from === grant.state, `${move} does not go from ${grant.state}`);
  return { ...grant, state: to, use };
}
