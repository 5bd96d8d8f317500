/**
 * Finds members by address: an index of one integer per address (see address-entries.ts), which a bulk load does not
 * touch. It notes its blocks in the backlog; look-ups read those blocks themselves, and the index is filled later,
 * sorted:
 *
 *   startBlocks ─► entriesOf (reads) ─► enter, slice by slice ─► finishBlocks
 *
 * Who changes an address holds its member's block and the block's row of the backlog, and marks the row; a row that was
 * marked after its start, or started by another process since, is not taken off. So whoever enters may die anywhere,
 * and two processes may enter the same block at once.
 */
import { randomBytes } from 'node:crypto';
import { BLOCK_SIZE, blockOf } from '../../core/ranges.js';
import type { AddressQuery } from '../../membership/member-repository.js';
import {
  ADDRESSES_OF_MEMBER,
  BULK_MEMBERS,
  entriesOf,
  entriesOfAddress,
  ordinalOfEntry,
  type Addresses,
} from '../stored/address-entries.js';
import { executeIn, keySlices, rowSlices, selectIn } from './bounded-lists.js';
import { selectValues, type MysqlSession } from './session.js';

const ENTER = 'INSERT INTO member_address (id) VALUES ? ON DUPLICATE KEY UPDATE id = VALUES(id)';
const DROP = 'DELETE FROM member_address WHERE id IN (?)';
const CANDIDATES = 'SELECT id FROM member_address WHERE id >= ? AND id < ?';
const PRESENT = 'SELECT id FROM member_address WHERE id IN (?)';
const BACKLOG = 'SELECT block FROM member_address_backlog WHERE block >= ? ORDER BY block LIMIT ?';
const WAITING = 'SELECT block FROM member_address_backlog FORCE INDEX (PRIMARY) WHERE block IN (?) ORDER BY block';
const WAIT = 'INSERT INTO member_address_backlog (block, is_changed) VALUES ? ON DUPLICATE KEY UPDATE is_changed = 1';
const MARK = 'UPDATE member_address_backlog SET is_changed = 1 WHERE block IN (?)';
const START = 'UPDATE member_address_backlog SET is_changed = 0, indexer = ? WHERE block IN (?)';
const FINISH = 'DELETE FROM member_address_backlog WHERE is_changed = 0 AND indexer = ? AND block IN (?)';
const ADDRESSES = 'SELECT ordinal, email, phone, push_token FROM member_profile WHERE ordinal >= ? AND ordinal < ?';
const COLUMN = { email: 'email', phone: 'phone', pushToken: 'push_token' } as const satisfies Record<
  AddressQuery['kind'],
  string
>;

/** Which process began to enter a block. */
const INDEXER = randomBytes(8);
const ENTRY_BYTES = 20;

export class MemberAddresses {
  constructor(private readonly session: MysqlSession) {}

  /** Enters the addresses of new members with neighbouring ordinals, or notes their blocks where they are many. */
  async add(firstOrdinal: number, members: readonly Omit<Addresses, 'ordinal'>[]): Promise<void> {
    if (members.length < BULK_MEMBERS) {
      return this.change(
        members.map((member, index) => {
          const ordinal = firstOrdinal + index;
          return { before: { ordinal, email: null, phone: null, pushToken: null }, after: { ...member, ordinal } };
        }),
      );
    }
    const blocks: number[] = [];
    for (let block = blockOf(firstOrdinal); block * BLOCK_SIZE < firstOrdinal + members.length; block++) {
      blocks.push(block);
    }
    await this.session.execute(WAIT, [blocks.map((block) => [block, 1])], { isText: true });
  }

  /** Keeps the index with changes of members' addresses; their blocks are held. */
  async change(changes: readonly { readonly before: Addresses; readonly after: Addresses }[]): Promise<void> {
    const added: number[] = [];
    const dropped: number[] = [];
    const waiting = await this.markWaiting(changes.map(({ before }) => blockOf(before.ordinal)));
    for (const { before, after } of changes) {
      const had = entriesOf(before);
      const has = entriesOf(after);
      dropped.push(...had.filter((entry) => !has.includes(entry)));
      if (!waiting.has(blockOf(before.ordinal))) added.push(...has.filter((entry) => !had.includes(entry)));
    }
    await executeIn(this.session, DROP, dropped.sort(byNumber));
    await this.enter(Float64Array.from(added).sort());
  }

