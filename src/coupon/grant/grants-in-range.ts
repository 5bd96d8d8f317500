import { ordinalsOfBits } from '../../core/block-bits.js';
import { ordinal } from '../../core/ids.js';
import { BLOCK_SIZE, blockOf, type OrdinalRange } from '../../core/ranges.js';
import type { Coupon } from '../coupon.js';
import type { GrantBitsRepository } from './grant-bits-repository.js';
import type { GrantRepository } from './grant-repository.js';
import { newGrant, type Grant } from './grant.js';

interface GrantsTx {
  readonly grants: Pick<GrantRepository, 'rowsAfter'>;
  readonly grantBits: Pick<GrantBitsRepository, 'inBlocks'>;
}

/** Reads of one transaction, or of one each. */
export type ReadGrants = <Result>(body: (tx: GrantsTx) => Promise<Result>) => Promise<Result>;

const GRANTS_PER_READ = 5_000;
/** No member has more of one coupon. */
const LAST_N = 100;

/**
 * The grants of a coupon whose members are in the range: first those that are bits, then rows, each by member. A bit that
 * becomes a row meanwhile comes as both.
 */
export async function* grantsIn(
  read: ReadGrants,
  { id, isGivenEagerly }: Pick<Coupon, 'id' | 'isGivenEagerly'>,
  range: OrdinalRange,
): AsyncGenerator<Grant> {
  const { from, until } = range;
  if (isGivenEagerly) {
    const blocks = { fromBlock: blockOf(from), untilBlock: Math.ceil(until / BLOCK_SIZE) };
    for (const { block, grantedAt, bits } of await read((tx) => tx.grantBits.inBlocks(id, blocks))) {
      for (const each of ordinalsOfBits(block, bits)) {
        if (each < from || each >= until) continue;
        yield newGrant({ couponId: id, ordinal: ordinal(each), n: 1 }, grantedAt, undefined);
      }
    }
  }
  let after = from === 0 ? undefined : { ordinal: ordinal(from - 1), n: LAST_N };
  for (;;) {
    const slice = await read((tx) => tx.grants.rowsAfter(id, { after, limit: GRANTS_PER_READ }));
    for (const grant of slice) {
      if (grant.ordinal >= until) return;
      yield grant;
    }
    after = slice.at(-1);
    if (slice.length < GRANTS_PER_READ) return;
  }
}
