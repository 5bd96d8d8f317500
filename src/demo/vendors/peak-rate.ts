const SLOT_MS = 10;
const SLOTS_PER_SECOND = 1_000 / SLOT_MS;

/** The most events in any second, to 10 ms. */
export class PeakRate {
  private readonly slots = new Float64Array(SLOTS_PER_SECOND);
  private lastSlot = 0;
  private inLastSecond = 0;
  private most = 0;

  get peakPerSecond(): number {
    return this.most;
  }

  add(count: number, nowMs: number): void {
    const slot = Math.floor(nowMs / SLOT_MS);
    const passed = Math.min(slot - this.lastSlot, SLOTS_PER_SECOND);
    for (let step = 1; step <= passed; step++) {
      const index = (slot - passed + step) % SLOTS_PER_SECOND;
      this.inLastSecond -= this.slots[index] ?? 0;
      this.slots[index] = 0;
    }
    this.lastSlot = Math.max(slot, this.lastSlot);
    const index = this.lastSlot % SLOTS_PER_SECOND;
    this.slots[index] = (this.slots[index] ?? 0) + count;
    this.inLastSecond += count;
    this.most = Math.max(this.most, this.inLastSecond);
  }
}
