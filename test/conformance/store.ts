import * as fc from 'fast-check';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { FolderFacts } from '../../src/core/folder-facts.js';
import type { IdAllocator } from '../../src/core/id-allocator.js';
import type { Store } from '../../src/core/ports/store.js';

/** The two repositories that belong to no feature; every store has them. */
export interface BaseTx {
  readonly ids: IdAllocator;
  readonly facts: FolderFacts;
}

/** A place that stores are opened over, one after another. */
export interface StoreUnderTest {
  /** `isSerial`: with one transaction at a time, where the store can have more. */
  open(options?: { readonly isSerial: boolean }): Promise<Store<BaseTx> & { close(): Promise<void> }>;
  /** Deletes what was kept; the store is closed by then. */
  remove(): Promise<void>;
}

export interface StoreCapabilities {
  /** Whether a body that waits for something other than its transaction is stopped; else the reason why not. */
  readonly stopsStrayBodies: true | string;
}

const SOMETHING = Uint8Array.of(7);

/** What every store behind the port keeps. */
export function storeConformance(name: string, capabilities: StoreCapabilities, begin: () => StoreUnderTest): void {
  describe(`store conformance: ${name}`, () => {
    let subject: StoreUnderTest;
    let store: Awaited<ReturnType<StoreUnderTest['open']>>;
    beforeEach(async () => {
      subject = begin();
      store = await subject.open();
    });
    afterEach(async () => {
      await store.close();
      await subject.remove();
    });

    const write = (fact: string) => store.transaction((tx) => tx.facts.keepFirst(fact, SOMETHING));
    const writeAndFail = (fact: string) =>
      store.transaction(async (tx) => {
        await tx.facts.keepFirst(fact, SOMETHING);
        throw new Error(`no ${fact}`);
      });
    const isThere = async (fact: string): Promise<boolean> =>
      (await store.read((tx) => tx.facts.read(fact))) !== undefined;

    it('keeps all that a body wrote, or nothing of it', async () => {
      await store.transaction(async (tx) => {
        await tx.facts.keepFirst('a', SOMETHING);
        await tx.facts.keepFirst('b', SOMETHING);
      });
      const failing = store.transaction(async (tx) => {
        await tx.facts.keepFirst('c', SOMETHING);
        await tx.facts.keepFirst('d', SOMETHING);
        throw new Error('refused');
      });
      await expect(failing).rejects.toThrow('refused');
      expect(await Promise.all(['a', 'b', 'c', 'd'].map(isThere))).toEqual([true, true, false, false]);
    });

    it('answers with what the body answered, and shows a body what it wrote itself', async () => {
      const seen = await store.transaction(async (tx) => {
        await tx.facts.keepFirst('a', SOMETHING);
        return tx.facts.read('a');
      });
      expect(seen?.[0]).toBe(SOMETHING[0]);
    });

    it('answers nobody of those who waited together before the commit: whoever is answered can be read', async () => {
      const facts = Array.from({ length: 200 }, (_, index) => `fact-${index}`);
      const seen = await Promise.all(
        facts.map(async (fact) => {
          await write(fact);
          return isThere(fact);
        }),
      );
      expect(seen).not.toContain(false);
    });

    it('shows to reads only what was committed', async () => {
      let early: Promise<boolean> | undefined;
      await store.transaction(async (tx) => {
        await tx.facts.keepFirst('a', SOMETHING);
        early = isThere('a');
        if (capabilities.stopsStrayBodies !== true) await early; // where a body may wait, the read ends before its commit
      });
      expect(await early).toBe(false);
      expect(await isThere('a')).toBe(true);
    });

    it('shows to each statement of a read the newest state, and lets no read write', async () => {
      const [before, after] = await store.read(async (tx) => {
        const first = await tx.facts.read('a');
        await write('a');
        return [first, await tx.facts.read('a')];
      });
      expect([before, after?.[0]]).toEqual([undefined, SOMETHING[0]]);
      await expect(store.read((tx) => tx.facts.keepFirst('b', SOMETHING))).rejects.toThrow();
      expect(await isThere('b')).toBe(false);
    });

    it('shows to a snapshot the state of one moment, whoever commits meanwhile', async () => {
      const seen = await store.transaction(
        async (tx) => {
          const before = await tx.facts.read('a');
          if (capabilities.stopsStrayBodies !== true) await write('a'); // the other stores run one body at a time
          return [before, await tx.facts.read('a')];
        },
        { isBulk: true, isSnapshot: true },
      );
      expect(seen).toEqual([undefined, undefined]);
      await write('b');
      expect(await isThere('b')).toBe(true);
    });

    it('undoes a failing body alone, in whatever company and order it came', async () => {
      const jobs = fc.array(fc.record({ fails: fc.boolean(), isBulk: fc.boolean(), waitsBefore: fc.boolean() }), {
        minLength: 1,
        maxLength: 40,
      });
      let run = 0;
      await fc.assert(
        fc.asyncProperty(jobs, async (wanted) => {
          const prefix = `run-${++run}`;
          const answers: Promise<boolean>[] = [];
          for (const [index, { fails, isBulk, waitsBefore }] of wanted.entries()) {
            if (waitsBefore) await nextTurn();
            const body = async (tx: BaseTx): Promise<void> => {
              await tx.facts.keepFirst(`${prefix}/${index}`, SOMETHING);
              if (fails) throw new Error('refused');
            };
            answers.push(
              store.transaction(body, { isBulk }).then(
                () => true,
                () => false,
              ),
            );
          }
          expect(await Promise.all(answers)).toEqual(wanted.map(({ fails }) => !fails));
          const kept = await Promise.all(wanted.map((_, index) => isThere(`${prefix}/${index}`)));
          expect(kept).toEqual(wanted.map(({ fails }) => !fails));
        }),
        { numRuns: 30 },
      );
    });

    it('lets bulk work wait while requests of people are waiting', async () => {
      await store.close();
      store = await subject.open({ isSerial: true });
      const order: string[] = [];
      const run = (who: string, isBulk: boolean): Promise<unknown> =>
        store.transaction(
          async (tx) => {
            await tx.facts.keepFirst(who, SOMETHING);
            order.push(who);
          },
          { isBulk },
        );
      await Promise.all([run('bulk 1', true), run('bulk 2', true), run('person 1', false), run('person 2', false)]);
      expect(order).toEqual(['person 1', 'person 2', 'bulk 1', 'bulk 2']);
    });

    it('reads slices of long answers one at a time, in their order, and lets everything else pass between them', async () => {
      const order: string[] = [];
      let reading = 0;
      const slice = (name: string): Promise<void> =>
        store.read(
          async (tx) => {
            expect(++reading).toBe(1);
            await tx.facts.read('a');
            reading--;
            order.push(name);
            if (name === '2') throw new Error('refused');
          },
          { isBulk: true },
        );
      const done = new AbortController();
      const slices = Promise.allSettled(['1', '2', '3', '4', '5'].map(slice)).finally(() => {
        done.abort();
      });
      while (!done.signal.aborted) {
        order.push('other');
        await nextTurn();
      }
      expect((await slices).map(({ status }) => status === 'fulfilled')).toEqual([true, false, true, true, true]);
      expect(order.filter((name) => name !== 'other')).toEqual(['1', '2', '3', '4', '5']);
      expect(order.join(' ')).not.toMatch(/\d \d/);
    });

    const itStops = capabilities.stopsStrayBodies === true ? it : it.skip;
    const reason = capabilities.stopsStrayBodies === true ? '' : ` (not here: ${capabilities.stopsStrayBodies})`;
    itStops(`stops a body that waits for something else, undoes it, and runs the others${reason}`, async () => {
      const before = write('before');
      const stray = store.transaction(async (tx) => {
        await tx.facts.keepFirst('stray', SOMETHING);
        await nextTurn();
        await nextTurn();
        await tx.facts.keepFirst('late', SOMETHING);
      });
      const after = write('after');
      await expect(stray).rejects.toThrow('waited for something other than its transaction');
      await Promise.all([before, after]);
      await nextTurn(); // the stray body has gone on by now
      await nextTurn();
      expect(await Promise.all(['before', 'after', 'stray', 'late'].map(isThere))).toEqual([true, true, false, false]);
      await write('next');
    });

    it('gives ids to one taker only, at the same moment as after it was opened again', async () => {
      const takeTen = () =>
        Promise.all(Array.from({ length: 10 }, () => store.transaction((tx) => tx.ids.take('campaign', 3))));
      const taken = await takeTen();
      await store.close();
      store = await subject.open();
      taken.push(...(await takeTen()));
      const ids = taken.flatMap((first) => [first, first + 1, first + 2]);
      expect(new Set(ids).size).toBe(60);
      expect(await store.transaction((tx) => tx.ids.take('promotion', 1))).toBeGreaterThan(0);
    });

    it('keeps what it acknowledged, and only that, when it is opened again', async () => {
      const [kept] = await Promise.allSettled([write('kept'), writeAndFail('undone')]);
      expect(kept.status).toBe('fulfilled');
      await store.close();
      store = await subject.open();
      expect([await isThere('kept'), await isThere('undone')]).toEqual([true, false]);
    });

    it('closes twice; answers what was asked before, refuses what is asked after', async () => {
      const asked = [write('a'), write('b')];
      const closings = [store.close(), store.close()];
      expect((await Promise.allSettled(asked)).map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled']);
      await Promise.all(closings);
      await store.close();
      await expect(write('c')).rejects.toMatchObject({ code: 'SHUTTING_DOWN' });
      await expect(isThere('a')).rejects.toMatchObject({ code: 'SHUTTING_DOWN' });
      store = await subject.open();
      expect(await Promise.all(['a', 'b', 'c'].map(isThere))).toEqual([true, true, false]);
    });
  });
}
