import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Store } from '../core/ports/store.js';
import type { MembersTx } from './members-tx.js';
import type { ScanOptions } from './scan-members.js';

/** Blocks entered in one run: half a million members, 20 MB while they are sorted, beside whatever loads them. */
const BLOCKS_PER_RUN = 500;
/** Blocks read between two turns of the event loop, and entries written in a transaction: below 15 ms each. */
const BLOCKS_PER_SLICE = 10;
const ENTRIES_PER_SLICE = 2_000;
/** Entries are numbers below 2^53; by their top bits they fall into parts that sort in a millisecond. */
const PARTS = 256;
const PART_SPAN = 2 ** 53 / PARTS;

type IndexStore = Store<Pick<MembersTx, 'members'>>;

/**
 * Works off the blocks whose addresses wait for the index, in sorted runs (see member-addresses.ts). May be stopped or
 * killed anywhere: a block is taken off only after its entries are in, and entering one twice changes nothing.
 */
export async function indexAddresses(
  { store }: { readonly store: IndexStore },
  { signal }: ScanOptions = {},
): Promise<void> {
  const parts = Array.from({ length: PARTS }, () => new EntryList());
  for (;;) {
    const blocks = await store.read((tx) => tx.members.addressBacklog({ fromBlock: 0, limit: BLOCKS_PER_RUN }));
    if (blocks.length === 0) return;
    await store.transaction((tx) => tx.members.startAddressBlocks(blocks), { isBulk: true });
    await readEntries(store, { blocks, parts }, signal);
    for (const part of parts) await enterSorted(store, part, signal);
    await store.transaction((tx) => tx.members.finishAddressBlocks(blocks), { isBulk: true });
  }
}

/** Numbers whose memory is used again for the next run: what grows anew each time is freed by full collections only. */
class EntryList {
  private numbers = new Float64Array(1_024);
  private count = 0;

  add(entry: number): void {
    if (this.count === this.numbers.length) {
      const larger = new Float64Array(this.count * 2);
      larger.set(this.numbers);
      this.numbers = larger;
    }
    this.numbers[this.count++] = entry;
  }

  /** All of them in order, to be used before the next `add`. */
  takeSorted(): Float64Array {
    const sorted = this.numbers.subarray(0, this.count).sort();
    this.count = 0;
    return sorted;
  }
}

/** Puts the entries of these blocks into parts by their top bits. */
async function readEntries(
  store: IndexStore,
  { blocks, parts }: { readonly blocks: readonly number[]; readonly parts: readonly EntryList[] },
  signal: AbortSignal | undefined,
): Promise<void> {
  for (let start = 0; start < blocks.length; start += BLOCKS_PER_SLICE) {
    signal?.throwIfAborted();
    const slice = blocks.slice(start, start + BLOCKS_PER_SLICE);
    for (const entry of await store.read((tx) => tx.members.addressEntries(slice))) {
      parts[Math.floor(entry / PART_SPAN)]?.add(entry);
    }
    await nextTurn();
  }
}

async function enterSorted(store: IndexStore, part: EntryList, signal: AbortSignal | undefined): Promise<void> {
  const sorted = part.takeSorted();
  for (let start = 0; start < sorted.length; start += ENTRIES_PER_SLICE) {
    signal?.throwIfAborted();
    const slice = sorted.subarray(start, start + ENTRIES_PER_SLICE);
    await store.transaction((tx) => tx.members.enterAddresses(slice), { isBulk: true });
  }
}
