/**
 * Finds members by address. The index is one integer per address (see address-entries.ts), 10 bytes.
 *
 * Addresses come in the order of members, which is random for an index: entered one by one they would dirty a page
 * each and slow a bulk load to a third. So a bulk load only notes its blocks in the backlog; look-ups read those blocks
 * themselves, and the index is filled later from up to half a million members at a time, sorted:
 *
 *   startBlocks ─► entriesOf (reads) ─► enter, slice by slice ─► finishBlocks
 *
 * A member whose address changes while its block waits marks the block, which then is not taken off.
 */
import type Database from 'better-sqlite3';
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

/** Ids bound in one statement. */
const IDS_AT_ONCE = 100;
const ID_ROWS = Array(IDS_AT_ONCE).fill('(?)').join(', ');
export class MemberAddresses {
  private readonly insertId: Database.Statement<[number]>;
  private readonly insertIds: Database.Statement<number[]>;
  private readonly deleteId: Database.Statement<[number]>;
  private readonly selectIds: Database.Statement<[number, number], number>;
  private readonly selectBacklog: Database.Statement<[number, number], number>;
  private readonly isWaiting: Database.Statement<[number], number>;
  private readonly addBacklog: Database.Statement<[number]>;
  private readonly markChanged: Database.Statement<[number]>;
  private readonly clearChanged: Database.Statement<[number]>;
  private readonly takeOff: Database.Statement<[number]>;
  private readonly selectAddresses: Database.Statement<[number, number], RawAddresses>;
  private readonly verify: Readonly<Record<AddressQuery['kind'], Database.Statement<[number, string], number>>>;
  private readonly scan: Readonly<Record<AddressQuery['kind'], Database.Statement<[number, number, string], number>>>;

  constructor(database: Database.Database) {
    this.insertId = database.prepare('INSERT OR IGNORE INTO member_address (id) VALUES (?)');
    this.insertIds = database.prepare<number[]>(`INSERT OR IGNORE INTO member_address (id) VALUES ${ID_ROWS}`);
    this.deleteId = database.prepare('DELETE FROM member_address WHERE id = ?');
    this.selectIds = database
      .prepare<[number, number], number>('SELECT id FROM member_address WHERE id >= ? AND id < ?')
      .pluck();
    this.selectBacklog = database
      .prepare<[number, number], number>(
        'SELECT block FROM member_address_backlog WHERE block >= ? ORDER BY block LIMIT ?',
      )
      .pluck();
    this.isWaiting = database.prepare<[number], number>('SELECT 1 FROM member_address_backlog WHERE block = ?').pluck();
    this.addBacklog = database.prepare(
      'INSERT INTO member_address_backlog (block, is_changed) VALUES (?, 1) ON CONFLICT DO UPDATE SET is_changed = 1',
    );
    this.markChanged = database.prepare('UPDATE member_address_backlog SET is_changed = 1 WHERE block = ?');
    this.clearChanged = database.prepare('UPDATE member_address_backlog SET is_changed = 0 WHERE block = ?');
    this.takeOff = database.prepare('DELETE FROM member_address_backlog WHERE block = ? AND is_changed = 0');
    this.selectAddresses = database
      .prepare<[number, number], RawAddresses>(
        'SELECT ordinal, email, phone, push_token FROM member_profile WHERE ordinal >= ? AND ordinal < ?',
      )
      .raw();
    this.verify = {
      email: database
        .prepare<[number, string], number>('SELECT 1 FROM member_profile WHERE ordinal = ? AND email = ?')
        .pluck(),
      phone: database
        .prepare<[number, string], number>('SELECT 1 FROM member_profile WHERE ordinal = ? AND phone = ?')
        .pluck(),
      pushToken: database
        .prepare<[number, string], number>('SELECT 1 FROM member_profile WHERE ordinal = ? AND push_token = ?')
        .pluck(),
    };
    this.scan = {
      email: prepareScan(
        database,
        'SELECT ordinal FROM member_profile WHERE ordinal >= ? AND ordinal < ? AND email = ?',
      ),
      phone: prepareScan(
        database,
        'SELECT ordinal FROM member_profile WHERE ordinal >= ? AND ordinal < ? AND phone = ?',
      ),
      pushToken: prepareScan(
        database,
        'SELECT ordinal FROM member_profile WHERE ordinal >= ? AND ordinal < ? AND push_token = ?',
      ),
    };
  }

