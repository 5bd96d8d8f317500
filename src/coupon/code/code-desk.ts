import type { CouponId, Ordinal } from '../../core/ids.js';
import type { Clock } from '../../core/ports/clock.js';
import type { Random } from '../../core/ports/random.js';
import type { Store } from '../../core/ports/store.js';
import type { CouponTx } from '../coupon-repository.js';
import { claimByCode, type CodeAnswer } from './claim-code.js';
import { codeHasher, hashTyped, type CodeHasher } from './code-hash.js';
import { makeCodes } from './make-codes.js';
import { RefusedAttempts } from './refused-attempts.js';

/** Where codes are made and used: what needs the key that they are kept under, and the count of refused ones. */
export class CodeDesk<Tx extends CouponTx> {
  private readonly hash: CodeHasher;
  private readonly refused: RefusedAttempts;

  /** `key` has 32 bytes or more, the same for all who work on the store. */
  constructor(
    private readonly deps: {
      readonly store: Store<Tx>;
      readonly clock: Clock;
      readonly random: Random;
      readonly key: Uint8Array;
    },
  ) {
    this.hash = codeHasher(deps.key);
    this.refused = new RefusedAttempts(deps);
  }

  /** As `makeCodes`. */
  make(tx: Tx, command: { readonly couponId: CouponId; readonly count: number }): Promise<readonly string[]> {
    const { clock, random } = this.deps;
    return makeCodes(tx, { now: clock.now(), random, hash: this.hash }, command);
  }

  /**
   * Turns what a member typed into a grant, in a transaction of its own. Safe to repeat.
   * @throws DomainError `TOO_MANY_REQUESTS` after too many that were not valid.
   */
  claim(ordinal: Ordinal, typed: string): Promise<CodeAnswer> {
    const { store, clock } = this.deps;
    return this.refused.attempt(
      ordinal,
      ({ outcome }) => outcome === 'notValid',
      () => {
        const hash = hashTyped(this.hash, typed);
        return store.transaction((tx) => claimByCode(tx, () => clock.now(), { hash, ordinal }));
      },
    );
  }
}
