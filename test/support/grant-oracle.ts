/**
 * What the life of grants should come to, said once more and differently: no table, but who owns what. For tests that
 * compare the program with it.
 */
type OracleEnd = 'cancelled' | 'paid' | 'refunded';
export type OracleNews = OracleEnd | 'created';
export type OracleState = 'available' | 'locked' | 'redeemed' | 'forfeited';

interface OracleOrder {
  /** Version and, among news of one version, its weight. */
  readonly newest: number;
  readonly word: OracleEnd | 'none';
  readonly paidOnce: boolean;
  readonly used: readonly string[];
}

interface OracleGrant {
  readonly owner: string;
  readonly how: 'locked' | 'redeemed' | 'forfeited';
  readonly untilMs: number;
}

/** Immutable, so that a tree of histories shares what its branches have in common. */
export interface OracleWorld {
  readonly nowMs: number;
  readonly orders: Readonly<Record<string, OracleOrder>>;
  readonly grants: Readonly<Record<string, OracleGrant | undefined>>;
}

const UNKNOWN: OracleOrder = { newest: -1, word: 'none', paidOnce: false, used: [] };
const WEIGHTS: Readonly<Record<OracleEnd, number>> = { cancelled: 2, paid: 3, refunded: 4 };

export const oracleStart = (nowMs: number): OracleWorld => ({ nowMs, orders: {}, grants: {} });

export const oracleAt = (world: OracleWorld, nowMs: number): OracleWorld => ({ ...world, nowMs });

/** Whose it is now; a lock that has run out is nobody's. */
const ownerOf = ({ grants, nowMs }: OracleWorld, grant: string): OracleGrant | undefined => {
  const owned = grants[grant];
  return owned?.how === 'locked' && owned.untilMs <= nowMs ? undefined : owned;
};

export const oracleState = (world: OracleWorld, grant: string): { state: OracleState; owner: string | undefined } => {
  const owned = ownerOf(world, grant);
  return { state: owned?.how ?? 'available', owner: owned?.owner };
};

/** Undefined when the lock is refused. */
export function oracleLock(
  world: OracleWorld,
  order: string,
  wanted: readonly string[],
  untilMs: number,
): OracleWorld | undefined {
  const known = world.orders[order] ?? UNKNOWN;
  const owners = wanted.map((grant) => ownerOf(world, grant));
  if (known.word !== 'none' || owners.some((owned) => owned !== undefined && owned.owner !== order)) return undefined;
  if (owners.some((owned) => owned !== undefined)) return world; // it has them already
  const locked = wanted.map((grant) => [grant, { owner: order, how: 'locked', untilMs }] as const);
  return {
    ...world,
    orders: { ...world.orders, [order]: { ...known, used: [...wanted] } },
    grants: { ...world.grants, ...Object.fromEntries(locked) },
  };
}

/** What an order that no news has ended gives back at its own wish: it uses none of it any more. */
export function oracleRelease(world: OracleWorld, order: string): OracleWorld {
  const known = world.orders[order] ?? UNKNOWN;
  if (known.word !== 'none') return world;
  const grants = { ...world.grants };
  for (const grant of known.used) if (ownerOf(world, grant)?.owner === order) grants[grant] = undefined;
  return { ...world, orders: { ...world.orders, [order]: { ...known, used: [] } }, grants };
}

export function oracleTell(
  world: OracleWorld,
  order: string,
  { word, version, rule }: { word: OracleNews; version?: number; rule: 'available' | 'expired' },
): OracleWorld {
  if (word === 'created') return world; // that an order was placed gives and takes nothing
  return oracleEnd(world, order, { word, version: version ?? WEIGHTS[word], rule });
}

function oracleEnd(
  world: OracleWorld,
  order: string,
  { word, version, rule }: { word: OracleEnd; version: number; rule: 'available' | 'expired' },
): OracleWorld {
  const known = world.orders[order] ?? UNKNOWN;
  const place = version * 10 + WEIGHTS[word];
  const isNewest = place > known.newest;
  const paidOnce = known.paidOnce || word !== 'cancelled';
  if (!isNewest && paidOnce === known.paidOnce) return world;
  const now: OracleOrder = { ...known, paidOnce, ...(isNewest && { newest: place, word }) };
  const grants = { ...world.grants };
  for (const grant of known.used) {
    const owned = ownerOf(world, grant);
    if (owned !== undefined && owned.owner !== order) continue; // somebody else keeps it
    const wasHers = owned?.how === 'redeemed' || owned?.how === 'forfeited';
    if (now.word === 'paid') grants[grant] = { owner: order, how: 'redeemed', untilMs: 0 };
    else if (!paidOnce) grants[grant] = undefined;
    else if (wasHers || !known.paidOnce) {
      grants[grant] = rule === 'available' ? undefined : { owner: order, how: 'forfeited', untilMs: 0 };
    }
  }
  return { ...world, orders: { ...world.orders, [order]: now }, grants };
}
