/**
 * What members hold of a coupon: the one place that knows that a grant is either a row or a bit.
 *
 * A grant given to one member is a row. One given to many at once (see issue-run.ts) is a bit until it first moves; then
 * it becomes a row and the bit goes, in one transaction: granted = rows + bits, and never both. Whoever grants or moves has
 * locked the coupon before it looks here, so that what is found stands until it commits: lazy, claimed and eager grants
 * cannot give two. Whoever only shows looks without a lock, and meets a grant that becomes a row meanwhile once: bits are
 * read before rows.
 */
import { bitsOfEither } from '../../core/block-bits.js';
import type { CouponId, Ordinal } from '../../core/ids.js';
import { BLOCK_BITMAP_BYTES, BLOCK_SIZE, blockOf, offsetInBlock, writeBit } from '../../core/ranges.js';
import type { EpochMs } from '../../core/time.js';
import type { Coupon } from '../coupon.js';
import type { CouponTx } from '../coupon-repository.js';
import { grantName, newGrant, type Grant, type GrantKey } from './grant.js';

type HeldTx = Pick<CouponTx, 'grants' | 'grantBits'>;
type MaybeEager = Pick<Coupon, 'id' | 'isGivenEagerly'>;

/** Number of the grant that a bit is: only coupons of one for each member are given as bits. */
const BIT_NUMBER = 1;

/** Grants of one coupon held by each of these members, by `n`, in the order asked. */
export async function heldGrants(
  tx: HeldTx,
  { id, isGivenEagerly }: MaybeEager,
  ordinals: readonly Ordinal[],
): Promise<readonly (readonly Grant[])[]> {
  const given = isGivenEagerly ? await tx.grantBits.ofMembers(id, ordinals) : [];
  const rows = await tx.grants.ofMembers(id, ordinals);
  return ordinals.map((ordinal, index) => withBit(rows[index] ?? [], { id, ordinal, grantedAt: given[index] }));
}

/** For each of these coupons the members who hold none of it, in the order given. */
export async function membersWithout(
  tx: HeldTx,
  coupons: readonly MaybeEager[],
  ordinals: readonly Ordinal[],
): Promise<readonly (readonly Ordinal[])[]> {
  const given = new Map<CouponId, ReadonlySet<Ordinal>>();
  for (const { id } of coupons.filter(({ isGivenEagerly }) => isGivenEagerly)) {
    const instants = await tx.grantBits.ofMembers(id, ordinals);
    given.set(id, new Set(ordinals.filter((_, index) => instants[index] !== undefined)));
  }
  const ids = coupons.map(({ id }) => id);
  const withoutRow = await tx.grants.nonHolders(ids, ordinals);
  return ids.map((id, index) => (withoutRow[index] ?? []).filter((each) => given.get(id)?.has(each) !== true));
}

/** One member's grants of these coupons, in the order of the coupons and by `n`. */
export async function heldInWallet(
  tx: HeldTx,
  ordinal: Ordinal,
  coupons: readonly MaybeEager[],
): Promise<readonly Grant[]> {
  const eager = coupons.filter(({ isGivenEagerly }) => isGivenEagerly).map(({ id }) => id);
  const instants = eager.length === 0 ? [] : await tx.grantBits.ofWallet(ordinal, eager);
  const given = new Map(eager.map((id, index) => [id, instants[index]]));
  const rows = await tx.grants.ofWallet(
    ordinal,
    coupons.map(({ id }) => id),
  );
  const rowsOf = new Map<CouponId, Grant[]>(coupons.map(({ id }) => [id, []]));
  for (const row of rows) rowsOf.get(row.couponId)?.push(row);
  return coupons.flatMap(({ id }) => withBit(rowsOf.get(id) ?? [], { id, ordinal, grantedAt: given.get(id) }));
}

/**
 * Grants of one coupon, which this transaction has locked, by their names, as rows that can be changed: one that was a bit
 * is a row from here on. Those that do not exist are missing.
 */
