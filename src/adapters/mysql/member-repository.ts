import { contactBit, type Channel } from '../../core/channels.js';
import { BLOCK_SIZE, blockOf } from '../../core/ranges.js';
import type { EpochMs } from '../../core/time.js';
import { CONTACT_FIELD } from '../../membership/flags.js';
import type { ContactPointDrop, MemberChange, MemberRepository } from '../../membership/member-repository.js';
import type { MemberRow, StoredMember } from '../../membership/member-row.js';
import type { ReadCouponMask } from '../stored/filter-binding.js';
import { noteAddedTags, noteTags, parseTags, type TagChanges } from '../stored/tag-blocks.js';
import { TERM_KIND } from '../stored/term-kinds.js';
import { MemberAddresses } from './member-addresses.js';
import { MemberAudit } from './member-audit.js';
import { MemberLocks } from './member-locks.js';
import { MemberPopulation } from './member-population.js';
import { MemberQueries } from './member-queries.js';
import { MemberRecipients } from './member-recipients.js';
import { MemberRows, termsOf, type RowChange } from './member-rows.js';
import { MemberTags } from './member-tags.js';
import { MemberTerms, type Term } from './member-terms.js';
import type { MysqlSession } from './session.js';
import { SuppressionRows } from './suppression-rows.js';

/** No filter matches more members than there are ordinals. */
const NO_LIMIT = 2 ** 32;

/**
 * Members over MySQL: rows, and beside them what is packed from rows, kept in the same transaction under the locks
 * that member-locks.ts lists. Members that a transaction finds are held until it ends.
 */
export function createMysqlMemberRepository(session: MysqlSession, readCouponMask: ReadCouponMask): MemberRepository {
  const terms = new MemberTerms(session);
  const rows = new MemberRows(session, terms);
  const population = new MemberPopulation(session);
  const addresses = new MemberAddresses(session);
  const tags = new MemberTags(session);
  const queries = new MemberQueries(session, tags, readCouponMask);
  const recipients = new MemberRecipients(session);
  const suppressions = new SuppressionRows(session);
  const locks = new MemberLocks(session);
  const writer = new MemberWriter({ rows, population, addresses, tags, terms, locks });
  const audit = new MemberAudit(session, { rows, population, addresses });

  return {
    findByMemberIds: async (memberIds) => {
      const ordinals = await rows.findOrdinals(memberIds);
      return writer.find(ordinals.map((ordinal) => ordinal ?? NOBODY));
    },
    findByOrdinals: (ordinals) => writer.find(ordinals),
    findOrdinals: (memberIds) => rows.findOrdinals(memberIds),
    memberIdsOf: (ordinals) => rows.memberIdsOf(ordinals),
    keepExisting: (ordinals) => rows.keepExisting(ordinals),
    changedAtOf: (ordinals) => rows.changedAtOf(ordinals),

    insert: (firstOrdinal, added, now) => writer.insert(firstOrdinal, added, now),
    update: (changes, now) => writer.update(changes, now),
    remove: (members) => writer.remove(members),
    dropContactPoints: (channel, drops) => writer.dropContactPoints(channel, drops),

    ordinalsByAddress: (address) => addresses.find(address),
    unindexedOrdinalsByAddress: (address, blocks) => addresses.findIn(address, blocks),
    addressBacklog: ({ fromBlock, limit }) => addresses.backlog(fromBlock, limit),
    startAddressBlocks: (blocks) => addresses.startBlocks(blocks),
    addressEntries: (blocks) => addresses.entriesOfBlocks(blocks),
    enterAddresses: (entries) => addresses.enter(entries),
    finishAddressBlocks: (blocks) => addresses.finishBlocks(blocks),

    populationBlocks: ({ fromBlock, limit }) => population.blocks(fromBlock, limit),
    populationOf: ({ fromBlock, untilBlock }) => population.total(fromBlock, untilBlock),
    flagsOfBlocks: (blocks) => population.flagsOfBlocks(blocks),
    flagsOf: (ordinals) => population.flagsOf(ordinals),
    extent: () => population.extent(),
    memberCount: () => population.count(),

    countIn: ({ filter, range }) => queries.count(filter, range),
    selectOrdinals: ({ filter, range, limit = NO_LIMIT, isDescending = false }) =>
      queries.select(filter, { range, limit, isDescending }),

    recipients: (ordinals, columns) => recipients.pack(ordinals, columns),

    hasSuppressions: async () => {
      await locks.shareGate();
      return suppressions.hasAny();
    },
    suppressedChannels: async (hashes) => {
      await locks.shareGate();
      return suppressions.channelsOf(hashes);
    },
    changeSuppressions: async (changes) => {
      await locks.closeGate();
      for (const change of changes) await suppressions.change(change);
    },
    suppressions: ({ afterHash = new Uint8Array(0), limit }) => suppressions.page(afterHash, limit),

    blockDifferences: ({ fromBlock, untilBlock }) => audit.differences(fromBlock, untilBlock),
  };
}

/** No member's ordinal. */
const NOBODY = -1;

interface WriterParts {
  readonly rows: MemberRows;
  readonly population: MemberPopulation;
  readonly addresses: MemberAddresses;
  readonly tags: MemberTags;
  readonly terms: MemberTerms;
  readonly locks: MemberLocks;
}

/** Members' rows together with everything that is packed from them. */
class MemberWriter {
  /** Members that this transaction has found, or found gone: they stay so until its end. */
  private readonly known = new Map<number, boolean>();

  constructor(private readonly parts: WriterParts) {}

