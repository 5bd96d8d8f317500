/**
 * What keeps members right while transactions run side by side (READ COMMITTED). Locks are taken in this order; who
 * meets another order all the same is a deadlock that the server ends, and the store runs the body again.
 *
 *   1. `population_block` rows of the members that are read in order to be changed, ascending, FOR UPDATE.
 *      Whoever holds a block's row is the only one to change anything that is kept of its members: their two rows, their
 *      flags and tags by block, who exists, their entries in the index of addresses. What a transaction reads of them
 *      afterwards stays as it is until its end, so an import and an opt-out cannot overwrite each other.
 *   2. `suppression_gate`: shared by who writes members after having asked the list, alone by who changes the list. A
 *      member that comes with a suppressed address is either seen by the suppression, or sees it.
 *   3. `population_block` rows of new members, made where a block is new.
 *   4. `member_address_backlog` rows of those blocks: the step that enters addresses ends the waiting of a block only where
 *      nobody changed it since (see member-addresses.ts).
 *   5. `member_term` rows of the words that are used, shared: no word is forgotten (alone) while somebody begins to use it.
 *
 * Two transactions that add the same member are told apart by the unique key of member_profile: the later one meets it,
 * and finds the member when it is run again. Ordinals come from the allocator's row outside the transaction.
 */
import { BLOCK_BITMAP_BYTES } from '../../core/ranges.js';
import { keySlices, selectIn } from './bounded-lists.js';
import type { MysqlSession } from './session.js';

const LOCK_BLOCKS = 'SELECT block FROM population_block FORCE INDEX (PRIMARY) WHERE block IN (?) ORDER BY block';
const MAKE_BLOCKS = `INSERT INTO population_block (block, member_count, exists_bits) VALUES ?
   ON DUPLICATE KEY UPDATE block = VALUES(block)`;
const LOCK_GATE = 'SELECT id FROM suppression_gate WHERE id = 1';

const NOBODY = new Uint8Array(BLOCK_BITMAP_BYTES);

/** The locks of one transaction; a read takes none. */
export class MemberLocks {
  private readonly held = new Set<number>();
  private isGateShared = false;
  private isGateAlone = false;

  constructor(private readonly session: MysqlSession) {}

  /** Holds the blocks that are there until the end of the transaction. */
  async holdBlocks(blocks: Iterable<number>): Promise<void> {
    const missing = this.missing(blocks);
    if (missing.length === 0) return;
    await selectIn(this.session, LOCK_BLOCKS, missing, { lock: 'change' });
    for (const block of missing) this.held.add(block);
  }

  /** The same, and makes the rows of those that are not there. */
  async makeBlocks(blocks: Iterable<number>): Promise<void> {
    // Also those held before: a block may have had no row to hold.
    for (const slice of keySlices(ascending(blocks))) {
      await this.session.execute(MAKE_BLOCKS, [slice.map((block) => [block, 0, NOBODY])], { isText: true });
      for (const block of slice) this.held.add(block);
    }
  }

  /** Before the list of suppressions is asked for what members are to carry. */
  async shareGate(): Promise<void> {
    if (!this.session.isTransaction || this.isGateShared || this.isGateAlone) return;
    await this.session.selectArrays(LOCK_GATE, [], { lock: 'keep' });
    this.isGateShared = true;
  }

  /** Before the list changes. */
  async closeGate(): Promise<void> {
    if (this.isGateAlone) return;
    await this.session.selectArrays(LOCK_GATE, [], { lock: 'change' });
    this.isGateAlone = true;
  }

  private missing(blocks: Iterable<number>): readonly number[] {
    if (!this.session.isTransaction) return [];
    return ascending(blocks).filter((block) => !this.held.has(block));
  }
}

const ascending = (blocks: Iterable<number>): readonly number[] =>
  [...new Set(blocks)].sort((left, right) => left - right);
