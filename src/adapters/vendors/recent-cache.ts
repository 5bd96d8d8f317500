/** A bounded cache: the entry made longest ago goes first. */
export class RecentCache<Key, Value> {
  private readonly entries = new Map<Key, Value>();
  private readonly maxEntries: number;

  constructor(maxEntries: number) {
    this.maxEntries = maxEntries;
  }

  get(key: Key, make: () => Value): Value {
    const known = this.entries.get(key);
    if (known !== undefined) return known;
    const made = make();
    const [oldest] = this.entries.keys();
    if (this.entries.size >= this.maxEntries && oldest !== undefined) this.entries.delete(oldest);
    this.entries.set(key, made);
    return made;
  }
}
