import { campaignId, type CampaignId } from '../../core/ids.js';
import { addMs, DAY_MS, type EpochMs } from '../../core/time.js';
import { TOPICS, type Topic } from '../../core/topics.js';
import { EVENT_RETENTION_MS } from '../../events/purge-events.js';
import type { AuditDifference } from './audit-difference.js';
import type { AnnouncedLife, QueueFinding } from './audit-repository.js';
import type { AuditRun, AuditTx, Differences } from './audit-run.js';

const MAX_FINDINGS = 1_000;

const QUEUE_WORDS: Readonly<Record<QueueFinding['what'], Pick<AuditDifference, 'expected' | 'found'>>> = {
  cursorAhead: { expected: 'a cursor at or before the last event', found: 'one behind it' },
  noGroup: { expected: 'deliveries of groups that exist', found: 'one of none' },
  noEvent: { expected: 'the event that is delivered', found: 'none' },
  beyondCursor: { expected: 'deliveries up to the cursor', found: 'one beyond it' },
  blocked: { expected: 'an earlier message of its key, or a time', found: 'neither: it would wait for ever' },
  overtaken: { expected: 'to wait for the earlier message of its key', found: 'due' },
};

/** Groups against the log, and what happened against what was told, for events young enough to be kept. */
export async function* auditEvents(run: AuditRun): AsyncGenerator<AuditDifference> {
  for (const { topic, group, position, what } of await run.slice((tx) => tx.audit.queueFindings(MAX_FINDINGS))) {
    yield { kind: 'queue.group', what: `${group} on ${topic} at ${position}`, ...QUEUE_WORDS[what] };
  }
  // A day less than they are kept: the clock of the event and that of the change need not be the same.
  const since = addMs(run.now(), DAY_MS - EVENT_RETENTION_MS);
  yield* await run.slice(async (tx) => [
    ...(await checkLives(tx, await tx.audit.campaignLives(), { since, told: CAMPAIGN_TOPICS })),
    ...(await checkLives(tx, await tx.audit.promotionLives(), { since, told: PROMOTION_TOPICS })),
  ]);
}

interface Told {
  readonly topic: Topic;
  /** When the change was made that the topic tells of, or null where it was not made. */
  readonly at: (life: AnnouncedLife) => EpochMs | null;
}

const CAMPAIGN_TOPICS: readonly Told[] = [
  { topic: TOPICS.campaignCreated, at: ({ createdAt }) => createdAt },
  { topic: TOPICS.campaignLaunched, at: ({ launchedAt }) => launchedAt },
  { topic: TOPICS.campaignCompleted, at: ({ endState, endedAt }) => (endState === 'completed' ? endedAt : null) },
  { topic: TOPICS.campaignCancelled, at: ({ endState, endedAt }) => (endState === 'cancelled' ? endedAt : null) },
];

const PROMOTION_TOPICS: readonly Told[] = [
  { topic: TOPICS.promotionCreated, at: ({ createdAt }) => createdAt },
  { topic: TOPICS.promotionEnded, at: ({ endedAt }) => endedAt },
];

async function checkLives(
  tx: AuditTx,
  lives: readonly AnnouncedLife[],
  { since, told }: { readonly since: EpochMs; readonly told: readonly Told[] },
): Promise<Differences> {
  const differences: Differences = [];
  const byKey = new Map(lives.map((life) => [life.key, life]));
  for (const { topic, at } of told) {
    const events = new Map((await tx.audit.eventCounts(topic)).map(({ key, events: count }) => [key, count]));
    for (const life of lives) {
      const madeAt = at(life);
      const count = events.get(life.key) ?? 0;
      if (madeAt === null || madeAt < since || count === 1) continue;
      const kind = count === 0 ? 'events.missing' : 'events.doubled';
      const found = `${count} events`;
      differences.push({ kind, ...placeOf(topic, life.key), expected: '1 event', found });
    }
    for (const [key, count] of events) {
      const life = byKey.get(key);
      if (life !== undefined && at(life) !== null) continue;
      const found = `${count} ${count === 1 ? 'event' : 'events'}`;
      differences.push({ kind: 'events.ghost', ...placeOf(topic, key), expected: 'no event', found });
    }
  }
  return differences;
}

function placeOf(topic: Topic, key: string): { readonly what: string; readonly campaignId: CampaignId | undefined } {
  const [, id] = /^campaign\/(\d+)$/.exec(key) ?? [];
  return { what: `${topic} of ${key}`, campaignId: id === undefined ? undefined : campaignId(Number(id)) };
}
