import type { AudienceId } from '../../core/ids.js';
import { decodeBucket } from '../bucket-members.js';
import type { AuditDifference } from './audit-difference.js';
import type { StoredBucket } from './audit-repository.js';
import type { AuditRun, AuditTx, Differences } from './audit-run.js';

const AUDIENCES_PER_SLICE = 100;
const BUCKETS_PER_SLICE = 20;
const MAX_STRAYS = 1_000;

/** Every frozen or half-frozen audience, and buckets that belong to none. */
export async function* auditAudiences(run: AuditRun): AsyncGenerator<AuditDifference> {
  let after: AudienceId | undefined;
  for (;;) {
    const last = after;
    const audienceIds = await run.slice((tx) => tx.audit.audienceIds(last, AUDIENCES_PER_SLICE));
    for (const audienceId of audienceIds) yield* auditAudience(run, audienceId);
    after = audienceIds.at(-1);
    if (audienceIds.length < AUDIENCES_PER_SLICE) break;
  }
  for (const audienceId of await run.slice((tx) => tx.audit.strayAudiences(MAX_STRAYS))) {
    yield {
      kind: 'audience.stray',
      audienceId,
      what: 'buckets of an audience that does not exist',
      expected: 'none',
      found: 'some',
    };
  }
}

/** Where the walk over an audience stands. */
interface Walk {
  readonly audienceId: AudienceId;
  nextBucket: number;
  until: number;
  memberCount: number;
}

async function* auditAudience(run: AuditRun, audienceId: AudienceId): AsyncGenerator<AuditDifference> {
  run.tally.audiences++;
  const walk: Walk = { audienceId, nextBucket: 0, until: 0, memberCount: 0 };
  for (let isEnd = false; !isEnd;) {
    const differences: Differences = [];
    isEnd = await run.slice(async (tx) => {
      const buckets = await tx.audit.buckets(audienceId, walk.nextBucket, BUCKETS_PER_SLICE);
      for (const bucket of buckets) differences.push(...checkBucket(walk, bucket));
      if (buckets.length === BUCKETS_PER_SLICE) return false;
      differences.push(...(await checkTotals(tx, walk)));
      return true;
    });
    yield* differences;
  }
}

function checkBucket(walk: Walk, stored: StoredBucket): Differences {
  const { audienceId } = walk;
  const { bucket, from, until, memberCount } = stored;
  const at = { audienceId, bucket };
  const differences: Differences = [];
  if (bucket !== walk.nextBucket) {
    differences.push({
      kind: 'audience.bucketNumbers',
      ...at,
      what: 'number of the next bucket',
      expected: String(walk.nextBucket),
      found: String(bucket),
    });
  }
  if (from < walk.until) {
    differences.push({
      kind: 'audience.overlap',
      ...at,
      what: 'first ordinal',
      expected: `${walk.until} or later`,
      found: String(from),
    });
  }
  const damage = damageOf(stored);
  if (damage !== undefined) differences.push({ kind: 'audience.damaged', ...at, ...damage });
  walk.nextBucket = bucket + 1;
  walk.until = Math.max(walk.until, until);
  walk.memberCount += memberCount;
  return differences;
}

function damageOf({
  members,
  from,
  until,
  memberCount,
}: StoredBucket): Pick<AuditDifference, 'what' | 'expected' | 'found'> | undefined {
  const what = 'members of the bucket';
  if (members === null) return { what, expected: 'the bytes that were written', found: 'others (check sum)' };
  let ordinals: Float64Array;
  try {
    ordinals = decodeBucket(members);
  } catch {
    return { what, expected: `${memberCount} members`, found: 'bytes that do not decode' };
  }
  const isAscending = ordinals.every((ordinal, index) => index === 0 || ordinal > (ordinals[index - 1] ?? Infinity));
  if (isAscending && ordinals[0] === from && ordinals.at(-1) === until - 1) return undefined;
  return {
    what,
    expected: `ascending from ${from} to ${until - 1}`,
    found: `${ordinals[0] ?? '-'} to ${ordinals.at(-1) ?? '-'}${isAscending ? '' : ', not ascending'}`,
  };
}

/** The audience's own figures, read in the transaction of its last bucket: a freeze moves both together. */
async function checkTotals(tx: AuditTx, walk: Walk): Promise<Differences> {
  const audience = await tx.audiences.find(walk.audienceId);
  if (audience === undefined) return []; // forgotten with its draft since the list was read
  const figures = [
    { what: 'buckets', kept: audience.bucketCount, counted: walk.nextBucket },
    { what: 'members', kept: audience.memberCount, counted: walk.memberCount },
  ];
  return figures
    .filter(({ kept, counted }) => kept !== counted)
    .map(({ what, kept, counted }) => ({
      kind: 'audience.counts',
      audienceId: walk.audienceId,
      what: `number of ${what}`,
      expected: String(counted),
      found: String(kept),
    }));
}
