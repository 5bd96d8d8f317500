import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Store } from '../core/ports/store.js';
import type { MembersTx } from './members-tx.js';
import type { ScanOptions } from './scan-members.js';

/** Blocks entered in one run: a million members, 40 MB while they are sorted. */
const BLOCKS_PER_RUN = 1_000;
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
  for (;;) {
    const blocks = await store.read((tx) => tx.members.addressBacklog({ fromBlock: 0, limit: BLOCKS_PER_RUN }));
    if (blocks.length === 0) return;
    await store.transaction((tx) => tx.members.startAddressBlocks(blocks), { isBulk: true });
    for (const part of await readEntries(store, blocks, signal)) await enterSorted(store, part, signal);
    await store.transaction((tx) => tx.members.finishAddressBlocks(blocks), { isBulk: true });
  }
}

/** The entries of these blocks by their top bits, not sorted within. */
async function readEntries(
  store: IndexStore,
  blocks: readonly number[],
  signal: AbortSignal | undefined,
): Promise<readonly (readonly number[])[]> {
  const parts = Array.from({ length: PARTS }, (): number[] => []);
  for (let start = 0; start < blocks.length; start += BLOCKS_PER_SLICE) {
    signal?.throwIfAborted();
    const slice = blocks.slice(start, start + BLOCKS_PER_SLICE);
    for (const entry of await store.read((tx) => tx.members.addressEntries(slice))) {
      parts[Math.floor(entry / PART_SPAN)]?.push(entry);
    }
    await nextTurn();
  }
  return parts;
}

async function enterSorted(store: IndexStore, part: readonly number[], signal: AbortSignal | undefined): Promise<void> {
  const sorted = Float64Array.from(part).sort();
  for (let start = 0; start < sorted.length; start += ENTRIES_PER_SLICE) {
    signal?.throwIfAborted();
    const slice = sorted.subarray(start, start + ENTRIES_PER_SLICE);
    await store.transaction((tx) => tx.members.enterAddresses(slice), { isBulk: true });
  }
}
