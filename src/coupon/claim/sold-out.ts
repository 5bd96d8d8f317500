/**
 * Coupons that are sold out, refused from memory.
 *
 * An entry is good for one version of its coupon: while that stands and the stock is gone nobody gets another grant, so
 * who holds one is fixed and kept as bits by block. Whoever holds none is refused here; holders go to the store, which
 * finds their grant. Every change of a coupon raises its version and takes the entry away: at once in this process; one
 * that another node made is seen within a second, after which the store answers until it was asked again. Cost: 125 bytes
 * and what stands around them for each block of 1,000 ordinals with a holder; together at most `MAX_BYTES`, the oldest go
 * first. A coupon that alone is larger is not remembered: the store answers for it.
 */
import type { CouponId, Ordinal } from '../../core/ids.js';
import type { Clock } from '../../core/ports/clock.js';
import type { Store } from '../../core/ports/store.js';
import { testBit, writeBit } from '../../core/ranges.js';
import { SECOND_MS, type EpochMs } from '../../core/time.js';
import { stockLeft } from '../coupon.js';
import type { CouponTx } from '../coupon-repository.js';

/** Of all entries: fifty coupons with ten million holders each, or 100,000 with a few. */
const MAX_BYTES = 128 * 1024 * 1024;
/** A block of bits with its place in the map; an entry around them. */
const BLOCK_BYTES = 256;
const ENTRY_BYTES = 512;
const MAX_AGE_MS = SECOND_MS;
const BLOCK_SIZE = 1_000;
const HOLDERS_PER_READ = 5_000;

interface Entry {
  readonly version: number;
  checkedAtMs: number;
  readonly closesAt: EpochMs;
  readonly holders: ReadonlyMap<number, Uint8Array>;
}

const bytesOf = (holders: Entry['holders']): number => ENTRY_BYTES + holders.size * BLOCK_BYTES;

export class SoldOutCoupons {
  private readonly entries = new Map<CouponId, Entry>();
  private bytes = 0;
  private readonly reading = new Set<CouponId>();
  /** Counts what may have changed a coupon: holders that were read across one are not kept. */
  private changes = 0;

  constructor(
    private readonly deps: {
      readonly store: Store<Pick<CouponTx, 'coupons' | 'grants'>>;
      readonly clock: Clock;
      readonly maxBytes?: number;
    },
  ) {}

  /** True when the member surely gets none and has none; no store is asked. */
  refuses(id: CouponId, ordinal: Ordinal): boolean {
    const entry = this.entries.get(id);
    if (entry === undefined) return false;
    if (this.deps.clock.now() >= entry.closesAt) {
      this.forget(id); // the store says that it is too late
      return false;
    }
    if (this.deps.clock.monotonicMs() - entry.checkedAtMs >= MAX_AGE_MS) {
      void this.checkAgain(id, entry);
      return false;
    }
    const holders = entry.holders.get(Math.floor(ordinal / BLOCK_SIZE));
    return holders === undefined || !testBit(holders, ordinal % BLOCK_SIZE);
  }

  /** To be called after each commit that changed the coupon. */
  changed(id: CouponId): void {
    this.changes++;
    this.forget(id);
  }

  /** A change may have been made, nobody knows of what: asks the store again for all. */
  forgetAll(): void {
    this.changes++;
    this.entries.clear();
    this.bytes = 0;
  }

  /** A claim was answered "sold out" at this version: its holders are read, once. Never rejects: it only saves time. */
  async met(id: CouponId, version: number): Promise<void> {
    if (this.reading.has(id) || this.entries.has(id)) return;
    this.reading.add(id);
    const { changes } = this;
    try {
      const holders = await this.readHolders(id);
      if (holders === undefined) return;
      const checkedAtMs = this.deps.clock.monotonicMs();
      const coupon = await this.deps.store.read((tx) => tx.coupons.find(id));
      if (coupon?.version !== version || stockLeft(coupon) !== 0 || this.changes !== changes) return;
      this.keep(id, { version, checkedAtMs, closesAt: coupon.closesAt, holders });
    } catch {
      // The store answers claims itself until this has worked.
    } finally {
      this.reading.delete(id);
    }
  }

  /** Its age is counted from before the question. */
  private async checkAgain(id: CouponId, entry: Entry): Promise<void> {
    if (this.reading.has(id)) return;
    this.reading.add(id);
    try {
      const checkedAtMs = this.deps.clock.monotonicMs();
      const coupon = await this.deps.store.read((tx) => tx.coupons.find(id));
      if (coupon?.version === entry.version) entry.checkedAtMs = checkedAtMs;
      else if (this.entries.get(id) === entry) this.forget(id);
    } catch {
      // Claims ask the store meanwhile.
    } finally {
      this.reading.delete(id);
    }
  }

  private keep(id: CouponId, entry: Entry): void {
    this.entries.set(id, entry);
    this.bytes += bytesOf(entry.holders);
    for (const oldest of this.entries.keys()) {
      if (this.bytes <= this.maxBytes) return;
      this.forget(oldest);
    }
  }

  private forget(id: CouponId): void {
    const entry = this.entries.get(id);
    if (entry === undefined) return;
    this.entries.delete(id);
    this.bytes -= bytesOf(entry.holders);
  }

  private get maxBytes(): number {
    return this.deps.maxBytes ?? MAX_BYTES;
  }

  /** Undefined where they are more than may be remembered. */
  private async readHolders(id: CouponId): Promise<Map<number, Uint8Array> | undefined> {
    const holders = new Map<number, Uint8Array>();
    for (let after = -1; ;) {
      const slice = await this.deps.store.read((tx) => tx.grants.holdersAfter(id, { after, limit: HOLDERS_PER_READ }));
      for (const ordinal of slice) {
        const block = Math.floor(ordinal / BLOCK_SIZE);
        const bits = holders.get(block) ?? new Uint8Array(BLOCK_SIZE / 8);
        writeBit(bits, ordinal % BLOCK_SIZE, true);
        holders.set(block, bits);
      }
      const last = slice.at(-1);
      if (bytesOf(holders) > this.maxBytes) return undefined;
      if (last === undefined || slice.length < HOLDERS_PER_READ) return holders;
      after = last;
      await this.deps.clock.sleep(0);
    }
  }
}