export async function fetchToMove(
  tx: HeldTx,
  couponId: CouponId,
  keys: readonly GrantKey[],
): Promise<ReadonlyMap<string, Grant>> {
  const wanted = new Map(keys.map((key) => [grantName(key), key]));
  const rows = await tx.grants.ofMembers(couponId, [...new Set(keys.map(({ ordinal }) => ordinal))]);
  const grants = rows.flat().filter((grant) => wanted.has(grantName(grant)));
  for (const grant of grants) wanted.delete(grantName(grant));
  const turned: Grant[] = [];
  for (const { ordinal, n } of wanted.values()) {
    const grantedAt = n === BIT_NUMBER ? await tx.grantBits.clear(couponId, ordinal) : undefined;
    if (grantedAt !== undefined) turned.push(bitGrant(couponId, ordinal, grantedAt));
  }
  if (turned.length > 0) await tx.grants.insert(turned);
  return new Map([...grants, ...turned].map((grant) => [grantName(grant), grant]));
}

/** A grant as it stands, to be shown. */
export async function findGrant(tx: HeldTx, key: GrantKey): Promise<Grant | undefined> {
  const { couponId, ordinal, n } = key;
  const [grantedAt] = n === BIT_NUMBER ? await tx.grantBits.ofMembers(couponId, [ordinal]) : [];
  const row = await tx.grants.find(key);
  return row ?? (grantedAt === undefined ? undefined : bitGrant(couponId, ordinal, grantedAt));
}

/** Holders by block, and where the look ended. */
export interface HeldBlocks {
  readonly held: ReadonlyMap<number, Uint8Array>;
  readonly untilBlock: number;
}

/**
 * Who holds the coupon in [fromBlock, untilBlock), as bitmaps; blocks without holders are absent. Looks at no more than
 * about `maxRows` rows and ends earlier where there are more, at least one block on.
 */
export async function heldInBlocks(
  tx: HeldTx,
  id: CouponId,
  {
    fromBlock,
    untilBlock,
    maxRows,
  }: { readonly fromBlock: number; readonly untilBlock: number; readonly maxRows: number },
): Promise<HeldBlocks> {
  const limit = Math.max(maxRows, BLOCK_SIZE + 1); // more than one block can have
  const holders = await tx.grants.holdersAfter(id, {
    after: fromBlock * BLOCK_SIZE - 1,
    until: untilBlock * BLOCK_SIZE,
    limit,
  });
  const last = holders.at(-1);
  const end = last === undefined || holders.length < limit ? untilBlock : blockOf(last); // of its block not all is seen
  const held = new Map<number, Uint8Array>();
  for (const { block, bits } of await tx.grantBits.inBlocks(id, { fromBlock, untilBlock: end })) {
    const others = held.get(block);
    held.set(block, others === undefined ? bits.slice() : bitsOfEither(others, bits));
  }
  for (const ordinal of holders) {
    const block = blockOf(ordinal);
    if (block >= end) break;
    const bits = held.get(block) ?? new Uint8Array(BLOCK_BITMAP_BYTES);
    writeBit(bits, offsetInBlock(ordinal), true);
    held.set(block, bits);
  }
  return { held, untilBlock: end };
}

function withBit(
  rows: readonly Grant[],
  {
    id,
    ordinal,
    grantedAt,
  }: { readonly id: CouponId; readonly ordinal: Ordinal; readonly grantedAt: EpochMs | undefined },
): readonly Grant[] {
  if (grantedAt === undefined || rows.some(({ n }) => n === BIT_NUMBER)) return rows;
  return [bitGrant(id, ordinal, grantedAt), ...rows];
}

const bitGrant = (couponId: CouponId, ordinal: Ordinal, grantedAt: EpochMs): Grant =>
  newGrant({ couponId, ordinal, n: BIT_NUMBER }, grantedAt, undefined);
