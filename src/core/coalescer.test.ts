import { describe, expect, it } from 'vitest';
import { Coalescer } from './coalescer.js';

interface Batch {
  readonly items: readonly string[];
  end(): void;
  fail(error: Error): void;
}

/** Shouts; each batch waits until the test ends it. */
function shouting(maxItems = 100) {
  const batches: Batch[] = [];
  const coalescer = new Coalescer<string, string>({
    maxItems,
    keyOf: (item) => (item.startsWith('=') ? item : undefined),
    run: (items) =>
      new Promise((resolve, reject) => {
        batches.push({
          items,
          end: () => {
            resolve(items.map((item) => item.toUpperCase()));
          },
          fail: reject,
        });
      }),
  });
  const nextBatch = async (count: number): Promise<Batch> => {
    await expect.poll(() => batches.length, { timeout: 60_000 }).toBe(count);
    const batch = batches[count - 1];
    if (batch === undefined) throw new Error(`there is no batch ${count}`);
    return batch;
  };
  return { coalescer, nextBatch };
}

describe('the coalescer', () => {
  it('makes one batch of calls of the same turn, and answers each with its own results', async () => {
    const { coalescer, nextBatch } = shouting();
    const answers = Promise.all([coalescer.ask(['a', 'b']), coalescer.ask([]), coalescer.ask(['c'])]);
    const batch = await nextBatch(1);
    expect(batch.items).toEqual(['a', 'b', 'c']);
    batch.end();
    expect(await answers).toEqual([['A', 'B'], [], ['C']]);
  });

  it('gathers what is asked while a batch runs into the next one', async () => {
    const { coalescer, nextBatch } = shouting();
    const first = coalescer.ask(['a']);
    const running = await nextBatch(1);
    const later = [coalescer.ask(['b']), coalescer.ask(['c'])];
    running.end();
    await first;
    const next = await nextBatch(2);
    expect(next.items).toEqual(['b', 'c']);
    next.end();
    expect(await Promise.all(later)).toEqual([['B'], ['C']]);
  });

  it('runs items of equal keys once, and keeps items without a key apart', async () => {
    const { coalescer, nextBatch } = shouting();
    const answers = Promise.all([coalescer.ask(['=x', 'y', '=x']), coalescer.ask(['y', '=x'])]);
    const batch = await nextBatch(1);
    expect(batch.items).toEqual(['=x', 'y', 'y']);
    batch.end();
    expect(await answers).toEqual([
      ['=X', 'Y', '=X'],
      ['Y', '=X'],
    ]);
  });

  it('cuts batches between calls, and lets one large call be a batch of its own', async () => {
    const { coalescer, nextBatch } = shouting(3);
    const calls = [['a', 'b'], ['c', 'd'], ['1', '2', '3', '4', '5'], ['e']];
    const answers = Promise.all(calls.map((items) => coalescer.ask(items)));
    for (const [index, items] of calls.entries()) {
      const batch = await nextBatch(index + 1);
      expect(batch.items).toEqual(items);
      batch.end();
    }
    expect((await answers).flat().join('')).toBe('ABCD12345E');
  });

  it('fails all calls of a batch that fails, and goes on with the next', async () => {
    const { coalescer, nextBatch } = shouting();
    const failed = Promise.allSettled([coalescer.ask(['a']), coalescer.ask(['b'])]);
    (await nextBatch(1)).fail(new Error('no store'));
    expect((await failed).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    const again = coalescer.ask(['a']);
    (await nextBatch(2)).end();
    expect(await again).toEqual(['A']);
  });
});
