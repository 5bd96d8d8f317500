import type Database from 'better-sqlite3';
import { contactBit } from '../../core/channels.js';
import { blockOf, offsetInBlock } from '../../core/ranges.js';
import { epochMs } from '../../core/time.js';
import { CONTACT_FIELD } from '../../membership/flags.js';
import type { MemberRepository } from '../../membership/member-repository.js';
import type { FlagWrite } from '../stored/population-flags.js';
import type { ReadCouponMask } from '../stored/filter-binding.js';
import { noteAddedTags, noteTags, type TagChanges } from '../stored/tag-blocks.js';
import { MemberAddresses } from './member-addresses.js';
import { MemberAudit } from './member-audit.js';
import { MemberPopulation } from './member-population.js';
import { MemberQueries } from './member-queries.js';
import { MemberRecipients } from './member-recipients.js';
import { MemberRows } from './member-rows.js';
import { MemberTags } from './member-tags.js';
import { MemberTerms } from './member-terms.js';
import { SuppressionRows } from './suppression-rows.js';

/** Members over SQLite: rows, and beside them what is packed from rows, kept in the same transaction. */
export function createMemberRepository(database: Database.Database, readCouponMask: ReadCouponMask): MemberRepository {
  const terms = new MemberTerms(database);
  const rows = new MemberRows(database, terms);
  const tags = new MemberTags(database, terms);
  const population = new MemberPopulation(database);
  const addresses = new MemberAddresses(database);
  const queries = new MemberQueries(database, tags, readCouponMask);
  const recipients = new MemberRecipients(database);
  const suppressions = new SuppressionRows(database);
  const audit = new MemberAudit(database, { rows, population, terms, addresses });

  const repository: MemberRepository = {
    findByMemberIds: async (memberIds) =>
      rows.findByOrdinals(rows.findOrdinals(memberIds).map((ordinal) => ordinal ?? -1)),
    findByOrdinals: async (ordinals) => rows.findByOrdinals(ordinals),
    findOrdinals: async (memberIds) => rows.findOrdinals(memberIds),
    changedAtOf: async (ordinals) =>
      Array.from(ordinals, (ordinal) => {
        const changedAt = rows.changedAtOf(ordinal);
        return changedAt === undefined || changedAt === null ? changedAt : epochMs(changedAt);
      }),
    memberIdsOf: async (ordinals) => Array.from(ordinals, (ordinal) => rows.memberIdOf(ordinal)),
    keepExisting: async (ordinals) => population.existing(ordinals),

    insert: async (firstOrdinal, added, now) => {
      terms.begin();
      rows.insert(firstOrdinal, added, now);
      const changes: TagChanges = new Map();
      noteAddedTags(
        changes,
        firstOrdinal,
        added.map((row) => row.tags),
      );
      tags.write(changes);
      population.write(added.map(({ flags }, index) => ({ ordinal: firstOrdinal + index, flags })));
      addresses.add(firstOrdinal, added);
    },

    update: async (changes, now) => {
      terms.begin();
      const tagChanges: TagChanges = new Map();
      // In the order of ordinals, so that neighbours share a page.
      for (const { before, after } of [...changes].sort((left, right) => left.before.ordinal - right.before.ordinal)) {
        const { ordinal } = before;
        const isSameContact =
          before.email === after.email && before.phone === after.phone && before.pushToken === after.pushToken;
        rows.update(before, after, { contactsChangedAt: isSameContact ? before.contactsChangedAt : now, now });
        noteTags(tagChanges, { ordinal, before: before.tags, after: after.tags });
        if (!isSameContact) addresses.change(before, { ...after, ordinal });
      }
      tags.write(tagChanges);
      population.write(
        changes
          .filter(({ before, after }) => before.flags !== after.flags)
          .map(({ before, after }) => ({ ordinal: before.ordinal, flags: after.flags })),
      );
    },

    remove: async (members) => {
      terms.begin();
      const tagChanges: TagChanges = new Map();
      for (const member of members) {
        rows.remove(member.ordinal);
        noteTags(tagChanges, { ordinal: member.ordinal, before: member.tags, after: '[]' });
        addresses.change(member, { ordinal: member.ordinal, email: null, phone: null, pushToken: null });
      }
      tags.write(tagChanges);
      population.write(members.map(({ ordinal }) => ({ ordinal, flags: 0 })));
      tags.forgetUnused(members.map((member) => member.tags));
    },

    dropContactPoints: async (channel, drops) => {
      const field = CONTACT_FIELD[channel];
      if (field === undefined) return;
      const found = rows.findByOrdinals(drops.map(({ ordinal }) => ordinal));
      const writes: FlagWrite[] = [];
      for (const [index, { sentAt }] of drops.entries()) {
        const before = found[index];
        if (before === undefined || before[field] === null || before.contactsChangedAt > sentAt) continue;
        const flags = before.flags & ~contactBit(channel);
        const after = { ...before, [field]: null, ...(field === 'pushToken' && { pushPlatform: null }), flags };
        rows.update(before, after, { contactsChangedAt: before.contactsChangedAt, now: before.contactsChangedAt });
        addresses.change(before, after);
        writes.push({ ordinal: before.ordinal, flags });
      }
      population.write(writes);
    },

    ordinalsByAddress: async (address) => addresses.find(address),
    unindexedOrdinalsByAddress: async (address, blocks) => addresses.findIn(address, blocks),
    addressBacklog: async ({ fromBlock, limit }) => addresses.backlog(fromBlock, limit),
    startAddressBlocks: async (blocks) => addresses.startBlocks(blocks),
    addressEntries: async (blocks) => addresses.entriesOf(blocks),
    enterAddresses: async (entries) => addresses.enter(entries),
    finishAddressBlocks: async (blocks) => addresses.finishBlocks(blocks),

    populationBlocks: async ({ fromBlock, limit }) => population.blocks(fromBlock, limit),
    populationOf: async ({ fromBlock, untilBlock }) => population.total(fromBlock, untilBlock),
    flagsOfBlocks: async (blocks) => blocks.map((block) => population.flagsOfBlock(block)),
    flagsOf: async (ordinals) => {
      const blocks = new Map<number, Uint16Array>();
      return Uint16Array.from(ordinals, (ordinal) => {
        const block = blockOf(ordinal);
        let flags = blocks.get(block);
        if (flags === undefined) {
          flags = population.flagsOfBlock(block);
          blocks.set(block, flags);
        }
        return flags[offsetInBlock(ordinal)] ?? 0;
      });
    },
    extent: async () => population.extent(),
    memberCount: async () => population.count(),

    countIn: async ({ filter, range }) => queries.count(filter, range),
    selectOrdinals: async ({ filter, range, limit = -1, isDescending = false }) =>
      queries.select(filter, { range, limit, isDescending }),

    recipients: async (ordinals, columns) => recipients.pack(ordinals, columns),

    hasSuppressions: async () => suppressions.hasAny(),
    suppressedChannels: async (hashes) => hashes.map((hash) => suppressions.channelsOf(hash)),
    changeSuppressions: async (changes) => {
      for (const change of changes) suppressions.change(change);
    },
    suppressions: async ({ afterHash = new Uint8Array(0), limit }) => suppressions.page(afterHash, limit),

    blockDifferences: async ({ fromBlock, untilBlock }) => audit.differences(fromBlock, untilBlock),
  };
  return repository;
}
