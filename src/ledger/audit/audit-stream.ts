/**
 * One campaign on one channel: rows against buckets, cells against everything that is derived from them.
 *
 * The counts by outcome move while the campaign is sent. Sums by class are compared in one transaction, so they are
 * exact at any time; single outcomes only when the counts were the same before and after the walk over the cells
 * (moves between counted outcomes never lead back, so equal counts mean that nothing moved).
 */
import type { Campaign } from '../../campaign/campaign.js';
import { INBOX_RETENTION_MS } from '../../campaign/inbox.js';
import { channelIndex } from '../../core/channels.js';
import { decodeBucket } from '../bucket-members.js';
import {
  CLASS_BY_CODE,
  classOfCode,
  isInFlight,
  nameOfCode,
  OUTCOME_CLASSES,
  OUTCOME_CODES,
  type OutcomeClass,
} from '../cell-code.js';
import { countedCode } from '../cell-counts.js';
import type { ClassCounts, Stream } from '../ledger-repository.js';
import type { AuditDifference, AuditKind } from './audit-difference.js';
import type { StoredBucket, StoredLedgerRow } from './audit-repository.js';
import type { AuditRun, AuditTx, Differences } from './audit-run.js';

const BUCKETS_PER_SLICE = 16;
const SENT = OUTCOME_CLASSES.indexOf('sent');
/** Classes of members who were handed over at least once. */
const TRIED: ReadonlySet<OutcomeClass | undefined> = new Set<OutcomeClass>(['sent', 'failed', 'unknown']);
/** Members named one by one in a difference; beyond, only their number. */
const NAMED_MEMBERS = 5;

export interface AuditedStream {
  readonly campaign: Campaign;
  readonly stream: Stream;
  /** Rows that there must be: a row per bucket once the campaign has started, else none. */
  readonly bucketCount: number;
}

interface Walk extends AuditedStream {
  /** Members by code, from the cells. */
  readonly byCode: Float64Array;
  /** False for channels without inboxes, and once messages have left them. */
  readonly hasInbox: boolean;
  firstBucket: number;
  /** One past the last ordinal whose inbox was compared. */
  inboxUntil: number;
}

export async function* auditStream(run: AuditRun, audited: AuditedStream): AsyncGenerator<AuditDifference> {
  const { stream, campaign, bucketCount } = audited;
  const keptFrom = run.now() - INBOX_RETENTION_MS;
  const walk: Walk = {
    ...audited,
    byCode: new Float64Array(256),
    hasInbox: stream.channel === 'inbox' && campaign.launchedAt !== null && campaign.launchedAt >= keptFrom,
    firstBucket: 0,
    inboxUntil: 0,
  };
  const before = await run.slice((tx) => tx.ledger.counts(stream));
  while (walk.firstBucket < bucketCount) yield* await run.slice((tx) => checkSlice(tx, run, walk));
  yield* await run.slice(async (tx) => [
    ...(await checkRowsBehind(tx, walk)),
    ...(walk.hasInbox ? await compareInbox(tx, walk, { until: Infinity, expected: [] }) : []),
    ...(await checkCounts(tx, walk, before)),
    ...(await checkDetails(tx, walk)),
  ]);
}

const difference = (
  { stream }: Walk,
  kind: AuditKind,
  about: { readonly bucket?: number; readonly what: string; readonly expected: string; readonly found: string },
): AuditDifference => ({ kind, ...stream, ...about });

async function checkSlice(tx: AuditTx, run: AuditRun, walk: Walk): Promise<Differences> {
  const { stream, campaign, firstBucket } = walk;
  const until = Math.min(walk.bucketCount, firstBucket + BUCKETS_PER_SLICE);
  const limit = until - firstBucket;
  const buckets = byNumber(await tx.audit.buckets(campaign.audienceId, firstBucket, limit));
  const rows = byNumber(await tx.audit.rows(stream, firstBucket, limit));
  const differences: Differences = [];
  for (let bucket = firstBucket; bucket < until; bucket++) {
    const members = buckets.get(bucket);
    const row = rows.get(bucket);
    if (row === undefined) {
      const missing = { bucket, what: 'row of the bucket', expected: 'one row', found: 'none' };
      differences.push(difference(walk, 'ledger.rowNumbers', missing));
      continue;
    }
    run.tally.ledgerRows++;
    run.tally.cells += row.memberCount;
    differences.push(...checkRow(walk, row, members));
    if (campaign.policy === 'first') {
      const choice = await tx.ledger.choice(stream.campaignId, bucket);
      differences.push(...checkChoice(walk, row, choice));
    }
    if (members !== undefined && walk.hasInbox) differences.push(...(await checkInbox(tx, walk, { members, row })));
  }
  walk.firstBucket = until;
  return differences;
}

