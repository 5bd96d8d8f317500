import type { EventRepository } from '../../events/event-repository.js';
import { selectValue, selectValues, type MysqlSession } from './session.js';

/** A loose scan of the index event_by_topic: one step per topic, however many events there are. */
const TOPICS = 'SELECT topic FROM event GROUP BY topic ORDER BY topic';
const FINISHED_BY_GROUPS = `
  SELECT MIN(COALESCE(
    (SELECT MIN(d.position) - 1 FROM delivery d WHERE d.topic = g.topic AND d.group_name = g.group_name), g.read_upto))
  FROM consumer_group g WHERE g.topic = ?`;
/** Of a topic that nobody reads: it waits for nobody. */
const LAST_OF_TOPIC = 'SELECT MAX(position) FROM event WHERE topic = ?';
const NOTE = `
  INSERT INTO event_watermark (topic, noted_at, position) VALUES (?, ?, ?)
  ON DUPLICATE KEY UPDATE position = GREATEST(position, VALUES(position))`;
const LAST_NOTED = 'SELECT position FROM event_watermark WHERE topic = ? ORDER BY noted_at DESC LIMIT 1';
const DELETABLE = 'SELECT MAX(position) FROM event_watermark WHERE topic = ? AND noted_at < ?';
const FORGET_WATERMARKS = 'DELETE FROM event_watermark WHERE topic = ? AND noted_at < ? AND position < ?';
const PURGE = 'DELETE FROM event WHERE topic = ? AND position <= ? ORDER BY position LIMIT ?';

/**
 * When events may go: a topic's watermark says that at some instant all its readers had done with everything up to a
 * position (a topic nobody reads waits for nobody). What a watermark of long enough ago covers is deleted in slices.
 */
export function createEventRetention(
  session: MysqlSession,
  givePlaces: () => Promise<void>,
): Pick<EventRepository, 'topics' | 'noteWatermark' | 'purge'> {
  const finishedUpTo = async (topic: string): Promise<number> => {
    const byGroups = await selectValue<number | null>(session, FINISHED_BY_GROUPS, [topic]);
    if (byGroups !== undefined && byGroups !== null) return byGroups;
    return (await selectValue<number | null>(session, LAST_OF_TOPIC, [topic])) ?? 0;
  };
  return {
    topics: () => selectValues<string>(session, TOPICS, []),
    noteWatermark: async (topic, now) => {
      await givePlaces(); // a topic nobody reads would never get any
      const position = await finishedUpTo(topic);
      const noted = await selectValue<number>(session, LAST_NOTED, [topic]);
      if (position > (noted ?? 0)) await session.execute(NOTE, [topic, now, position]);
    },
    purge: async (topic, readBefore, limit) => {
      const upTo = await selectValue<number | null>(session, DELETABLE, [topic, readBefore]);
      if (upTo === undefined || upTo === null) return 0;
      await session.execute(FORGET_WATERMARKS, [topic, readBefore, upTo]);
      return session.execute(PURGE, [topic, upTo, limit]);
    },
  };
}
