import { assert } from '../../core/assert.js';
import { Coalescer } from '../../core/coalescer.js';
import { isDomainError } from '../../core/errors.js';
import type { CouponId, Ordinal } from '../../core/ids.js';
import type { Clock } from '../../core/ports/clock.js';
import type { Random } from '../../core/ports/random.js';
import type { Store } from '../../core/ports/store.js';
import type { CouponTx } from '../coupon-repository.js';
import { claimByCodes, type CodeAnswer, type CodeClaim, type CodeOutcome } from './claim-code.js';
import { codeHasher, hashTyped, type CodeHasher } from './code-hash.js';
import { makeCodes, type MadeCodes } from './make-codes.js';
import { RefusedAttempts } from './refused-attempts.js';

/** Claims of one transaction: each has several statements of its own. */
const MAX_CLAIMS_PER_BATCH = 200;

/** Where codes are made and used: what needs the key that they are kept under, and the count of refused ones. */
export class CodeDesk<Tx extends CouponTx> {
  private readonly hash: CodeHasher;
  private readonly refused: RefusedAttempts;
  private readonly claims: Coalescer<CodeClaim, CodeAnswer>;
  private readonly counts = new Map<CodeOutcome | 'tooMany', number>();

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
    const { store, clock } = deps;
    this.claims = new Coalescer({
      maxItems: MAX_CLAIMS_PER_BATCH,
      keyOf: ({ hash, ordinal }) => `${ordinal}/${Buffer.from(hash).toString('hex')}`,
      run: (claims) => store.transaction((tx) => claimByCodes(tx, () => clock.now(), claims)),
    });
  }

  /** As `makeCodes`. */
  make(tx: Tx, command: { readonly couponId: CouponId; readonly count: number }): Promise<MadeCodes> {
    const { clock, random } = this.deps;
    return makeCodes(tx, { now: clock.now(), random, hash: this.hash }, command);
  }

  /**
   * Turns what a member typed into a grant; together with whoever else does so at this moment. Must not be called inside a
   * transaction of the same store, which stops a body that does. Safe to repeat.
   * @throws DomainError `TOO_MANY_REQUESTS` after too many that were not valid.
   */
  async claim(ordinal: Ordinal, typed: string): Promise<CodeAnswer> {
    try {
      const answer = await this.refused.attempt(
        ordinal,
        ({ outcome }) => outcome === 'notValid',
        async () => {
          const [answer] = await this.claims.ask([{ hash: hashTyped(this.hash, typed), ordinal }]);
          assert(answer !== undefined, 'each claim is answered');
          return answer;
        },
      );
      this.count(answer.outcome);
      return answer;
    } catch (error) {
      if (isDomainError(error, 'TOO_MANY_REQUESTS')) this.count('tooMany');
      throw error;
    }
  }

  /** Claims since the start, by their answer; `tooMany`: not looked at. */
  claimFigures(): Iterable<readonly [answer: string, claims: number]> {
    return this.counts;
  }

  private count(answer: CodeOutcome | 'tooMany'): void {
    this.counts.set(answer, (this.counts.get(answer) ?? 0) + 1);
  }
}
