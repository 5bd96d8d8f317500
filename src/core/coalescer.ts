/**
 * Calls that wait at the same moment become one batch: one transaction, one commit, one result for each item.
 *
 *   ask ─► waiting ─► (end of this turn, or of the batch before) ─► run(items) ─► each call its own results
 *
 * One batch runs at a time; what is asked meanwhile makes the next. Items of equal keys in a batch are run once and share
 * the result. A batch that fails fails for all its calls, which may simply ask again. Asking inside an open transaction
 * of the store that `run` uses would wait for itself: the store stops a body that does.
 */
import { assert } from './assert.js';

export interface CoalescerOptions<Item, Result> {
  /** Most items of a batch; a single call with more makes a batch of its own. */
  readonly maxItems: number;
  /** Equal keys are the same question; undefined = like no other. */
  readonly keyOf: (item: Item) => string | undefined;
  /** Answers for each item in the order given. */
  readonly run: (items: readonly Item[]) => Promise<readonly Result[]>;
}

interface Call<Item, Result> {
  readonly items: readonly Item[];
  readonly resolve: (results: readonly Result[]) => void;
  readonly reject: (error: unknown) => void;
}

export class Coalescer<Item, Result> {
  private waiting: Call<Item, Result>[] = [];
  private isRunning = false;

  constructor(private readonly options: CoalescerOptions<Item, Result>) {}

  /** Results in the order of the items. @throws what the batch throws. */
  ask(items: readonly Item[]): Promise<readonly Result[]> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ items, resolve, reject });
      if (!this.isRunning) void this.runAll();
    });
  }

  private async runAll(): Promise<void> {
    this.isRunning = true;
    await new Promise((resolve) => setImmediate(resolve)); // whoever asks in this turn comes along
    while (this.waiting.length > 0) await this.runBatch(this.takeBatch());
    this.isRunning = false;
  }

  private takeBatch(): readonly Call<Item, Result>[] {
    let items = 0;
    const end = this.waiting.findIndex((call, index) => {
      items += call.items.length;
      return index > 0 && items > this.options.maxItems;
    });
    const batch = end === -1 ? this.waiting : this.waiting.slice(0, end);
    this.waiting = end === -1 ? [] : this.waiting.slice(end);
    return batch;
  }

  private async runBatch(calls: readonly Call<Item, Result>[]): Promise<void> {
    const items: Item[] = [];
    const places = new Map<string, number>();
    const placeOf = (item: Item): number => {
      const key = this.options.keyOf(item);
      const known = key === undefined ? undefined : places.get(key);
      if (known !== undefined) return known;
      if (key !== undefined) places.set(key, items.length);
      return items.push(item) - 1;
    };
    const asked = calls.map((call) => call.items.map(placeOf));
    try {
      const results = await this.options.run(items);
      assert(results.length === items.length, 'a batch answers each of its items');
      calls.forEach((call, index) => {
        call.resolve((asked[index] ?? []).map((place) => results[place] as Result)); // as many as there are items
      });
    } catch (error) {
      for (const call of calls) call.reject(error);
    }
  }
}