  /** Indexed ordinals of members that have the address now, ascending. */
  async find({ kind, address }: AddressQuery): Promise<readonly number[]> {
    const { from, until } = entriesOfAddress({ kind, address });
    const candidates = await selectValues<number>(this.session, CANDIDATES, [from, until]);
    const found: number[] = [];
    for (const slice of keySlices(candidates.map(ordinalOfEntry))) {
      found.push(
        ...(await selectValues<number>(
          this.session,
          `SELECT ordinal FROM member_profile WHERE ordinal IN (?) AND ${COLUMN[kind]} = ?`,
          [slice, address],
          { isText: true },
        )),
      );
    }
    return found.sort(byNumber);
  }

  /** The same by reading these blocks. */
  async findIn({ kind, address }: AddressQuery, blocks: readonly number[]): Promise<readonly number[]> {
    const found: number[] = [];
    for (const block of blocks) {
      found.push(
        ...(await selectValues<number>(
          this.session,
          `SELECT ordinal FROM member_profile WHERE ordinal >= ? AND ordinal < ? AND ${COLUMN[kind]} = ? ORDER BY ordinal`,
          [block * BLOCK_SIZE, (block + 1) * BLOCK_SIZE, address],
        )),
      );
    }
    return found;
  }

  /** Blocks that wait, ascending. */
  backlog(fromBlock: number, limit: number): Promise<readonly number[]> {
    return selectValues<number>(this.session, BACKLOG, [fromBlock, limit]);
  }

  /** Takes note that everything up to now is about to be entered: later changes mark the block again. */
  async startBlocks(blocks: readonly number[]): Promise<void> {
    for (const slice of keySlices(blocks)) await this.session.execute(START, [INDEXER, slice], { isText: true });
  }

  /** The entries that the members of these blocks should have, in no order. */
  async entriesOfBlocks(blocks: readonly number[]): Promise<Float64Array> {
    const entries = new Float64Array(blocks.length * BLOCK_SIZE * ADDRESSES_OF_MEMBER);
    let count = 0;
    for (const block of blocks) for (const entry of await this.entriesOfBlock(block)) entries[count++] = entry;
    return entries.subarray(0, count);
  }

  async enter(entries: Float64Array): Promise<void> {
    const rows = Array.from(entries, (entry) => [entry]);
    for (const slice of rowSlices(rows, () => ENTRY_BYTES))
      await this.session.execute(ENTER, [slice], { isText: true });
  }

  /** Ends the waiting of blocks whose entries are all in, but of those where a member changed meanwhile. */
  async finishBlocks(blocks: readonly number[]): Promise<void> {
    for (const slice of keySlices(blocks)) await this.session.execute(FINISH, [INDEXER, slice], { isText: true });
  }

  /** Entries that members should have and have not, by block, where the block does not wait; for the audit. */
  async missing(fromBlock: number, untilBlock: number): Promise<ReadonlyMap<number, number>> {
    const missing = new Map<number, number>();
    const waiting = new Set(await this.backlog(fromBlock, untilBlock - fromBlock));
    for (let block = fromBlock; block < untilBlock; block++) {
      if (waiting.has(block)) continue;
      const entries = await this.entriesOfBlock(block);
      const present = new Set((await selectIn<[number]>(this.session, PRESENT, entries)).map(([entry]) => entry));
      missing.set(block, entries.filter((entry) => !present.has(entry)).length);
    }
    return missing;
  }

  /** Of blocks that are held, those that wait; they are marked, so that they go on waiting. */
  private async markWaiting(blocks: readonly number[]): Promise<ReadonlySet<number>> {
    const wanted = [...new Set(blocks)].sort(byNumber);
    const waiting = (await selectIn<[number]>(this.session, WAITING, wanted, { lock: 'change' })).map(
      ([block]) => block,
    );
    await executeIn(this.session, MARK, waiting);
    return new Set(waiting);
  }

  private async entriesOfBlock(block: number): Promise<readonly number[]> {
    const rows = await this.session.selectArrays<
      [ordinal: number, email: string | null, phone: string | null, pushToken: string | null]
    >(ADDRESSES, [block * BLOCK_SIZE, (block + 1) * BLOCK_SIZE]);
    return rows.flatMap(([ordinal, email, phone, pushToken]) => entriesOf({ ordinal, email, phone, pushToken }));
  }
}

const byNumber = (left: number, right: number): number => left - right;
