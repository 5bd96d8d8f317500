/**
 * Reads single entries that many ask for at once. Questions that come while one reading runs share the next one, so an
 * entry is never read twice at a time. What is shared may be as old as it is kept, where word of a change was lost.
 *
 *   unknown id ─► KnownIds, in memory ─► undefined
 *   known id ──► shared by the nodes? ─yes─► its value ─no─► the store, then shared
 */
import type { KnownIds } from './known-ids.js';

/** Entries that nodes share for a short time. It may be empty or away at any moment; then each node reads for itself. */
export interface SharedEntries<Value> {
  /** Of some ids: what is shared. Others are read by `load`, each by one node at a time, and shared then. */
  readThrough(
    ids: readonly number[],
    load: (ids: readonly number[]) => Promise<ReadonlyMap<number, Value>>,
  ): Promise<ReadonlyMap<number, Value>>;
  /** To be called after the commit that changed an entry. */
  forget(id: number): Promise<void>;
}

/** Where nothing is shared. */
export const unsharedEntries = <Value>(): SharedEntries<Value> => ({
  readThrough: (ids, load) => load(ids),
  forget: () => Promise.resolve(),
});

export interface EntryReaderDeps<Value> {
  readonly knownIds: Pick<KnownIds, 'has'>;
  /** Reads entries from the store, in one go. */
  readonly load: (ids: readonly number[]) => Promise<ReadonlyMap<number, Value>>;
  readonly shared: SharedEntries<Value>;
}

export class EntryReader<Value> {
  /** The reading that has not begun yet. */
  private next: { readonly ids: Set<number>; readonly values: Promise<ReadonlyMap<number, Value>> } | undefined;
  private last: Promise<unknown> = Promise.resolve();

  constructor(private readonly deps: EntryReaderDeps<Value>) {}

  /** @throws whatever the store failed with. */
  async find(id: number): Promise<Value | undefined> {
    if (!(await this.deps.knownIds.has(id))) return undefined;
    const reading = (this.next ??= this.readNext());
    reading.ids.add(id);
    return (await reading.values).get(id);
  }

  /** To be called after the commit that changed an entry. */
  changed(id: number): Promise<void> {
    return this.deps.shared.forget(id);
  }

  private readNext(): NonNullable<typeof this.next> {
    const ids = new Set<number>();
    const values = this.last.then(() => {
      this.next = undefined;
      return this.deps.shared.readThrough([...ids], this.deps.load);
    });
    this.last = values.catch(() => undefined); // those who asked are told
    return { ids, values };
  }
}