const byNumber = <Row extends { readonly bucket: number }>(rows: readonly Row[]): ReadonlyMap<number, Row> =>
  new Map(rows.map((row) => [row.bucket, row]));

function checkRow(walk: Walk, row: StoredLedgerRow, members: StoredBucket | undefined): Differences {
  const { bucket } = row;
  const differences: Differences = [];
  const add = (kind: AuditKind, what: string, expected: string, found: string): void => {
    differences.push(difference(walk, kind, { bucket, what, expected, found }));
  };
  const cells = row.cells ?? new Uint8Array(row.memberCount);
  if (!row.isIntact) add('ledger.damaged', 'cells', 'the bytes that were written', 'others (check sum)');
  if (members !== undefined && members.memberCount !== row.memberCount) {
    add('ledger.rowSize', 'members of the row', String(members.memberCount), String(row.memberCount));
  }
  if (cells.length !== row.memberCount) {
    add('ledger.rowSize', 'cells of the row', String(row.memberCount), String(cells.length));
  }
  const byCode = new Float64Array(256);
  for (const code of cells) byCode[code] = (byCode[code] ?? 0) + 1;
  const counts: Record<OutcomeClass, number> = { pending: 0, sent: 0, failed: 0, unknown: 0, suppressed: 0 };
  const codeless: number[] = [];
  for (const [code, members] of byCode.entries()) {
    if (members === 0) continue;
    walk.byCode[countedCode(code)] = (walk.byCode[countedCode(code)] ?? 0) + members;
    const outcomeClass = classOfCode(code);
    if (outcomeClass === undefined) codeless.push(code);
    else counts[outcomeClass] += members;
  }
  if (codeless.length > 0) {
    add('ledger.noCode', 'cells', 'codes of the table', codeless.join(', '));
    return differences;
  }
  for (const outcomeClass of OUTCOME_CLASSES) {
    if (counts[outcomeClass] === row.counts[outcomeClass]) continue;
    add(
      'ledger.rowCounts',
      `${outcomeClass} beside the row`,
      String(counts[outcomeClass]),
      String(row.counts[outcomeClass]),
    );
  }
  const hasInFlight = byCode.some((members, code) => members > 0 && isInFlight(code));
  for (const { kind, what, expected, found } of checkTimes(row, counts, hasInFlight)) add(kind, what, expected, found);
  return differences;
}

function* checkTimes(
  row: StoredLedgerRow,
  counts: ClassCounts,
  hasInFlight: boolean,
): Generator<Pick<AuditDifference, 'kind' | 'what' | 'expected' | 'found'>> {
  const mayWait = counts.pending > 0 && !row.isLeased;
  if (mayWait && row.dueAt === null) {
    yield {
      kind: 'ledger.due',
      what: 'time to be due',
      expected: `one, with ${counts.pending} pending`,
      found: 'none',
    };
  }
  if (!mayWait && row.dueAt !== null) {
    const reason = row.isLeased ? 'as the row is leased' : 'as nobody is pending';
    yield { kind: 'ledger.due', what: 'time to be due', expected: `none, ${reason}`, found: 'one' };
  }
  if (row.openSince === null && hasInFlight) {
    yield {
      kind: 'ledger.handover',
      what: 'oldest open hand-over',
      expected: 'one, as members are in flight',
      found: 'none',
    };
  }
  if (row.firstHandoverAt === null && counts.sent > 0) {
    yield { kind: 'ledger.handover', what: 'first hand-over', expected: 'one, as members were sent to', found: 'none' };
  }
  if ((row.firstHandoverAt ?? 0) > (row.lastHandoverAt ?? 0)) {
    yield { kind: 'ledger.handover', what: 'last hand-over', expected: 'after the first', found: 'before it' };
  }
}

/** Policy `first`: whoever was tried here was to be told here, and whoever is covered here elsewhere. */
function* checkChoice(
  walk: Walk,
  { bucket, cells, memberCount }: StoredLedgerRow,
  choice: Uint8Array | undefined,
): Generator<AuditDifference> {
  if (cells === null) return;
  const own = channelIndex(walk.stream.channel);
  const wrong = (what: string, expected: string, found: string): AuditDifference =>
    difference(walk, 'ledger.choice', { bucket, what, expected, found });
  if (choice !== undefined && choice.length !== memberCount) {
    yield wrong('choices of channels', String(memberCount), String(choice.length));
    return;
  }
  let missing = 0;
  let contrary = 0;
  for (const [position, code] of cells.entries()) {
    const isTried = isInFlight(code) || TRIED.has(classOfCode(code));
    const isCovered = code === OUTCOME_CODES.suppressedCovered;
    if (choice === undefined) missing += isTried || isCovered ? 1 : 0;
    else if ((isTried && choice[position] !== own) || (isCovered && choice[position] === own)) contrary++;
  }
  if (missing > 0) yield wrong('choices of channels', 'some, as members were decided by them', 'none');
  if (contrary > 0) yield wrong('choices of channels', 'as the cells say', `others for ${contrary} members`);
}

