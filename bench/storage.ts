/**
 * What a campaign takes on disk, by SQLite's own count of the pages of each table and index (dbstat): the books, the
 * frozen audience, the detail rows of members that failed, and inboxes. Baselines: the aims (2 bytes a member and channel
 * of books, 2 of audience, 16 of a scattered persona's inbox).
 *
 * What it does not show: the write-ahead log, which is emptied as it goes, and what is deleted after its time.
 */
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { figureOf, type Bench, type BenchOptions, type Figure } from './figure.js';
import { withCleanUp } from './support/clean-up.js';
import type { Announcement } from './support/bench-api.js';
import { noOpVendor, openServerWorld } from './support/server-world.js';

export const storage: Bench = {
  name: 'storage',
  about: 'bytes on disk per member and channel of a campaign',
  takes: ['members'], // pages are counted, so one run is as good as many
  run,
};

const BOOKS_AIM = 2;
const AUDIENCE_AIM = 2;
const INBOX_AIM = 16;
/** Share of members whose message the vendor refuses, for good. */
const FAILED_SHARE = 0.01;
const SCATTERED = 'level in (4,5)';

const TABLES = {
  books: ['ledger_bucket', 'ledger_due', 'ledger_leased', 'ledger_count'],
  audience: ['audience_bucket', 'audience_bucket_by_ordinal'],
  details: ['ledger_detail'],
  inbox: ['inbox_block', 'inbox_row', 'inbox_row_blocks'],
} as const;
type Part = keyof typeof TABLES;
type Sizes = Readonly<Record<Part, number>>;

interface Taken {
  readonly members: number;
  readonly failed: number;
  readonly bytes: Sizes;
}

async function run({ numberOf, say }: BenchOptions): Promise<readonly Figure[]> {
  const members = numberOf('members', 1_000_000);
  say('everybody by SMS, 1 % failed');
  const failing = await taken(members, { channels: ['sms'] }, say);
  say('everybody by inbox');
  const everybody = await taken(members, { channels: ['inbox'] }, say);
  say('a scattered persona by inbox');
  const scattered = await taken(members, { channels: ['inbox'], where: SCATTERED }, say);
  const each = ({ bytes, members: count }: Taken, part: Part): number[] => [bytes[part] / count];
  return [
    figureOf('books, 1 % failed', 'bytes/member', each(failing, 'books'), [BOOKS_AIM]),
    figureOf('audience, everybody', 'bytes/member', each(failing, 'audience'), [AUDIENCE_AIM]),
    figureOf('detail rows', 'bytes/failed member', [failing.bytes.details / failing.failed]),
    figureOf('failed members', 'members', [failing.failed]),
    figureOf('inbox, everybody', 'bytes/member', each(everybody, 'inbox')),
    figureOf('books, scattered 2 %', 'bytes/member', each(scattered, 'books'), [BOOKS_AIM]),
    figureOf('audience, scattered 2 %', 'bytes/member', each(scattered, 'audience'), [AUDIENCE_AIM]),
    figureOf('inbox, scattered 2 %', 'bytes/member', each(scattered, 'inbox'), [INBOX_AIM]),
  ];
}

/** A campaign in a fresh copy: what its tables hold more than before. */
function taken(members: number, announcement: Announcement, say: (line: string) => void): Promise<Taken> {
  return withCleanUp(async (cleanUp) => {
    const provider = { ...noOpVendor.provider, answers: { messageRefused: FAILED_SHARE } };
    const channels = { sms: { provider } };
    const { api, server, dataFolder } = await openServerWorld({ members, say, channels }, cleanUp);
    const { campaignId } = await api.createPromotion(announcement);
    const campaign = await api.untilEnded(campaignId, say);
    await server.stop();
    return {
      members: campaign.audience.members ?? 0,
      failed: campaign.channels[0]?.books.failed ?? 0,
      bytes: sizesIn(join(dataFolder, 'fanfare.db')),
    };
  });
}

/** The folder had no campaign before, so all of it is this one's; an empty table's page is not counted. */
function sizesIn(file: string): Sizes {
  const database = new Database(file, { readonly: true });
  const size = database
    .prepare<[string], number | null>('SELECT sum(pgsize) FROM dbstat WHERE name = ? AND aggregate = TRUE')
    .pluck();
  const pageBytes = Number(database.pragma('page_size', { simple: true }));
  const sizeOf = (part: Part): number =>
    TABLES[part].reduce((sum, table) => sum + Math.max(0, (size.get(table) ?? 0) - pageBytes), 0);
  const sizes = {
    books: sizeOf('books'),
    audience: sizeOf('audience'),
    details: sizeOf('details'),
    inbox: sizeOf('inbox'),
  };
  database.close();
  return sizes;
}
