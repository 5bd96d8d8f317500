/** How far each group of readers is. */
import { epochMs } from '../../core/time.js';
import { BACKLOG_COUNT_LIMIT, type GroupStatus } from '../../events/event-repository.js';
import { selectValue, type MysqlSession } from './session.js';

const GROUPS = `
  SELECT topic, group_name, read_upto,
    (SELECT COUNT(*) FROM delivery d WHERE d.topic = g.topic AND d.group_name = g.group_name) AS outstanding,
    (SELECT COUNT(*) FROM dead_letter l WHERE l.group_name = g.group_name AND l.topic = g.topic) AS dead_letters,
    (SELECT MIN(sent_at) FROM event e
       WHERE e.topic = g.topic AND (e.position > g.read_upto OR e.position IS NULL)) AS oldest_at
  FROM consumer_group g ORDER BY topic, group_name`;
/** By itself for each group: a bounded count inside another SELECT cannot see that one's row. */
const BACKLOG = `
  SELECT COUNT(*) FROM (
    SELECT 1 FROM event WHERE topic = ? AND (position > ? OR position IS NULL) LIMIT ${BACKLOG_COUNT_LIMIT}) waiting`;

interface GroupRow {
  readonly topic: string;
  readonly group_name: string;
  readonly read_upto: number;
  readonly outstanding: number;
  readonly dead_letters: number;
  readonly oldest_at: number | null;
}

export async function readGroups(session: MysqlSession): Promise<readonly GroupStatus[]> {
  const groups: GroupStatus[] = [];
  for (const row of await session.selectRows<GroupRow>(GROUPS)) {
    const backlog = (await selectValue<number>(session, BACKLOG, [row.topic, row.read_upto])) ?? 0;
    groups.push(toGroupStatus(row, backlog));
  }
  return groups;
}

const toGroupStatus = (row: GroupRow, backlog: number): GroupStatus => ({
  topic: row.topic,
  group: row.group_name,
  backlog,
  outstanding: row.outstanding,
  deadLetters: row.dead_letters,
  oldestBacklogAt: row.oldest_at === null ? undefined : epochMs(row.oldest_at),
});