async function checkDetails(tx: AuditTx, walk: Walk): Promise<Differences> {
  const { kept, counted } = await tx.audit.detailCounts(walk.stream);
  if (kept === counted) return [];
  const about = { what: 'details of failed and unknown members', expected: String(kept), found: String(counted) };
  return [difference(walk, 'ledger.details', about)];
}

/** Rows that have no bucket any more, or never had one. */
async function checkRowsBehind(tx: AuditTx, walk: Walk): Promise<Differences> {
  const rows = await tx.audit.rows(walk.stream, walk.bucketCount, BUCKETS_PER_SLICE);
  return rows.map(({ bucket }) =>
    difference(walk, 'ledger.rowNumbers', { bucket, what: 'row of the bucket', expected: 'none', found: 'one row' }),
  );
}

async function checkCounts(tx: AuditTx, walk: Walk, before: ReadonlyMap<number, number>): Promise<Differences> {
  const kept = await tx.ledger.counts(walk.stream);
  const keptByClass: Record<string, number> = {};
  for (const [code, members] of kept) {
    const name = classOfCode(code) ?? `code ${code}`;
    keptByClass[name] = (keptByClass[name] ?? 0) + members;
  }
  const { counts } = await tx.audit.rowTotals(walk.stream);
  const differences: Differences = [];
  const add = (what: string, expected: number, found: number): void => {
    const about = { what: `${what} by the counts`, expected: String(expected), found: String(found) };
    if (expected !== found) differences.push(difference(walk, 'ledger.streamCounts', about));
  };
  for (const outcomeClass of OUTCOME_CLASSES) add(outcomeClass, counts[outcomeClass], keptByClass[outcomeClass] ?? 0);
  const isStill = before.size === kept.size && [...before].every(([code, members]) => kept.get(code) === members);
  if (!isStill || differences.length > 0) return differences;
  for (const [code, members] of walk.byCode.entries()) {
    add(`${nameOfCode(code) ?? 'no code'} (${code})`, members, kept.get(code) ?? 0);
  }
  return differences;
}

async function checkInbox(
  tx: AuditTx,
  walk: Walk,
  { members, row }: { readonly members: StoredBucket; readonly row: StoredLedgerRow },
): Promise<Differences> {
  if (members.members === null || row.cells?.length === 0) return []; // damaged, and named as such
  const cells = row.cells ?? new Uint8Array(row.memberCount);
  let expected: readonly number[];
  try {
    const sent = decodeBucket(members.members).filter((_, index) => CLASS_BY_CODE[cells[index] ?? 0] === SENT);
    expected = Array.from(sent);
  } catch {
    return [];
  }
  return compareInbox(tx, walk, { bucket: row.bucket, until: members.until, expected });
}

/** Everybody up to `until` who was not compared yet: those expected have the message, those between buckets have not. */
async function compareInbox(
  tx: AuditTx,
  walk: Walk,
  {
    bucket,
    until,
    expected,
  }: { readonly bucket?: number; readonly until: number; readonly expected: readonly number[] },
): Promise<Differences> {
  const from = walk.inboxUntil;
  if (until <= from) return []; // buckets that overlap, and are named as such
  walk.inboxUntil = until;
  const held = await tx.inbox.holdersBetween(walk.stream.campaignId, { from, until });
  if (held.length === expected.length && held.every((ordinal, index) => ordinal === expected[index])) return [];
  const expectedSet = new Set(expected);
  const heldSet = new Set(held);
  const missing = expected.filter((ordinal) => !heldSet.has(ordinal));
  const extra = held.filter((ordinal) => !expectedSet.has(ordinal));
  const place = bucket === undefined ? {} : { bucket };
  return [
    ...(missing.length === 0
      ? []
      : [
          difference(walk, 'inbox.missing', {
            ...place,
            what: `ordinals ${listOf(missing)}`,
            expected: 'in the inbox, as the ledger says sent',
            found: 'not there',
          }),
        ]),
    ...(extra.length === 0
      ? []
      : [
          difference(walk, 'inbox.extra', {
            ...place,
            what: `ordinals ${listOf(extra)}`,
            expected: 'not in the inbox, as the ledger does not say sent',
            found: 'there',
          }),
        ]),
  ];
}

function listOf(ordinals: readonly number[]): string {
  const named = ordinals.slice(0, NAMED_MEMBERS).join(', ');
  return ordinals.length <= NAMED_MEMBERS ? named : `${named} and ${ordinals.length - NAMED_MEMBERS} more`;
}
