import * as fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import type { Clock } from '../../src/core/ports/clock.js';
import type { Pacer, Reservation } from '../../src/core/ports/pacer.js';

export interface PacerUnderTest {
  readonly pacer: Pacer;
  readonly clock: Pick<Clock, 'monotonicMs'>;
  /** Lets this much time pass. */
  readonly pass: (spanMs: number) => void | Promise<void>;
  /** Of a pacer that asks elsewhere: resolves once it knows more; undefined while it has no open question. */
  readonly answered?: () => Promise<unknown> | undefined;
  readonly close?: () => Promise<void>;
}

interface Grant extends Reservation {
  readonly atMs: number;
}

type Unit = keyof Reservation;

const one = (unit: Unit, amount: number): Reservation => ({ members: 0, requests: 0, [unit]: amount });

/** What the pacer says once it knows: 0, or after how long it is worth asking again. No time passes meanwhile. */
async function take(
  { pacer, answered }: PacerUnderTest,
  keys: readonly string[],
  wanted: Reservation,
): Promise<number> {
  for (;;) {
    const waitMs = pacer.tryTake(keys, wanted);
    const answer = answered?.();
    if (waitMs === 0 || answer === undefined) return waitMs;
    await answer;
  }
}

/** Asks for the same again and again, as soon as it is worth it, for a span; answers what was granted when. */
async function takeFor(
  subject: PacerUnderTest,
  { keys, wanted, spanMs }: { readonly keys: readonly string[]; readonly wanted: Reservation; readonly spanMs: number },
): Promise<Grant[]> {
  const { clock, pass } = subject;
  const grants: Grant[] = [];
  const untilMs = clock.monotonicMs() + spanMs;
  while (clock.monotonicMs() < untilMs) {
    const waitMs = await take(subject, keys, wanted);
    if (waitMs === 0) grants.push({ ...wanted, atMs: clock.monotonicMs() });
    else await pass(Math.min(waitMs, untilMs - clock.monotonicMs()));
  }
  return grants;
}

/** The most of a unit that was granted within any second. */
function peakPerSecond(grants: readonly Grant[], unit: Unit): number {
  let peak = 0;
  let sum = 0;
  let first = 0;
  for (const grant of grants) {
    sum += grant[unit];
    for (
      let oldest = grants[first];
      oldest !== undefined && oldest.atMs <= grant.atMs - 1_000;
      oldest = grants[first]
    ) {
      sum -= oldest[unit];
      first++;
    }
    peak = Math.max(peak, sum);
  }
  return peak;
}

const total = (grants: readonly Grant[], unit: Unit): number => grants.reduce((sum, grant) => sum + grant[unit], 0);

const LIMITS: Readonly<Record<Unit, 'membersPerSecond' | 'requestsPerSecond'>> = {
  members: 'membersPerSecond',
  requests: 'requestsPerSecond',
};

export interface PacerRuns {
  /** Cases of each property, in hundredths; fewer where every taking is a question to a server. */
  readonly percentOfRuns?: number;
  readonly timeoutMs?: number;
}

