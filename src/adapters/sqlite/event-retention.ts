import type Database from 'better-sqlite3';
import type { EventRepository } from '../../events/event-repository.js';

/**
 * When events may go: a topic's watermark says that at some instant all its readers had done with everything up to a
 * position (a topic nobody reads waits for nobody). What a watermark of long enough ago covers is deleted in slices.
 */
export function createEventRetention(
  database: Database.Database,
): Pick<EventRepository, 'topics' | 'noteWatermark' | 'purge'> {
  // A skip scan over the index: one step per topic, however many events there are.
  const topics = database
    .prepare<[], string>(
      `WITH RECURSIVE names (topic) AS (
         SELECT min(topic) FROM event
         UNION ALL SELECT (SELECT min(topic) FROM event WHERE topic > names.topic) FROM names WHERE topic IS NOT NULL)
       SELECT topic FROM names WHERE topic IS NOT NULL`,
    )
    .pluck();
  const finishedUpTo = database
    .prepare<Record<string, string>, number>(
      `SELECT coalesce(
         (SELECT min(coalesce(
             (SELECT min(d.position) - 1 FROM delivery d WHERE d.topic = g.topic AND d.group_name = g.group_name),
             g.cursor))
           FROM consumer_group g WHERE g.topic = @topic),
         (SELECT max(position) FROM event WHERE topic = @topic), 0)`,
    )
    .pluck();
  const note = database.prepare<[string, number, number]>(
    `INSERT INTO event_watermark (topic, noted_at, position) VALUES (?, ?, ?)
     ON CONFLICT DO UPDATE SET position = max(position, excluded.position)`,
  );
  const lastNoted = database
    .prepare<[string], number>('SELECT position FROM event_watermark WHERE topic = ? ORDER BY noted_at DESC LIMIT 1')
    .pluck();
  const deletableUpTo = database
    .prepare<[string, number], number | null>(
      'SELECT max(position) FROM event_watermark WHERE topic = ? AND noted_at < ?',
    )
    .pluck();
  const purge = database.prepare<[string, number, number]>(
    `DELETE FROM event WHERE position IN
       (SELECT position FROM event WHERE topic = ? AND position <= ? ORDER BY position LIMIT ?)`,
  );
  const forgetWatermarks = database.prepare<[string, number, number]>(
    'DELETE FROM event_watermark WHERE topic = ? AND noted_at < ? AND position < ?',
  );

  return {
    topics: async () => topics.all(),
    noteWatermark: async (topic, now) => {
      const position = finishedUpTo.get({ topic }) ?? 0;
      if (position > (lastNoted.get(topic) ?? 0)) note.run(topic, now, position);
    },
    purge: async (topic, readBefore, limit) => {
      const upTo = deletableUpTo.get(topic, readBefore);
      if (upTo === undefined || upTo === null) return 0;
      forgetWatermarks.run(topic, readBefore, upTo);
      return purge.run(topic, upTo, limit).changes;
    },
  };
}
