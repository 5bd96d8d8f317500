import { describe, expect, it } from 'vitest';
import {
  oracleAt,
  oracleLock,
  oracleRelease,
  oracleStart,
  oracleState,
  oracleTell,
  type OracleNews,
  type OracleWorld,
} from '../../../test/support/grant-oracle.js';
import { couponId, orderId, ordinal, type OrderId } from '../../core/ids.js';
import { epochMs } from '../../core/time.js';
import { REFUND_RULES, type RefundRule } from '../coupon.js';
import {
  blankOrder,
  decideNews,
  mayLock,
  signalOf,
  type CouponOrder,
  type OrderNewsKind,
} from '../order/coupon-order.js';
import { decideMoves, GRANT_MOVES, isVoidLock, type MadeMove } from './grant-moves.js';
import { newGrant, type Grant } from './grant.js';

const TWO_ORDERS = ['lock A', 'paid A', 'cancelled A', 'refunded A', 'lock B', 'paid B', 'lock runs out'] as const;
const ONE_ORDER = [
  'lock A',
  'unlock A',
  'created A',
  'paid A',
  'cancelled A',
  'refunded A',
  'lock B',
  'lock runs out',
] as const;
type LifeEvent = (typeof TWO_ORDERS)[number] | (typeof ONE_ORDER)[number];
const LOCK_MS = 1_000;
const AMOUNT_MINOR = 500n;
const KEY = { couponId: couponId(1), ordinal: ordinal(7), n: 1 };

/** How a history is told. */
interface Telling {
  readonly rule: RefundRule;
  /** Each event newer than all before it, each older, or as an order system without versions. */
  readonly versions: 'rise' | 'fall' | 'none';
  /** Whether the timer of a lock ever comes. */
  readonly hasTimer: boolean;
}

interface World {
  readonly nowMs: number;
  readonly step: number;
  readonly grant: Grant;
  readonly orders: Readonly<Record<string, CouponOrder>>;
  /** Orders that have locked it once. */
  readonly users: ReadonlySet<string>;
}

const start = (): World => ({
  nowMs: 0,
  step: 0,
  grant: newGrant(KEY, epochMs(0), undefined),
  orders: { A: blankOrder(orderId('A')), B: blankOrder(orderId('B')) },
  users: new Set(),
});

function applyEvent(world: World, event: LifeEvent, telling: Telling): World {
  const next = { ...world, step: world.step + 1 };
  if (event === 'lock runs out') return runOut(next, telling);
  const [word, name] = event.split(' ') as [OrderNewsKind | 'lock' | 'unlock', 'A' | 'B'];
  if (word === 'unlock') return unlock(next, name);
  return word === 'lock' ? lock(next, name) : tell(next, name, word, telling);
}

const versionAt = (step: number, { versions }: Telling): number | undefined =>
  versions === 'none' ? undefined : versions === 'rise' ? step : 100 - step;

function unlock(world: World, name: 'A' | 'B'): World {
  if (!mayLock(orderOf(world, name)) || !world.users.has(name)) return world;
  const signal = { kind: 'release', orderId: orderId(name), why: 'unlock' } as const;
  const grant = settle(world.grant, decideMoves(world.grant, signal, epochMs(world.nowMs)));
  return { ...world, grant, users: new Set([...world.users].filter((user) => user !== name)) };
}

function runOut(world: World, { hasTimer }: Telling): World {
  const nowMs = world.nowMs + LOCK_MS;
  if (!hasTimer) return { ...world, nowMs };
  return { ...world, nowMs, grant: settle(world.grant, decideMoves(world.grant, { kind: 'look' }, epochMs(nowMs))) };
}

function lock(world: World, name: 'A' | 'B'): World {
  const order = orderOf(world, name);
  if (!mayLock(order)) return world;
  const lockEndsAt = epochMs(world.nowMs + LOCK_MS);
  const signal = { kind: 'lock', orderId: order.orderId, amountMinor: AMOUNT_MINOR, lockEndsAt } as const;
  const decision = decideMoves(world.grant, signal, epochMs(world.nowMs));
  if (decision.refusedBy !== undefined) return world;
  return { ...world, grant: settle(world.grant, decision), users: new Set([...world.users, name]) };
}

function tell(
  world: World,
  name: 'A' | 'B',
  kind: OrderNewsKind,
  telling: Telling,
  version = versionAt(world.step, telling),
): World {
  const told = decideNews(orderOf(world, name), { kind, orderId: orderId(name), version, grants: undefined });
  let { grant } = world;
  for (const step of world.users.has(name) ? told.steps : []) {
    const use = { orderId: orderId(name), amountMinor: AMOUNT_MINOR };
    grant = settle(
      grant,
      decideMoves(grant, signalOf(step, use, { kind, afterRefund: telling.rule }), epochMs(world.nowMs)),
    );
  }
  return { ...world, grant, orders: { ...world.orders, [name]: told.order } };
}

const orderOf = (world: World, name: string): CouponOrder => world.orders[name] ?? blankOrder(orderId(name));