/** What every pacer behind the port keeps. */
export function pacerConformance(
  name: string,
  openOne: () => PacerUnderTest,
  { percentOfRuns = 100, timeoutMs = 30_000 }: PacerRuns = {},
): void {
  describe(`pacer conformance: ${name}`, { timeout: timeoutMs }, () => {
    const opened: PacerUnderTest[] = [];
    const open = (): PacerUnderTest => {
      const subject = openOne();
      opened.push(subject);
      return subject;
    };
    afterEach(async () => {
      for (const { close } of opened.splice(0)) await close?.();
    });
    const runs = (count: number): number => Math.ceil((count * percentOfRuns) / 100);

    const paces = fc.record({
      unit: fc.constantFrom<Unit>('members', 'requests'),
      perSecond: fc.oneof(fc.double({ min: 0.5, max: 50, noNaN: true }), fc.integer({ min: 50, max: 100_000 })),
      /** Of the limit: from a fiftieth of a second's worth to more than a second's. */
      share: fc.double({ min: 0.001, max: 1.5, noNaN: true }),
      idleMs: fc.integer({ min: 0, max: 60_000 }),
    });

    it('grants within any second at most 102 % of the limit and one reservation, and at least 95 % over time', async () => {
      await fc.assert(
        fc.asyncProperty(paces, async ({ unit, perSecond, share, idleMs }) => {
          const subject = open();
          const amount = Math.max(1, Math.round(perSecond * share));
          subject.pacer.setLimit('k', { [LIMITS[unit]]: perSecond });
          await subject.pass(idleMs); // time that went unused is not saved up
          const spanMs = 10_000;
          const grants = await takeFor(subject, { keys: ['k'], wanted: one(unit, amount), spanMs });
          expect(peakPerSecond(grants, unit)).toBeLessThanOrEqual(perSecond * 1.02 + amount + 1e-6);
          expect(total(grants, unit)).toBeGreaterThanOrEqual(perSecond * 10 * 0.95 - amount);
        }),
        { numRuns: runs(100) },
      );
    });

    it('keeps both limits of a key, in members and in requests', async () => {
      const subject = open();
      subject.pacer.setLimit('k', { membersPerSecond: 1_000, requestsPerSecond: 5 });
      const small = await takeFor(subject, { keys: ['k'], wanted: { members: 10, requests: 1 }, spanMs: 10_000 });
      expect(total(small, 'requests')).toBeGreaterThanOrEqual(47);
      expect(peakPerSecond(small, 'requests')).toBeLessThanOrEqual(6);
      const large = await takeFor(subject, { keys: ['k'], wanted: { members: 500, requests: 1 }, spanMs: 10_000 });
      expect(total(large, 'members')).toBeGreaterThanOrEqual(9_000);
      expect(peakPerSecond(large, 'members')).toBeLessThanOrEqual(1_520);
    });

    it('grants everything at once where a key has no limit', async () => {
      const subject = open();
      for (let taking = 0; taking < 100; taking++) {
        expect(await take(subject, ['nobody set it'], { members: 1_000_000, requests: 1_000 })).toBe(0);
      }
    });

    it('takes under several keys at once, or under none', async () => {
      const subject = open();
      const { pacer, pass } = subject;
      const wanted = one('members', 100);
      pacer.setLimit('channel', { membersPerSecond: 1_000 });
      pacer.setLimit('campaign', { membersPerSecond: 100 });
      expect(await take(subject, ['channel', 'campaign'], wanted)).toBe(0);
      await pass(100); // the channel has room again, the campaign not for long
      for (let refusal = 0; refusal < 50; refusal++) {
        expect(await take(subject, ['channel', 'campaign'], wanted)).toBeGreaterThan(0);
      }
      expect(await take(subject, ['channel'], wanted)).toBe(0);
      await pass(1_000);
      expect(await take(subject, ['channel', 'campaign'], wanted)).toBe(0);
    });

    it('lets the strictest of several keys decide', async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.integer({ min: 10, max: 10_000 }), { minLength: 2, maxLength: 4 }),
          async (limits) => {
            const subject = open();
            const keys = limits.map((_, index) => `key-${index}`);
            limits.forEach((membersPerSecond, index) => subject.pacer.setLimit(`key-${index}`, { membersPerSecond }));
            const least = Math.min(...limits);
            const amount = Math.max(1, Math.round(least / 50));
            const grants = await takeFor(subject, { keys, wanted: one('members', amount), spanMs: 10_000 });
            expect(peakPerSecond(grants, 'members')).toBeLessThanOrEqual(least * 1.02 + amount);
            expect(total(grants, 'members')).toBeGreaterThanOrEqual(least * 10 * 0.95 - amount);
          },
        ),
        { numRuns: runs(30) },
      );
    });

    it('says after how long it is worth asking: not much before, and then it grants', async () => {
      await fc.assert(
        fc.asyncProperty(paces, async ({ unit, perSecond, share }) => {
          const subject = open();
          const { pacer, pass } = subject;
          const wanted = one(unit, Math.max(1, Math.round(perSecond * share)));
          pacer.setLimit('k', { [LIMITS[unit]]: perSecond });
          let waitMs = 0;
          while (waitMs === 0) waitMs = await take(subject, ['k'], wanted);
          await pass(waitMs * 0.9);
          if (waitMs > 1) expect(await take(subject, ['k'], wanted)).toBeGreaterThan(0);
          await pass(waitMs * 0.1 + 0.001);
          expect(await take(subject, ['k'], wanted)).toBe(0);
        }),
        { numRuns: runs(50) },
      );
    });

    it('has what is given back at once, under every key it was taken from', async () => {
      const subject = open();
      const { pacer, pass } = subject;
      const keys = ['channel', 'campaign'];
      for (const key of keys) pacer.setLimit(key, { membersPerSecond: 100, requestsPerSecond: 10 });
      await pass(5_000);
      const wanted = { members: 100, requests: 10 };
      expect(await take(subject, keys, wanted)).toBe(0);
      expect(await take(subject, keys, wanted)).toBeGreaterThan(0);
      pacer.giveBack(keys, wanted);
      expect(await take(subject, keys, wanted)).toBe(0);
      for (const key of keys) expect(await take(subject, [key], wanted)).toBeGreaterThan(0);
    });

    it('grants nothing on top for what was given back: sent stays within the limit', async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.integer({ min: 50, max: 10_000 }),
          fc.double({ min: 0, max: 1, noNaN: true }),
          async (limit, share) => {
            const subject = open();
            const { pacer, clock, pass } = subject;
            pacer.setLimit('k', { membersPerSecond: limit });
            const amount = Math.max(1, Math.round(limit / 50));
            const unused = Math.floor(amount * share * 0.9);
            const sent: Grant[] = [];
            const untilMs = clock.monotonicMs() + 5_000;
            while (clock.monotonicMs() < untilMs) {
              const waitMs = await take(subject, ['k'], one('members', amount));
              if (waitMs > 0) {
                await pass(waitMs);
                continue;
              }
              pacer.giveBack(['k'], one('members', unused));
              sent.push({ ...one('members', amount - unused), atMs: clock.monotonicMs() });
            }
            expect(peakPerSecond(sent, 'members')).toBeLessThanOrEqual(limit * 1.02 + amount);
            expect(total(sent, 'members')).toBeGreaterThanOrEqual(limit * 5 * 0.95 - amount);
          },
        ),
        { numRuns: runs(30) },
      );
    });

    it('follows a change of the limit at once, and grants nothing twice for it', async () => {
      const subject = open();
      const wanted = one('members', 10);
      subject.pacer.setLimit('k', { membersPerSecond: 1_000 });
      await takeFor(subject, { keys: ['k'], wanted, spanMs: 2_000 });
      subject.pacer.setLimit('k', { membersPerSecond: 100 });
      const slower = await takeFor(subject, { keys: ['k'], wanted, spanMs: 3_000 });
      expect(peakPerSecond(slower, 'members')).toBeLessThanOrEqual(112);
      expect(total(slower, 'members')).toBeGreaterThanOrEqual(270);
      subject.pacer.setLimit('k', { membersPerSecond: 2_000 });
      const faster = await takeFor(subject, { keys: ['k'], wanted, spanMs: 1_000 });
      expect(total(faster, 'members')).toBeGreaterThanOrEqual(1_900);
      expect(total(faster, 'members')).toBeLessThanOrEqual(2_050);
    });

    it('grants nothing more for a limit that is set anew every moment, changed or not', async () => {
      const subject = open();
      const grants: Grant[] = [];
      for (let turn = 0; turn < 1_000; turn++) {
        subject.pacer.setLimit('k', { membersPerSecond: turn % 2 === 0 ? 1_000 : 1_001 });
        grants.push(...(await takeFor(subject, { keys: ['k'], wanted: one('members', 20), spanMs: 5 })));
      }
      expect(peakPerSecond(grants, 'members')).toBeLessThanOrEqual(1_041.02);
      expect(total(grants, 'members')).toBeGreaterThanOrEqual(4_700);
    });

    it('lifts a limit at once, and a new one starts afresh', async () => {
      const subject = open();
      const { pacer } = subject;
      const wanted = one('members', 1_000);
      pacer.setLimit('k', { membersPerSecond: 1 });
      expect(await take(subject, ['k'], wanted)).toBe(0);
      expect(await take(subject, ['k'], wanted)).toBeGreaterThan(0);
      pacer.setLimit('k', {});
      for (let taking = 0; taking < 10; taking++) expect(await take(subject, ['k'], wanted)).toBe(0);
      pacer.setLimit('k', { membersPerSecond: 10 });
      expect(await take(subject, ['k'], one('members', 10))).toBe(0);
      expect(await take(subject, ['k'], one('members', 10))).toBeGreaterThan(0);
    });
  });
}