  async find(ordinals: ArrayLike<number>): Promise<readonly (StoredMember | undefined)[]> {
    const { locks, rows } = this.parts;
    const wanted = Array.from(ordinals);
    await locks.holdBlocks(wanted.filter((ordinal) => ordinal !== NOBODY).map(blockOf));
    const found = await rows.findByOrdinals(wanted);
    wanted.forEach((ordinal, index) => this.known.set(ordinal, found[index] !== undefined));
    return found;
  }

  async insert(firstOrdinal: number, added: readonly MemberRow[], now: EpochMs): Promise<void> {
    if (added.length === 0) return;
    const { rows, population, addresses, tags, terms, locks } = this.parts;
    await locks.makeBlocks(blocksOfRange(firstOrdinal, added.length));
    await addresses.add(firstOrdinal, added);
    const tagChanges: TagChanges = new Map();
    noteAddedTags(
      tagChanges,
      firstOrdinal,
      added.map((row) => row.tags),
    );
    const numbers = await terms.enter([...added.flatMap(termsOf), ...tagTerms(tagChanges)]);
    await rows.insert(firstOrdinal, added, { contactsChangedAt: now, numbers });
    await tags.write(tagChanges, numbers);
    await population.write(added.map(({ flags }, index) => ({ ordinal: firstOrdinal + index, flags })));
    added.forEach((_, index) => this.known.set(firstOrdinal + index, true));
  }

  /** In the order of ordinals, so that neighbours share a page. */
  async update(changes: readonly MemberChange[], now: EpochMs): Promise<void> {
    const there = await this.stillThere(changes);
    await this.write(
      there.map(({ before, after }) => ({
        before,
        after,
        contactsChangedAt: hasSameAddresses(before, after) ? before.contactsChangedAt : now,
      })),
      now,
    );
  }

  async remove(members: readonly StoredMember[]): Promise<void> {
    if (members.length === 0) return;
    const { rows, population, addresses, tags, terms, locks } = this.parts;
    await locks.holdBlocks(members.map(({ ordinal }) => blockOf(ordinal)));
    const tagChanges: TagChanges = new Map();
    for (const member of members) noteTags(tagChanges, { ordinal: member.ordinal, before: member.tags, after: '[]' });
    await addresses.change(
      members.map((before) => ({
        before,
        after: { ordinal: before.ordinal, email: null, phone: null, pushToken: null },
      })),
    );
    const numbers = await terms.enter(tagTerms(tagChanges));
    await rows.remove(members.map(({ ordinal }) => ordinal));
    await tags.write(tagChanges, numbers);
    await population.write(members.map(({ ordinal }) => ({ ordinal, flags: 0 })));
    await terms.forgetUnused([...new Set(members.flatMap((member) => parseTags(member.tags)))]);
    for (const { ordinal } of members) this.known.set(ordinal, false);
  }

  async dropContactPoints(channel: Channel, drops: readonly ContactPointDrop[]): Promise<void> {
    const field = CONTACT_FIELD[channel];
    if (field === undefined || drops.length === 0) return;
    const found = await this.find(drops.map(({ ordinal }) => ordinal));
    const changes = drops.flatMap(({ sentAt }, index): readonly RowChange[] => {
      const before = found[index];
      if (before === undefined || before[field] === null || before.contactsChangedAt > sentAt) return [];
      const flags = before.flags & ~contactBit(channel);
      const after = { ...before, [field]: null, ...(field === 'pushToken' && { pushPlatform: null }), flags };
      return [{ before, after, contactsChangedAt: before.contactsChangedAt }];
    });
    // No message shows an address: the time of the change is asked for nothing.
    const [first] = changes;
    if (first !== undefined) await this.write(changes, first.before.contactsChangedAt);
  }

  private async write(unsorted: readonly RowChange[], now: EpochMs): Promise<void> {
    if (unsorted.length === 0) return;
    const { rows, population, addresses, tags, terms } = this.parts;
    const changes = [...unsorted].sort((left, right) => left.before.ordinal - right.before.ordinal);
    const tagChanges: TagChanges = new Map();
    for (const { before, after } of changes)
      noteTags(tagChanges, { ordinal: before.ordinal, before: before.tags, after: after.tags });
    const moved = changes.filter(({ before, after }) => !hasSameAddresses(before, after));
    if (moved.length > 0) {
      await addresses.change(
        moved.map(({ before, after }) => ({ before, after: { ...after, ordinal: before.ordinal } })),
      );
    }
    const numbers = await terms.enter([...changes.flatMap(({ after }) => termsOf(after)), ...tagTerms(tagChanges)]);
    await rows.update(changes, { now, numbers });
    await tags.write(tagChanges, numbers);
    await population.write(
      changes
        .filter(({ before, after }) => before.flags !== after.flags)
        .map(({ before, after }) => ({ ordinal: before.ordinal, flags: after.flags })),
    );
  }

  /** Members that were found outside of this transaction may have gone since: writing brings nobody back. */
  private async stillThere(changes: readonly MemberChange[]): Promise<readonly MemberChange[]> {
    const unknown = changes.map(({ before }) => before.ordinal).filter((ordinal) => !this.known.has(ordinal));
    if (unknown.length > 0) await this.find(unknown);
    return changes.filter(({ before }) => this.known.get(before.ordinal) === true);
  }
}

function blocksOfRange(firstOrdinal: number, count: number): readonly number[] {
  const blocks: number[] = [];
  for (let block = blockOf(firstOrdinal); block * BLOCK_SIZE < firstOrdinal + count; block++) blocks.push(block);
  return blocks;
}

const tagTerms = (changes: TagChanges): readonly Term[] =>
  [...changes.keys()].map((term) => ({ kind: TERM_KIND.tag, term }));

const hasSameAddresses = (before: MemberRow, after: MemberRow): boolean =>
  before.email === after.email && before.phone === after.phone && before.pushToken === after.pushToken;