/** Every move starts where the one before has ended, and the grant is where the last one ends. */
function settle(before: Grant, { grant, moves }: { grant: Grant; moves: readonly MadeMove[] }): Grant {
  let { state } = before;
  for (const { move } of moves) {
    if (GRANT_MOVES[move].from !== state) throw new Error(`${move} from ${state}`);
    state = GRANT_MOVES[move].to;
  }
  if (grant.state !== state) throw new Error(`moves lead to ${state}, not ${grant.state}`);
  if ((grant.use === undefined) !== (state === 'available' || state === 'revoked'))
    throw new Error(`${state} by whom?`);
  return grant;
}

/** As anybody would see it. */
function seen({ grant, nowMs }: World): { state: string; owner: OrderId | undefined } {
  return isVoidLock(grant, epochMs(nowMs))
    ? { state: 'available', owner: undefined }
    : { state: grant.state, owner: grant.use?.orderId };
}

function oracleStep(world: OracleWorld, event: LifeEvent, telling: Telling, step: number): OracleWorld {
  if (event === 'lock runs out') return oracleAt(world, world.nowMs + LOCK_MS);
  const [word, name] = event.split(' ') as ['lock' | 'unlock' | OracleNews, string];
  if (word === 'lock') return oracleLock(world, name, ['g'], world.nowMs + LOCK_MS) ?? world;
  if (word === 'unlock') return oracleRelease(world, name);
  const version = versionAt(step, telling);
  return oracleTell(world, name, { word, rule: telling.rule, ...(version !== undefined && { version }) });
}

/** Walks all histories as a tree; answers how many there are, and the first that is not as the oracle says. */
function walk(
  telling: Telling,
  { events, length }: { readonly events: readonly LifeEvent[]; readonly length: number },
): { histories: number; different: string | undefined } {
  let histories = 0;
  let different: string | undefined;
  const history: LifeEvent[] = [];
  const visit = (world: World, oracle: OracleWorld): void => {
    for (const event of events) {
      history.push(event);
      const next = applyEvent(world, event, telling);
      const expected = oracleStep(oracle, event, telling, next.step);
      const [is, shall] = [seen(next), oracleState(expected, 'g')];
      if (is.state !== shall.state || is.owner !== shall.owner) {
        different ??= `${history.join(', ')}: ${JSON.stringify(is)} instead of ${JSON.stringify(shall)}`;
      }
      if (history.length < length) visit(next, expected);
      else histories++;
      history.pop();
    }
  };
  visit(start(), oracleStart(0));
  return { histories, different };
}

function permutations<T>(all: readonly T[]): readonly (readonly T[])[] {
  if (all.length === 0) return [[]];
  return all.flatMap((first) => permutations(all.filter((each) => each !== first)).map((rest) => [first, ...rest]));
}

/** Each value beside each value of the others. */
const TELLINGS: readonly Telling[] = [
  { rule: 'available', versions: 'rise', hasTimer: true },
  { rule: 'available', versions: 'none', hasTimer: false },
  { rule: 'expired', versions: 'rise', hasTimer: false },
  { rule: 'expired', versions: 'none', hasTimer: true },
];

describe('the life of a grant', () => {
  it.each(TELLINGS)('is as an oracle says after each of the 823,543 histories of seven events: %o', (telling) => {
    expect(walk(telling, { events: TWO_ORDERS, length: 7 })).toEqual({ histories: 7 ** 7, different: undefined });
  });

  it.each([
    ...TELLINGS,
    { rule: 'available', versions: 'fall', hasTimer: false },
    { rule: 'expired', versions: 'fall', hasTimer: true },
  ] as const)(
    'is as the oracle says when orders are placed and release by themselves, in 262,144 histories: %o',
    (telling) => {
      expect(walk(telling, { events: ONE_ORDER, length: 6 })).toEqual({ histories: 8 ** 6, different: undefined });
    },
  );

  /** Each kind with a version of its own: every order of the kinds is once the order of their versions. */
  const NEWS = ['created', 'cancelled', 'paid', 'refunded'] as const;
  const VERSIONS: readonly (readonly (number | undefined)[])[] = [
    NEWS.map(() => undefined),
    ...permutations([1, 2, 3, 4]),
  ];

  it.each(REFUND_RULES)('comes to the same in whatever order the news of an order comes, and how often: %s', (rule) => {
    const telling = { rule, versions: 'none', hasTimer: true } as const;
    for (const versions of VERSIONS) {
      const results = new Map<string, Set<string>>();
      const visit = (world: World, told: readonly OrderNewsKind[]): void => {
        const set = `${[...new Set(told)].sort().join(', ')} of ${versions.join()}`;
        const found = results.get(set) ?? new Set();
        results.set(set, found.add(JSON.stringify([seen(world), world.orders['A']])));
        if (told.length === 5) return;
        for (const [index, kind] of NEWS.entries()) {
          visit(tell(world, 'A', kind, telling, versions[index]), [...told, kind]);
        }
      };
      visit(applyEvent(start(), 'lock A', telling), []);
      expect(results.size).toBe(2 ** NEWS.length);
      for (const [set, found] of results) expect([...found], set).toHaveLength(1);
    }
  });
});
