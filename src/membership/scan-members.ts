/**
 * Questions over all members, asked in slices of ordinals: no slice takes longer than 50 ms (the length follows the
 * time the last one took, aiming at 15 ms), and between two the event loop has its turn, so that people's requests
 * do not wait for a count over ten million. Each slice sees what is committed then.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { MemberFilter } from '../core/member-filter.js';
import type { Clock } from '../core/ports/clock.js';
import type { Random } from '../core/ports/random.js';
import type { Store } from '../core/ports/store.js';
import type { OrdinalRange } from '../core/ranges.js';
import type { Member } from './member.js';
import { toMember } from './member-row.js';
import type { MembersTx } from './members-tx.js';

export interface ScanDeps {
  readonly store: Store<Pick<MembersTx, 'members'>>;
  readonly clock: Clock;
}

export interface ScanOptions {
  /** Stops a scan between two slices; it then rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

const FIRST_SLICE = 20_000;
const SHORTEST_SLICE = 1_000;
const LONGEST_SLICE = 400_000;
const AIM_MS = 15;

interface SliceOptions extends ScanOptions {
  readonly clock: Clock;
  readonly isDescending?: boolean;
}

/** Cuts a range into slices; each next one is as long as the time since the last says. */
export async function* ordinalSlices(range: OrdinalRange, options: SliceOptions): AsyncGenerator<OrdinalRange> {
  let length = FIRST_SLICE;
  let done = 0;
  const total = range.until - range.from;
  while (done < total) {
    options.signal?.throwIfAborted();
    const step = Math.min(length, total - done);
    const from = options.isDescending === true ? range.until - done - step : range.from + done;
    const startedMs = options.clock.monotonicMs();
    yield { from, until: from + step };
    const tookMs = options.clock.monotonicMs() - startedMs;
    length = Math.round(
      Math.min(LONGEST_SLICE, Math.max(SHORTEST_SLICE, step * Math.min(2, AIM_MS / Math.max(tookMs, 1)))),
    );
    done += step;
    await nextTurn();
  }
}

/** Exactly how many members match. */
export async function countMembers(deps: ScanDeps, filter: MemberFilter, options: ScanOptions = {}): Promise<number> {
  if (filter.kind === 'everybody') return deps.store.read((tx) => tx.members.memberCount());
  let count = 0;
  for await (const range of slicesOfAll(deps, options)) {
    count += await deps.store.read((tx) => tx.members.countIn({ filter, range }));
  }
  return count;
}

/** The lowest and the highest ordinal that match; undefined where nobody does. Looks from both ends. */
export async function firstAndLast(
  deps: ScanDeps,
  filter: MemberFilter,
  options: ScanOptions = {},
): Promise<{ readonly first: number; readonly last: number } | undefined> {
  const end = async (isDescending: boolean): Promise<number | undefined> => {
    for await (const range of slicesOfAll(deps, { ...options, isDescending })) {
      const [found] = await deps.store.read((tx) =>
        tx.members.selectOrdinals({ filter, range, limit: 1, isDescending }),
      );
      if (found !== undefined) return found;
    }
    return undefined;
  };
  const first = await end(false);
  const last = first === undefined ? undefined : await end(true);
  return first === undefined || last === undefined ? undefined : { first, last };
}

export interface MemberPage {
  readonly members: readonly Member[];
  /** Give it as `afterOrdinal` for the next page; undefined on the last one. */
  readonly nextAfterOrdinal: number | undefined;
}

/** Matching members in the order of ordinals, after one of them. `limit`: 1 to 1,000. */
export async function listMembers(
  deps: ScanDeps,
  query: { readonly filter: MemberFilter; readonly afterOrdinal?: number | undefined; readonly limit: number },
  options: ScanOptions = {},
): Promise<MemberPage> {
  const { filter, afterOrdinal = -1, limit } = query;
  const ordinals: number[] = [];
  for await (const range of slicesOfAll(deps, { ...options, fromOrdinal: afterOrdinal + 1 })) {
    const wanted = limit + 1 - ordinals.length; // one more, to know whether there is a next page
    ordinals.push(...(await deps.store.read((tx) => tx.members.selectOrdinals({ filter, range, limit: wanted }))));
    if (ordinals.length > limit) break;
  }
  const page = ordinals.slice(0, limit);
  return {
    members: await readMembers(deps, page),
    nextAfterOrdinal: ordinals.length > limit ? page.at(-1) : undefined,
  };
}

/** The exact count and `size` of the matching members, each as likely as any other. `size`: 1 to 100. */
export async function sampleMembers(
  deps: ScanDeps & { readonly random: Random },
  query: { readonly filter: MemberFilter; readonly size: number },
  options: ScanOptions = {},
): Promise<{ readonly memberCount: number; readonly members: readonly Member[] }> {
  const slices: { readonly range: OrdinalRange; readonly count: number }[] = [];
  let memberCount = 0;
  for await (const range of slicesOfAll(deps, options)) {
    const count = await deps.store.read((tx) => tx.members.countIn({ filter: query.filter, range }));
    if (count > 0) slices.push({ range, count });
    memberCount += count;
  }
  const ranks = drawRanks(Math.min(query.size, memberCount), memberCount, deps.random);
  const ordinals: number[] = [];
  let before = 0;
  for (const { range, count } of slices) {
    const drawn = ranks.filter((rank) => rank >= before && rank < before + count);
    if (drawn.length > 0) {
      const matching = await deps.store.read((tx) => tx.members.selectOrdinals({ filter: query.filter, range }));
      for (const rank of drawn) ordinals.push(matching[rank - before] ?? -1);
      await nextTurn();
    }
    before += count;
  }
  return { memberCount, members: await readMembers(deps, ordinals) };
}

async function* slicesOfAll(
  deps: ScanDeps,
  options: ScanOptions & { readonly isDescending?: boolean; readonly fromOrdinal?: number },
): AsyncGenerator<OrdinalRange> {
  const extent = await deps.store.read((tx) => tx.members.extent());
  if (extent === undefined) return;
  const range = { from: Math.max(extent.from, options.fromOrdinal ?? 0), until: extent.until };
  yield* ordinalSlices(range, { ...options, clock: deps.clock });
}

/** Those of the members that are still there. */
async function readMembers(deps: ScanDeps, ordinals: readonly number[]): Promise<readonly Member[]> {
  const rows = await deps.store.read((tx) => tx.members.findByOrdinals(ordinals));
  return rows.filter((row) => row !== undefined).map(toMember);
}

/** `size` different numbers below `total`, ascending (Floyd's sampling). */
function drawRanks(size: number, total: number, random: Random): readonly number[] {
  const drawn = new Set<number>();
  for (let limit = total - size; limit < total; limit++) {
    const rank = Math.floor(random.next() * (limit + 1));
    drawn.add(drawn.has(rank) ? limit : rank);
  }
  return [...drawn].sort((left, right) => left - right);
}