  /** Enters the addresses of new members with neighbouring ordinals, or notes their blocks where they are many. */
  add(firstOrdinal: number, members: readonly Omit<Addresses, 'ordinal'>[]): void {
    if (members.length < BULK_MEMBERS) {
      members.forEach((member, index) => {
        const ordinal = firstOrdinal + index;
        this.change({ ordinal, email: null, phone: null, pushToken: null }, { ...member, ordinal });
      });
      return;
    }
    for (let block = blockOf(firstOrdinal); block * BLOCK_SIZE < firstOrdinal + members.length; block++) {
      this.addBacklog.run(block);
    }
  }

  /** Keeps the index with a change of one member's addresses. */
  change(before: Addresses, after: Addresses): void {
    const block = blockOf(before.ordinal);
    if (this.isWaiting.get(block) !== undefined) this.markChanged.run(block);
    const had = entriesOf(before);
    const has = entriesOf(after);
    for (const id of had) if (!has.includes(id)) this.deleteId.run(id);
    if (this.isWaiting.get(block) !== undefined) return;
    for (const id of has) if (!had.includes(id)) this.insertId.run(id);
  }

  /** Indexed ordinals of members that have the address now, ascending. */
  find({ kind, address }: AddressQuery): readonly number[] {
    const { from, until } = entriesOfAddress({ kind, address });
    return this.selectIds
      .all(from, until)
      .map(ordinalOfEntry)
      .filter((ordinal) => this.verify[kind].get(ordinal, address) !== undefined);
  }

  /** The same by reading these blocks. */
  findIn({ kind, address }: AddressQuery, blocks: readonly number[]): readonly number[] {
    return blocks.flatMap((block) => this.scan[kind].all(block * BLOCK_SIZE, (block + 1) * BLOCK_SIZE, address));
  }

  /** Blocks that wait, ascending. */
  backlog(fromBlock: number, limit: number): readonly number[] {
    return this.selectBacklog.all(fromBlock, limit);
  }

  /** Takes note that everything up to now is about to be entered: later changes mark the block again. */
  startBlocks(blocks: readonly number[]): void {
    for (const block of blocks) this.clearChanged.run(block);
  }

  /** The entries that the members of these blocks should have, in no order. */
  entriesOf(blocks: readonly number[]): Float64Array {
    const ids = new Float64Array(blocks.length * BLOCK_SIZE * ADDRESSES_OF_MEMBER);
    let count = 0;
    for (const block of blocks) for (const id of this.idsOfBlock(block)) ids[count++] = id;
    return ids.subarray(0, count);
  }

  /** Bound as numbers: as text each would stay in the engine's cache of such texts until a full collection. */
  enter(ids: Float64Array): void {
    const wholeCount = ids.length - (ids.length % IDS_AT_ONCE);
    for (let start = 0; start < wholeCount; start += IDS_AT_ONCE) {
      this.insertIds.run(...ids.subarray(start, start + IDS_AT_ONCE));
    }
    for (const id of ids.subarray(wholeCount)) this.insertId.run(id);
  }

  /** Ends the waiting of blocks whose entries are all in, but of those where a member changed meanwhile. */
  finishBlocks(blocks: readonly number[]): void {
    for (const block of blocks) this.takeOff.run(block);
  }

  /** Entries that a member should have and has not, where its block does not wait; for the audit. */
  missingOfBlock(block: number): number {
    if (this.isWaiting.get(block) !== undefined) return 0;
    return this.idsOfBlock(block).filter((id) => this.selectIds.get(id, id + 1) === undefined).length;
  }

  private idsOfBlock(block: number): number[] {
    return this.selectAddresses
      .all(block * BLOCK_SIZE, (block + 1) * BLOCK_SIZE)
      .flatMap(([ordinal, email, phone, pushToken]) => entriesOf({ ordinal, email, phone, pushToken }));
  }
}

type RawAddresses = [ordinal: number, email: string | null, phone: string | null, pushToken: string | null];

const prepareScan = (database: Database.Database, sql: string): Database.Statement<[number, number, string], number> =>
  database.prepare<[number, number, string], number>(sql).pluck();
