import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lockRig, LOCK_MS } from '../../../test/support/lock-rig.js';
import {
  oracleAt,
  oracleLock,
  oracleRelease,
  oracleStart,
  oracleState,
  oracleTell,
  type OracleNews,
} from '../../../test/support/grant-oracle.js';
import { size } from '../../../test/support/proof.js';
import { isDomainError, type ErrorCode } from '../../core/errors.js';
import { REFUND_RULES } from '../coupon.js';

const ORDERS = ['A', 'B', 'C'] as const;
const NEWS: readonly OracleNews[] = ['created', 'cancelled', 'paid', 'refunded'];

type Step =
  | { readonly kind: 'lock'; readonly order: string; readonly grants: readonly number[] }
  | {
      readonly kind: 'tell';
      readonly order: string;
      readonly word: OracleNews;
      readonly version: number;
      readonly times: number;
    }
  | { readonly kind: 'release'; readonly order: string }
  | { readonly kind: 'wait'; readonly ms: number; readonly hasTimer: boolean };

const order = fc.constantFrom(...ORDERS);
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant('lock'), order, grants: fc.subarray([0, 1], { minLength: 1 }) }),
  fc.record({
    kind: fc.constant('tell'),
    order,
    word: fc.constantFrom(...NEWS),
    version: fc.integer({ min: 1, max: 4 }), // so that much of it is late
    times: fc.integer({ min: 1, max: 2 }),
  }),
  fc.record({ kind: fc.constant('release'), order }),
  fc.record({ kind: fc.constant('wait'), ms: fc.constantFrom(LOCK_MS - 1, 1, LOCK_MS), hasTimer: fc.boolean() }),
);

/** False for a refusal with one of these codes; anything else is a failure of the test. */
const refusedBy =
  (...codes: readonly ErrorCode[]) =>
  (error: unknown): false => {
    if (codes.some((code) => isDomainError(error, code))) return false;
    throw error;
  };

describe('orders over a real store', () => {
  it('leave coupons as an oracle says, in any order of locks, news, replays and timers, with books that agree', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), fc.constantFrom(...REFUND_RULES), async (steps, rule) => {
        const test = await lockRig();
        try {
          const { names: first } = await test.coupon([7], { afterRefund: rule });
          const { names: second } = await test.coupon([7], { afterRefund: rule });
          const names = [...first, ...second];
          let oracle = oracleStart(test.now());
          for (const each of steps) {
            if (each.kind === 'lock') {
              const wanted = each.grants.map((index) => names[index] ?? '');
              const expected = lockExpected(oracle, each.order, wanted, test.now());
              const isLocked = await test
                .lock(each.order, ...wanted)
                .then(() => true, refusedBy('LOCK_REFUSED', 'ORDER_STATE'));
              expect(isLocked).toBe(expected !== undefined);
              oracle = expected ?? oracle;
            } else if (each.kind === 'tell') {
              for (let times = 0; times < each.times; times++) await test.tell(each.order, each.word, each.version);
              oracle = oracleTell(oracle, each.order, { word: each.word, version: each.version, rule });
            } else if (each.kind === 'release') {
              await test.release(each.order).catch(refusedBy('ORDER_STATE', 'NOT_FOUND')); // what is paid or unheard of
              oracle = oracleRelease(oracle, each.order);
            } else {
              test.clock.advance(each.ms);
              oracle = oracleAt(oracle, test.now());
              if (each.hasTimer) await test.expire();
            }
            for (const name of names) {
              const { state, owner } = oracleState(oracle, name);
              const shown = state === 'forfeited' ? 'expired' : state;
              expect(await test.state(name)).toBe(
                shown === 'locked' || shown === 'redeemed' ? `${shown} by ${String(owner)}` : shown,
              );
            }
          }
          await test.checkBooks();
        } finally {
          await test.remove();
        }
      }),
      { numRuns: size(40, 20_000) },
    );
  });
});

type World = ReturnType<typeof oracleStart>;

/** What an order that holds something may ask for is that, and nothing else. */
function lockExpected(oracle: World, asking: string, wanted: readonly string[], nowMs: number): World | undefined {
  const known = oracle.orders[asking];
  const held = Object.keys(oracle.grants).filter((name) => oracleState(oracle, name).owner === asking);
  if (known?.word === 'paid' && sameSet(known.used, wanted)) return oracle; // answered as it stands
  if (held.length > 0 && !sameSet(held, wanted)) return undefined;
  return oracleLock(oracle, asking, wanted, nowMs + LOCK_MS);
}

const sameSet = (left: readonly string[], right: readonly string[]): boolean =>
  [...left].sort().join() === [...right].sort().join();
