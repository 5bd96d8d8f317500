import type { AuditRepository, EventCount, QueueFinding } from '../../ledger/audit/audit-repository.js';
import { toLife, type RawLife } from '../stored/audit-lives.js';
import type { MysqlSession } from './session.js';

const EARLIER_OF_KEY = `
  SELECT 1 FROM delivery AS b WHERE b.topic = d.topic AND b.group_name = d.group_name AND b.event_key = d.event_key
    AND b.is_ordered = 1 AND b.position < d.position`;

/** One statement per kind of contradiction; each answers topic, group and position. */
const QUEUE_CHECKS = {
  cursorAhead: `
    SELECT topic, group_name AS \`group\`, read_upto AS position FROM consumer_group
    WHERE read_upto > COALESCE((SELECT position FROM event_sequence WHERE id = 1), 0) LIMIT ?`,
  noGroup: `
    SELECT topic, group_name AS \`group\`, position FROM delivery AS d
    WHERE NOT EXISTS (SELECT 1 FROM consumer_group AS g WHERE g.topic = d.topic AND g.group_name = d.group_name) LIMIT ?`,
  noEvent: `
    SELECT topic, group_name AS \`group\`, position FROM delivery AS d
    WHERE NOT EXISTS (SELECT 1 FROM event AS e WHERE e.position = d.position AND e.topic = d.topic) LIMIT ?`,
  beyondCursor: `
    SELECT d.topic, d.group_name AS \`group\`, d.position FROM delivery AS d
    JOIN consumer_group AS g ON g.topic = d.topic AND g.group_name = d.group_name WHERE d.position > g.read_upto LIMIT ?`,
  blocked: `
    SELECT topic, group_name AS \`group\`, position FROM delivery AS d
    WHERE due_at IS NULL AND NOT EXISTS (${EARLIER_OF_KEY}) LIMIT ?`,
  overtaken: `
    SELECT topic, group_name AS \`group\`, position FROM delivery AS d
    WHERE is_ordered = 1 AND due_at IS NOT NULL AND EXISTS (${EARLIER_OF_KEY}) LIMIT ?`,
} as const satisfies Record<QueueFinding['what'], string>;

const EVENT_COUNTS = 'SELECT event_key AS `key`, COUNT(*) AS events FROM event WHERE topic = ? GROUP BY event_key';
const CAMPAIGN_LIVES = `
  SELECT CONCAT('campaign/', campaign_id) AS \`key\`, created_at, launched_at, ended_at,
    CASE WHEN state IN ('completed', 'cancelled') THEN state END AS end_state FROM campaign`;
const PROMOTION_LIVES = `
  SELECT CONCAT('promotion/', promotion_id) AS \`key\`, created_at, NULL AS launched_at, ended_at,
    CASE WHEN ended_at IS NOT NULL THEN 'ended' END AS end_state FROM promotion`;

/** Events, groups and what they tell of, read without trust. */
export function createEventAudit(
  session: MysqlSession,
): Pick<AuditRepository, 'queueFindings' | 'eventCounts' | 'campaignLives' | 'promotionLives'> {
  const lives = async (sql: string) => (await session.selectRows<RawLife>(sql)).map(toLife);
  return {
    queueFindings: async (limit) => {
      const findings: QueueFinding[] = [];
      for (const [what, sql] of Object.entries(QUEUE_CHECKS)) {
        const found = await session.selectRows<Omit<QueueFinding, 'what'>>(sql, [limit]);
        findings.push(...found.map((finding) => ({ ...finding, what: what as QueueFinding['what'] }))); // a key of QUEUE_CHECKS
      }
      return findings;
    },
    eventCounts: (topic) => session.selectRows<EventCount>(EVENT_COUNTS, [topic]),
    campaignLives: () => lives(CAMPAIGN_LIVES),
    promotionLives: () => lives(PROMOTION_LIVES),
  };
}
