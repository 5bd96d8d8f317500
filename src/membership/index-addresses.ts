import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Store } from '../core/ports/store.js';
import type { MembersTx } from './members-tx.js';
import type { ScanOptions } from './scan-members.js';

/** Blocks entered in one run: a million members, 30 MB while they are sorted. */
const BLOCKS_PER_RUN = 1_000;
/** Blocks read between two turns of the event loop, and entries written in a transaction: below 15 ms each. */
const BLOCKS_PER_SLICE = 10;
const ENTRIES_PER_SLICE = 5_000;

/**
 * Works off the blocks whose addresses wait for the index, in sorted runs (see member-addresses.ts). May be stopped or
 * killed anywhere: a block is taken off only after its entries are in, and entering one twice changes nothing.
 */
export async function indexAddresses(
  { store }: { readonly store: Store<Pick<MembersTx, 'members'>> },
  { signal }: ScanOptions = {},
): Promise<void> {
  for (;;) {
    const blocks = await store.read((tx) => tx.members.addressBacklog({ fromBlock: 0, limit: BLOCKS_PER_RUN }));
    if (blocks.length === 0) return;
    await store.transaction((tx) => tx.members.startAddressBlocks(blocks), { isBulk: true });
    const entries = await readEntries(store, blocks, signal);
    for (let start = 0; start < entries.length; start += ENTRIES_PER_SLICE) {
      signal?.throwIfAborted();
      const slice = entries.subarray(start, start + ENTRIES_PER_SLICE);
      await store.transaction((tx) => tx.members.enterAddresses(slice), { isBulk: true });
    }
    await store.transaction((tx) => tx.members.finishAddressBlocks(blocks), { isBulk: true });
  }
}

async function readEntries(
  store: Store<Pick<MembersTx, 'members'>>,
  blocks: readonly number[],
  signal: AbortSignal | undefined,
): Promise<Float64Array> {
  const parts: Float64Array[] = [];
  for (let start = 0; start < blocks.length; start += BLOCKS_PER_SLICE) {
    signal?.throwIfAborted();
    parts.push(await store.read((tx) => tx.members.addressEntries(blocks.slice(start, start + BLOCKS_PER_SLICE))));
    await nextTurn();
  }
  const entries = new Float64Array(parts.reduce((length, part) => length + part.length, 0));
  let length = 0;
  for (const part of parts) {
    entries.set(part, length);
    length += part.length;
  }
  return entries.sort();
}
