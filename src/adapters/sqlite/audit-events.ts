import type Database from 'better-sqlite3';
import type { AuditRepository, EventCount, QueueFinding } from '../../ledger/audit/audit-repository.js';
import { toLife, type RawLife } from '../stored/audit-lives.js';

/** One statement per kind of contradiction; each answers topic, group and position. */
const QUEUE_CHECKS = {
  cursorAhead: `
    SELECT topic, group_name AS "group", cursor AS position FROM consumer_group
    WHERE cursor > coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'event'), 0) LIMIT ?`,
  noGroup: `
    SELECT topic, group_name AS "group", position FROM delivery AS d
    WHERE NOT EXISTS (SELECT 1 FROM consumer_group AS g WHERE g.topic = d.topic AND g.group_name = d.group_name) LIMIT ?`,
  noEvent: `
    SELECT topic, group_name AS "group", position FROM delivery AS d
    WHERE NOT EXISTS (SELECT 1 FROM event AS e WHERE e.position = d.position AND e.topic = d.topic) LIMIT ?`,
  beyondCursor: `
    SELECT d.topic, d.group_name AS "group", d.position FROM delivery AS d
    JOIN consumer_group AS g ON g.topic = d.topic AND g.group_name = d.group_name WHERE d.position > g.cursor LIMIT ?`,
  blocked: `
    SELECT topic, group_name AS "group", position FROM delivery AS d
    WHERE due_at IS NULL AND NOT EXISTS (
      SELECT 1 FROM delivery AS b WHERE b.topic = d.topic AND b.group_name = d.group_name AND b.key = d.key
        AND b.is_ordered = 1 AND b.position < d.position) LIMIT ?`,
  overtaken: `
    SELECT topic, group_name AS "group", position FROM delivery AS d
    WHERE is_ordered = 1 AND due_at IS NOT NULL AND EXISTS (
      SELECT 1 FROM delivery AS b WHERE b.topic = d.topic AND b.group_name = d.group_name AND b.key = d.key
        AND b.is_ordered = 1 AND b.position < d.position) LIMIT ?`,
} as const satisfies Record<QueueFinding['what'], string>;

/** Events, groups and what they tell of, read without trust. */
export function createEventAudit(
  database: Database.Database,
): Pick<AuditRepository, 'queueFindings' | 'eventCounts' | 'campaignLives' | 'promotionLives'> {
  const checks = Object.entries(QUEUE_CHECKS).map(([what, sql]) => ({
    what: what as QueueFinding['what'], // a key of QUEUE_CHECKS
    statement: database.prepare<[number], Omit<QueueFinding, 'what'>>(sql),
  }));
  const eventCounts = database.prepare<[string], EventCount>(
    'SELECT key, count(*) AS events FROM event WHERE topic = ? GROUP BY key',
  );
  const campaignLives = database.prepare<[], RawLife>(
    `SELECT 'campaign/' || campaign_id AS key, created_at, launched_at, ended_at,
       CASE WHEN state IN ('completed', 'cancelled') THEN state END AS end_state FROM campaign`,
  );
  const promotionLives = database.prepare<[], RawLife>(
    `SELECT 'promotion/' || promotion_id AS key, created_at, NULL AS launched_at, ended_at,
       CASE WHEN ended_at IS NOT NULL THEN 'ended' END AS end_state FROM promotion`,
  );

  return {
    queueFindings: async (limit) =>
      checks.flatMap(({ what, statement }) => statement.all(limit).map((found) => ({ ...found, what }))),
    eventCounts: async (topic) => eventCounts.all(topic),
    campaignLives: async () => campaignLives.all().map(toLife),
    promotionLives: async () => promotionLives.all().map(toLife),
  };
}
