/**
 * A set of texts that only answers "seen before?": a 64-bit hash of each in an open table, 16 to 32 bytes a text
 * whatever its length. Ten million texts collide with a chance of 3 in a million, and then count as seen.
 */
export class SeenSet {
  private slots = new Uint32Array(2 * 65_536);
  private count = 0;

  get size(): number {
    return this.count;
  }

  /** Adds a text; true when it was there already. */
  add(text: string): boolean {
    if (this.count * 2 > this.slots.length / 2) this.grow();
    const high = hashText(text, 0x811c_9dc5) || 1; // 0 marks a free slot
    const low = hashText(text, 0x2f0b_4471);
    const at = this.find(high, low);
    if (this.slots[at] !== 0) return true;
    this.slots[at] = high;
    this.slots[at + 1] = low;
    this.count++;
    return false;
  }

  private find(high: number, low: number): number {
    const mask = this.slots.length / 2 - 1;
    for (let index = (high ^ low) & mask; ; index = (index + 1) & mask) {
      const at = index * 2;
      if (this.slots[at] === 0 || (this.slots[at] === high && this.slots[at + 1] === low)) return at;
    }
  }

  private grow(): void {
    const old = this.slots;
    this.slots = new Uint32Array(old.length * 2);
    for (let from = 0; from < old.length; from += 2) {
      const high = old[from] ?? 0;
      if (high === 0) continue;
      const low = old[from + 1] ?? 0;
      const at = this.find(high, low);
      this.slots[at] = high;
      this.slots[at + 1] = low;
    }
  }
}

/** FNV-1a over UTF-16 units, mixed as MurmurHash3 finishes. */
function hashText(text: string, basis: number): number {
  let hash = basis;
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x0100_0193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85eb_ca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2_ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
