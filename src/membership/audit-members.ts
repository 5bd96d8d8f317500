import { setImmediate as nextTurn } from 'node:timers/promises';
import { CHANNELS, consentBit, contactBit, suppressedBit } from '../core/channels.js';
import { BLOCK_SIZE, blockOf, type OrdinalRange } from '../core/ranges.js';
import type { BlockDifference } from './member-repository.js';
import type { StoredMember } from './member-row.js';
import type { MembershipDeps } from './members-tx.js';
import type { ScanOptions } from './scan-members.js';
import { withFlags } from './statement.js';
import { suppressedChannelsOf } from './write-statements.js';

/** Blocks looked at between two turns of the event loop: about 10 ms. */
const BLOCKS_AT_ONCE = 2;

/**
 * Recomputes from the members' rows what is packed from them (who exists, flags by block, tags, the addresses' index)
 * and each member's flags from consent, addresses and the suppression list; yields every difference. Reads in
 * slices; where a store reads statement by statement, a change in between looks like a difference, so only those count
 * that are seen again.
 */
export async function* auditMembers(
  deps: MembershipDeps,
  { signal }: ScanOptions = {},
): AsyncGenerator<BlockDifference> {
  const extent = await auditedRange(deps);
  for (let block = blockOf(extent.from); block * BLOCK_SIZE < extent.until; block += BLOCKS_AT_ONCE) {
    signal?.throwIfAborted();
    const untilBlock = block + BLOCKS_AT_ONCE;
    yield* await lastingDifferences(async () => [
      ...(await deps.store.read((tx) => tx.members.blockDifferences({ fromBlock: block, untilBlock }))),
      ...(await flagDifferences(deps, { from: block * BLOCK_SIZE, until: untilBlock * BLOCK_SIZE })),
    ]);
    await nextTurn();
  }
}

/** Looks until nothing is found, and at most so often; answers what was found each time. */
const LOOKS = 3;

async function lastingDifferences(
  look: () => Promise<readonly BlockDifference[]>,
): Promise<readonly BlockDifference[]> {
  let lasting = await look();
  for (let looks = 1; looks < LOOKS && lasting.length > 0; looks++) {
    await nextTurn();
    const again = new Set((await look()).map(keyOf));
    lasting = lasting.filter((difference) => again.has(keyOf(difference)));
  }
  return lasting;
}

const keyOf = ({ block, what }: BlockDifference): string => `${block}: ${what}`;

/** All members, and packed blocks before and behind them, whose members are gone. */
async function auditedRange({ store }: MembershipDeps): Promise<OrdinalRange> {
  return store.read(async ({ members }) => {
    const extent = await members.extent();
    const [firstBlock] = await members.populationBlocks({ fromBlock: 0, limit: 1 });
    const from = Math.min(extent?.from ?? Infinity, (firstBlock?.block ?? Infinity) * BLOCK_SIZE);
    let until = extent?.until ?? 0;
    for (;;) {
      const behind = await members.populationBlocks({ fromBlock: Math.ceil(until / BLOCK_SIZE), limit: 1_000 });
      const last = behind.at(-1);
      if (last === undefined) return { from: Math.min(from, until), until };
      until = (last.block + 1) * BLOCK_SIZE;
    }
  });
}

async function flagDifferences(deps: MembershipDeps, range: OrdinalRange): Promise<readonly BlockDifference[]> {
  return deps.store.read(async (tx) => {
    const ordinals = Array.from({ length: range.until - range.from }, (_, index) => range.from + index);
    const members = (await tx.members.findByOrdinals(ordinals)).filter((member) => member !== undefined);
    const masks = (await tx.members.hasSuppressions()) ? await suppressedChannelsOf(tx, members, deps.hashSubject) : [];
    return members.flatMap((member, index) => flagFindings(member, withFlags(member, masks[index] ?? 0).flags));
  });
}

/**
 * Dropping a dead address leaves its suppression in the flags until the member changes again, which closes no channel
 * that could be reached through that address; everything else must be exact.
 */
function flagFindings(member: StoredMember, expected: number): readonly BlockDifference[] {
  const hasNoAddress = member.email === null || member.phone === null || member.pushToken === null;
  const tolerated = hasNoAddress ? suppressionBits(member.flags) & ~expected : 0;
  const wrong = (member.flags ^ expected) & ~tolerated;
  if (wrong === 0) return [];
  const named = CHANNELS.flatMap((channel) => [
    ...((wrong & consentBit(channel)) === 0 ? [] : [`consent ${channel}`]),
    ...((wrong & contactBit(channel)) === 0 ? [] : [`contact ${channel}`]),
    ...((wrong & suppressedBit(channel)) === 0 ? [] : [`suppressed ${channel}`]),
  ]);
  return [
    { block: blockOf(member.ordinal), what: `flags of ordinal ${member.ordinal} are wrong in ${named.join(', ')}` },
  ];
}

const suppressionBits = (flags: number): number =>
  CHANNELS.reduce((bits, channel) => bits | (flags & suppressedBit(channel)), 0);
