import type { SqliteStore } from '../../src/adapters/sqlite/sqlite-store.js';
import type { Campaign } from '../../src/campaign/campaign.js';
import { CHANNELS, channelIndex, type Channel } from '../../src/core/channels.js';
import type { Clock } from '../../src/core/ports/clock.js';
import { decodeBucket } from '../../src/ledger/bucket-members.js';
import { isInFlight } from '../../src/ledger/cell-code.js';
import { reportAudit } from '../../src/ledger/audit.js';
import type { SubjectHasher } from '../../src/membership/suppression.js';
import { cellKey } from './history.js';
import type { World } from './world.js';

/** One campaign on one channel as the books have it. */
export interface Page {
  readonly campaign: Campaign;
  readonly channel: Channel;
  /** Code of each member of the audience. */
  readonly cells: ReadonlyMap<number, number>;
}

/** Reads every cell of a store that nobody works on. */
export async function readPages(store: SqliteStore): Promise<readonly Page[]> {
  return store.read(async (tx) => {
    const pages: Page[] = [];
    for (const campaign of await tx.campaigns.page({ limit: 1_000 })) {
      const buckets = await tx.audiences.buckets(campaign.audienceId, 0, 1_000);
      for (const { channel } of await tx.campaigns.channels(campaign.campaignId)) {
        const rows = await tx.ledger.rows({ campaignId: campaign.campaignId, channel }, 0, 1_000);
        const cells = new Map<number, number>();
        for (const row of rows) {
          const bucket = buckets.find((each) => each.bucket === row.bucket);
          const ordinals = bucket === undefined ? [] : decodeBucket(bucket);
          ordinals.forEach((ordinal, position) => cells.set(ordinal, row.cells[position] ?? 255));
        }
        pages.push({ campaign, channel, cells });
      }
    }
    return pages;
  });
}

/** What must hold at every commit, whatever died: the auditor finds nothing, and no more is in flight than the window. */
export async function judgeBooks(
  world: World,
  store: SqliteStore,
  { clock, hashSubject, when }: { readonly clock: Clock; readonly hashSubject: SubjectHasher; readonly when: string },
): Promise<void> {
  const { differences } = await reportAudit({ store, clock, hashSubject }, { limit: 3 });
  for (const { kind, campaignId, channel, what, expected, found } of differences) {
    world.violate(
      `${when} the auditor finds ${kind} at ${campaignId ?? '-'}/${channel ?? '-'} ${what}: ${expected}, not ${found}`,
    );
  }
  const pages = await readPages(store);
  const { inFlight } = world.history;
  for (const channel of CHANNELS) {
    if (channel === 'inbox') continue;
    const { windowMembers, chunkMembers } = world.planOf(channel);
    let fresh = 0;
    for (const page of pages) {
      if (page.channel !== channel) continue;
      for (const [ordinal, code] of page.cells) {
        const key = cellKey(page.campaign.campaignId, channelIndex(channel), ordinal);
        if (!isInFlight(code)) inFlight.delete(key);
        else if (!inFlight.has(key)) {
          inFlight.add(key); // one that an earlier process left, and nobody has taken over yet, is that one's
          fresh++;
        }
      }
    }
    const processes = world.scenario.theme === 'twoProcesses' ? 2 : 1;
    const allowed = Math.max(windowMembers, chunkMembers) * processes;
    if (fresh > allowed)
      world.violate(`${when} ${fresh} more members are in flight on ${channel}, over W = ${allowed}`);
  }
}
